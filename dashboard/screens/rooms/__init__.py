"""The screens of the two rooms: the list of wall screens, the dispatch meeting."""
