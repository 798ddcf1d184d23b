"""Build roll-ups from the working store, stamp a snapshot and swap it in atomically."""
