"""Build roll-ups from the working store, stamp a snapshot and swap it in atomically."""

from data_access.publishing.publish import publish

__all__ = ["publish"]
