//! Each dialect over a scripted peer: what is sent, what is made of the answers, and that no answer is misread.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use super::{NO_OPS, Session};
use crate::cas::testing::{swap, token};
use crate::cas::{Item, Key, Store, StoreError, Ttl, Want, Written};

/// What is asked and what is answered, in turn; then the peer closes the connection.
type Script<'a> = &'a [(&'a str, &'a str)];

/// A session with a peer that plays one script on each connection, and panics over any other question.
fn session(scripts: &[Script]) -> (Session, thread::JoinHandle<()>) {
    let owned = |(question, answer): &(&str, &str)| (question.to_string(), answer.to_string());
    let scripts: Vec<Vec<(String, String)>> = scripts
        .iter()
        .map(|script| script.iter().map(owned).collect())
        .collect();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let peer = thread::spawn(move || {
        for script in scripts {
            let (mut stream, _) = listener.accept().unwrap();
            for (question, answer) in &script {
                let mut asked = vec![0; question.len()];
                stream.read_exact(&mut asked).unwrap();
                assert_eq!(String::from_utf8(asked).unwrap(), *question);
                stream.write_all(answer.as_bytes()).unwrap();
            }
            let mut more = Vec::new();
            if script.last().is_none_or(|(_, answer)| !answer.is_empty()) {
                // The other side may hang up by a reset.
                let _ = stream.read_to_end(&mut more);
            }
            assert_eq!(String::from_utf8(more).unwrap(), "");
        }
    });
    let session = Session::new(address.parse().unwrap(), Duration::from_secs(5));
    (session.taking_values(100), peer)
}

fn key() -> Key {
    Key::new("k").unwrap()
}

/// Runs `ask` over the scripts, all of which must be played.
#[track_caller]
fn over<T>(scripts: &[Script], ask: impl FnOnce(&mut Session) -> T) -> T {
    let (mut session, peer) = session(scripts);
    let answer = ask(&mut session);
    drop(session);
    peer.join().unwrap();
    answer
}

fn looked(session: &mut Session) -> Result<Option<Item>, StoreError> {
    let mut items = session.look(&[key()])?;
    Ok(items.remove(0))
}

const MARKED: &str = "mg k c u O0\r\nmg k v c t f u O1\r\n";
const BRACKETED: &str = "mg k c u O0\r\nmg k v c t f u O1\r\nmn\r\n";

#[test]
fn a_bare_miss_is_asked_for_once_more_and_then_understood() {
    let missing = over(
        &[
            &[(MARKED, "EN\r\nEN\r\n")],
            &[
                (BRACKETED, "EN\r\nEN\r\nMN\r\n"),
                (BRACKETED, "EN\r\nEN\r\nMN\r\n"),
            ],
        ],
        |session| [looked(session), looked(session)],
    );
    assert_eq!(missing, [Ok(None), Ok(None)]);
}

#[test]
fn the_first_meta_servers_say_ok_for_hd() {
    let item = over(
        &[
            &[(MARKED, "OK c5 O0\r\nVA 2 c5 t99 f7 O1\r\n41\r\n")],
            &[(BRACKETED, "OK c5 O0\r\nVA 2 c5 t99 f7 O1\r\n41\r\nMN\r\n")],
        ],
        looked,
    );
    let item = item.unwrap().unwrap();
    assert_eq!(
        (item.value, item.token, item.flags),
        (b"41".to_vec(), token(5), 7)
    );
    assert_eq!(item.ttl, Ttl::Seconds(99));
}

#[test]
fn a_bare_miss_may_be_the_first_sign_of_the_oldest_form() {
    let item = over(
        &[
            &[(MARKED, "EN\r\nEN\r\n")],
            &[
                (BRACKETED, "EN\r\nEN\r\nMN\r\n"),
                (BRACKETED, "OK c5 O0\r\nVA 2 c5 t-1 f7 O1\r\n41\r\nMN\r\n"),
            ],
            &[(BRACKETED, "OK c5 O0\r\nVA 2 c5 t-1 f7 O1\r\n41\r\nMN\r\n")],
        ],
        |session| {
            assert_eq!(looked(session), Ok(None));
            looked(session)
        },
    );
    assert_eq!(item.unwrap().unwrap().token, token(5));
}

#[test]
fn an_answer_too_many_or_too_few_is_no_miss() {
    for answer in [
        "EN\r\nEN\r\nEN\r\nMN\r\n",
        "EN\r\nMN\r\n",
        "EN\r\nHD c5 O0\r\nMN\r\n",
        "EN O7\r\nEN\r\nMN\r\n",
    ] {
        let scripts: &[Script] = &[&[(MARKED, "EN\r\n")], &[(BRACKETED, answer)]];
        let outcome = over(scripts, looked);
        assert!(
            matches!(outcome, Err(StoreError::Unreachable(_))),
            "{answer:?}: {outcome:?}"
        );
    }
}

const READ: &str = "mg k c u O0\r\nmg k v c t f u O1\r\nmn\r\nstats\r\nstats settings\r\nmg k s c t f u O2\r\nmn\r\n";
const SETTINGS: &str = "STAT item_size_max 1048576\r\nSTAT evictions on\r\nEND\r\n";

#[test]
fn where_ms_is_not_certain_a_swap_goes_by_the_classic_command() {
    let read = "VA 3 c7 t-1 f0 O1\r\nold\r\n";
    let answer = format!(
        "OK c7 O0\r\n{read}MN\r\nSTAT time 99\r\nEND\r\n{SETTINGS}OK s3 c7 t-1 f0 O2\r\nMN\r\n"
    );
    let scripts: &[Script] = &[
        &[(MARKED, "EN\r\nEN\r\n")],
        &[(BRACKETED, "EN\r\nEN\r\nMN\r\n")],
        &[(READ, &answer)],
        &[
            (READ, &answer),
            (
                "cas k 0 0 3 7\r\nnew\r\nme k\r\ngets k\r\n",
                "STORED\r\nME k exp=-1 la=0 cas=8 fetch=no cls=1 size=66\r\nVALUE k 0 3 8\r\nnew\r\nEND\r\n",
            ),
        ],
    ];
    let written = over(scripts, |session| {
        // The answer of the second connection shows nothing but misses; then the item comes as the first servers tell it.
        looked(session).unwrap();
        session.hang_up();
        session.read(&key(), Want::Value).unwrap();
        session.swap(&swap(7, None))
    });
    assert_eq!(written, Ok(Written::Stored(Some(token(8)))));
}

#[test]
fn a_key_that_the_server_cannot_take_is_a_usage_error() {
    let key = Key::new("a b").unwrap();
    let outcome = over(
        &[&[(
            "mg YSBi c u O0 b\r\nmg YSBi v c t f u O1 b\r\n",
            "CLIENT_ERROR invalid flag\r\nCLIENT_ERROR invalid flag\r\n",
        )]],
        |session| session.look(&[key]),
    );
    assert!(
        matches!(outcome, Err(StoreError::KeyForm(_))),
        "{outcome:?}"
    );
}

#[test]
fn a_delete_that_finds_the_right_token_wrong_is_a_swap_to_nothing() {
    let delete = "md k Ow1 C7\r\nme k\r\n";
    let there = "ME k exp=-1 la=0 cas=7 fetch=no cls=1 size=66\r\n";
    let answer = format!("EX  Ow1\r\n{there}");
    let scripts: &[Script] = &[&[
        (delete, &answer),
        ("ms k 0 Ow2 C7 F0 T2592001 c\r\n\r\n", "HD Ow2 c9\r\n"),
    ]];
    let deleted = over(scripts, |session| session.delete_if(&key(), token(7)));
    assert_eq!(deleted, Ok(Written::Stored(None)));
    // Somebody else's item stays, and one answer says so.
    let deleted = over(
        &[&[(
            "md k Ow1 C7\r\nme k\r\n",
            "EX Ow1\r\nME k exp=-1 la=0 cas=8 fetch=no cls=1 size=66\r\n",
        )]],
        |session| session.delete_if(&key(), token(7)),
    );
    assert_eq!(deleted, Ok(Written::Conflict));
}

const DRAFTED: &str = "mg k ucO 0\r\nmg k utfcsOv 1\r\nversion\r\n";
const NO_DRAFT: &str = "CLIENT_ERROR incorrect number of tokens supplied\r\nCLIENT_ERROR incorrect number of tokens supplied\r\n";

#[test]
fn the_draft_tells_the_expiry() {
    for (left, ttl) in [("99", Ttl::Seconds(99)), ("-1", Ttl::Never)] {
        let answer = format!(
            "VA ucO 5 0\r\nEN\r\nVA utfcsOv {left} 7 5 2 1\r\n41\r\nEN\r\nVERSION 1.5.22\r\n"
        );
        let scripts: &[Script] = &[
            &[(MARKED, NO_DRAFT)],
            &[
                (DRAFTED, &answer),
                (DRAFTED, "EN\r\nEN\r\nVERSION 1.5.22\r\n"),
            ],
        ];
        let (item, missing) = over(scripts, |session| (looked(session), looked(session)));
        let item = item.unwrap().unwrap();
        assert_eq!((item.value.as_slice(), item.token), (&b"41"[..], token(5)));
        assert_eq!((item.ttl, item.flags), (ttl, 7));
        assert_eq!(missing, Ok(None));
    }
}

const TWICE: &str = "gets k\r\ngets k\r\nversion\r\n";
const ERRORS: &str = "ERROR\r\nERROR\r\n";

#[test]
fn a_server_without_meta_commands_is_read_twice_at_once_and_the_first_token_counts() {
    let scripts: &[Script] = &[
        &[(MARKED, ERRORS)],
        &[
            (
                TWICE,
                "VALUE k 7 1 5\r\n1\r\nEND\r\nVALUE k 7 1 6\r\n1\r\nEND\r\nVERSION 1.4.15\r\n",
            ),
            (TWICE, "END\r\nEND\r\nVERSION 1.4.15\r\n"),
        ],
    ];
    let (item, missing) = over(scripts, |session| (looked(session), looked(session)));
    let item = item.unwrap().unwrap();
    // The second may be an old value with the token of a new one: by the first token a swap loses.
    assert_eq!(
        (item.token, item.flags, item.ttl),
        (token(5), 7, Ttl::Unknown)
    );
    assert_eq!(missing, Ok(None));
}

#[test]
fn a_classic_answer_too_many_or_too_few_is_no_answer() {
    let value = "VALUE k 0 1 5\r\n1\r\nEND\r\n";
    for answer in [
        format!("END\r\n{value}{value}VERSION 1\r\n"),
        format!("{value}VERSION 1\r\n"),
        format!("{value}{value}END\r\nVERSION 1\r\n"),
        format!("STORED\r\n{value}{value}VERSION 1\r\n"),
    ] {
        let scripts: &[Script] = &[&[(MARKED, ERRORS)], &[(TWICE, &answer)]];
        let outcome = over(scripts, looked);
        assert!(
            matches!(outcome, Err(StoreError::Unreachable(_))),
            "{answer:?}: {outcome:?}"
        );
    }
}

/// What a server without meta commands holds, and how it was found to be one.
fn classic<T>(steps: &[(&str, &str)], ask: impl FnOnce(&mut Session) -> T) -> T {
    let mut script = vec![(TWICE, "END\r\nEND\r\nVERSION 1.4.15\r\n")];
    script.extend_from_slice(steps);
    over(&[&[(MARKED, ERRORS)], &script], |session| {
        assert_eq!(looked(session), Ok(None));
        ask(session)
    })
}

const NEW: &str =
    "VALUE k 0 3 8\r\nnew\r\nEND\r\nVALUE k 0 3 8\r\nnew\r\nEND\r\nVERSION 1.4.15\r\n";
const CAS: &str = "cas k 0 0 3 7\r\nnew\r\ngets k\r\ngets k\r\nversion\r\n";

#[test]
fn a_classic_swap_is_answered_only_with_the_look_behind_it() {
    let swapped = |answer: &str| classic(&[(CAS, answer)], |session| session.swap(&swap(7, None)));
    let stored = swapped(&format!("STORED\r\n{NEW}"));
    assert_eq!(stored, Ok(Written::Stored(Some(token(8)))));
    // Another writer came right behind: its token is not ours.
    let overtaken = swapped(&format!("STORED\r\n{}", NEW.replace("new", "odd")));
    assert_eq!(overtaken, Ok(Written::Stored(None)));
    assert_eq!(swapped(&format!("EXISTS\r\n{NEW}")), Ok(Written::Conflict));
    let missing = swapped("NOT_FOUND\r\nEND\r\nEND\r\nVERSION 1.4.15\r\n");
    assert_eq!(missing, Ok(Written::Missing));
    for answer in [
        "STORED\r\nSTORED\r\nEND\r\nEND\r\nVERSION 1\r\n",
        "END\r\nEND\r\nVERSION 1\r\n",
        "STORED\r\nEND\r\nVERSION 1\r\n",
        "SERVER_ERROR backend failure\r\nEND\r\nEND\r\nVERSION 1\r\n",
    ] {
        let outcome = swapped(answer);
        assert!(
            matches!(outcome, Err(StoreError::Unknown(_))),
            "{answer:?}: {outcome:?}"
        );
    }
    let refused = swapped("CLIENT_ERROR bad data chunk\r\nEND\r\nEND\r\nVERSION 1\r\n");
    assert!(
        matches!(refused, Err(StoreError::Refused(_))),
        "{refused:?}"
    );
}

#[test]
fn a_server_without_room_is_asked_on_the_same_connection_and_one_that_is_out_of_step_is_not() {
    let no_room = format!("SERVER_ERROR out of memory storing object\r\n{NEW}");
    let outcomes = classic(
        &[(CAS, &no_room), (CAS, &format!("STORED\r\n{NEW}"))],
        |session| [(); 2].map(|()| session.swap(&swap(7, None))),
    );
    assert!(
        matches!(
            &outcomes,
            [Err(StoreError::Refused(_)), Ok(Written::Stored(_))]
        ),
        "{outcomes:?}"
    );
    // What the server makes of a value that it takes for no value, nobody knows.
    let steps = [(TWICE, "END\r\nEND\r\nVERSION 1.4.15\r\n")];
    let bad: Script = &[
        steps[0],
        (
            CAS,
            "CLIENT_ERROR bad data chunk\r\nEND\r\nEND\r\nVERSION 1\r\n",
        ),
    ];
    let scripts = [&[(MARKED, ERRORS)], bad, &steps];
    over(&scripts, |session| {
        assert_eq!(looked(session), Ok(None));
        let refused = session.swap(&swap(7, None));
        assert!(
            matches!(refused, Err(StoreError::Refused(_))),
            "{refused:?}"
        );
        assert_eq!(looked(session), Ok(None));
    });
}

#[test]
fn a_hit_of_another_key_is_no_answer() {
    let other = NEW.replace("VALUE k ", "VALUE kk ");
    let first = NEW.replacen("VALUE k ", "VALUE kk ", 1);
    for answer in [&other, &first] {
        let outcome = classic(&[(TWICE, answer)], looked);
        assert!(
            matches!(&outcome, Err(StoreError::Unreachable(failure)) if failure.message.contains("\"kk\"")),
            "{outcome:?}"
        );
        let swapped = classic(&[(CAS, &format!("STORED\r\n{answer}"))], |session| {
            session.swap(&swap(7, None))
        });
        assert!(
            matches!(swapped, Err(StoreError::Unknown(_))),
            "{swapped:?}"
        );
        let incr = "incr k 3\r\ngets k\r\ngets k\r\nversion\r\n";
        let added = classic(&[(incr, &format!("9\r\n{answer}"))], |session| {
            session.add(&key(), 3)
        });
        assert!(matches!(added, Err(StoreError::Unknown(_))), "{added:?}");
    }
    let me = "ME kk exp=-60 la=0 cas=5 fetch=no cls=1 size=66\r\n";
    let script: Script = &[("mg AA== u O0 b\r\nme k\r\n", &format!("EN O0\r\n{me}"))];
    let glance = over(&[script], |session| session.glance(&[key()]));
    assert!(
        matches!(glance, Err(StoreError::Unreachable(_))),
        "{glance:?}"
    );
}

#[test]
fn the_other_writes_by_classic_commands() {
    let incr = "incr k 3\r\ngets k\r\ngets k\r\nversion\r\n";
    let added = |answer: &str| classic(&[(incr, answer)], |session| session.add(&key(), 3));
    // A number that has become shorter is padded.
    let padded = "VALUE k 0 2 8\r\n9 \r\nEND\r\n";
    assert_eq!(
        added(&format!("9\r\n{padded}{padded}VERSION 1\r\n")),
        Ok(Some((9.into(), Some(token(8)))))
    );
    assert_eq!(added("NOT_FOUND\r\nEND\r\nEND\r\nVERSION 1\r\n"), Ok(None));
    let unread = added("STORED\r\nEND\r\nEND\r\nVERSION 1\r\n");
    assert!(matches!(unread, Err(StoreError::Unknown(_))), "{unread:?}");
    let deleted = classic(
        &[(
            "cas k 0 2592001 0 7\r\n\r\ngets k\r\ngets k\r\nversion\r\n",
            "STORED\r\nEND\r\nEND\r\nVERSION 1\r\n",
        )],
        |session| session.delete_if(&key(), token(7)),
    );
    assert_eq!(deleted, Ok(Written::Stored(None)));
    let deleted = classic(
        &[(
            "delete k\r\ngets k\r\ngets k\r\nversion\r\n",
            "DELETED\r\nEND\r\nEND\r\nVERSION 1\r\n",
        )],
        |session| session.delete(&key()),
    );
    assert_eq!(deleted, Ok(()));
}

#[test]
fn a_proof_or_a_key_that_needs_more_than_the_classic_protocol_is_refused_unsent() {
    classic(&[], |session| {
        let refused = session.swap(&swap(7, Some(1 << 62)));
        assert!(
            matches!(refused, Err(StoreError::NoProof(_))),
            "{refused:?}"
        );
        let outcome = session.look(&[key(), Key::new("a b").unwrap()]);
        assert!(
            matches!(outcome, Err(StoreError::KeyForm(_))),
            "{outcome:?}"
        );
    });
}

/// Over a no-op, once more.
const HANGS_UP: Script = &[("mn\r\n", "")];

/// The connections of a proxy that hangs up over commands it does not know, until it is taken for one.
fn proxy_and_then(then: Script<'static>) -> Vec<Script<'static>> {
    let meets: [Script; 2] = [
        &[(MARKED, "")],
        &[("version\r\n", "VERSION 1.6.18\r\n"), ("mn\r\n", "")],
    ];
    [&meets[..], &[HANGS_UP; NO_OPS - 1], &[then]].concat()
}

#[test]
fn a_peer_that_hangs_up_over_meta_commands_only_is_a_proxy() {
    // A proxy has no statistics of the item's server, and is not asked for any.
    let scripts = proxy_and_then(&[(TWICE, NEW), (TWICE, NEW)]);
    let (looked, read) = over(&scripts, |session| {
        assert_eq!(session.peer(&key()), None);
        let looked = looked(session);
        (looked, session.read(&key(), Want::Value))
    });
    assert_eq!(looked, read);
    assert_eq!(read.unwrap().unwrap().value, b"new");
}

#[test]
fn a_proxy_that_hangs_up_over_everything_is_asked_no_further() {
    let outcome = over(&proxy_and_then(&[(TWICE, "")]), looked);
    assert!(
        matches!(outcome, Err(StoreError::Unreachable(_))),
        "{outcome:?}"
    );
}

#[test]
fn a_server_that_had_a_bad_moment_is_no_proxy() {
    let greets: Script = &[("version\r\n", "VERSION 1.6.18\r\n"), ("mn\r\n", "MN\r\n")];
    let hangs_up: Script = &[("version\r\n", "VERSION 1.6.18\r\n"), ("mn\r\n", "")];
    let answers: Script = &[("mn\r\n", "MN\r\n")];
    for scripts in [
        &[greets][..],
        &[&[("version\r\n", "")]],
        &[&[("version\r\n", "ERROR\r\n")]],
        // Where connections are cut at random, some in a row may be.
        &[&[hangs_up][..], &[HANGS_UP; NO_OPS - 2], &[answers]].concat(),
    ] {
        let outcome = over(&[&[&[(MARKED, "")] as Script], scripts].concat(), looked);
        assert!(
            matches!(outcome, Err(StoreError::Unreachable(_))),
            "{scripts:?}: {outcome:?}"
        );
    }
}

#[test]
fn where_there_is_no_me_a_read_tells_as_much() {
    let scripts: &[Script] = &[
        &[("mg AA== u O0 b\r\nme k\r\n", "EN O0\r\nERROR\r\n")],
        &[
            ("mg k s c t f u O0\r\n", "HD s1 c5 t60 f0 O0\r\n"),
            // A win that came with it is given back, and the key polled so that no other comes.
            ("mg k s c t f u O0\r\n", "HD s1 c5 t60 f0 O0 X W\r\n"),
            ("md k Ow4 I C5 E5\r\n", "HD Ow4\r\n"),
            (
                "me k\r\ngets k\r\n",
                "ERROR\r\nVALUE k 0 1 5\r\n1\r\nEND\r\n",
            ),
        ],
    ];
    let glances = over(scripts, |session| {
        [(); 3].map(|()| session.glance(&[key()]).unwrap()[0].unwrap())
    });
    assert_eq!(glances.map(|glance| glance.token), [token(5); 3]);
    let ttls = [Ttl::Seconds(60), Ttl::Seconds(60), Ttl::Unknown];
    assert_eq!(glances.map(|glance| glance.ttl), ttls);
}

#[test]
fn a_poll_finds_out_the_dialect_before_it_reads_anything() {
    let me = "ME k exp=-60 la=0 cas=5 fetch=no cls=1 size=66\r\n";
    let drafted = format!("{me}EN\r\nVERSION 1.5.22\r\n");
    let first = format!("CLIENT_ERROR incorrect number of tokens supplied\r\n{me}EN\r\n");
    let scripts: &[Script] = &[
        &[("mg AA== u O0 b\r\nme k\r\n", &first)],
        &[("me k\r\nversion\r\n", &drafted)],
    ];
    let glance = over(scripts, |session| session.glance(&[key()])).unwrap()[0].unwrap();
    assert_eq!((glance.token, glance.ttl), (token(5), Ttl::Seconds(60)));
    let once = "VALUE k 0 1 5\r\n1\r\nEND\r\nVERSION 1\r\n";
    let scripts: &[Script] = &[
        &[("mg AA== u O0 b\r\nme k\r\n", ERRORS)],
        &[("gets k\r\nversion\r\n", once)],
    ];
    let glance = over(scripts, |session| session.glance(&[key()])).unwrap()[0].unwrap();
    assert_eq!((glance.token, glance.ttl), (token(5), Ttl::Unknown));
}

#[test]
fn a_win_is_given_back_where_no_token_is_found_to_be_right() {
    let me = |token| format!("ME k exp=-1 la=0 cas={token} fetch=no cls=1 size=66\r\n");
    let gets = |token| format!("VALUE k 0 1 {token}\r\n1\r\nEND\r\n");
    let kept = format!("EX  Ow3\r\n{}{}", me(5), gets(5));
    let released = format!("OK  Ow4\r\n{}{}", me(6), gets(6));
    let stale = "OK c5 O0 X W\r\nVA 1 c5 t-1 f0 O1 X Z\r\n1\r\n";
    let bracketed = format!("{stale}MN\r\n");
    let scripts: &[Script] = &[
        &[(MARKED, stale)],
        &[
            (BRACKETED, &bracketed),
            (
                "md k Ow4 I C5\r\nme k\r\ngets k\r\n",
                &kept.replace("w3", "w4"),
            ),
            (
                "md k Ow5 I\r\nme k\r\ngets k\r\n",
                &released.replace("w4", "w5"),
            ),
        ],
    ];
    assert_eq!(over(scripts, looked).unwrap().unwrap().token, token(6));
}

#[test]
fn a_poll_of_a_key_that_cannot_be_carried_is_no_look_at_another_one() {
    let key = Key::new("a b").unwrap();
    let outcome = over(
        &[&[(
            "mg AA== u O0 b\r\nme YSBi b x\r\n",
            "CLIENT_ERROR invalid flag\r\nEN\r\n",
        )]],
        |session| session.glance(&[key]),
    );
    assert!(
        matches!(outcome, Err(StoreError::KeyForm(_))),
        "{outcome:?}"
    );
}
