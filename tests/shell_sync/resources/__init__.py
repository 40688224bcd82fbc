# GENERATED from tests/shell_async/resources/__init__.py by generator/desync.py: edit that file and run `make generate`.
