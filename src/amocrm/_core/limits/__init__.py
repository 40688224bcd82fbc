"""Rate limiter, wait queue and local fallback: pure decisions; the Redis scripts."""
