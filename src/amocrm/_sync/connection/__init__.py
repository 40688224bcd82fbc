"""A connection to one account: executor, hosts, checked arguments."""
# GENERATED from src/amocrm/_async/connection/__init__.py by generator/async_to_sync.py: edit that file and run `make generate`.
