"""Find, update or create: the jobs that most integrations have, in both flavours (`_async`, `_sync`)."""
