"""One request: transport and a single attempt."""
