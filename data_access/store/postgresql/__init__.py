"""The shared store: snapshots in PostgreSQL, each in a schema of its own, row by row within the viewer's scope."""
