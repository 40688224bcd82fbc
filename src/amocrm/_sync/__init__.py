"""Everything that waits."""
# GENERATED from src/amocrm/_async/__init__.py by generator/async_to_sync.py: edit that file and run `make generate`.
