"""Writes docs/benchmarks.md from the results of scripts/bench.sh, to stdout.

Usage: bench_report.py RESULTS_FOLDER MCCAS_BINARY MEMCACHED_VERSION
       bench_report.py --keys RESULTS_FOLDER docs/benchmarks.md    (only the section on many keys, in its place)
"""

import json
import os
import pathlib
import platform
import statistics
import sys


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows])


def processes(folder):
    results = json.loads((folder / "processes.json").read_text())["results"]
    medians = {result["command"]: statistics.median(result["times"]) for result in results}
    nc = medians["nc -z"]
    head = ["process", "median", "x `nc -z`"]
    return medians, table(head, [[f"`{name}`", f"{time * 1e3:.2f} ms", f"{time / nc:.2f}"] for name, time in medians.items()])


def ratio(medians, one, other):
    return f"{medians[one] / medians[other]:.2f}"


def microseconds(number):
    return f"{number / 1e3:.2f} ms" if number >= 1e3 else f"{number:.0f} us"


def loop(folder):
    rows = [json.loads(line) for line in (folder / "loop.jsonl").read_text().splitlines()]
    guide = {row["workers"]: row for row in rows if row["strategy"] == "guide"}
    shown = []
    for row in rows:
        base = guide[row["workers"]]
        shown.append([
            row["workers"], f"`{row['strategy']}`",
            f"{row['increments_per_second']:.0f}",
            f"{row['increments_per_second'] / base['increments_per_second']:.2f}",
            f"{row['attempts_per_increment']:.2f}", row["max_attempts"],
            microseconds(row["p50_us"]), microseconds(row["p99_us"]), f"{row['p99_us'] / base['p99_us']:.2f}",
            microseconds(row["max_us"]), f"{row['fairness']:.2f}", row["lost_updates"],
        ])
    head = ["workers", "strategy", "incr/s", "x guide", "attempts", "worst", "p50", "p99", "p99 / guide's", "max", "fairness", "lost"]
    return rows, table(head, shown)


BEGIN, END = "<!-- keys:begin -->", "<!-- keys:end -->"


def many_keys(folder):
    """The section on many keys, of the last run of scripts/bench-keys.sh."""
    results = folder / "keys.json"
    if not results.exists():
        return f"{BEGIN}\nNot measured yet: `make bench-keys`.\n{END}"
    figures = json.loads(results.read_text())
    keys, read, count = figures["keys"], figures["read"], figures["count"]
    ours = read["mccas gets --keys-from -"]
    rows = [
        [f"`{name}`" if " pipelined " not in name else name, f"{row['seconds']:.2f} s", f"{keys / row['seconds']:,.0f}",
         f"{row['seconds'] / ours['seconds']:.2f}", f"{row['peak_mib']:.1f} MiB"]
        for name, row in read.items()
    ]
    reading = table([f"{keys:,} keys of 100 bytes", "time", "keys/s", "x `gets`", "peak memory"], rows)
    rate, single = count["counters"] / count["seconds"], count["processes"] / count["process_seconds"]
    beside = 2 * count["counters"] / count["beside_seconds"]
    rows = [
        [f"`incr-cas --keys-from -`, {count['counters']:,} counters", f"{rate:,.0f}", f"{rate / single:.0f}"],
        ["two of them at a time on the same counters", f"{beside:,.0f}", f"{beside / single:.0f}"],
        [f"`xargs -P2 -n1 mccas incr-cas`, {count['processes']:,} counters", f"{single:,.0f}", "1"],
    ]
    counting = table(["", "increments/s", "x `xargs`"], rows)
    exact = "every counter is exact" if count["wrong"] == 0 else f"**{count['wrong']} counters are wrong**"
    return (f"{BEGIN}\n{reading}\n\n{counting}\n\nAfter the three runs {exact}; the peak memory of `incr-cas` is "
            f"{count['peak_mib']:.1f} MiB.\n{END}")


def put_keys(folder, path):
    text = path.read_text()
    start, end = text.index(BEGIN), text.index(END) + len(END)
    path.write_text(text[:start] + many_keys(folder) + text[end:])


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


def main():
    if sys.argv[1] == "--keys":
        return put_keys(pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]))
    folder, binary, memcached = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
    medians, process_table = processes(folder)
    _, loop_table = loop(folder)
    text = pathlib.Path("scripts/benchmarks.md.in").read_text()
    values = {
        "MACHINE": f"{os.cpu_count()} cores ({processor()}), {platform.system()} {platform.release()}, {memcached}",
        "BINARY": f"{binary.stat().st_size / 1e6:.2f} MB",
        "PROCESSES": process_table,
        "GETS_MEMCCAT": f"{medians['mccas gets'] / medians['memccat']:.2f}",
        "STATIC_NC": ratio(medians, "mccas gets, static", "nc -z"),
        "STATIC_LEAST": ratio(medians, "mccas gets, static", "connect and exit, static"),
        "STATIC_ASK": ratio(medians, "mccas gets, static", "connect, ask and exit, static"),
        "DYNAMIC_NC": ratio(medians, "mccas gets", "nc -z"),
        "DYNAMIC_ASK": ratio(medians, "mccas gets", "connect, ask and exit"),
        "VERSION_EMPTY": ratio(medians, "mccas --version", "empty program"),
        "VERSION_EMPTY_STATIC": ratio(medians, "mccas --version, static", "empty program, static"),
        "GUIDE_INCR": f"{medians['guide.py'] / medians['mccas incr-cas']:.0f}",
        "LOOP": loop_table,
        "KEYS": many_keys(folder),
    }
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    sys.stdout.write(text)


main()
