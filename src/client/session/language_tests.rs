//! Each dialect over a scripted peer: what is sent, what is made of the answers, and that no answer is misread.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use super::Session;
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
