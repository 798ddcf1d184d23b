"""Data quality: what stands out in the data themselves. Each finding suggests a check; none is a verdict."""
