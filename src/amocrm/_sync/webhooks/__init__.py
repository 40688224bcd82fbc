"""Receiving webhooks: receiver, inboxes, worker, dispatcher."""
# GENERATED from src/amocrm/_async/webhooks/__init__.py by generator/async_to_sync.py: edit that file and run `make generate`.
