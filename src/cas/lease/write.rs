//! What bids and renewals have in common: the write, and the clock that it is timed by.

use std::time::Duration;

use super::Terms;
use crate::cas::{Condition, Expiry, Key, Swap};

/// The holder's clock, which goes on while the machine sleeps.
pub(crate) type Clock<'a> = &'a dyn Fn() -> Duration;

/// The write that makes a lease or prolongs it: the holder's value, for the time of the terms.
pub(super) fn write(key: &Key, value: &[u8], terms: Terms, condition: Condition) -> Swap {
    Swap {
        key: key.clone(),
        value: value.to_vec(),
        flags: 0,
        expiry: Expiry::In(terms.ttl().into()),
        condition,
        proof: None,
        tell_token: condition == Condition::Absent,
    }
}
