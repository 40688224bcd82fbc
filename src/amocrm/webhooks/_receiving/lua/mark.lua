if redis.call('EXISTS', entry(ARGV[1])) == 1 then redis.call('SADD', marks(ARGV[1]), ARGV[2]) end
return 1
