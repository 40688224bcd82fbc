# GENERATED from tests/shell_async/webhooks/__init__.py by generator/desync.py: edit that file and run `make generate`.
