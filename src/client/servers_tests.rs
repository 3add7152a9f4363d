use proptest::prelude::*;

use super::StandsFor::{EachAddress, Itself};
use super::*;

fn read(lists: &[&str]) -> Result<Vec<String>, String> {
    let servers = Servers::of_lists(lists).map_err(|error| error.to_string())?;
    let told = |server: &Server| {
        let (address, written, weight) = (server.address(), server.written(), server.weight());
        format!("{address} {written} {weight}")
    };
    Ok(servers.iter().map(told).collect())
}

#[test]
fn lists_and_repetitions_name_the_same_servers() {
    let expected = Ok(vec![
        "a:11211 a 1".into(),
        "b:2 b:2 1".into(),
        "c:3 c:3 1".into(),
    ]);
    assert_eq!(read(&["a", "b:2", "c:3"]), expected);
    assert_eq!(read(&["a,b:2,c:3"]), expected);
    assert_eq!(read(&["a, b:2\n", "c:3,"]), expected);
    assert_eq!(read(&["a b:2  c:3"]), expected);
}

#[test]
fn a_server_has_a_weight_and_the_name_that_was_written() {
    for (text, told) in [
        ("h:1:5", "h:1 h:1 5"),
        ("h:11211:5", "h:11211 h:11211 5"),
        (":1:5", "127.0.0.1:1 :1 5"),
        ("[::1]:1:5", "[::1]:1 [::1]:1 5"),
        ("tls://H:1:5/", "tls://H:1 H:1 5"),
        ("memcached://h/", "h:11211 h 1"),
        ("::1", "[::1]:11211 ::1 1"),
        ("::", "[::]:11211 :: 1"),
        ("1::2", "[1::2]:11211 1::2 1"),
        ("/run/a:1:2", "/run/a:1:2 /run/a:1:2 1"),
        ("unix:a.sock", "./a.sock a.sock 1"),
    ] {
        assert_eq!(read(&[text]), Ok(vec![told.into()]), "{text}");
    }
}

#[test]
fn a_name_may_stand_for_all_of_its_addresses() {
    let servers: Servers = "DNS+cache:1:3,dns+tls://b,c".parse().unwrap();
    let open: Vec<StandsFor> = servers.iter().map(Server::stands_for).collect();
    assert_eq!(open, [EachAddress, EachAddress, Itself]);
    assert_eq!(servers.to_string(), "cache:1, tls://b:11211, c:11211");
    let each = |at: usize, address: &str| {
        let server = Server::at(servers.iter().nth(at).unwrap(), address.parse().unwrap());
        let (address, written, weight) = (server.address(), server.written(), server.weight());
        assert_eq!(server.stands_for(), Itself);
        format!("{address} {written} {weight}")
    };
    assert_eq!(each(0, "10.0.0.1:1"), "10.0.0.1:1 10.0.0.1:1 3");
    assert_eq!(each(1, "[fd00::1]:2"), "tls://[fd00::1]:2 [fd00::1]:2 1");
    for (text, why) in [
        ("dns+/a.sock", "name of a host"),
        ("dns+", "host is empty"),
        ("tls://dns+b:1", "\"dns+tls://b:1\""),
        ("TLS://DNSSRV+_m._tcp.h", "\"dnssrv+TLS://_m._tcp.h\""),
        ("memcached://dnssrv+a.b", "\"dnssrv+memcached://a.b\""),
    ] {
        let error = read(&[text]).unwrap_err();
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn a_name_may_stand_for_a_service() {
    let list = "dnssrv+_memcache._tcp.h,DNSSRV+tls://_m._tcp.h.:1,dnssrv+a.b:2:3,dns+a";
    let servers: Servers = list.parse().unwrap();
    let told: Vec<(&str, StandsFor)> = servers
        .iter()
        .map(|server| (server.written(), server.stands_for()))
        .collect();
    let targets = |port| StandsFor::EachTarget { port };
    assert_eq!(
        told,
        [
            ("_memcache._tcp.h", targets(None)),
            ("_m._tcp.h.", targets(Some(1))),
            ("a.b", targets(Some(2))),
            ("a", StandsFor::EachAddress),
        ]
    );
    assert!(servers.is_open());
    let each: Vec<String> = servers
        .iter()
        .map(|server| Server::named(server, "n", 7))
        .map(|one| format!("{} {} {}", one.address(), one.written(), one.weight()))
        .collect();
    assert_eq!(
        each,
        ["n:7 n:7 1", "tls://n:7 n:7 1", "n:7 n:7 3", "n:7 n:7 1"]
    );
    let long = format!("dnssrv+{}", "a.".repeat(128));
    let label = format!("dnssrv+{}.b", "a".repeat(64));
    for text in [
        "dnssrv+10.0.0.1",
        "dnssrv+[::1]:1",
        "dnssrv+::1",
        "dnssrv+/a.sock",
        "dnssrv+a..b",
        "dnssrv+.",
        "dnssrv+:1",
        "dnssrv+a!b",
        &long,
        &label,
    ] {
        let error = read(&[text]).unwrap_err();
        assert!(error.contains("the name of a service"), "{text}: {error}");
    }
    assert!(read(&["dnssrv+"]).unwrap_err().contains("host is empty"));
    assert!(read(&["dnssrv+a:x"]).unwrap_err().contains("port \"x\""));
}

#[test]
fn a_weight_is_a_whole_number_from_one() {
    for weight in ["0", "-1", "1.5", "x", "", "+1", "4294967296"] {
        let error = read(&[&format!("h:1:{weight}")]).unwrap_err();
        assert!(error.contains("is not a whole number from 1"), "{error}");
    }
    assert!(read(&["h:1:2:3"]).is_err());
}

#[test]
fn a_server_is_named_once() {
    for lists in [
        &["h:1,h:1"][..],
        &["h", "h:11211"],
        &["h:1", "tls://H:1/"],
        &["h:1:2", "h:1:3"],
        &["/a.sock", "unix:/a.sock"],
    ] {
        let error = read(lists).unwrap_err();
        assert!(error.contains("is named twice"), "{error}");
    }
    assert_eq!(read(&["h:1,h:2", "tls://h:3"]).unwrap().len(), 3);
}

#[test]
fn a_list_without_a_server_is_an_error() {
    for lists in [&[""][..], &[","], &[" , ", "\n"]] {
        assert_eq!(read(lists), Err("no server is named".into()));
    }
    let only = |list: &str| Servers::of_lists([list]).unwrap().only().is_some();
    assert!(only("h:1") && !only("h:1,h:2"));
    assert_eq!(
        Servers::of_lists(["127.0.0.1:11211"]),
        Ok(Servers::default())
    );
}

#[test]
fn the_wrong_one_of_a_list_is_named() {
    assert_eq!(
        read(&["a,b:0"]),
        Err("\"b:0\": port \"0\" is not a number from 1 to 65535".into())
    );
    assert!(read(&["a,11211"]).unwrap_err().contains("give :11211"));
}

#[test]
fn no_piece_of_a_password_is_repeated() {
    for list in [
        "bob:s3,cret@h:1",
        "a:1,bob:s3 cret@h",
        "bob:s3:0,x@h",
        "bob:s3:cret@h",
    ] {
        let error = Servers::of_lists([list]).unwrap_err();
        assert!(error.hides_input(), "{list}");
        assert!(!error.to_string().contains("s3"), "{error}");
    }
    assert_eq!(read(&["/a@b.sock,h"]).unwrap().len(), 2);
}

proptest! {
    #[test]
    fn no_text_panics_and_what_is_read_has_a_server(list in r"[a-z0-9:\[\]./@, ]{0,24}|\PC{0,16}") {
        if let Ok(servers) = Servers::of_lists([list]) {
            prop_assert!(servers.iter().all(|server| server.weight() > 0));
            prop_assert!(servers.len() > 0);
        }
    }
}
