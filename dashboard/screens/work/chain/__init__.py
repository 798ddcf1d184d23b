"""The chain page: each step against the rest of the city, where it narrows, what would move the index."""
