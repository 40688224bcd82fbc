-- Store a token. KEYS: token, fence. ARGV: the token, the mark of its refresh token, the mark that must be
-- stored ('' for any), the fencing number, '1' if only the newest holder may write. Returns whether it was stored.
if ARGV[3] ~= '' and redis.call('HGET', KEYS[1], 'mark') ~= ARGV[3] then return 0 end
if ARGV[5] == '1' then
  local fence = redis.call('GET', KEYS[2])
  -- Neither fence nor token: Redis was emptied, and nothing newer can be there.
  local emptied = not fence and redis.call('EXISTS', KEYS[1]) == 0
  if fence ~= ARGV[4] and not emptied then return 0 end
end
redis.call('HSET', KEYS[1], 'token', ARGV[1], 'mark', ARGV[2])
return 1
