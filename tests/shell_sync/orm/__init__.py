# GENERATED from tests/shell_async/orm/__init__.py by generator/desync.py: edit that file and run `make generate`.
