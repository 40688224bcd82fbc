-- Extend a lock. KEYS: lock. ARGV: holder, milliseconds. Returns whether the lease was still held.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
