"""Areas of the API with code of their own: files, webhook subscriptions."""
