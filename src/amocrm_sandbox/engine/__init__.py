"""What a request passes through whatever it asks for: routing, validation, limits, faults, journal."""
