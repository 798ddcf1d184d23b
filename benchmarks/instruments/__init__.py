"""What the measurements measure with: processes, servers of their own, viewers."""
