local id, lease, state, time, problem = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
if lease == '' or redis.call('HGET', entry(id), 'lease') ~= lease then return 0 end
unready(id)
redis.call('HSET', entry(id), 'state', state, 'due', time, 'error', problem, 'lease', '', 'place', '')
redis.call('ZADD', base .. ':' .. state, time, id)
return 1
