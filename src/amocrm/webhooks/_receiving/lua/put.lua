local key, data, now, problem = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
if redis.call('EXISTS', base .. ':key:' .. key) == 1 then return 0 end
local id = tostring(redis.call('INCR', base .. ':ids'))
redis.call('HSET', entry(id), 'key', key, 'data', data, 'received', now, 'due', now, 'attempts', 0,
  'error', problem, 'lease', '', 'place', '', 'state', 'dead')
redis.call('SET', base .. ':key:' .. key, id)
if problem ~= '' then redis.call('ZADD', dead, now, id) else ready(id, now) end
return 1
