"""The loop of the guide that mccas grew from, as a script: one increment of one key by compare-and-swap.

Usage: guide.py HOST PORT KEY
"""

import sys

from pymemcache.client.base import Client


def cas_increment(client, key, max_retries=1000):
    for _ in range(max_retries):
        value, token = client.gets(key)
        if value is None:
            raise KeyError(key)
        if client.cas(key, str(int(value) + 1), token):
            return int(value) + 1
    raise RuntimeError("too many conflicts")


if __name__ == "__main__":
    host, port, key = sys.argv[1:]
    print(cas_increment(Client((host, int(port))), key))
