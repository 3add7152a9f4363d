//! The one place that speaks to memcached.
//!
//! A [`Session`] is all that goes on between us and one server. A [`Cluster`] is what the domain sees of the servers, its
//! [`Store`](crate::cas::Store): it hands each question on to the session of its key.

pub(crate) mod access;
pub(crate) mod address;
mod cluster;
mod dial;
pub(crate) mod discover;
pub(crate) mod everywhere;
mod facts;
pub(crate) mod hash;
mod host;
pub(crate) mod log;
mod mark;
mod plain;
mod protocol;
pub(crate) mod servers;
mod session;
mod timed;
pub(crate) mod tls;
mod wire;

pub(crate) use self::cluster::{Cluster, at_once};
pub(crate) use self::session::Session;
