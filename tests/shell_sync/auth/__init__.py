# GENERATED from tests/shell_async/auth/__init__.py by generator/desync.py: edit that file and run `make generate`.
