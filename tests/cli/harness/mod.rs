//! Tests of the harness itself: what the other tests rely on.

mod command;
mod peer;
mod proxy;
mod server;
