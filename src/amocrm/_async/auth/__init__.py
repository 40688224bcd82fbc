# SOURCE: the sync twin of this file is generated from it; run `make generate` after a change.
"""Tokens: sources, stores, refreshing, the account's current host."""
