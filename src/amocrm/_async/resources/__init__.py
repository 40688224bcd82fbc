# SOURCE: the sync twin of this file is generated from it; run `make generate` after a change.
"""Areas of the API with code of their own: files, webhook subscriptions."""
