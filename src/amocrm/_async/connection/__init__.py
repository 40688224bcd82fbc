"""A connection to one account: executor, hosts, checked arguments."""
