"""Hosts, options of a call, retries, failures and chat signatures: pure decisions."""
