//! What the peers flood with.

use std::fmt::Write as _;

use super::Flood;

/// The length of a value that is let through.
pub(crate) const VALUE_KIB: u64 = 8 * 1024;

/// All of them.
pub(crate) fn all() -> Vec<Flood> {
    [values(), answers(), statistics(), logs()].concat()
}

/// A value of so many bytes, and no end behind it.
pub(crate) fn value_of(length: u64) -> Flood {
    flood("a value", "mg", &announced(length), bytes)
}

/// The first look at an item, with its value announced and not yet sent.
fn announced(bytes: u64) -> Vec<u8> {
    format!("HD c5 t-1 f0 O0\r\nVA {bytes} c5 t-1 f0 O1\r\n").into_bytes()
}

fn lines(count: u64, line: impl Fn(u64) -> String, number: u64) -> Vec<u8> {
    let mut text = String::new();
    for line_number in number * count..(number + 1) * count {
        let _ = write!(text, "{}", line(line_number));
    }
    text.into_bytes()
}

fn flood(name: &'static str, at: &'static str, first: &[u8], part: fn(u64) -> Vec<u8>) -> Flood {
    Flood {
        name,
        at,
        first: first.to_vec(),
        part,
        drips: false,
    }
}

fn bytes(_: u64) -> Vec<u8> {
    vec![b'v'; 65536]
}

fn wide(number: u64) -> Vec<u8> {
    format!("STAT {number}{} 1\r\n", "n".repeat(7000)).into_bytes()
}

/// The values of three keys, each as long as is allowed.
fn whole_values() -> Vec<u8> {
    let value = vec![b'v'; usize::try_from(VALUE_KIB << 10).expect("a length")];
    let one = |number: usize| {
        let head = format!(
            "HD c5 t-1 f0 O{}\r\nVA {} c5 t-1 f0 O{}\r\n",
            2 * number,
            value.len(),
            2 * number + 1
        );
        [head.as_bytes(), &value, b"\r\n"].concat()
    };
    (0..3).flat_map(one).collect()
}

fn values() -> Vec<Flood> {
    vec![
        flood("a value of 1 GiB", "mg", &announced(1 << 30), bytes),
        flood("a value of 128 MiB", "mg", &announced(128 << 20), bytes),
        flood(
            "a value as long as allowed",
            "mg",
            &announced(VALUE_KIB << 10),
            bytes,
        ),
        flood(
            "a value in place of an answer",
            "ms",
            b"VA 1073741824 c9\r\n",
            bytes,
        ),
        flood(
            "a value behind a swap",
            "gets",
            b"VALUE k 0 1073741824 5\r\n",
            bytes,
        ),
        flood("value after value", "mg", b"", |n| {
            let value = "v".repeat(100_000);
            format!("VA 100000 c5 t-1 f0 O{}\r\n{value}\r\n", n % 4).into_bytes()
        }),
        flood(
            "values as long as allowed, whole",
            "mg",
            &whole_values(),
            bytes,
        ),
    ]
}

fn answers() -> Vec<Flood> {
    let drip = |name, at, first: &[u8], part| Flood {
        drips: true,
        ..flood(name, at, first, part)
    };
    vec![
        flood("a line without end", "mg", b"", bytes),
        flood("headers", "mg", b"", |n| {
            format!("HD c5 t-1 f0 O{}\r\n", n % 8).into_bytes()
        }),
        flood("flags without end", "mg", b"HD", |_| b" c5".repeat(20_000)),
        flood("errors", "mg", b"", |_| {
            b"SERVER_ERROR out of memory\r\n".to_vec()
        }),
        flood("errors to a swap", "ms", b"", |_| {
            b"SERVER_ERROR out of memory\r\n".to_vec()
        }),
        flood("empty lines", "mg", b"", |_| b"\r\n".repeat(1000)),
        flood("debug lines", "me", b"", |_| {
            b"ME k exp=-1 la=0 cas=5 fetch=yes cls=1 size=67\r\n".to_vec()
        }),
        flood("a debug line without end", "me", b"ME k", |_| {
            b" cas=5".repeat(10_000)
        }),
        drip("a dripping line", "mg", b"", bytes),
        drip("a dripping value", "mg", &announced(VALUE_KIB << 10), bytes),
        flood("no question waited for", "", b"", |_| {
            b"HD c5 t-1 f0 O0\r\n".to_vec()
        }),
        flood("records of TLS", "", b"", |_| {
            [b"\x16\x03\x03\x40\x00".to_vec(), vec![2; 16384]].concat()
        }),
    ]
}

fn statistics() -> Vec<Flood> {
    vec![
        flood("stats", "stats\r", b"", |n| {
            lines(500, |n| format!("STAT {n} 1\r\n"), n)
        }),
        flood("stats of long names", "stats\r", b"", wide),
        flood("settings", "stats settings", b"", |n| {
            lines(500, |n| format!("STAT {n} 1\r\n"), n)
        }),
        flood("connections", "stats conns", b"", |n| {
            lines(
                500,
                |n| format!("STAT {n}:addr tcp:127.0.0.1:{}\r\n", n % 65536),
                n,
            )
        }),
        flood("connections of long names", "stats conns", b"", |n| {
            format!("STAT {n}:addr tcp:{}:1\r\n", "1".repeat(7000)).into_bytes()
        }),
    ]
}

fn logs() -> Vec<Flood> {
    vec![
        flood("a log of clients", "watch", b"OK\r\n", |n| {
            let client = |n| {
                format!("ts=5.6 gid={n} type=conn_new rip=::{n:x} rport=9 transport=tcp6 cfd={n}\n")
            };
            lines(200, client, n)
        }),
        flood("a log of keys", "watch", b"OK\r\n", |n| {
            let store = |n| {
                format!(
                    "ts=5.6 gid={n} type=item_store key=k{n} status=stored cmd=set ttl=0 clsid=1 cfd=1\n"
                )
            };
            lines(200, store, n)
        }),
        flood("a log of lost swaps", "watch", b"OK\r\n", |n| {
            let key = "k".repeat(200);
            let lost = |n| {
                format!(
                    "ts=5.6 gid={n} type=item_store key={key}{n} status=exists cmd=cas ttl=0 clsid=1 cfd={n}\n"
                )
            };
            lines(200, lost, n)
        }),
        flood("a log of long names", "watch", b"OK\r\n", |n| {
            let name = "1".repeat(100_000);
            format!("ts=5.6 gid={n} type=conn_new rip={name} rport=9 transport=tcp cfd={n}\n")
                .into_bytes()
        }),
        flood("a log of long keys", "watch", b"OK\r\n", |n| {
            let key = "k".repeat(100_000);
            format!("ts=5.6 gid={n} type=item_store key={key} status=stored cmd=set cfd=1\n")
                .into_bytes()
        }),
        flood("a log of one line", "watch", b"OK\r\n", bytes),
    ]
}
