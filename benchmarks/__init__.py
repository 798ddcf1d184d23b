"""Measurements of speed and memory, bounded and on this machine only."""
