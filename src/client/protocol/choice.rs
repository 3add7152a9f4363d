//! The one place where a dialect is chosen.

use super::classic::Classic;
use super::meta::{Age, Draft, Meta};
use super::{Dialect, Language};

/// How a language is spoken.
pub(crate) fn dialect_of(language: Language) -> &'static dyn Dialect {
    match language {
        Language::Meta => &Meta(Age::Marked),
        Language::BareMiss => &Meta(Age::BareMiss),
        Language::FirstMeta => &Meta(Age::First),
        Language::Draft => &Draft,
        Language::Classic => &Classic { statistics: true },
        Language::Relay => &Classic { statistics: false },
    }
}
