"""Jobs over the whole API, each in one short module, in both flavours (`_async`, `_sync`)."""
