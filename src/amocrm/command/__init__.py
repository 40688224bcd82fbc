"""Subcommands of ``amocrm``, one module each, and what they share."""
