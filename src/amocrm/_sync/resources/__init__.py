"""Areas of the API with code of their own: files, webhook subscriptions."""
# GENERATED from src/amocrm/_async/resources/__init__.py by generator/async_to_sync.py: edit that file and run `make generate`.
