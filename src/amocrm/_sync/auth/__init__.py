"""Tokens: sources, stores, refreshing, the account's current host."""
# GENERATED from src/amocrm/_async/auth/__init__.py by generator/async_to_sync.py: edit that file and run `make generate`.
