"""Tests of what waits, in the async flavour."""
# GENERATED from tests/shell_async/__init__.py by generator/async_to_sync.py: edit that file and run `make generate`.
