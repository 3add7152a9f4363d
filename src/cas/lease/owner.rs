//! Who holds a lock, as the bytes stored under its key.

use std::fmt;
use std::str::FromStr;

/// The value of a lock: readable for people, unique by its 128 random bits. Written once, the same in each renewal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Owner {
    host: String,
    pid: u32,
    /// Seconds since 1970 by the holder's clock: for people only, nothing is decided by it.
    since: u64,
    nonce: u128,
}

impl Owner {
    pub(crate) fn new(host: &[u8], pid: u32, since: u64, nonce: u128) -> Owner {
        let is_name = |&byte: &u8| byte.is_ascii_alphanumeric() || b"-._:".contains(&byte);
        let safe = |byte: &u8| if is_name(byte) { *byte as char } else { '?' };
        Owner {
            host: host.iter().take(255).map(safe).collect(),
            pid,
            since,
            nonce,
        }
    }

    pub(crate) fn value(&self) -> Vec<u8> {
        let Owner {
            host,
            pid,
            since,
            nonce,
        } = self;
        format!("mccas-lock host={host} pid={pid} since={since} id={nonce:032x}").into_bytes()
    }

    /// Reads what a holder has written; `None` if the value is not that of a lock.
    pub(crate) fn parse(value: &[u8]) -> Option<Owner> {
        let text = std::str::from_utf8(value).ok()?;
        let mut fields = text.strip_prefix("mccas-lock ")?.split(' ');
        let host = fields.next()?.strip_prefix("host=")?;
        let owner = Owner {
            host: host.into(),
            pid: number(fields.next()?, "pid=")?,
            since: number(fields.next()?, "since=")?,
            nonce: u128::from_str_radix(fields.next()?.strip_prefix("id=")?, 16).ok()?,
        };
        // Only the form that `value` writes, so that nothing else comes out of a message.
        let known = Owner::new(host.as_bytes(), owner.pid, owner.since, owner.nonce);
        (known.value() == value).then_some(owner)
    }

    pub(crate) fn since(&self) -> u64 {
        self.since
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} on {}", self.pid, self.host)
    }
}

fn number<N: FromStr>(field: &str, name: &str) -> Option<N> {
    field.strip_prefix(name)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_is_read_back_as_it_was_written() {
        let owner = Owner::new(b"web-1.example", 4242, 1_795_404_287, 0xab);
        let value = b"mccas-lock host=web-1.example pid=4242 since=1795404287 \
            id=000000000000000000000000000000ab";
        assert_eq!(owner.value(), value);
        assert_eq!(Owner::parse(value), Some(owner.clone()));
        assert_eq!(owner.to_string(), "process 4242 on web-1.example");
    }

    #[test]
    fn a_host_cannot_forge_fields_or_lines() {
        let owner = Owner::new(b"a pid=1\r\n\x1b\xff", 2, 3, 4);
        assert_eq!(owner.to_string(), "process 2 on a?pid?1????");
        assert_eq!(Owner::parse(&owner.value()), Some(owner));
    }

    #[test]
    fn what_is_not_exactly_an_owner_is_none() {
        let value = String::from_utf8(Owner::new(b"h", 1, 2, 3).value()).unwrap();
        let changed = [
            String::new(),
            "41".into(),
            value.replace("pid=1", "pid=+1"),
            value.replace("pid=1", "pid=x"),
            value.replace("host=h", "host=\u{1b}"),
            value.replace("mccas-lock", "other"),
            value.clone() + " ",
            value[..value.len() - 1].into(),
        ];
        for text in changed {
            assert_eq!(Owner::parse(text.as_bytes()), None, "{text:?}");
        }
    }
}
