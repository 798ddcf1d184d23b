"""Frames in, plotly figures out; no data access, no session."""
