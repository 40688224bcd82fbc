"""One request: transport and a single attempt."""
# GENERATED from src/amocrm/_async/http/__init__.py by generator/async_to_sync.py: edit that file and run `make generate`.
