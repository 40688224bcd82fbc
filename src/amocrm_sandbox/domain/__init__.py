"""The rules of an account: entities, fields, rights, stages, changes."""
