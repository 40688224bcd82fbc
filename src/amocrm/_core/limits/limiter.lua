-- Rate limiter of one key and its account: limiter.RateGate and wait_queue.WaitQueue on the clock of Redis.
-- KEYS: state of the key, state of the account. ARGV: the question as JSON; see _async/limits/redis.py.
local VERSION = 1 -- of what is packed below
local SECOND, DEDUCTED, SPAN, MEMORY, EXCESS = 1, 0.9, 500, 100, 0.2
local GRACE, GONE, POLL, PRESENT, HUSHED = 0.05, 5, 0.01, 60, 10
local PLACES = 1000000 -- per second
local NEVER, FAR = -1e300, 1e300
local max, min = math.max, math.min

local call = cjson.decode(ARGV[1])
local limits = call.limits

local function stored(name)
  local packed = redis.call('GET', name)
  return packed and cmsgpack.unpack(packed)
end

local function silence()
  return {ends = NEVER, strikes = 0, struck = NEVER}
end

local function window(next_at)
  return {next_at = next_at, sent = {}}
end

local key = stored(KEYS[1])
local account = stored(KEYS[2])
local now = call.now
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) + tonumber(time[2]) / 1000000
end
if key and (key.version ~= VERSION or now < key.clock - SECOND) then
  -- Another version wrote it, or the clock was put back and what was noted lies in the future.
  key, account = nil, nil
elseif key then
  now = max(now, key.clock)
end
-- What is not here may have been lost a moment ago, by a flush or an eviction, and nobody who is new can know:
-- others may have sent just now. So an unknown key costs a second.
account = account or window(now + SECOND)
key = key or {
  version = VERSION,
  window = window(now + SECOND), trips = {seen = 0, now = FAR, before = FAR, usual = 0},
  pause = silence(), block = silence(), probe = NEVER, quieted = NEVER, last = 0, waiting = {}, present = {}
}
key.clock = now
if call.latest and call.latest <= now + SECOND then
  -- The caller was granted something later than all that is known here: this is an older copy of the state, as
  -- after a failover. What was granted meanwhile may have been sent up to then.
  local newest = key.window.sent[#key.window.sent]
  if not newest or newest.at < call.latest then
    key.window.next_at = max(key.window.next_at, call.latest + SECOND + key.trips.usual)
  end
end
local gap = SECOND / limits.per_key

local function keep()
  local ttl = math.ceil(max(limits.max_pause, limits.max_block) * 2 + PRESENT)
  redis.call('SET', KEYS[1], cmsgpack.pack(key), 'EX', ttl)
  redis.call('SET', KEYS[2], cmsgpack.pack(account), 'EX', ttl)
end

local function find(sent, slot)
  for _, each in ipairs(sent) do
    if each.slot == slot then return each end
  end
end

local function earliest(of, limit, deducted)
  local first = of.sent[#of.sent - limit + 1]
  if not first then return of.next_at, false end
  if not first.by then return max(of.next_at, first.at + limits.lease + SECOND), true end
  return max(of.next_at, first.by + SECOND - deducted), false
end

local function grant(of, limit, slot, due)
  local space = SECOND / limit
  of.next_at = ((now - due < space) and due or now) + space
  table.insert(of.sent, {slot = slot, at = now})
  while #of.sent > limit do table.remove(of.sent, 1) end
end

local function ask(slot)
  if find(key.window.sent, slot) then
    return 'granted', find(key.window.sent, slot).at
  end
  if key.block.strikes > 0 then
    local closed = max(key.block.ends, key.probe)
    if now < closed then return 'blocked', closed end
  end
  local deducted, trips = 0, key.trips
  if not limits.strict and trips.seen >= limits.warm_up then
    local smallest = min(trips.now, trips.before)
    deducted = max(0, DEDUCTED * smallest - (trips.usual - smallest))
  end
  local by_key, open_key = earliest(key.window, limits.per_key, deducted)
  local by_account, open_account = earliest(account, limits.per_account, deducted)
  local due = max(by_key, by_account, key.pause.ends)
  if now < due then
    return 'wait', due, (open_key and by_key == due) or (open_account and by_account == due)
  end
  if key.block.strikes > 0 then key.probe = now + limits.lease end
  grant(key.window, limits.per_key, slot, due)
  grant(account, limits.per_account, slot, due)
  return 'granted', now
end

local function leave(number)
  for place, each in ipairs(key.waiting) do
    if each.number == number then
      table.remove(key.waiting, place)
      return
    end
  end
end

local function find_or_enqueue(number)
  local left, mine = {}, nil
  for _, each in ipairs(key.waiting) do
    if each.number == number or now <= each.due + GONE then table.insert(left, each) end
    if each.number == number then mine = each end
  end
  key.waiting = left
  if mine then return mine end
  -- A place is the time of arrival, so that the order holds even if the queue was lost.
  number = number or max(key.last + 1, math.floor(now * PLACES))
  key.last = max(key.last, number)
  mine = {number = number, due = now}
  table.insert(left, mine)
  table.sort(left, function(one, other) return one.number < other.number end)
  return mine
end

local function queue(number, slot)
  local mine = find_or_enqueue(number)
  local ahead, first = 0, nil
  for _, each in ipairs(key.waiting) do
    if each.number < mine.number and now <= each.due + GRACE then
      ahead = ahead + 1
      first = first or each.due
    end
  end
  if ahead > 0 then
    mine.due = max(now, first) + ahead * gap
    return mine.number, 'wait', mine.due, false
  end
  local kind, at, unconfirmed = ask(slot)
  if kind ~= 'wait' then
    leave(mine.number)
    return mine.number, kind, at, false
  end
  mine.due = unconfirmed and min(at, now + POLL) or at
  return mine.number, kind, mine.due, unconfirmed
end

local function count(name)
  local seen, number = {}, 0
  key.present[name] = now
  for each, at in pairs(key.present) do
    if now <= at + PRESENT then seen[each], number = at, number + 1 end
  end
  key.present = seen
  return number
end

local function record_violation(of, sent_at, first, longest)
  if sent_at >= of.struck then
    of.strikes, of.struck = of.strikes + 1, call.at
  end
  local wait = call.asked or first * 2 ^ min(of.strikes - 1, 32)
  of.ends = max(of.ends, call.at + min(wait, longest))
end

local function reset(of, sent_at)
  if sent_at >= of.struck then of.strikes = 0 end
end

local function trip(seconds)
  local trips = key.trips
  seconds = max(0, seconds)
  if trips.seen % SPAN == 0 then trips.before, trips.now = trips.now, FAR end
  trips.seen = trips.seen + 1
  trips.now = min(trips.now, seconds)
  local smallest = min(trips.now, trips.before)
  seconds = min(seconds, smallest + EXCESS)
  trips.usual = max(smallest, trips.usual + (seconds - trips.usual) / min(trips.seen, MEMORY))
end

local function confirm()
  local sent_at, outcome = call.sent_at, call.outcome
  call.at = now - call.ago
  local by = outcome == 'not sent' and sent_at or min(call.at, sent_at + limits.lease)
  for _, sent in ipairs({key.window.sent, account.sent}) do
    local entry = find(sent, call.slot)
    if entry then entry.by = by end
  end
  if outcome == 'not sent' or outcome == 'unanswered' then return end
  trip(call.at - sent_at)
  if outcome == 'blocked' then
    record_violation(key.block, sent_at, limits.first_block, limits.max_block)
  elseif outcome == 'throttled' then
    record_violation(key.pause, sent_at, limits.first_pause, limits.max_pause)
  else
    reset(key.pause, sent_at)
    reset(key.block, sent_at)
  end
end

local function exact(number) return string.format('%.17g', number) end

if call['do'] == 'ask' then
  if call.quiet and now >= key.quieted + HUSHED then
    key.window.next_at, key.quieted = max(key.window.next_at, now + call.quiet), now
  end
  local number, kind, at, unconfirmed = queue(call.number, call.slot)
  local present = count(call.me)
  keep()
  return {kind, exact(number), exact(at), exact(at - now), unconfirmed and '1' or '0', exact(present)}
end
if call['do'] == 'confirm' then confirm() else leave(call.number) end
keep()
return {}
