//! The results of `bench` as a page for a browser.

use maud::{Markup, html};

use super::{EXPLAINED, time};
use crate::bench::{Measurement, Strategy};
use crate::output::page::{bar, document, grouped, table};
use crate::output::text;

const HEADS: [&str; 8] = [
    "strategy",
    "increments/s",
    "of the fastest",
    "attempts",
    "p50",
    "p99",
    "longest",
    "fairness",
];

/// The whole page.
pub(crate) fn page(measurements: &[Measurement], server: &str, version: &str) -> String {
    let server = text::escaped(server.as_bytes());
    let mut workers: Vec<usize> = measurements.iter().map(|one| one.workers).collect();
    workers.dedup();
    let content = html! {
        header {
            h1 { "mccas bench: " (server) }
            p.verdict { (verdict(measurements)) }
            p.quiet { "Workers with a connection each raise one counter as fast as they can." }
        }
        @for workers in workers { (of_workers(workers, measurements)) }
        section aria-labelledby="words" {
            h2 #words { "What the words mean" }
            dl {
                @for strategy in Strategy::ALL {
                    dt { strong { (strategy.name()) } }
                    dd { (strategy.meaning()) }
                }
            }
            p { (EXPLAINED) ". Fairness is Jain's index: 1 where all workers get the same." }
        }
    };
    document(&format!("bench: {server}"), version, &content)
}

/// Whether the count was right, and which strategy was fastest where it matters.
fn verdict(measurements: &[Measurement]) -> String {
    let lost: i128 = measurements.iter().map(|one| one.lost_updates.abs()).sum();
    if lost > 0 {
        return format!("{lost} increments were lost.");
    }
    let speed = |one: &&Measurement| one.increments_per_second;
    let most = measurements.iter().map(|one| one.workers).max();
    let crowded = measurements.iter().filter(|one| Some(one.workers) == most);
    let fastest = crowded.max_by(|one, other| speed(one).total_cmp(&speed(other)));
    match fastest {
        Some(one) => format!(
            "No increment was lost. With {} {}, {} is fastest: {} increments a second.",
            one.workers,
            if one.workers == 1 {
                "worker"
            } else {
                "workers"
            },
            one.strategy.name(),
            grouped(rounded(one.increments_per_second))
        ),
        None => "Nothing was measured.".into(),
    }
}

fn of_workers(workers: usize, measurements: &[Measurement]) -> Markup {
    let of_these = || measurements.iter().filter(|one| one.workers == workers);
    let speeds = of_these().map(|one| one.increments_per_second);
    let fastest = speeds.fold(f64::MIN_POSITIVE, f64::max);
    let rows = of_these().map(|one| {
        let cell = |text: String| html! { (text) };
        vec![
            cell(one.strategy.name().into()),
            cell(grouped(rounded(one.increments_per_second))),
            bar(one.increments_per_second / fastest),
            cell(format!("{:.2}", one.attempts_per_increment)),
            cell(time(one.p50)),
            cell(time(one.p99)),
            cell(time(one.max)),
            cell(format!("{:.2}", one.fairness)),
        ]
    });
    let rows: Vec<Vec<Markup>> = rows.collect();
    let (id, title) = (
        format!("workers{workers}"),
        match workers {
            1 => "1 worker".to_string(),
            workers => format!("{workers} workers"),
        },
    );
    html! {
        section aria-labelledby=(id) {
            h2 id=(id) { (title) }
            (table(&format!("Strategies with {title}"), &HEADS, &rows))
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rate is far below 2^53"
)]
fn rounded(rate: f64) -> u64 {
    rate.round() as u64
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn measured(strategy: Strategy, workers: usize, speed: f64, lost_updates: i128) -> Measurement {
        Measurement {
            strategy,
            workers,
            increments: 1000,
            increments_per_second: speed,
            attempts_per_increment: 1.5,
            max_attempts: 7,
            p50: Duration::from_micros(52),
            p99: Duration::from_millis(2),
            max: Duration::from_millis(9),
            fairness: 0.95,
            lost_updates,
            exhausted: 0,
        }
    }

    #[test]
    fn the_fastest_where_most_work_is_named() {
        let all = [
            measured(Strategy::Cas, 1, 90_000.0, 0),
            measured(Strategy::Guide, 8, 2_000.0, 0),
            measured(Strategy::Cas, 8, 24_000.4, 0),
        ];
        let page = page(&all, "<b>:1", "1.2.3");
        for part in [
            "No increment was lost. With 8 workers, cas is fastest: 24,000 increments a second.",
            "Strategies with 1 worker<",
            "width:100.0%",
            "width:8.3%",
            "&lt;b&gt;:1",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
    }

    #[test]
    fn a_lost_increment_comes_first() {
        let all = [measured(Strategy::Cas, 8, 24_000.0, -2)];
        assert!(page(&all, "a:1", "1.2.3").contains("2 increments were lost."));
        assert!(page(&[], "a:1", "1.2.3").contains("Nothing was measured."));
    }
}
