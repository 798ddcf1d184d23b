"""The shared database: the only package that speaks SQL or names an engine."""
