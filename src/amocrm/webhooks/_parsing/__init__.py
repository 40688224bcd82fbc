"""From a request body to events."""
