# GENERATED from tests/shell_async/limits/__init__.py by generator/desync.py: edit that file and run `make generate`.
