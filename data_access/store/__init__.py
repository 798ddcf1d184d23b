"""Where tables live: the embedded DuckDB store (snapshots and working file)."""
