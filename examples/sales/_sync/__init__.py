"""The job with the asynchronous client."""
# GENERATED from examples/sales/_async/__init__.py by generator/async_to_sync.py: edit that file and run `make generate`.
