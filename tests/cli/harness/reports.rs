//! The JSON contract as strict types, made apart from those of the program: a field that is absent,
//! unknown or of another type fails the test that reads it.

#![expect(clippy::option_option, reason = "a ttl of null is not a ttl left out")]

use serde::{Deserialize, Deserializer};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Found {
    pub(crate) status: String,
    pub(crate) key: String,
    pub(crate) value: String,
    pub(crate) token: String,
    /// Must be there, and may be null: the outer type says the first, the inner one the second.
    #[serde(deserialize_with = "Option::deserialize")]
    pub(crate) ttl: Option<u64>,
    pub(crate) flags: u32,
    pub(crate) size: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FoundBytes {
    pub(crate) status: String,
    pub(crate) key_base64: String,
    pub(crate) value_base64: String,
    pub(crate) token: String,
    #[serde(deserialize_with = "Option::deserialize")]
    pub(crate) ttl: Option<u64>,
    pub(crate) flags: u32,
    pub(crate) size: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredCounter {
    pub(crate) status: String,
    pub(crate) key: String,
    pub(crate) server: String,
    pub(crate) before: i128,
    pub(crate) after: i128,
    pub(crate) token: String,
    pub(crate) token_before: String,
    #[serde(deserialize_with = "Option::deserialize")]
    pub(crate) ttl: Option<u64>,
    pub(crate) flags: u32,
    pub(crate) attempts: u32,
    pub(crate) conflicts: u32,
    pub(crate) method: String,
    pub(crate) elapsed_ms: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredValue {
    pub(crate) status: String,
    pub(crate) key: String,
    pub(crate) server: String,
    pub(crate) token: String,
    pub(crate) token_before: Option<String>,
    #[serde(deserialize_with = "Option::deserialize")]
    pub(crate) ttl: Option<u64>,
    pub(crate) flags: u32,
    pub(crate) attempts: u32,
    pub(crate) conflicts: u32,
    pub(crate) method: String,
    pub(crate) elapsed_ms: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Conflict {
    pub(crate) status: String,
    pub(crate) key: String,
    pub(crate) server: String,
    pub(crate) attempts: u32,
    pub(crate) conflicts: u32,
    pub(crate) current: Option<Current>,
    pub(crate) elapsed_ms: f64,
    pub(crate) error: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Current {
    pub(crate) value: Option<String>,
    pub(crate) value_base64: Option<String>,
    pub(crate) token: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Unknown {
    pub(crate) status: String,
    pub(crate) key: String,
    pub(crate) server: String,
    pub(crate) before: i128,
    pub(crate) after: i128,
    pub(crate) token_before: String,
    pub(crate) attempts: u32,
    pub(crate) conflicts: u32,
    pub(crate) elapsed_ms: f64,
    pub(crate) error: String,
}

/// What a failure says that has neither an item nor a winner to show.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Failure {
    pub(crate) status: String,
    pub(crate) key: Option<String>,
    pub(crate) server: String,
    pub(crate) attempts: Option<u32>,
    pub(crate) conflicts: Option<u32>,
    pub(crate) elapsed_ms: Option<f64>,
    pub(crate) error: String,
}

/// A change that `watch` saw on a key.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Seen {
    pub(crate) event: String,
    pub(crate) time: String,
    pub(crate) key: String,
    pub(crate) value: Option<String>,
    pub(crate) token: Option<String>,
    pub(crate) token_before: Option<String>,
    /// The outer option says whether the field is there, the inner one whether it is null.
    #[serde(default, deserialize_with = "present")]
    pub(crate) ttl: Option<Option<u64>>,
    pub(crate) flags: Option<u32>,
    pub(crate) size: Option<usize>,
    pub(crate) state: Option<String>,
}

fn present<'de, D: Deserializer<'de>>(ttl: D) -> Result<Option<Option<u64>>, D::Error> {
    Option::deserialize(ttl).map(Some)
}

/// What `watch` saw of the server itself, or how it ended.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeenServer {
    pub(crate) event: String,
    pub(crate) time: Option<String>,
    pub(crate) server: String,
    pub(crate) error: Option<String>,
}
