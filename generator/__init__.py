"""From the description to the typed layer: ``python -m generator build | check | lint | root``."""
