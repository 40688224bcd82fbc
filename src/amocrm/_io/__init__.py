"""Blocking input and output without a flavour: files, SQLite, local HTTP servers. One copy for both."""
