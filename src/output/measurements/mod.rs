//! The results of `bench` as a table and as bars.

pub(crate) mod page;

use std::time::Duration;

use super::Paint;
use super::columns::{Side, filled, widths};
use super::glyphs::Glyphs;
use crate::bench::{Measurement, Strategy};

/// The width of the longest bar, in characters.
const BAR: f64 = 30.0;

const HEAD: [&str; 10] = [
    "workers", "strategy", "incr/s", "attempts", "most", "p50", "p99", "max", "fairness", "lost",
];

/// What a reader cannot know.
const EXPLAINED: &str =
    "attempts: per increment, and the most that one took; p50, p99, max: the time of one increment";

/// All measurements as a table in Markdown.
pub(crate) fn markdown(measurements: &[Measurement]) -> String {
    let row = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let mut text = row(&HEAD.map(String::from));
    text += &row(&HEAD.map(|_| "---".into()));
    let rows = measurements
        .iter()
        .map(|measurement| row(&cells(measurement)));
    text.extend(rows);
    text
}

/// All measurements as a table, with bars of their speed below it.
pub(crate) fn table(measurements: &[Measurement], paint: Paint) -> String {
    let head = HEAD.map(String::from);
    let cells: Vec<[String; 10]> = [head]
        .into_iter()
        .chain(measurements.iter().map(cells))
        .collect();
    let widths = widths(&cells);
    let line = |row: &[String; 10]| {
        let cells = row.iter().zip(widths);
        let cells = cells.map(|(cell, width)| filled(cell, width, Side::Right));
        cells.collect::<Vec<_>>().join("  ")
    };
    let mut text = format!("{}\n", paint.label(&line(&cells[0])));
    for (measurement, cells) in measurements.iter().zip(&cells[1..]) {
        let plain = line(cells);
        text += &format!(
            "{}\n",
            if measurement.lost_updates == 0 {
                plain
            } else {
                paint.bad(&plain)
            }
        );
    }
    text += &format!("{}\n", paint.label(EXPLAINED));
    text += &format!("\n{}\n", paint.label("increments per second"));
    text + &bars(measurements, paint)
}

fn cells(measurement: &Measurement) -> [String; 10] {
    [
        measurement.workers.to_string(),
        measurement.strategy.name().into(),
        format!("{:.0}", measurement.increments_per_second),
        format!("{:.2}", measurement.attempts_per_increment),
        measurement.max_attempts.to_string(),
        time(measurement.p50),
        time(measurement.p99),
        time(measurement.max),
        format!("{:.2}", measurement.fairness),
        measurement.lost_updates.to_string(),
    ]
}

/// A time to three digits.
fn time(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    let (number, unit) = match seconds {
        s if s >= 1.0 => (s, "s"),
        s if s >= 1e-3 => (s * 1e3, "ms"),
        s => (s * 1e6, "us"),
    };
    let digits = if number >= 100.0 {
        0
    } else if number >= 10.0 {
        1
    } else {
        2
    };
    format!("{number:.digits$} {unit}")
}

/// A bar per measurement, and how it compares with the guide's loop at the same number of workers.
fn bars(measurements: &[Measurement], paint: Paint) -> String {
    let most = measurements
        .iter()
        .map(|measurement| measurement.increments_per_second)
        .fold(f64::EPSILON, f64::max);
    let bar = |measurement: &Measurement| {
        let share = measurement.increments_per_second / most * BAR;
        let guide = measurements.iter().find(|guide| {
            guide.workers == measurement.workers && guide.strategy == Strategy::Guide
        });
        let times = guide.map(|guide| {
            measurement.increments_per_second / guide.increments_per_second.max(f64::EPSILON)
        });
        let times = times
            .map(|times| format!("  {times:.1} x guide"))
            .unwrap_or_default();
        let bar = paint.good(&blocks(share, Glyphs::here()));
        format!(
            "{:>7}  {:<8}  {bar} {:.0}{times}\n",
            measurement.workers,
            measurement.strategy.name(),
            measurement.increments_per_second
        )
    };
    measurements.iter().map(bar).collect()
}

/// A bar of so many characters.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a bar has 0 to 240 eighths"
)]
fn blocks(length: f64, glyphs: Glyphs) -> String {
    let eighths = (length * 8.0).clamp(0.0, BAR * 8.0) as usize;
    glyphs.bar(eighths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_three_digits() {
        assert_eq!(time(Duration::from_nanos(950)), "0.95 us");
        assert_eq!(time(Duration::from_micros(52)), "52.0 us");
        assert_eq!(time(Duration::from_micros(1234)), "1.23 ms");
        assert_eq!(time(Duration::from_millis(250)), "250 ms");
        assert_eq!(time(Duration::from_secs(3)), "3.00 s");
    }

    #[test]
    fn a_bar_ends_in_eighths() {
        let blocks = |length| blocks(length, Glyphs::Blocks);
        assert_eq!(blocks(0.0), "");
        assert_eq!(blocks(2.5), "██▌");
        assert_eq!(blocks(1e9).chars().count(), 30);
    }
}
