local now, count = ARGV[1], 0
for place = 2, #ARGV do
  local id = ARGV[place]
  local state = redis.call('HGET', entry(id), 'state')
  if state == 'dead' or state == 'done' then
    redis.call('ZREM', dead, id)
    redis.call('ZREM', done, id)
    redis.call('DEL', marks(id))
    redis.call('HSET', entry(id), 'attempts', 0, 'error', '')
    ready(id, now)
    count = count + 1
  elseif redis.call('ZREM', later, id) == 1 then
    -- It waits for its next attempt: it is due now.
    ready(id, now)
    count = count + 1
  end
end
return count
