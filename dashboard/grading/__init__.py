"""The monthly index, its grades and streaks, the township matrix, and what the administrative rules ask for."""
