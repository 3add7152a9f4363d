"""Keys of another kind for the tests: set by pymemcache's HashClient on the servers that it chooses.

Usage: pymemcache_hash.py HOST:PORT,HOST:PORT,... COUNT

Sets key0 .. keyN, each to its own name, and says nothing.
"""

import sys

from pymemcache.client.hash import HashClient


def main():
    pairs = (server.rsplit(":", 1) for server in sys.argv[1].split(","))
    client = HashClient([(host, int(port)) for host, port in pairs])
    for n in range(int(sys.argv[2])):
        if not client.set("key%d" % n, "key%d" % n, noreply=False):
            raise RuntimeError("key%d was not stored" % n)


main()
