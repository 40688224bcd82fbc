"""Generator of the typed layer from the description: ``python -m generator build | check | lint | root``."""
