"""Blocking input and output for both variants: files, SQLite, local HTTP servers."""
