"""Steps of every request: routing, validation, limits, faults, journal."""
