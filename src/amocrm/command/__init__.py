"""The parts of the command ``amocrm``: ``doctor``, ``login`` and ``models``."""
