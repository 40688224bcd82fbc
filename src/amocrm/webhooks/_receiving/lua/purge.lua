local ids = redis.call('ZRANGEBYSCORE', done, '-inf', '(' .. ARGV[1], 'LIMIT', 0, tonumber(ARGV[2]))
for _, id in ipairs(ids) do forget(id) end
return #ids
