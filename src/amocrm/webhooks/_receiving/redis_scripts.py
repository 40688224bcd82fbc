"""The scripts of the inbox in Redis. Each is one step that happens as a whole or not at all.

    {name}:stream     what is ready, a stream of ids with the consumer group ``workers``
    {name}:leases     ids that are being handled, by the end of their lease
    {name}:later      ids that wait for their next attempt, by its time
    {name}:dead       ids that were given up, by the time
    {name}:done       ids that were handled, by the time
    {name}:entry:17   what is known of one: state, data, received, due, attempts, error, lease, place in the stream
    {name}:marks:17   what is done of it
    {name}:key:...    the id that a delivery's key was given

A lease is over when its time is over by the caller's clock, not when Redis has seen the entry idle: so it
can be extended, and tested. The group's own list of pending entries is kept in step, for its tools.
"""

from __future__ import annotations

from typing import Final

__all__ = ["ALL"]

_COMMON = """
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
"""

_PUT = """
local key, data, now, problem = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
if redis.call('EXISTS', base .. ':key:' .. key) == 1 then return 0 end
local id = tostring(redis.call('INCR', base .. ':ids'))
redis.call('HSET', entry(id), 'key', key, 'data', data, 'received', now, 'due', now, 'attempts', 0,
  'error', problem, 'lease', '', 'place', '', 'state', 'dead')
redis.call('SET', base .. ':key:' .. key, id)
if problem ~= '' then redis.call('ZADD', dead, now, id) else ready(id, now) end
return 1
"""

_LEASE = """
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
"""

_EXTEND = """
local id, lease, untl = ARGV[1], ARGV[2], ARGV[3]
if redis.call('HGET', entry(id), 'lease') ~= lease then return 0 end
redis.call('HSET', entry(id), 'due', untl)
redis.call('ZADD', leases, untl, id)
return 1
"""

_MARK = """
if redis.call('EXISTS', entry(ARGV[1])) == 1 then redis.call('SADD', marks(ARGV[1]), ARGV[2]) end
return 1
"""

_SETTLE = """
local id, lease, state, time, problem = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
if lease == '' or redis.call('HGET', entry(id), 'lease') ~= lease then return 0 end
unready(id)
redis.call('HSET', entry(id), 'state', state, 'due', time, 'error', problem, 'lease', '', 'place', '')
redis.call('ZADD', base .. ':' .. state, time, id)
return 1
"""

_ENTRIES = """
local state, limit, ids, rows = ARGV[1], tonumber(ARGV[2]), {}, {}
local function collect(set) for _, id in ipairs(redis.call('ZRANGE', set, 0, limit - 1)) do ids[#ids + 1] = id end end
if state == '' or state == 'ready' then
  for _, message in ipairs(redis.call('XRANGE', stream, '-', '+', 'COUNT', limit)) do ids[#ids + 1] = message[2][2] end
  collect(later)
end
if state == '' or state == 'dead' then collect(dead) end
if state == '' or state == 'done' then collect(done) end
table.sort(ids, function(a, b) return tonumber(a) < tonumber(b) end)
for _, id in ipairs(ids) do
  if #rows < limit then rows[#rows + 1] = row(id) end
end
return rows
"""

_COUNTS = """
local waiting = redis.call('XLEN', stream) + redis.call('ZCARD', later)
return {waiting, redis.call('ZCARD', dead), redis.call('ZCARD', done)}
"""

_DEAD = "return redis.call('ZRANGE', dead, 0, -1)"

_REPLAY = """
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
  end
end
return count
"""

_DROP = """
local count = 0
for place = 1, #ARGV do count = count + forget(ARGV[place]) end
return count
"""

_PURGE = """
local ids = redis.call('ZRANGEBYSCORE', done, '-inf', '(' .. ARGV[1], 'LIMIT', 0, tonumber(ARGV[2]))
for _, id in ipairs(ids) do forget(id) end
return #ids
"""

ALL: Final = {
    name: _COMMON + text
    for name, text in (
        ("put", _PUT),
        ("lease", _LEASE),
        ("extend", _EXTEND),
        ("mark", _MARK),
        ("settle", _SETTLE),
        ("entries", _ENTRIES),
        ("counts", _COUNTS),
        ("dead", _DEAD),
        ("replay", _REPLAY),
        ("drop", _DROP),
        ("purge", _PURGE),
    )
}
