local waiting = redis.call('XLEN', stream) + redis.call('ZCARD', later)
return {waiting, redis.call('ZCARD', dead), redis.call('ZCARD', done)}
