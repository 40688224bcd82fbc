-- Names and helpers that every script of the inbox begins with.
local base = KEYS[1]
local stream, leases, later = base .. ':stream', base .. ':leases', base .. ':later'
local dead, done = base .. ':dead', base .. ':done'
local function entry(id) return base .. ':entry:' .. id end
local function marks(id) return base .. ':marks:' .. id end
local function ready(id, due)
  local place = redis.call('XADD', stream, '*', 'id', id)
  redis.call('HSET', entry(id), 'state', 'ready', 'due', due, 'place', place, 'lease', '')
end
local function unready(id)
  local place = redis.call('HGET', entry(id), 'place')
  if place and place ~= '' then
    redis.pcall('XACK', stream, 'workers', place)
    redis.call('XDEL', stream, place)
  end
  redis.call('ZREM', leases, id)
  redis.call('ZREM', later, id)
end
local function row(id)
  local found = redis.call('HMGET', entry(id), 'state', 'data', 'received', 'due', 'attempts', 'error', 'lease')
  if not found[1] then return nil end
  return {id, found[1], found[2], found[3], found[4], found[5], found[6], found[7], redis.call('SMEMBERS', marks(id))}
end
local function forget(id)
  local key = redis.call('HGET', entry(id), 'key')
  if not key then return 0 end
  unready(id)
  redis.call('ZREM', dead, id)
  redis.call('ZREM', done, id)
  redis.call('DEL', entry(id), marks(id), base .. ':key:' .. key)
  return 1
end
