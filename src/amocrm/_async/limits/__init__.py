"""Rate limiters, by where their state is kept."""
