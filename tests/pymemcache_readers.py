"""Readers of another kind for the tests: pymemcache, each with a connection of its own.

Usage: pymemcache_readers.py HOST PORT READERS SECONDS KEY...

Each reader reads the keys in turn by get, gets and get_many. At the end one JSON object per reader and key tells what
it saw: {"key": "a", "hits": 20, "misses": 3}
"""

import json
import sys
import threading
import time

from pymemcache.client.base import Client


def read(host, port, number, seconds, keys, told):
    client = Client((host, port), no_delay=True)
    counts = {key: {"hits": 0, "misses": 0} for key in keys}
    started = time.monotonic()
    turn = number
    while time.monotonic() - started < seconds:
        asked = [keys[(turn + more) % len(keys)] for more in range(3)]
        kind = turn % 3
        if kind == 0:
            found = client.get_many(asked)
        else:
            asked = asked[:1]
            value = client.get(asked[0]) if kind == 1 else client.gets(asked[0])[0]
            found = {} if value is None else {asked[0]: value}
        for key in asked:
            counts[key]["hits" if key in found else "misses"] += 1
        turn += 1
    client.close()
    told.extend({"key": key, **count} for key, count in counts.items())


def main():
    host, port, readers, seconds = sys.argv[1:5]
    keys = sys.argv[5:]
    told = []
    threads = [
        threading.Thread(target=read, args=(host, int(port), n, float(seconds), keys, told))
        for n in range(int(readers))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for line in told:
        print(json.dumps(line))


main()
