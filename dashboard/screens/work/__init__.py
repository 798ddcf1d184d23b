"""Screens of the pages of daily work."""
