"""The fictional demonstration city and its five years of work records."""
