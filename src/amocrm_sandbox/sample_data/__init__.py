"""Builders and words for sample data."""
