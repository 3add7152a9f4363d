//! Swaps beside the server's own arithmetic on several of its threads, where a read may bring an old value with a new token.

use std::time::Duration;

use crate::alone;
use crate::harness::mccas::mccas;
use crate::harness::server::Memcached;

#[test]
fn swaps_and_arithmetic_on_several_threads_lose_nothing() {
    let _turn = alone();
    let server = Memcached::start_with(&["-t", "4"]);
    let outcome = mccas(&server)
        .args(["bench", "--strategy", "fallback", "--workers", "2,4"])
        .args(["--increments", "30000", "--json"])
        .limit(Duration::from_secs(120))
        .run();
    assert_eq!(outcome.code, 0, "{outcome:?}");
    for row in outcome.json() {
        assert_eq!(
            (&row["increments"], &row["lost_updates"]),
            (&30000.into(), &0.into()),
            "{row}"
        );
    }
}
