local id, lease, untl = ARGV[1], ARGV[2], ARGV[3]
if redis.call('HGET', entry(id), 'lease') ~= lease then return 0 end
redis.call('HSET', entry(id), 'due', untl)
redis.call('ZADD', leases, untl, id)
return 1
