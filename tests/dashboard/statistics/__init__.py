"""Tests of the statistics: published values first, then properties that must hold for any input."""
