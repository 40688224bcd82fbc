"""Queries, sessions, flush and collections."""
# GENERATED from src/amocrm/_async/orm/__init__.py by generator/desync.py: edit that file and run `make generate`.
