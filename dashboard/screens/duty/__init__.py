"""Screens of the pages of responsibility and assessment."""
