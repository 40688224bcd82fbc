"""Tests of what waits, in the async flavour."""
