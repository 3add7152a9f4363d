//! The harness, each part by itself. Listed by one test target only: others stand on the same harness.

mod filter_tests;
mod mccas_tests;
mod proxy_tests;
#[cfg(target_os = "linux")]
mod reaper_tests;
mod server_tests;
mod target_tests;
mod wire_tests;
