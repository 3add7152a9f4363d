//! The question for the servers of a service (RFC 2782), and what an answer to it means.

use domain::base::iana::{Class, Opcode, Rcode, Rtype};
use domain::base::{Message, MessageBuilder, Name, ParsedName, Question, ToName};
use domain::rdata::{Cname, Srv};

/// One server of a service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Target {
    priority: u16,
    /// As it was told, without a dot at its end.
    pub(super) host: String,
    pub(super) port: u16,
}

/// What a name server says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The servers: those that are to be preferred first, and among them by name and port. None of a name without them.
    Targets(Vec<Target>),
    /// The name is known, and its service not offered there.
    NotOffered,
    /// There is no such name.
    NoSuchName,
    /// The answer did not fit.
    TooLong,
    /// The name server could not tell, for this reason.
    Failed(String),
}

/// A question on its way.
#[derive(Debug)]
pub(super) struct Query {
    id: u16,
    name: Name<Vec<u8>>,
    bytes: Vec<u8>,
}

impl Query {
    /// Asks for the servers of `name`; `None` if that can be no name. Who does not know `id` cannot answer.
    pub(super) fn new(name: &str, id: u16) -> Option<Query> {
        let name: Name<Vec<u8>> = name.parse().ok()?;
        let mut message = MessageBuilder::new_vec();
        message.header_mut().set_id(id);
        message.header_mut().set_rd(true);
        let mut message = message.question();
        message.push((&name, Rtype::SRV)).ok()?;
        let bytes = message.finish();
        Some(Query { id, name, bytes })
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What these bytes answer to the question; `None` if they are an answer to another one, or none at all.
    pub(super) fn answer(&self, bytes: &[u8]) -> Option<Answer> {
        let message = Message::from_octets(bytes).ok()?;
        let header = message.header();
        let is_ours = header.id() == self.id
            && header.qr()
            && header.opcode() == Opcode::QUERY
            && self.is_question(&message.sole_question().ok()?);
        if !is_ours {
            return None;
        }
        if header.tc() {
            return Some(Answer::TooLong);
        }
        match header.rcode() {
            Rcode::NOERROR => self.targets(&message),
            Rcode::NXDOMAIN => Some(Answer::NoSuchName),
            code => Some(Answer::Failed(code.to_string())),
        }
    }

    fn is_question(&self, question: &Question<ParsedName<&[u8]>>) -> bool {
        // Names are equal in any case.
        question.qname() == &self.name
            && question.qtype() == Rtype::SRV
            && question.qclass() == Class::IN
    }

    fn targets(&self, message: &Message<&[u8]>) -> Option<Answer> {
        let owner = self.owner(message)?;
        let mut targets = Vec::new();
        let mut is_refused = false;
        for record in message.answer().ok()?.limit_to_in::<Srv<_>>() {
            let record = record.ok()?;
            if record.owner() != &owner {
                continue;
            }
            let data: &Srv<ParsedName<&[u8]>> = record.data();
            if data.target().is_root() {
                is_refused = true;
                continue;
            }
            targets.push(Target {
                priority: data.priority(),
                host: data.target().to_string(),
                port: data.port(),
            });
        }
        if targets.is_empty() && is_refused {
            return Some(Answer::NotOffered);
        }
        Some(Answer::Targets(in_order(targets)))
    }

    /// Whose records count: the name itself, or the one that it is another name of.
    fn owner(&self, message: &Message<&[u8]>) -> Option<Name<Vec<u8>>> {
        let mut aliases = Vec::new();
        for record in message.answer().ok()?.limit_to_in::<Cname<_>>() {
            let record = record.ok()?;
            let data: &Cname<ParsedName<&[u8]>> = record.data();
            aliases.push((
                record.owner().to_name::<Vec<u8>>(),
                data.cname().to_name::<Vec<u8>>(),
            ));
        }
        let mut owner = self.name.clone();
        // Each alias leads on once at most, so that those in a circle end.
        while let Some(at) = aliases.iter().position(|(name, _)| *name == owner) {
            owner = aliases.swap_remove(at).1;
        }
        Some(owner)
    }
}

/// In an order that is the same in each answer, as several clients choose a key's server by it. A server that is told twice is one.
fn in_order(mut targets: Vec<Target>) -> Vec<Target> {
    targets.sort_by_cached_key(|target| {
        (
            target.priority,
            target.host.to_ascii_lowercase(),
            target.port,
        )
    });
    let mut ordered: Vec<Target> = Vec::new();
    for target in targets {
        let is_known = ordered.iter().any(|other| {
            other.port == target.port && other.host.eq_ignore_ascii_case(&target.host)
        });
        if !is_known {
            ordered.push(target);
        }
    }
    ordered
}

#[cfg(test)]
mod tests {
    use domain::base::message_builder::AnswerBuilder;
    use proptest::prelude::*;

    use super::*;

    const NAME: &str = "_memcache._tcp.example";

    fn name(text: &str) -> Name<Vec<u8>> {
        text.parse().unwrap()
    }

    fn query() -> Query {
        Query::new(NAME, 7).unwrap()
    }

    /// An answer to the question, changed by `more`.
    fn answer(more: impl FnOnce(&mut AnswerBuilder<Vec<u8>>)) -> Vec<u8> {
        let asked = query();
        let question = Message::from_octets(asked.bytes()).unwrap();
        let mut message = MessageBuilder::new_vec()
            .start_answer(&question, Rcode::NOERROR)
            .unwrap();
        more(&mut message);
        message.finish()
    }

    fn srv(message: &mut AnswerBuilder<Vec<u8>>, owner: &str, priority: u16, target: (&str, u16)) {
        let data = Srv::new(priority, 9, target.1, name(target.0));
        message.push((name(owner), 60, data)).unwrap();
    }

    fn targets(bytes: &[u8]) -> Vec<String> {
        match query().answer(bytes) {
            Some(Answer::Targets(targets)) => targets
                .iter()
                .map(|target| format!("{}:{}", target.host, target.port))
                .collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_question_has_one_name_and_wants_recursion() {
        assert_eq!(
            query().bytes(),
            b"\0\x07\x01\0\0\x01\0\0\0\0\0\0\x09_memcache\x04_tcp\x07example\0\0\x21\0\x01"
        );
        for name in ["a..b", &"a.".repeat(130), &format!("{}.b", "a".repeat(64))] {
            assert!(Query::new(name, 7).is_none(), "{name}");
        }
    }

    #[test]
    fn the_preferred_come_first_and_then_names_and_ports_decide() {
        let bytes = answer(|message| {
            for (priority, target) in [
                (2, ("a.example", 1)),
                (1, ("c.example", 2)),
                (1, ("B.example", 2)),
                (1, ("c.example", 1)),
                (3, ("b.example", 2)),
            ] {
                srv(message, NAME, priority, target);
            }
            srv(message, "other.example", 0, ("x.example", 1));
        });
        assert_eq!(
            targets(&bytes),
            ["B.example:2", "c.example:1", "c.example:2", "a.example:1"]
        );
    }

    #[test]
    fn an_alias_is_followed_once_and_names_are_equal_in_any_case() {
        let alias = |message: &mut AnswerBuilder<Vec<u8>>, owner: &str, to: &str| {
            let data = Cname::new(name(to));
            message.push((name(owner), 60, data)).unwrap();
        };
        let bytes = answer(|message| {
            alias(message, "two.example", "three.example");
            alias(message, &NAME.to_uppercase(), "two.example");
            srv(message, "THREE.example", 0, ("a.example", 1));
            srv(message, NAME, 0, ("stray.example", 1));
        });
        assert_eq!(targets(&bytes), ["a.example:1"]);
        let circle = answer(|message| {
            alias(message, NAME, "two.example");
            alias(message, "two.example", NAME);
        });
        assert_eq!(targets(&circle), [""; 0]);
    }

    #[test]
    fn what_is_no_target_is_told_apart() {
        let none = answer(|message| srv(message, NAME, 0, (".", 0)));
        assert_eq!(query().answer(&none), Some(Answer::NotOffered));
        assert_eq!(targets(&answer(|_| ())), [""; 0]);
        let code = |code| answer(|message| message.header_mut().set_rcode(code));
        assert_eq!(
            query().answer(&code(Rcode::NXDOMAIN)),
            Some(Answer::NoSuchName)
        );
        assert_eq!(
            query().answer(&code(Rcode::SERVFAIL)),
            Some(Answer::Failed("SERVFAIL".into()))
        );
        let cut = answer(|message| message.header_mut().set_tc(true));
        assert_eq!(query().answer(&cut), Some(Answer::TooLong));
    }

    #[test]
    fn an_answer_to_another_question_is_none() {
        let right = answer(|message| srv(message, NAME, 0, ("a.example", 1)));
        assert!(query().answer(&right).is_some());
        let other = Query::new("_memcache._tcp.example2", 7).unwrap();
        assert_eq!(other.answer(&right), None);
        let at = right.len();
        for (place, byte) in [
            (0, 1),    // id
            (2, 0x01), // a question
            (2, 0xa1), // another kind of question
            (5, 2),    // two of them
            (5, 0),    // none
            (13, b'x'),
            (12 + 24 + 1, 1),   // A
            (12 + 24 + 3, 255), // class ANY
        ] {
            let mut wrong = right.clone();
            wrong[place] = byte;
            assert_eq!(query().answer(&wrong), None, "{place}");
        }
        for length in 0..at {
            assert_eq!(query().answer(&right[..length]), None, "{length}");
        }
    }

    #[test]
    fn a_name_that_points_at_itself_is_no_answer() {
        let mut bytes = answer(|_| ());
        bytes[7] = 1;
        let here = u8::try_from(bytes.len()).unwrap();
        for pointer in [here, here + 2, 255] {
            let mut looped = bytes.clone();
            looped.extend([0xc0, pointer, 0xc0, here, 0, 0x21, 0, 1, 0, 0, 0, 1, 0, 0]);
            assert_eq!(query().answer(&looped), None);
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(more in proptest::collection::vec(any::<u8>(), 0..80), records in any::<u8>()) {
            let mut bytes = answer(|_| ());
            bytes[7] = records;
            bytes.extend(more);
            let _ = query().answer(&bytes);
        }
    }
}
