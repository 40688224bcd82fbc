"""The jobs with the asynchronous client."""
# GENERATED from examples/jobs/_async/__init__.py by generator/async_to_sync.py: edit that file and run `make generate`.
