"""Queries, sessions, flush and collections."""
# GENERATED from src/amocrm/_async/orm/__init__.py by generator/async_to_sync.py: edit that file and run `make generate`.
