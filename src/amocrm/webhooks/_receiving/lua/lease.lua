local limit, now, untl, lease, consumer = tonumber(ARGV[1]), ARGV[2], ARGV[3], ARGV[4], ARGV[5]
if redis.call('EXISTS', stream) == 0 or #redis.call('XINFO', 'GROUPS', stream) == 0 then
  redis.call('XGROUP', 'CREATE', stream, 'workers', '0', 'MKSTREAM')
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', later, '-inf', now, 'LIMIT', 0, limit)) do
  redis.call('ZREM', later, id)
  ready(id, now)
end
local found = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', leases, '-inf', now, 'LIMIT', 0, limit)) do
  local place = redis.call('HGET', entry(id), 'place')
  if place and place ~= '' then
    redis.call('XCLAIM', stream, 'workers', consumer, 0, place, 'JUSTID')
    found[#found + 1] = id
  else
    redis.call('ZREM', leases, id)
  end
end
if #found < limit then
  local fresh = redis.call('XREADGROUP', 'GROUP', 'workers', consumer, 'COUNT', limit - #found, 'STREAMS', stream, '>')
  if fresh then
    for _, message in ipairs(fresh[1][2]) do
      local id = message[2] and message[2][2]
      if id and redis.call('EXISTS', entry(id)) == 1 then
        found[#found + 1] = id
      else
        redis.call('XACK', stream, 'workers', message[1])
        redis.call('XDEL', stream, message[1])
      end
    end
  end
end
local rows = {}
for _, id in ipairs(found) do
  redis.call('HINCRBY', entry(id), 'attempts', 1)
  redis.call('HSET', entry(id), 'lease', lease, 'due', untl)
  redis.call('ZADD', leases, untl, id)
  rows[#rows + 1] = row(id)
end
return rows
