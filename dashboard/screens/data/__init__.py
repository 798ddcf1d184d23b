"""Screens about the data and the rules themselves."""
