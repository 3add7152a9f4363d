# The server of each key as Dalli chooses it: servers as arguments, keys on stdin, one index per line on stdout.
require 'dalli'

# The ring asks whether a server is alive, which would connect; here all are.
Dalli::Protocol::Binary.class_eval { def alive? = true }

ring = Dalli::Client.new(ARGV).send(:ring)
$stdin.each_line(chomp: true) do |key|
  puts ring.servers.index(ring.server_for_key(key.b))
end
