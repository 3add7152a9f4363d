//! Charts as SVG that stands in the page: its colours are those of the page, light or dark (`style.css` knows them).

use std::ops::Range;

use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint};
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

/// What is drawn: won first, lost above it.
const WON: RGBColor = RGBColor(0x09, 0x69, 0xda);
const LOST: RGBColor = RGBColor(0xc4, 0x32, 0x0a);
const LINE: RGBColor = RGBColor(0xd0, 0xd7, 0xde);
/// In units of the SVG; the page scales it to the room there is.
const SIZE: (u32, u32) = (480, 200);

/// A line, or an area, through points of time (seconds) and figure.
#[derive(Debug, Clone)]
pub(crate) enum Shape {
    /// What went well.
    Won(Vec<(f64, f64)>),
    /// What got lost.
    Lost(Vec<(f64, f64)>),
}

/// The shapes over one another; `figure` puts a number of the upright axis into words. `None` if there is too little to draw.
pub(crate) fn over_time(shapes: &[Shape], figure: &dyn Fn(f64) -> String) -> Option<String> {
    let points = || shapes.iter().flat_map(Shape::points);
    let end = points().map(|point| point.0).fold(0.0, f64::max);
    let highest = points().map(|point| point.1).fold(0.0, f64::max);
    let top = if highest.is_normal() { highest } else { 1.0 };
    let longest = shapes.iter().map(|shape| shape.points().len()).max();
    if longest.unwrap_or(0) < 2 || end <= 0.0 {
        return None;
    }
    let mut svg = String::new();
    // What can fail here is the back end alone, and this one writes to memory.
    drawn(&mut svg, shapes, end, top * 1.08, figure).ok()?;
    Some(svg)
}

fn drawn(
    svg: &mut String,
    shapes: &[Shape],
    end: f64,
    top: f64,
    figure: &dyn Fn(f64) -> String,
) -> Result<(), Box<dyn std::error::Error>> {
    let area = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    let mut chart = ChartBuilder::on(&area)
        .margin(8)
        .margin_right(16)
        .x_label_area_size(24)
        .y_label_area_size(56)
        .build_cartesian_2d(
            Axis::new(end, times(end, 5)),
            Axis::new(top, figures(top, 4)),
        )?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(LINE)
        .axis_style(LINE)
        .label_style(("sans-serif", 14))
        .x_label_formatter(&|seconds| lasted(*seconds))
        .y_label_formatter(&|label| figure(*label))
        .draw()?;
    for shape in shapes {
        match shape {
            Shape::Won(points) => {
                let line = WON.stroke_width(2);
                chart.draw_series(LineSeries::new(points.clone(), line))?;
            }
            Shape::Lost(points) => {
                let area = AreaSeries::new(points.clone(), 0.0, LOST.mix(0.2));
                chart.draw_series(area.border_style(LOST.stroke_width(2)))?;
            }
        }
    }
    area.present()?;
    Ok(())
}

impl Shape {
    fn points(&self) -> &[(f64, f64)] {
        let (Shape::Won(points) | Shape::Lost(points)) = self;
        points
    }
}

/// From zero to an end, with the figures that are named.
struct Axis {
    whole: RangedCoordf64,
    named: Vec<f64>,
}

impl Axis {
    fn new(end: f64, named: Vec<f64>) -> Axis {
        let whole = (0.0..end).into();
        Axis { whole, named }
    }
}

impl Ranged for Axis {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        self.whole.map(value, limit)
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() {
            return Vec::new();
        }
        self.named.clone()
    }

    fn range(&self) -> Range<f64> {
        self.whole.range()
    }
}

/// The steps in which people count time, in seconds.
const TIMES: [f64; 16] = [
    1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0,
    21600.0, 86400.0,
];

/// The moments of a time axis that are named, at most so many and the beginning.
fn times(end: f64, most: u16) -> Vec<f64> {
    let least = end / f64::from(most);
    let step = TIMES.into_iter().find(|&step| step >= least);
    match step {
        Some(step) if least > 0.5 => multiples(step, end),
        _ => figures(end, most),
    }
}

/// The figures of an upright axis that are named, at most so many and zero: multiples of 1, 2 or 5 of some power of ten.
///
/// By hand, as the crate takes logarithms for it: the library that has them would be loaded with each start of the program.
fn figures(end: f64, most: u16) -> Vec<f64> {
    let least = end / f64::from(most);
    let mut unit = 1.0;
    while unit < least {
        unit *= 10.0;
    }
    while unit >= least * 10.0 {
        unit /= 10.0;
    }
    let step = [0.1, 0.2, 0.5, 1.0].map(|part| part * unit);
    let step = step.into_iter().find(|&step| step >= least);
    multiples(step.unwrap_or(unit), end)
}

fn multiples(step: f64, end: f64) -> Vec<f64> {
    let numbers = (0..=u16::MAX).map(|number| f64::from(number) * step);
    numbers.take_while(|&figure| figure <= end).collect()
}

/// A time since the beginning.
fn lasted(seconds: f64) -> String {
    match seconds {
        0.0 => "0".into(),
        ..1.0 => format!("{:.0}ms", seconds * 1000.0),
        ..120.0 => format!("{}s", plain(seconds)),
        ..7200.0 => format!("{}m", plain(seconds / 60.0)),
        _ => format!("{}h", plain(seconds / 3600.0)),
    }
}

/// Without a fraction, if it has none.
fn plain(number: f64) -> String {
    let text = format!("{number:.1}");
    text.strip_suffix(".0").map_or(text.clone(), String::from)
}

/// A rate or a count for the upright axis.
pub(crate) fn number(figure: f64) -> String {
    match figure {
        ..10.0 => plain(figure),
        ..10_000.0 => format!("{figure:.0}"),
        ..10_000_000.0 => format!("{}k", plain(figure / 1000.0)),
        _ => format!("{}M", plain(figure / 1_000_000.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_has_its_shapes_in_the_colours_of_the_page() {
        let points = vec![(0.0, 1.0), (1.0, 3.0), (2.0, 2.0)];
        let shapes = [Shape::Won(points.clone()), Shape::Lost(points)];
        let svg = over_time(&shapes, &number).unwrap();
        assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
        for colour in ["#0969DA", "#C4320A", "#D0D7DE"] {
            assert!(svg.contains(colour), "{colour}: {svg}");
        }
    }

    #[test]
    fn nothing_to_draw_is_no_chart_and_no_panic() {
        for shapes in [
            vec![],
            vec![Shape::Won(vec![])],
            vec![Shape::Lost(vec![(1.0, 1.0)])],
            vec![Shape::Won(vec![(0.0, 0.0), (0.0, 0.0)])],
        ] {
            assert_eq!(over_time(&shapes, &number), None);
        }
        let flat = [Shape::Won(vec![(0.0, 0.0), (5.0, 0.0)])];
        assert!(over_time(&flat, &number).is_some());
    }

    #[test]
    fn an_axis_names_few_and_round_figures() {
        assert_eq!(figures(108.0, 4), [0.0, 50.0, 100.0]);
        assert_eq!(figures(1.08, 4), [0.0, 0.5, 1.0]);
        assert_eq!(figures(8000.0, 4), [0.0, 2000.0, 4000.0, 6000.0, 8000.0]);
        assert_eq!(times(20.0, 5), [0.0, 5.0, 10.0, 15.0, 20.0]);
        assert_eq!(times(300.0, 5), [0.0, 60.0, 120.0, 180.0, 240.0, 300.0]);
        assert_eq!(
            times(90_000.0, 5),
            [0.0, 21600.0, 43200.0, 64800.0, 86400.0]
        );
        for end in [
            f64::MIN_POSITIVE,
            1e-9,
            0.3,
            0.9999,
            1.0,
            7.0,
            12_345.6,
            1e18,
            f64::MAX,
        ] {
            for named in [figures(end, 4), times(end, 4)] {
                let is_few = (2..=5).contains(&named.len());
                assert!(
                    is_few && named.iter().all(|&figure| figure <= end),
                    "{end}: {named:?}"
                );
            }
        }
    }

    #[test]
    fn axes_are_in_words_for_people() {
        let times = [0.0, 0.25, 1.5, 90.0, 300.0, 7200.0].map(lasted);
        assert_eq!(times, ["0", "250ms", "1.5s", "90s", "5m", "2h"]);
        let figures = [0.0, 2.5, 250.0, 12_500.0, 3_000_000.0, 2e7].map(number);
        assert_eq!(figures, ["0", "2.5", "250", "12.5k", "3000k", "20M"]);
    }
}
