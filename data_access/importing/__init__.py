"""Read → map columns → check → quarantine → merge: files become rows of the working store."""
