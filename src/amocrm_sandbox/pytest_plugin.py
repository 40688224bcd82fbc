"""Fixtures for tests against the sandbox."""
