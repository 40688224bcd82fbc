-- Take the lock of a token. KEYS: lock, fence. ARGV: holder, milliseconds of the lease.
-- Returns the new fencing number, 0 if another holder has it.
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 0 end
return redis.call('INCR', KEYS[2])
