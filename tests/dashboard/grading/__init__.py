"""The index, its grades, and what chance has to do with them."""
