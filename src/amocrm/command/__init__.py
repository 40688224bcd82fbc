"""The parts of the command ``amocrm``: ``doctor`` and ``models``."""
