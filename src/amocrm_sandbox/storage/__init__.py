"""Records, clock, ids, tokens and the seed of an account."""
