"""Publish on Apache Spark: what offices deliver to a shared folder, and the engine that counts it."""
