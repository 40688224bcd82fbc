return redis.call('ZRANGE', dead, 0, -1)
