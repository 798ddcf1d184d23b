"""Intervals, comparisons, funnels, smoothing, control charts and trends: pure functions on arrays, no screen, no database."""
