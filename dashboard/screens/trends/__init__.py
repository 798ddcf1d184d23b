"""The trends page: one indicator through time, what to read it with, and whether its changes are more than chance."""
