//! What options and environment mean, without a word of how they were typed.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use crate::client::access::Access;
use crate::client::discover::NameServers;
use crate::client::hash::Scheme;
use crate::client::servers::Servers;
use crate::output::OutputSettings;

/// What the global options and the environment mean together.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) servers: Servers,
    /// Whose choice decides which of several servers holds a key.
    pub(crate) hash: Option<Scheme>,
    /// Whether the servers named are configuration endpoints, which know the servers of their clusters.
    pub(crate) discover: bool,
    /// Who is asked for the servers of a service, in place of the machine's own name servers.
    pub(crate) name_servers: Option<NameServers>,
    pub(crate) timeout: Duration,
    /// What servers may want to know before they let us in.
    pub(crate) access: Arc<Access>,
    pub(crate) output: OutputSettings,
    /// The longest value to deal with.
    pub(crate) max_value: Size,
    /// `MCCAS_MAX_RETRIES`, the default of `--max-retries`.
    pub(crate) max_retries: Option<String>,
}

/// A number of bytes that a value may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size(u64);

impl Size {
    /// What is dealt with unless the user says otherwise.
    pub(crate) const DEFAULT: Size = Size(128 << 20);
    /// No memcached stores more: 1 GiB is the most that its `-I` takes.
    pub(crate) const LARGEST: Size = Size(1 << 30);

    pub(crate) fn bytes(self) -> u64 {
        self.0
    }
}

impl FromStr for Size {
    type Err = String;

    /// Bytes, or with a unit as memcached's own `-I` has them: powers of 1024.
    fn from_str(text: &str) -> Result<Size, String> {
        let end = text.find(|c: char| !c.is_ascii_digit());
        let (number, unit) = text.split_at(end.unwrap_or(text.len()));
        let unit = match unit.to_ascii_lowercase().as_str() {
            "" | "b" => 1,
            "k" | "ki" | "kib" => 1 << 10,
            "m" | "mi" | "mib" => 1 << 20,
            "g" | "gi" | "gib" => 1 << 30,
            _ => return Err("give bytes, or a number with k, m, g, KiB, MiB or GiB".into()),
        };
        if number.is_empty() {
            return Err("give a number of bytes, or one like 64k, 200MiB or 1GiB".into());
        }
        let bytes = number.parse::<u64>().ok();
        match bytes.and_then(|bytes| bytes.checked_mul(unit)) {
            Some(0) => Err("it must be more than zero".into()),
            Some(bytes) if bytes <= Size::LARGEST.0 => Ok(Size(bytes)),
            _ => Err(format!("no server stores more than {}", Size::LARGEST)),
        }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (shift, unit) in [(30, "GiB"), (20, "MiB"), (10, "KiB")] {
            if self.0.is_multiple_of(1 << shift) {
                return write!(f, "{}{unit}", self.0 >> shift);
            }
        }
        write!(f, "{} bytes", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_bytes_or_has_a_unit_of_1024() {
        for (text, bytes) in [
            ("1", 1),
            ("100b", 100),
            ("64k", 65_536),
            ("64KiB", 65_536),
            ("2m", 2_097_152),
            ("200MiB", 209_715_200),
            ("1GiB", 1_073_741_824),
            ("1g", 1_073_741_824),
        ] {
            assert_eq!(text.parse(), Ok(Size(bytes)), "{text}");
        }
        for text in [
            "",
            "k",
            "-1",
            "0",
            "0k",
            "1.5m",
            "1 m",
            "1kB",
            "1MB",
            "1TiB",
            "2GiB",
            "1073741825",
            "99999999999999999999",
            "18446744073709551615g",
            "١",
        ] {
            assert!(text.parse::<Size>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_size_is_shown_in_its_largest_whole_unit() {
        assert_eq!(Size::DEFAULT.to_string(), "128MiB");
        assert_eq!(Size::LARGEST.to_string(), "1GiB");
        assert_eq!(Size(65_536).to_string(), "64KiB");
        assert_eq!(Size(1025).to_string(), "1025 bytes");
    }
}
