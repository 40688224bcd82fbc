"""Webhooks that the account sends."""
