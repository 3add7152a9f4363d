//! The results of `bench` as a table and as bars.

use std::time::Duration;

use super::Paint;
use crate::bench::{Row, Strategy};

/// The width of the longest bar, in characters.
const BAR: f64 = 30.0;
/// Eighths of a block, for the end of a bar.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

const HEAD: [&str; 10] = [
    "workers", "strategy", "incr/s", "attempts", "worst", "p50", "p99", "max", "fairness", "lost",
];

/// All rows as a table, with bars of their speed below it.
pub(crate) fn table(rows: &[Row], paint: Paint) -> String {
    let cells: Vec<[String; 10]> = rows.iter().map(cells).collect();
    let width = |column: usize| {
        let longest = cells
            .iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0);
        longest.max(HEAD[column].len())
    };
    let widths: [usize; 10] = std::array::from_fn(width);
    let line = |row: &[&str; 10]| {
        let cells = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:>width$}"));
        cells.collect::<Vec<_>>().join("  ")
    };
    let mut text = format!("{}\n", paint.label(&line(&HEAD)));
    for (row, cells) in rows.iter().zip(&cells) {
        let plain = line(&cells.each_ref().map(String::as_str));
        text += &format!(
            "{}\n",
            if row.lost_updates == 0 {
                plain
            } else {
                paint.bad(&plain)
            }
        );
    }
    text += &format!("\n{}\n", paint.label("increments per second"));
    text + &bars(rows, paint)
}

fn cells(row: &Row) -> [String; 10] {
    [
        row.workers.to_string(),
        row.strategy.name().into(),
        format!("{:.0}", row.increments_per_second),
        format!("{:.2}", row.attempts_per_increment),
        row.max_attempts.to_string(),
        time(row.p50),
        time(row.p99),
        time(row.max),
        format!("{:.2}", row.fairness),
        row.lost_updates.to_string(),
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

/// A bar per row, and how it compares with the guide's loop at the same number of workers.
fn bars(rows: &[Row], paint: Paint) -> String {
    let most = rows
        .iter()
        .map(|row| row.increments_per_second)
        .fold(f64::EPSILON, f64::max);
    let bar = |row: &Row| {
        let share = row.increments_per_second / most * BAR;
        let guide = rows
            .iter()
            .find(|guide| guide.workers == row.workers && guide.strategy == Strategy::Guide);
        let times = guide
            .map(|guide| row.increments_per_second / guide.increments_per_second.max(f64::EPSILON));
        let times = times
            .map(|times| format!("  {times:.1} x guide"))
            .unwrap_or_default();
        let bar = paint.good(&blocks(share));
        format!(
            "{:>7}  {:<8}  {bar} {:.0}{times}\n",
            row.workers,
            row.strategy.name(),
            row.increments_per_second
        )
    };
    rows.iter().map(bar).collect()
}

/// A bar of so many characters.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a bar has 0 to 240 eighths"
)]
fn blocks(length: f64) -> String {
    let eighths = (length * 8.0).clamp(0.0, BAR * 8.0) as usize;
    "█".repeat(eighths / 8) + EIGHTHS[eighths % 8]
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
        assert_eq!(blocks(0.0), "");
        assert_eq!(blocks(2.5), "██▌");
        assert_eq!(blocks(1e9).chars().count(), 30);
    }
}
