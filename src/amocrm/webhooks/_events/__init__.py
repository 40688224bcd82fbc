"""Classes of webhook events, by topic."""
