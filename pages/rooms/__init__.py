"""Pages of the two rooms."""
