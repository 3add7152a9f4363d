//! The throughput by the number of writers as a picture.

use std::fmt::Write as _;

use crate::figures::number;
use crate::rule::Rule;
use crate::scenario::Scenario;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 320.0;
/// Room for the words at each side: left, right, top, bottom.
const ROOM: (f64, f64, f64, f64) = (56.0, 150.0, 40.0, 44.0);
const RULES: [(Rule, &str); 4] = [
    (Rule::Ours, "#0b7285"),
    (Rule::FullJitter, "#e8590c"),
    (Rule::Decorrelated, "#868e96"),
    (Rule::AtOnce, "#c2255c"),
];

/// Where things stand in the picture.
struct Scale {
    /// The logarithm of the most writers.
    most: f64,
}

impl Scale {
    fn x(&self, writers: usize) -> f64 {
        let width = WIDTH - ROOM.0 - ROOM.1;
        ROOM.0 + width * (number(writers as u64).log2() / self.most)
    }

    fn y(share: f64) -> f64 {
        let height = HEIGHT - ROOM.2 - ROOM.3;
        HEIGHT - ROOM.3 - height * share
    }
}

/// A line for each rule: its share of the limit, by the number of writers.
pub(crate) fn svg(scenarios: &[Scenario]) -> String {
    let most = scenarios.iter().map(|scenario| scenario.writers).max();
    let scale = Scale {
        most: number(most.unwrap_or(2) as u64).log2(),
    };
    let mut svg = frame(scenarios, &scale);
    let mut labels: Vec<(f64, String)> = Vec::new();
    for (rule, colour) in RULES {
        let points = scenarios.iter().map(|scenario| {
            let share = scenario.run(rule).of_limit();
            (scale.x(scenario.writers), Scale::y(share))
        });
        let points: Vec<(f64, f64)> = points.collect();
        let path: Vec<String> = points
            .iter()
            .map(|(x, y)| format!("{x:.1},{y:.1}"))
            .collect();
        let _ = writeln!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
            path.join(" ")
        );
        let end = points.last().map_or(0.0, |&(_, y)| y);
        labels.push((end, format!("fill=\"{colour}\">{}", rule.name())));
    }
    svg + &beside(labels) + "</svg>\n"
}

/// Title, lines and numbers.
fn frame(scenarios: &[Scenario], scale: &Scale) -> String {
    let (left, right, _, bottom) = ROOM;
    let title = "Increments of one key as a share of the limit, by writers (simulated)";
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
         font-family=\"sans-serif\" font-size=\"12\">\n<title>{title}</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"{left}\" y=\"22\" font-weight=\"bold\">{title}</text>\n"
    );
    for tenths in [0_u8, 2, 4, 6, 8, 10] {
        let share = f64::from(tenths) / 10.0;
        let (at, end) = (Scale::y(share), WIDTH - right);
        let (beside, below) = (left - 8.0, at + 4.0);
        let _ = writeln!(
            svg,
            "<path d=\"M{left} {at:.1}H{end}\" stroke=\"#dee2e6\"/>\
             <text x=\"{beside:.1}\" y=\"{below:.1}\" text-anchor=\"end\">{share:.1}</text>"
        );
    }
    for scenario in scenarios {
        let (at, below) = (scale.x(scenario.writers), HEIGHT - bottom + 20.0);
        let _ = writeln!(
            svg,
            "<text x=\"{at:.1}\" y=\"{below:.1}\" text-anchor=\"middle\">{}</text>",
            scenario.writers
        );
    }
    svg
}

/// The names at the ends of the lines, moved so that none covers another.
fn beside(mut labels: Vec<(f64, String)>) -> String {
    labels.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (mut svg, mut free) = (String::new(), 0.0);
    for (wanted, label) in labels {
        let at = f64::max(wanted + 4.0, free);
        free = at + 14.0;
        let x = WIDTH - ROOM.1 + 8.0;
        let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{at:.1}\" {label}</text>");
    }
    svg
}
