"""Measures commands over many keys of a server, for scripts/bench-keys.sh; prints the figures as JSON.

Usage: bench_keys.py ADDRESS MCCAS READER FOLDER KEYS COUNTERS PROCESSES
"""

import json
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import time

ROUNDS = 3


def store(address, items):
    """Stores items, many in each write."""
    host, port = address.split(":")
    with socket.create_connection((host, int(port))) as server:
        batch = b""
        for key, value in items:
            batch += b"set %s 0 0 %d noreply\r\n%s\r\n" % (key, len(value), value)
            if len(batch) > 1 << 20:
                server.sendall(batch)
                batch = b""
        server.sendall(batch + b"mn\r\n")
        while not server.recv(4096).endswith(b"MN\r\n"):
            pass


def values(address, keys):
    """The values of keys, all of which are there."""
    host, port = address.split(":")
    with socket.create_connection((host, int(port))) as server:
        lines = server.makefile("rb")
        for at in range(0, len(keys), 50):
            part = keys[at:at + 50]
            server.sendall(b"get " + b" ".join(part) + b"\r\n")
            for _ in part:
                lines.readline()
                yield lines.readline().strip()
            assert lines.readline() == b"END\r\n"


# A process begins with the memory of the one that started it, so it must be a small one that does.
MEASURE = """\
import os, subprocess, sys, time
started = time.monotonic()
process = subprocess.Popen(sys.argv[1:])
_, status, usage = os.wait4(process.pid, 0)
print(status, time.monotonic() - started, usage.ru_maxrss / 1024, file=sys.stderr)"""


def run(command, keys, out):
    """Runs a command with the keys as stdin: seconds, and its own peak of memory in MiB."""
    with open(keys, "rb") as stdin, open(out, "wb") as stdout:
        measured = [sys.executable, "-S", "-c", MEASURE, *command]
        told = subprocess.run(measured, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE, text=True).stderr
    status, elapsed, peak = told.splitlines()[-1].split()
    if status != "0":
        sys.exit(f"{command} failed: {told}")
    return float(elapsed), float(peak)


def read(address, mccas, reader, folder, count):
    keys = folder / "keys"
    keys.write_bytes(b"".join(b"key:%08d\n" % n for n in range(count)))
    store(address, ((b"key:%08d" % n, b"v" * 100) for n in range(count)))
    commands = {
        "mccas gets --keys-from -": [mccas, "-q", "-s", address, "gets", "--keys-from", "-"],
        "mccas gets --keys-from - --json": [mccas, "-q", "-s", address, "gets", "--json", "--keys-from", "-"],
        "minimal pipelined reader": [reader, address],
        "xargs -n1000 memccat": ["xargs", "-n1000", "memccat", f"--servers={address}"],
    }
    times, peaks = {name: [] for name in commands}, {}
    for _ in range(ROUNDS):
        for name, command in commands.items():
            # The slow one is measured once: nothing hangs on a tenth of it.
            if times[name] and "xargs" in name:
                continue
            elapsed, peak = run(command, keys, "/dev/null")
            times[name].append(elapsed)
            peaks[name] = max(peak, peaks.get(name, 0))
    return {name: {"seconds": statistics.median(times[name]), "peak_mib": peaks[name]} for name in commands}


def count_up(address, mccas, folder, count, processes):
    names = [b"counter:%06d" % n for n in range(count)]
    keys, few = folder / "counters", folder / "few"
    keys.write_bytes(b"".join(name + b"\n" for name in names))
    few.write_bytes(b"".join(name + b"\n" for name in names[:processes]))
    store(address, ((name, b"0") for name in names))
    command = [mccas, "-q", "-s", address, "incr-cas", "--keys-from", "-"]
    seconds, peak = run(command, keys, "/dev/null")
    single, _ = run(["xargs", "-P2", "-n1", mccas, "-q", "-s", address, "incr-cas"], few, "/dev/null")
    together = []
    for _ in range(2):
        with open(keys, "rb") as stdin:
            together.append(subprocess.Popen(command, stdin=stdin, stdout=subprocess.DEVNULL))
    started = time.monotonic()
    if any(process.wait() for process in together):
        sys.exit("a run beside another one failed")
    beside = time.monotonic() - started
    expected = [3 + (n < processes) for n in range(count)]
    wrong = sum(int(value) != right for value, right in zip(values(address, names), expected))
    return {
        "counters": count, "seconds": seconds, "peak_mib": peak, "processes": processes,
        "process_seconds": single, "beside_seconds": beside, "wrong": wrong,
    }


def main():
    address, mccas, reader, folder, keys, counters, processes = sys.argv[1:]
    folder = pathlib.Path(folder)
    figures = {
        "keys": int(keys),
        "read": read(address, mccas, reader, folder, int(keys)),
        "count": count_up(address, mccas, folder, int(counters), int(processes)),
    }
    json.dump(figures, sys.stdout, indent=1)


main()
