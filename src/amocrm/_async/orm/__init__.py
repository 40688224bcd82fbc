"""Queries, sessions, flush and collections."""
