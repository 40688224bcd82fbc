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
