"""What the clients themselves choose for random keys, as JSON on stdout: {"keys": ..., "choices": [{"scheme", "source",
"servers", "index"}, ...]}.

    choices.py HOME_OF_CLIENTS

Most clients tell their choice. pylibmc does not: its keys are looked for on five servers that this script starts and ends.
"""

import contextlib
import json
import os
import random
import socket
import subprocess
import sys
from importlib.metadata import version

import memcache
import pylibmc
from pymemcache.client.hash import HashClient

HOME = sys.argv[1]
SEED = int(os.environ.get("ROUTING_SEED", random.randrange(1 << 32)))
COUNT = int(os.environ.get("ROUTING_KEYS", "10000"))
ASCII = "".join(map(chr, range(0x21, 0x7F)))
FOREIGN = ASCII[:20] + "éÿĀß€日本語Ω😀𝄞"

EQUAL = ["10.0.0.1:23900", "10.0.0.2:23900", "Cache-C:23902", "10.0.0.1:23903", "cache-e.example:1"]
DEFAULT_PORT = ["10.0.0.1:11211", "10.0.0.2:11211", "Cache-C:11211", "10.0.0.4:11211", "cache-e:11300"]
WEIGHTED = ["10.0.0.1:11211:1", "10.0.0.2:11212:2", "Cache-C:11211:3", "10.0.0.4:11214:7", "cache-e:11300:5"]
IPV6 = ["[::1]:11211", "[2001:DB8::1]:11212", "[::1]:11213", "h:11211", "[fe80::1]:1"]
SOCKETS = ["/run/a.sock", "/run/b.sock", "h:11211", "/c", "h:11213"]
TWENTY_FIVE = [f"10.0.1.{n}:{23900 + n}" for n in range(25)]  # where libmemcached's single precision shows


def random_keys(count):
    keys = set()
    while len(keys) < count:
        keys.add("".join(random.choices(ASCII, k=random.randint(1, 250))))
    foreign = {"".join(random.choices(FOREIGN, k=random.randint(1, 60))) for _ in range(count // 10)}
    return sorted(keys | foreign)


def split(server):
    """HOST, PORT and WEIGHT of HOST:PORT[:WEIGHT]; a socket has neither."""
    if server.startswith("/"):
        return server, None, 1
    head, bracket, tail = server.rpartition("]")
    host, port, *weight = (head + bracket + tail).rsplit(":", tail.count(":"))
    return host.strip("[]"), int(port), int(weight[0]) if weight else 1


def lines_of(command, keys):
    text = "".join(key + "\n" for key in keys).encode()
    out = subprocess.run(command, input=text, stdout=subprocess.PIPE, check=True).stdout
    return [int(line) for line in out.split()]


def libmemcached(mode, servers, keys):
    def shown(server):
        host, port, weight = split(server)
        return host if port is None else f"{host}:{port}:{weight}"

    return lines_of([f"{HOME}/libmemcached", mode, *map(shown, servers)], keys)


def node_memcached(servers, keys):
    weighted = {server.rpartition(":")[0]: split(server)[2] for server in servers}
    given = weighted if any(server.count(":") == 2 for server in servers) else servers
    return lines_of(["node", f"{HOME}/node/node_memcached.js", json.dumps(given)], keys)


def memjs(servers, keys):
    return lines_of(["node", f"{HOME}/node/memjs.js", json.dumps(servers)], keys)


def dalli(servers, keys):
    return lines_of(["ruby", "scripts/routing/dalli.rb", *servers], keys)


def pymemcache(servers, keys):
    client = HashClient(servers)
    names = list(client.clients)
    return [names.index(client.hasher.get_node(key)) for key in keys]


def python_memcached(servers, keys):
    given = []
    for server in servers:
        host, port, weight = split(server)
        given.append((host if port is None else f"{host}:{port}", weight))
    client = memcache.Client(given)
    for server in client.servers:
        server.connect = lambda: True  # it would look whether the server is up
    return [client.servers.index(client._get_server(key.encode())[0]) for key in keys]


@contextlib.contextmanager
def running(count):
    """The ports of `count` memcacheds on this machine, which end with the block."""
    servers, ports = [], []
    try:
        for _ in range(count):
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port = probe.getsockname()[1]
            command = ["memcached", "-l", "127.0.0.1", "-p", str(port), "-U", "0", "-m", "64"]
            command += ["-u", "root"] if os.getuid() == 0 else []
            servers.append(subprocess.Popen(command))
            ports.append(port)
        yield ports
    finally:
        for server in servers:
            server.terminate()
            server.wait()


def connect(port):
    while True:  # bounded by the wait for a refusal: memcached is up within milliseconds or has ended
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=10)
        except ConnectionRefusedError:
            continue


def holders(ports, keys):
    """The server that has each key; each must be on one alone."""
    index = {}
    for place, port in enumerate(ports):
        with connect(port) as stream, stream.makefile("rwb") as file:
            for key in keys:
                file.write(b"mg %s s\r\n" % key.encode())
            file.write(b"mn\r\n")
            file.flush()
            # Misses are answered, too: one line for each key, in order.
            for key in keys:
                if file.readline().startswith(b"HD"):
                    assert index.setdefault(key, place) == place, "a key on two servers"
            assert file.readline() == b"MN\r\n"
    return [index[key] for key in keys]


def pylibmc_choices(behaviors, weights, keys):
    with running(len(weights)) as ports:
        for port in ports:
            connect(port).close()
        servers = [f"127.0.0.1:{port}:{weight}" for port, weight in zip(ports, weights)]
        client = pylibmc.Client(servers, behaviors=behaviors)
        for key in keys:
            client.set(key, "")
        return servers, holders(ports, keys)


def main():
    random.seed(SEED)
    keys = random_keys(COUNT)
    choices = []

    def add(scheme, source, servers, index):
        assert len(index) == len(keys), (source, len(index), len(keys))
        choices.append({"scheme": scheme, "source": source, "servers": servers, "index": index})

    for servers in (EQUAL, DEFAULT_PORT, WEIGHTED, IPV6, SOCKETS, TWENTY_FIVE):
        weighted = servers is WEIGHTED
        add("ketama", "libmemcached weighted", servers, libmemcached("weighted", servers, keys))
        if not weighted:
            add("libmemcached", "libmemcached default", servers, libmemcached("default", servers, keys))
            add("pymemcache", "pymemcache " + version("pymemcache"), servers, pymemcache(servers, keys))
            if servers is not SOCKETS:
                add("memjs", "memjs", servers, memjs(servers, keys))
        add("dalli", "Dalli", servers, dalli(servers, keys))
        if servers is not IPV6:  # python-memcached wants its own form of them; only the order counts
            name = "python-memcached " + version("python-memcached")
            add("python-memcached", name, servers, python_memcached(servers, keys))
    # npm memcached keeps port 11211 in its names, which libmemcached does not.
    add("ketama", "npm memcached", EQUAL, node_memcached(EQUAL, keys))
    other_ports = [server.replace(":11211", ":11215") for server in WEIGHTED]
    add("ketama", "npm memcached weighted", other_ports, node_memcached(other_ports, keys))
    name = "pylibmc " + version("pylibmc")
    add("libmemcached", name, *pylibmc_choices({}, [1] * 5, keys))
    for weights in ([1] * 5, [1, 2, 3, 7, 5]):
        add("ketama", name, *pylibmc_choices({"ketama_weighted": True}, weights, keys))
    json.dump({"seed": SEED, "keys": keys, "choices": choices}, sys.stdout, separators=(",", ":"), ensure_ascii=False)


main()
