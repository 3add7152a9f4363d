//! The same cuts on every kind of server: what travels differs from one to the next, so that each connection is measured first,
//! and cut at each of its bytes. What may come of it is not laid down, but that the exit code is true.

use super::sweep::{Case, On, sweep, traffic};
use super::{Setting, Write};
use crate::harness::filter::Dialect;
use crate::harness::proxy::{Fault, Traffic};
use crate::harness::sockets::How;
use crate::harness::target::Target;
use crate::harness::tell::tell;

/// One that shows no expiry, or no clock by which it could be kept.
const fn without_expiry(name: &'static str, target: fn() -> Target) -> Setting {
    Setting {
        keeps_expiry: false,
        ..Setting::new(name, target)
    }
}

static V1_4: Setting = without_expiry("1.4", || Target::speaking(Dialect::V1_4));
static V1_5_16: Setting = without_expiry("1.5.16", || Target::speaking(Dialect::V1_5_16));
static V1_5_22: Setting = Setting::new("1.5.22", || Target::speaking(Dialect::V1_5_22));
static V1_6_9: Setting = Setting::new("1.6.9", Target::oldest);
static V1_6_12: Setting = Setting::new("1.6.12", || Target::speaking(Dialect::V1_6_12));
static NEWEST: Setting = Setting::new("the newest", Target::newest);
static SERVERLESS: Setting = without_expiry("ElastiCache Serverless", || {
    Target::speaking(Dialect::Serverless)
});
/// It does not notice that its client has gone in the middle of a request, so that the proxy of the test does not, either.
static TWEMPROXY: Setting = Setting {
    timeout: "1s",
    ..without_expiry("twemproxy", Target::twemproxy)
};
static MCROUTER: Setting = without_expiry("mcrouter", || Target::speaking(Dialect::Mcrouter));

const WRITES: [Write; 4] = [Write::Swap, Write::Create, Write::Increment, Write::Delete];

/// Numbers in statistics grow by a few digits from one case to the next.
const SLACK: usize = 16;
/// Every so many bytes are cut if not all of them, and every one at both ends of what comes: tokens and items stand there.
const STRIDE: usize = 8;
const STRIDE_OF_STATISTICS: usize = 211;
const END: usize = 100;

/// The bytes after which a connection is cut; all of them if `MCCAS_TEST_EVERY_BYTE` is set. `turn` makes different cases cut at
/// different bytes.
fn bytes(length: usize, turn: usize) -> impl Iterator<Item = usize> {
    let every = std::env::var_os("MCCAS_TEST_EVERY_BYTE").is_some();
    let is_cut = move |byte: &usize| {
        let at_an_end = *byte < END || byte + END > length;
        let stride = if at_an_end {
            STRIDE
        } else {
            STRIDE_OF_STATISTICS
        };
        every || *byte == length || (byte + turn).is_multiple_of(stride)
    };
    (0..=length).filter(is_cut)
}

/// Every cut of a connection that takes so many bytes.
fn cuts(traffic: Traffic, turn: usize) -> Vec<Fault> {
    let how = |byte: usize| [How::Fin, How::Rst][(byte + byte / STRIDE) % 2];
    let requests = bytes(traffic.request_bytes, turn);
    let requests = requests.map(|byte| Fault::CutAfterRequest(byte, how(byte)));
    let replies = bytes(traffic.reply_bytes + SLACK, turn);
    let replies = replies.map(|byte| Fault::CutAfterReply(byte, how(byte)));
    requests.chain(replies).collect()
}

/// One connection is cut, and then one more: the last one of the write at its last byte, and the one that looks what became of
/// it at each.
fn cases(setting: &'static Setting, write: Write, turn: usize) -> Vec<Case> {
    let plain = traffic(setting, write, &[]);
    let mut cases = Vec::new();
    for (number, traffic) in plain.iter().enumerate() {
        let on = On::Connection(number);
        cases.extend(
            cuts(*traffic, turn)
                .into_iter()
                .map(|fault| vec![(on, fault)]),
        );
    }
    let last = plain.len() - 1;
    let whole = plain[last].request_bytes;
    let swap_lost = (
        On::Connection(last),
        Fault::CutAfterRequest(whole, How::Fin),
    );
    for (number, traffic) in traffic(setting, write, &[swap_lost]).iter().enumerate() {
        if number > last {
            let on = On::Connection(number);
            let cuts = cuts(*traffic, turn + number).into_iter().step_by(2);
            cases.extend(cuts.map(|fault| vec![swap_lost, (on, fault)]));
        }
    }
    let all = cuts(plain[last], turn + 1).into_iter().step_by(2);
    cases.extend(all.map(|fault| vec![(On::TheRest, fault)]));
    cases
        .into_iter()
        .map(|faults| Case {
            timeout: setting.timeout,
            ..Case::perhaps_cut(write, faults)
        })
        .collect()
}

fn cut(setting: &'static Setting) {
    let writes = WRITES.into_iter().enumerate();
    let cases: Vec<_> = writes
        .flat_map(|(turn, write)| cases(setting, write, turn))
        .collect();
    let codes = sweep(setting, &cases);
    codes.print("cut at every byte", setting);
    for code in [0, 5, 6] {
        assert!(codes.of(code) > 0, "{}: {codes}", setting.name);
    }
    assert_eq!(
        codes.of(0) + codes.of(5) + codes.of(6),
        codes.together(),
        "{}: {codes}",
        setting.name
    );
    tell(format_args!(
        "{}: no disagreement in {} cases",
        setting.name,
        codes.together()
    ));
}

macro_rules! on_each {
    ($($test:ident: $setting:ident,)*) => {
        $(
            #[test]
            fn $test() {
                cut(&$setting);
            }
        )*
    };
}

on_each! {
    on_1_4: V1_4,
    on_1_5_16: V1_5_16,
    on_1_5_22: V1_5_22,
    on_1_6_9: V1_6_9,
    on_1_6_12: V1_6_12,
    on_the_newest: NEWEST,
    on_elasticache_serverless: SERVERLESS,
    behind_twemproxy: TWEMPROXY,
    behind_mcrouter: MCROUTER,
}
