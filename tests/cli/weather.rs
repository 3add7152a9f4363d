//! Bad weather: what is down, silent or foreign is told at once, or when the time is up.

use std::fs;
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use crate::harness::mccas::mccas_at;
use crate::harness::outcome::Outcome;
use crate::harness::process::resident_kib;
use crate::harness::proxy::Proxy;
use crate::harness::server::Memcached;
use crate::harness::wait::{until, within};
use crate::harness::wire::{Connection, Peer};

/// The commands, each of which reads first.
const COMMANDS: [&[&str]; 5] = [
    &["gets", "k"],
    &["cas", "k", "v", "--token", "1"],
    &["cas", "k", "v", "--token", "absent"],
    &["incr-cas", "k"],
    &["watch", "k"],
];

const TIMEOUT: Duration = Duration::from_millis(300);

/// How long the program may take beyond its time limit.
const SLACK: Duration = Duration::from_millis(100);

/// Runs a command that must end with this code within `limit`. The machine may be busy with other
/// things in one run, hence the best of several.
#[track_caller]
fn ensure_ends_within(limit: Duration, code: i32, run: impl Fn() -> Outcome) -> Outcome {
    let mut best: Option<Outcome> = None;
    for _ in 0..10 {
        let outcome = run();
        assert_eq!(outcome.code, code, "{outcome:?}");
        let is_better = best
            .as_ref()
            .is_none_or(|best| outcome.elapsed < best.elapsed);
        if is_better {
            best = Some(outcome);
        }
        if best.as_ref().is_some_and(|best| best.elapsed < limit) {
            break;
        }
    }
    let best = best.expect("a run");
    assert!(best.elapsed < limit, "not within {limit:?}: {best:?}");
    best
}

/// Every command against a peer that plays this script: 5 within the time limit, nothing that
/// writes was sent. Returns the last message.
#[track_caller]
fn ensure_unreachable(script: &Connection) -> String {
    let mut message = String::new();
    for args in COMMANDS {
        let peer = Peer::always(script.clone());
        let outcome = ensure_ends_within(TIMEOUT + SLACK, 5, || {
            let command = mccas_at(peer.address()).args(args);
            command.args(["--timeout", "300ms"]).run()
        });
        assert!(outcome.stderr.contains(&peer.address()), "{outcome:?}");
        let sent = peer.received().concat();
        assert!(
            !sent.windows(3).any(|word| word == b"ms " || word == b"cas"),
            "{args:?}"
        );
        message = outcome.stderr;
    }
    message
}

#[test]
fn a_refused_port_is_told_in_less_than_50_milliseconds() {
    // Bound and not listening: nobody else can take the port, and nobody answers.
    let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP)).expect("a socket");
    let any: std::net::SocketAddr = "127.0.0.1:0".parse().expect("an address");
    socket.bind(&any.into()).expect("a port");
    let address = socket
        .local_addr()
        .ok()
        .and_then(|a| a.as_socket())
        .expect("an address");
    for args in COMMANDS {
        let outcome = ensure_ends_within(Duration::from_millis(50), 5, || {
            mccas_at(address.to_string()).args(args).run()
        });
        let cause = format!("mccas: cannot reach {address}: connection refused");
        assert!(outcome.stderr.starts_with(&cause), "{outcome:?}");
    }
}

#[test]
fn an_unknown_host_is_told_with_its_name() {
    let outcome = mccas_at("no-such-host.invalid:11211")
        .args(["gets", "k"])
        .run();
    assert_eq!(outcome.code, 5, "{outcome:?}");
    let cause = "mccas: cannot reach no-such-host.invalid:11211: ";
    assert!(outcome.stderr.starts_with(cause), "{outcome:?}");
    assert!(outcome.elapsed < Duration::from_secs(3), "{outcome:?}");
}

#[test]
fn a_socket_that_is_not_there_is_told_with_its_path() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("m.sock");
    let command = mccas_at(&path).args(["gets", "k"]);
    command
        .code(5)
        .stderr_contains("m.sock: no such file or directory")
        .check();
    fs::write(&path, "no socket").expect("a file");
    let command = mccas_at(&path).args(["gets", "k"]);
    command
        .code(5)
        .stderr_contains("m.sock: connection refused")
        .check();
}

#[test]
fn a_server_that_accepts_and_stays_silent_is_told_when_the_time_is_up() {
    let message = ensure_unreachable(&Connection::new().silence());
    assert!(message.contains("did not answer within 300ms"), "{message}");
}

#[test]
fn a_frozen_server_is_told_when_the_time_is_up() {
    for server in [Memcached::start(), Memcached::on_unix_socket()] {
        server.freeze();
        ensure_ends_within(TIMEOUT + SLACK, 5, || {
            let command = mccas_at(server.address()).args(["gets", "k"]);
            command.args(["--timeout", "300ms"]).run()
        });
    }
}

#[test]
fn silence_after_a_swap_is_unknown_and_bounded() {
    for args in [
        &["incr-cas", "k"][..],
        &["cas", "k", "42", "--expect", "41"],
        &["cas", "new", "42", "--token", "absent"],
    ] {
        let server = Memcached::start();
        server.set("k", "41");
        let proxy = Proxy::to(&server).on_request(2, Memcached::freeze);
        let command = mccas_at(proxy.address()).args(args);
        let outcome = command.args(["--timeout", "300ms", "--json"]).run();
        assert_eq!(outcome.code, 6, "{outcome:?}");
        assert_eq!(outcome.object()["status"], "unknown");
        // The swap's own time, and once more to ask what became of it; nothing beyond that.
        assert!(
            outcome.elapsed < 2 * TIMEOUT + Duration::from_secs(2),
            "{outcome:?}"
        );
        // It was right not to say that nothing happened.
        server.thaw();
        let key = if args[1] == "new" { "new" } else { "k" };
        until("the swap to be applied", || {
            server.item(key).filter(|item| item.value == b"42")
        });
    }
}

#[test]
fn a_closed_or_reset_connection_is_told_at_once() {
    for script in [
        Connection::new(),
        Connection::new().read(1).close(),
        Connection::new().read(1).reset(),
    ] {
        ensure_unreachable(&script);
    }
}

#[test]
fn an_http_server_is_recognised() {
    let answer = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
    let message = ensure_unreachable(&Connection::new().read_until("\n").reply(answer).close());
    assert!(message.contains("it is an HTTP server"), "{message}");
}

#[test]
fn other_servers_and_noise_are_no_memcached() {
    let noise: Vec<u8> = (0..=255).cycle().take(10_000).collect();
    for answer in [
        &b"-ERR unknown command 'mg'\r\n"[..],
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"220 mail.example ESMTP\r\n",
        b"\r\n",
        b"VA\r\n",
        b"VA -1 c1\r\n",
        b"VA 99999999999999999999 c1 t-1 f0 O0\r\n",
        b"VA 3 c1 t-1 f0 O0\r\nabcdef\r\n",
        b"\x16\x03\x01\x00\x02\x02\n",
        &noise,
    ] {
        let message = ensure_unreachable(&Connection::new().read(1).reply(answer).close());
        assert!(message.contains("is no memcached"), "{message}");
        assert!(
            message.trim_end().chars().all(|c| !c.is_control()),
            "{message:?}"
        );
    }
}

#[test]
fn an_endless_line_is_given_up_on() {
    let endless = vec![b'x'; 20_000_000];
    ensure_unreachable(&Connection::new().read(1).reply(endless).silence());
}

#[test]
fn a_huge_length_announced_is_refused_and_else_not_believed() {
    let head = "HD c1 O0\r\nVA 1073741824 c1 t-1 f0 O1\r\n";
    let peer = Peer::always(Connection::new().read(1).reply(head).silence());
    let outcome = mccas_at(peer.address()).args(["gets", "k"]).run();
    assert_eq!(outcome.code, 8, "{outcome:?}");
    assert!(outcome.stderr.contains("--max-value"), "{outcome:?}");
    // Where it is let through, it is not allocated for: half a gibibyte would be more than this machine's tests may use.
    let command = mccas_at(peer.address()).args(["gets", "k", "--timeout", "700ms"]);
    let command = command.args(["--max-value", "1GiB"]);
    let running = command.spawn();
    let mut most = 0;
    within(Duration::from_millis(500), || {
        most = most.max(resident_kib(running.pid()));
        (most > 100_000).then_some(())
    });
    assert!((1..=100_000).contains(&most), "{most} KiB of memory");
    assert_eq!(running.wait().code, 5);
}

#[test]
fn an_answer_that_drips_does_not_stretch_the_time() {
    let answer = "VA 3 c1 ";
    let drip = Connection::new()
        .read(1)
        .drip(answer, Duration::from_millis(50));
    ensure_unreachable(&drip);
}

#[test]
fn a_full_backlog_is_told_when_the_time_is_up() {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP)).expect("a socket");
    let any: std::net::SocketAddr = "127.0.0.1:0".parse().expect("an address");
    socket.bind(&any.into()).expect("a port");
    socket.listen(0).expect("a listener");
    let listener = TcpListener::from(socket);
    let address = listener.local_addr().expect("an address");
    // Nobody accepts: the queue is full when a connection does not come about any more.
    let mut waiting = Vec::new();
    while let Ok(stream) = std::net::TcpStream::connect_timeout(&address, SLACK) {
        waiting.push(stream);
        assert!(waiting.len() < 100, "the backlog has no end");
    }
    let outcome = ensure_ends_within(TIMEOUT + SLACK, 5, || {
        let command = mccas_at(address.to_string()).args(["incr-cas", "k"]);
        command.args(["--timeout", "300ms"]).run()
    });
    assert!(
        outcome.stderr.contains("no answer within 300ms"),
        "{outcome:?}"
    );
    assert!(outcome.elapsed >= TIMEOUT, "{outcome:?}");
}

#[test]
fn a_full_backlog_of_a_unix_socket_is_told_when_the_time_is_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("m.sock");
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None).expect("a socket");
    let name = SockAddr::unix(&path).expect("a path");
    socket.bind(&name).expect("a socket file");
    socket.listen(0).expect("a listener");
    let _listener = UnixListener::from(std::os::fd::OwnedFd::from(socket));
    let mut waiting = Vec::new();
    loop {
        let client = Socket::new(Domain::UNIX, Type::STREAM, None).expect("a socket");
        client.set_nonblocking(true).expect("a flag");
        if client.connect(&name).is_err() {
            break;
        }
        waiting.push(client);
    }
    let started = Instant::now();
    let outcome = ensure_ends_within(TIMEOUT + SLACK, 5, || {
        let command = mccas_at(&path).args(["incr-cas", "k"]);
        command.args(["--timeout", "300ms"]).run()
    });
    assert!(
        outcome.stderr.contains("no answer within 300ms"),
        "{outcome:?}"
    );
    assert!(started.elapsed() >= TIMEOUT, "{outcome:?}");
}

#[test]
fn a_deadline_bounds_each_exchange_too() {
    let peer = Peer::always(Connection::new().silence());
    let outcome = mccas_at(peer.address())
        .args(["incr-cas", "k", "--deadline", "200ms", "--timeout", "15s"])
        .run();
    assert_eq!(outcome.code, 5, "{outcome:?}");
    assert!(outcome.elapsed < Duration::from_secs(5), "{outcome:?}");
}
