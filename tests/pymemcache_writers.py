"""Writers of another kind for the tests: pymemcache, each with a connection of its own.

Usage: pymemcache_writers.py HOST PORT WRITERS SECONDS SWAPS_PER_SECOND KEY...

Each writer reads and swaps the keys in turn. At the end one JSON object per writer and key tells what it saw:
{"client": "127.0.0.1:41234", "key": "a", "stores": 20, "won": 20, "lost": 3, "missing": 0}
"""

import json
import sys
import threading
import time

from pymemcache.client.base import Client


def write(host, port, number, seconds, rate, keys, told):
    client = Client((host, port), no_delay=True)
    counts = {key: {"stores": 0, "won": 0, "lost": 0, "missing": 0} for key in keys}
    client.get(keys[0])
    address = "%s:%d" % client.sock.getsockname()[:2]
    started = time.monotonic()
    turn = 0
    while time.monotonic() - started < seconds:
        key = keys[(turn + number) % len(keys)]
        turn += 1
        value, token = client.gets(key)
        if value is None:
            outcome = "missing"
            if client.cas(key, b"0", b"1", noreply=False) is not None:
                raise RuntimeError("a swap of a missing key should be told as missing")
        else:
            stored = client.cas(key, str(int(value) + 1), token, noreply=False)
            outcome = {True: "won", False: "lost", None: "missing"}[stored]
        counts[key][outcome] += 1
        counts[key]["stores"] += outcome == "won"
        due = started + turn / rate
        time.sleep(max(0.0, due - time.monotonic()))
    client.close()
    told.extend({"client": address, "key": key, **count} for key, count in counts.items())


def main():
    host, port, writers, seconds, rate = sys.argv[1:6]
    keys = sys.argv[6:]
    told = []
    threads = [
        threading.Thread(target=write, args=(host, int(port), n, float(seconds), float(rate), keys, told))
        for n in range(int(writers))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for line in told:
        print(json.dumps(line))


main()
