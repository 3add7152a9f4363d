//! Who beats whom on a key: as a table of winners and losers for a page, and as a line for a report.

use maud::{Markup, html};

use super::shown;
use crate::contention::Findings;
use crate::contention::findings::{Fight, Fighters, Name, Part, Row};
use crate::output::page::{grouped, table};

/// Winners, and losers, that are named.
const NAMED: usize = 5;
/// Pairs in a line.
const IN_LINE: usize = 2;
/// Who met less often than one of so many lost swaps, or once, is one of many.
const RARE: u64 = 100;

/// Winners at the left, losers above; what is not named stands with the others, so that it adds up to all that was lost.
struct Grid {
    winners: Vec<Name>,
    losers: Vec<Name>,
    /// The last row and the last column are the others'.
    cells: Vec<Vec<u64>>,
}

/// The table of a key, if a swap of it was lost.
pub(super) fn who_beats_whom(row: &Row) -> Markup {
    let fighters = row.fights.telling();
    if fighters.fights.is_empty() {
        return html! {};
    }
    let (by, parts) = match fighters.fights[0].loser {
        Name::Host(_) => ("host", &row.hosts),
        _ => ("connection", &row.parts),
    };
    let grid = Grid::of(fighters, parts, row.counts.lost);
    html! {
        h3 { "Who fights whom" }
        @if grid.winners.is_empty() && grid.losers.is_empty() {
            p { "No two connections met often: nearly each of the " (grouped(row.counts.lost)) " swaps was lost to another one." }
        } @else {
            (grid.shown(by))
        }
    }
}

/// The pairs that meet most on the hottest key, in one line; `None` if no two of them do often.
pub(super) fn line(findings: &Findings) -> Option<String> {
    let row = findings.rows.iter().max_by_key(|row| row.counts.lost)?;
    let lost = row.counts.lost;
    let pairs = row.fights.telling().fights.iter();
    let often = pairs.filter(|fight| !is_rare(fight.lost, lost));
    let pairs: Vec<String> = often.take(IN_LINE).map(pair).collect();
    (!pairs.is_empty()).then(|| {
        let (key, pairs) = (shown(&row.name), pairs.join(", "));
        format!("who beats whom on {key}: {pairs}, of {lost} lost")
    })
}

fn pair(fight: &Fight) -> String {
    let (winner, loser) = (shown(&fight.winner), shown(&fight.loser));
    if winner == loser && winner != "?" {
        return format!("{winner} itself ({})", fight.lost);
    }
    format!("{winner} beats {loser} ({})", fight.lost)
}

fn is_rare(met: u64, lost: u64) -> bool {
    met < 2 || met < lost / RARE
}

impl Grid {
    /// `parts` says what each lost, to whomever, and `lost` what all of them did.
    fn of(fighters: &Fighters, parts: &[Part], lost: u64) -> Grid {
        let winners = named(fighters, lost, |fight| &fight.winner);
        let losers = named(fighters, lost, |fight| &fight.loser);
        let mut cells = vec![vec![0_u64; losers.len() + 1]; winners.len() + 1];
        for fight in &fighters.fights {
            let cell = &mut cells[at(&winners, &fight.winner)][at(&losers, &fight.loser)];
            *cell = cell.saturating_add(fight.lost);
        }
        let mut unknown = lost.saturating_sub(fighters.lost());
        // What one lost to nobody of a pair that is counted was to others.
        for (at, loser) in losers.iter().enumerate() {
            let known = cells.iter().map(|row| row[at]);
            let known = known.fold(0, u64::saturating_add);
            let part = parts.iter().find(|part| part.name == *loser);
            let more = part.map_or(0, |part| part.counts.lost.saturating_sub(known));
            let more = more.min(unknown);
            unknown -= more;
            let cell = &mut cells[winners.len()][at];
            *cell = cell.saturating_add(more);
        }
        let others = &mut cells[winners.len()][losers.len()];
        *others = others.saturating_add(unknown);
        Grid {
            winners,
            losers,
            cells,
        }
    }

    fn shown(&self, by: &str) -> Markup {
        let caption = format!(
            "By {by}: how many swaps of the one above lost as the one at the left had stored in between"
        );
        let mut losers: Vec<String> = self.losers.iter().map(shown).collect();
        let mut winners: Vec<String> = self.winners.iter().map(shown).collect();
        let mut cells = self.cells.clone();
        // Nobody else is there.
        if cells.last().is_some_and(|row| sum(row) == 0) {
            cells.pop();
        } else {
            winners.push("others".into());
        }
        if cells.iter().all(|row| row.last() == Some(&0)) {
            let named = losers.len();
            for row in &mut cells {
                row.truncate(named);
            }
        } else {
            losers.push("others".into());
        }
        let mut heads = vec!["winner"];
        heads.extend(losers.iter().map(String::as_str));
        heads.push("all");
        let rows = winners.iter().zip(&cells).map(|(winner, row)| {
            let counts = row.iter().copied().chain([sum(row)]);
            let counts = counts.map(|count| html! { (grouped(count)) });
            [html! { (winner) }].into_iter().chain(counts).collect()
        });
        table(&caption, &heads, &rows.collect::<Vec<_>>())
    }
}

/// Those who met others most on this side, the first first.
fn named(fighters: &Fighters, lost: u64, side: fn(&Fight) -> &Name) -> Vec<Name> {
    let mut met: Vec<(&Name, u64)> = Vec::new();
    for fight in &fighters.fights {
        match met.iter_mut().find(|(name, _)| *name == side(fight)) {
            Some((_, sum)) => *sum = sum.saturating_add(fight.lost),
            None => met.push((side(fight), fight.lost)),
        }
    }
    met.retain(|&(_, sum)| !is_rare(sum, lost));
    met.sort_by_key(|&(_, sum)| std::cmp::Reverse(sum));
    let names = met.into_iter().take(NAMED);
    names.map(|(name, _)| name.clone()).collect()
}

/// Where a name stands; behind all of them, if it is none of them.
fn at(names: &[Name], name: &Name) -> usize {
    let at = names.iter().position(|other| other == name);
    at.unwrap_or(names.len())
}

fn sum(counts: &[u64]) -> u64 {
    counts.iter().copied().fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cas::mutation::{Mutation, Outcome};
    use crate::contention::testing::{named, tried};
    use crate::contention::{By, Scope, Tally};

    /// Each of these stores so many times, and then the other loses.
    fn fought(fights: &[(&str, &str, u64)]) -> Findings {
        let mut tally = Tally::new(Vec::new());
        let mut number = 0;
        for &(winner, loser, times) in fights {
            let of = |name: &str| {
                named(
                    name.bytes().fold(7, |sum, byte| sum * 31 + u64::from(byte)),
                    name,
                )
            };
            for _ in 0..times {
                for (outcome, writer) in
                    [(Outcome::Stored, of(winner)), (Outcome::Exists, of(loser))]
                {
                    number += 1;
                    tally.take(&Mutation {
                        number,
                        ..tried("<k>", "cas", outcome, Some(&writer))
                    });
                }
            }
        }
        tally.findings(By::Key, Scope::Whole)
    }

    fn page(fights: &[(&str, &str, u64)]) -> String {
        let findings = fought(fights);
        who_beats_whom(&findings.rows[0]).into_string()
    }

    fn cells(page: &str) -> Vec<String> {
        let cells = page.split("<td>").skip(1);
        cells
            .map(|cell| cell.split('<').next().unwrap_or_default().into())
            .collect()
    }

    #[test]
    fn hosts_are_told_where_there_are_several() {
        let page = page(&[("a:1", "b:1", 30), ("b:2", "a:2", 20), ("b:1", "b:2", 1)]);
        assert!(
            page.contains("By host") && !page.contains("others"),
            "{page}"
        );
        // Who won most stands first: a against b; then b against b and a.
        assert_eq!(cells(&page), ["30", "0", "30", "1", "20", "21"]);
    }

    #[test]
    fn connections_are_told_where_there_is_one_host_and_rare_ones_are_others() {
        let strangers: Vec<String> = (0..9).map(|n| format!("a:{}", 100 + n)).collect();
        let mut fights = vec![("a:1", "a:2", 50), ("a:2", "a:1", 25)];
        fights.extend(strangers.iter().map(|name| (name.as_str(), "a:1", 1)));
        let page = page(&fights);
        assert!(page.contains("By connection"), "{page}");
        assert_eq!(
            cells(&page),
            ["50", "0", "50", "0", "25", "25", "0", "9", "9"]
        );
    }

    #[test]
    fn what_is_lost_to_too_many_to_be_counted_is_lost_to_others() {
        let strangers: Vec<String> = (0..40).map(|n| format!("a:{}", 100 + n)).collect();
        let mut fights = vec![("a:1", "a:2", 500), ("a:2", "a:1", 500)];
        fights.extend(strangers.iter().map(|name| (name.as_str(), "a:1", 1)));
        assert!(fought(&fights).rows[0].fights.clients.more);
        let page = page(&fights);
        assert_eq!(
            cells(&page),
            ["0", "500", "500", "500", "0", "500", "40", "0", "40"],
            "{page}"
        );
    }

    #[test]
    fn where_nobody_meets_often_nobody_is_named() {
        let all: Vec<String> = (0..90).map(|n| format!("a:{n}")).collect();
        let pairs = all
            .windows(2)
            .map(|pair| (pair[0].as_str(), pair[1].as_str(), 1));
        let pairs: Vec<_> = pairs.collect();
        let page = page(&pairs);
        assert!(page.contains("nearly each of the 89 swaps"), "{page}");
        assert_eq!(line(&fought(&pairs)), None);
        assert_eq!(line(&fought(&[])), None);
    }

    #[test]
    fn the_pairs_that_meet_most_are_a_line() {
        assert_eq!(
            line(&fought(&[
                ("a:1", "a:2", 5),
                ("a:2", "a:2", 3),
                ("a:1", "a:1", 2)
            ]))
            .as_deref(),
            Some("who beats whom on <k>: a:1 beats a:2 (5), a:2 itself (3), of 10 lost")
        );
    }
}
