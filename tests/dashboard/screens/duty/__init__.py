"""Tests of the duty pages."""
