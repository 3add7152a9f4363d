//! What a test started is gone when the test is, also when nobody had the time to clean up.

use std::env;
use std::process::{Command, Stdio, id};

use crate::harness::process::{end, signal};
use crate::harness::reaper::{Reaper, marked};
use crate::harness::server::Memcached;
use crate::harness::wait;

#[test]
fn a_reaper_ends_what_carries_its_mark_and_nothing_else() {
    let (reaper, other) = (Reaper::new(0), Reaper::new(1));
    let sleeper = |reaper: &Reaper| {
        let mut command = Command::new("sleep");
        command.arg("600").stdin(Stdio::null());
        reaper.mark(&mut command);
        command.spawn().expect("sleep")
    };
    let (mut frozen, mut running) = (sleeper(&reaper), sleeper(&reaper));
    let mut alien = sleeper(&other);
    signal(frozen.id(), "STOP");
    reaper.reap();
    for process in [&mut frozen, &mut running] {
        wait::until("it to end", || process.try_wait().expect("its state"));
    }
    assert_eq!(alien.try_wait().expect("its state"), None);
    end(&mut alien);
    other.reap();
}

#[test]
fn a_server_carries_the_mark_of_its_test_binary() {
    let server = Memcached::start();
    assert!(marked(id()).contains(&server.pid()));
    server.restart();
    assert!(marked(id()).contains(&server.pid()));
}

#[test]
fn the_servers_of_a_killed_test_binary_end_with_it() {
    // Any test that takes a while and has a server.
    let mut tests = Command::new(env::current_exe().expect("this binary"))
        .args(["--exact", "fuzz::no_value_that_is_stored_panics"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("this binary");
    let owner = tests.id();
    wait::until("its server", || (!marked(owner).is_empty()).then_some(()));
    end(&mut tests);
    wait::until("its server to end", || {
        marked(owner).is_empty().then_some(())
    });
}
