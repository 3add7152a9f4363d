//! What a test has counted, for `cargo test -- --nocapture`.

/// Prints a line where it belongs to the test: shown on demand, and when the test fails.
#[expect(clippy::print_stdout, reason = "the one place that prints")]
pub(crate) fn tell(line: impl std::fmt::Display) {
    println!("{line}");
}
