//! What the library does not tell of a certificate: its dates, its common name and its key, out of the DER.

use std::time::{Duration, UNIX_EPOCH};

use rustls::pki_types::UnixTime;

const INTEGER: u8 = 0x02;
const OBJECT_IDENTIFIER: u8 = 0x06;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
/// The version, where it is not the first.
const VERSION: u8 = 0xa0;
/// 2.5.4.3
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];

/// A certificate, as far as it is looked at here. Nothing of it has been verified.
#[derive(Debug)]
pub(super) struct Certificate<'a> {
    pub(super) not_before: UnixTime,
    pub(super) not_after: UnixTime,
    pub(super) common_name: Option<String>,
    /// The public key and its algorithm, a whole `SubjectPublicKeyInfo`.
    pub(super) key: &'a [u8],
}

impl<'a> Certificate<'a> {
    /// Reads a certificate; `None` if it is none.
    pub(super) fn read(der: &'a [u8]) -> Option<Certificate<'a>> {
        let mut certificate = Reader(Reader(der).expect(SEQUENCE)?);
        let mut body = Reader(certificate.expect(SEQUENCE)?);
        if body.0.first() == Some(&VERSION) {
            body.next()?;
        }
        body.expect(INTEGER)?; // serial number
        body.expect(SEQUENCE)?; // signature algorithm
        body.expect(SEQUENCE)?; // issuer
        let mut validity = Reader(body.expect(SEQUENCE)?);
        let not_before = time(validity.next()?)?;
        let not_after = time(validity.next()?)?;
        let subject = body.expect(SEQUENCE)?;
        let rest = body.0;
        body.expect(SEQUENCE)?;
        Some(Certificate {
            not_before,
            not_after,
            common_name: common_name(subject),
            key: &rest[..rest.len() - body.0.len()],
        })
    }
}

/// The last common name, which is the most specific one.
fn common_name(subject: &[u8]) -> Option<String> {
    let mut subject = Reader(subject);
    let mut found = None;
    while let Some(set) = subject.expect(SET) {
        let mut attributes = Reader(set);
        while let Some(attribute) = attributes.expect(SEQUENCE) {
            let mut attribute = Reader(attribute);
            if attribute.expect(OBJECT_IDENTIFIER)? == COMMON_NAME {
                let (_, text) = attribute.next()?;
                found = std::str::from_utf8(text).ok().map(Into::into);
            }
        }
    }
    found
}

/// `YYMMDDhhmmssZ`, where 50 is 1950, or `YYYYMMDDhhmmssZ`.
fn time((tag, text): (u8, &[u8])) -> Option<UnixTime> {
    let text = std::str::from_utf8(text).ok()?;
    let (century, text) = match tag {
        UTC_TIME if text.len() == 13 && text.is_ascii() => {
            (if text < "50" { "20" } else { "19" }, text)
        }
        GENERALIZED_TIME if text.len() == 15 && text.is_ascii() => text.split_at(2),
        _ => return None,
    };
    let part = |from: usize| &text[from..from + 2];
    let rfc3339 = format!(
        "{century}{}-{}-{}T{}:{}:{}{}",
        part(0),
        part(2),
        part(4),
        part(6),
        part(8),
        part(10),
        &text[12..]
    );
    if *rfc3339 < *"1970" {
        return Some(UnixTime::since_unix_epoch(Duration::ZERO));
    }
    let moment = humantime::parse_rfc3339(&rfc3339).ok()?;
    let since = moment.duration_since(UNIX_EPOCH).ok()?;
    Some(UnixTime::since_unix_epoch(since))
}

/// Elements of DER, one after the other.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// The next element: its tag and its content.
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            // No certificate is longer than three bytes of length say.
            0x81..=0x83 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                let length = bytes
                    .iter()
                    .fold(0, |length, &byte| length << 8 | usize::from(byte));
                (length, rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, content))
    }

    /// The content of the next element, if it has this tag.
    fn expect(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (found, content) = self.next()?;
        (found == tag).then_some(content)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn element(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x82], &length[..], content].concat()
    }

    fn certificate(version: bool, dates: [(u8, &str); 2]) -> Vec<u8> {
        let name = |oid: &[u8], text: &str| {
            let attribute = [
                element(OBJECT_IDENTIFIER, oid),
                element(0x0c, text.as_bytes()),
            ]
            .concat();
            element(SET, &element(SEQUENCE, &attribute))
        };
        let dates = dates.map(|(tag, text)| element(tag, text.as_bytes()));
        let mut body = if version {
            element(VERSION, &[2, 1, 2])
        } else {
            Vec::new()
        };
        for part in [
            element(INTEGER, &[1]),
            element(SEQUENCE, b""),
            element(SEQUENCE, b""),
            element(SEQUENCE, &dates.concat()),
            element(
                SEQUENCE,
                &[name(&[0x55, 4, 10], "org"), name(COMMON_NAME, "h.example")].concat(),
            ),
            element(SEQUENCE, b"key"),
        ] {
            body.extend(part);
        }
        element(SEQUENCE, &element(SEQUENCE, &body))
    }

    #[test]
    fn dates_name_and_key_are_read_of_any_version() {
        for version in [true, false] {
            let der = certificate(
                version,
                [
                    (UTC_TIME, "700101000000Z"),
                    (GENERALIZED_TIME, "20010909014640Z"),
                ],
            );
            let read = Certificate::read(&der).unwrap();
            assert_eq!(read.not_before.as_secs(), 0);
            assert_eq!(read.not_after.as_secs(), 1_000_000_000);
            assert_eq!(read.common_name.as_deref(), Some("h.example"));
            assert_eq!(read.key, element(SEQUENCE, b"key"));
        }
    }

    #[test]
    fn two_digits_of_a_year_are_of_this_century_up_to_49() {
        let seconds = |text: &str| time((UTC_TIME, text.as_bytes())).unwrap().as_secs();
        assert_eq!(seconds("491231235959Z"), 2_524_607_999);
        // Before 1970 there is no time to tell, and it is long past.
        assert_eq!(seconds("500101000000Z"), 0);
    }

    #[test]
    fn a_time_that_is_none_makes_no_certificate() {
        for date in [
            "",
            "260101",
            "2601010000000",
            "26ä101000000Z",
            "261301000000Z",
        ] {
            let der = certificate(true, [(UTC_TIME, date), (UTC_TIME, "300101000000Z")]);
            assert!(Certificate::read(&der).is_none(), "{date}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>, at in 0usize..200, with: u8) {
            let _ = Certificate::read(&bytes);
            let mut der = certificate(true, [(UTC_TIME, "260101000000Z"), (UTC_TIME, "300101000000Z")]);
            let at = at % der.len();
            der[at] = with;
            let _ = Certificate::read(&der);
            let _ = Certificate::read(&der[..at]);
        }
    }
}
