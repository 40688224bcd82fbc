"""Everything that waits."""
# GENERATED from src/amocrm/_async/__init__.py by generator/desync.py: edit that file and run `make generate`.
