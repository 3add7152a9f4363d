//! Simulates writers that fight over one counter by compare-and-swap, in virtual time, under several rules of waiting.
//!
//!     cargo run --release --example simulate                      # docs/retries.md's tables
//!     cargo run --release --example simulate -- --svg FILE        # and its picture
//!
//! It drives the very `RetryPolicy` of the program. The same seed gives the same figures on every machine.

// The example uses a part of the domain.
#[allow(dead_code, unused_imports)]
#[path = "../../src/cas/mod.rs"]
mod cas;
mod chance;
mod chart;
mod figures;
mod frontier;
mod rule;
mod scenario;
mod world;

use std::io::Write as _;
use std::process::ExitCode;

use scenario::{Scenario, crowds, frozen, local, remote, telling, thinking};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.as_slice() {
        [] => tables(&mut std::io::stdout().lock()),
        [option, file] if option == "--svg" => std::fs::write(file, chart::svg(&local())),
        _ => {
            let _ = writeln!(std::io::stderr(), "usage: simulate [--svg FILE]");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "simulate: {error}");
            ExitCode::FAILURE
        }
    }
}

/// All scenarios as tables in Markdown.
fn tables(out: &mut impl std::io::Write) -> std::io::Result<()> {
    let groups: [(&str, Vec<Scenario>); 5] = [
        (
            "Writers that never pause, on the server's own machine of two cores",
            local(),
        ),
        (
            "Writers that pause between two increments, on the server's own machine",
            thinking(),
        ),
        (
            "A server that stands still after two of five seconds, on the writers' own machine",
            frozen(),
        ),
        (
            "Writers that never pause, each on a machine of its own",
            remote(),
        ),
        (
            "Writers that make one increment each, arriving within a second",
            crowds(),
        ),
    ];
    for (title, scenarios) in groups {
        writeln!(out, "### {title}\n\n{}", figures::HEAD)?;
        for scenario in scenarios {
            for rule in rule::ALL {
                let figures = scenario.run(rule);
                writeln!(out, "{}", figures.row(&scenario.name, rule.name()))?;
            }
        }
        writeln!(out)?;
    }
    let title = "The rule with other numbers: increments a second, 99th percentile, fairness";
    writeln!(out, "### {title}\n")?;
    frontier::table(out, &telling())
}
