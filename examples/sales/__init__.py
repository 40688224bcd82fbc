"""The main job on real input: 8,800 opportunities of a sales history, into amoCRM and back."""
