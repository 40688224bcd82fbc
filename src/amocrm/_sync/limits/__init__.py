"""Rate limiters, by where their state is kept."""
# GENERATED from src/amocrm/_async/limits/__init__.py by generator/async_to_sync.py: edit that file and run `make generate`.
