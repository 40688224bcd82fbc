"""Receiving webhooks: receiver, inboxes, worker, dispatcher."""
