"""Tokens: sources, stores, refreshing, the account's current host."""
