#!/usr/bin/env python3
"""How many log lines per second `mccas contention` reads: a stand-in for the server sends prepared lines as fast as they are taken.

Usage: scripts/measure-log-reading.py path/to/mccas [SECONDS] [DISTINCT_KEYS]

A real server cannot be made to log this fast without dropping lines itself, so it cannot show where the reader saturates.
"""

import json
import resource
import socket
import subprocess
import sys
import threading
import time

STATS = b"STAT pid 1\r\nSTAT uptime 1\r\nSTAT time 2\r\nSTAT cas_hits 0\r\nSTAT cas_badval 0\r\nSTAT cas_misses 0\r\nEND\r\n"
SETTINGS = b"STAT item_size_max 1048576\r\nEND\r\n"


def lines(keys):
    """About 5 MB of log, a fifth of it lost swaps."""
    text = []
    for n in range(45000):
        key = "user%%3A%d%%3Asession" % (n * 7919 % keys)
        status = "exists" if n % 5 == 0 else "stored"
        text.append(
            "ts=1795404235.%d gid=%d type=item_store key=%s status=%s cmd=cas ttl=100 clsid=1 cfd=%d size=3\n"
            % (n, n, key, status, 30 + n % 50)
        )
    return "".join(text).encode()


def serve(connection, block, seconds, sent):
    while request := connection.recv(65536):
        if request.startswith(b"watch"):
            connection.sendall(b"OK\r\n")
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                connection.sendall(block)
                sent[0] += 45000
            connection.close()
            return
        for command in request.split(b"\r\n"):
            if command == b"stats":
                connection.sendall(STATS)
            elif command == b"stats settings":
                connection.sendall(SETTINGS)
            elif command == b"stats conns":
                connection.sendall(b"END\r\n")


def main():
    mccas = sys.argv[1]
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 3.0
    keys = int(sys.argv[3]) if len(sys.argv) > 3 else 100
    listener = socket.create_server(("127.0.0.1", 0))
    sent = [0]
    block = lines(keys)

    def accept():
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=serve, args=(connection, block, seconds, sent), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    port = listener.getsockname()[1]
    command = [mccas, "-q", "-s", "127.0.0.1:%d" % port, "--json", "contention", "--for", "60s", "--interval", "60s"]
    output = subprocess.run(command, stdout=subprocess.PIPE, check=False).stdout
    totals = json.loads(output.splitlines()[-1])["totals"]
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    read = totals["stores"] + totals["lost"]
    busy = used.ru_utime + used.ru_stime
    print("%d lines in %.1f s: %d lines/s; %.2f s of processor time: %d lines/s of one core"
          % (read, seconds, read / seconds, busy, read / busy))


main()
