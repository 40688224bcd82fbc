local count = 0
for place = 1, #ARGV do count = count + forget(ARGV[place]) end
return count
