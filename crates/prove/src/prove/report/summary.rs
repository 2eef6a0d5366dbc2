//! What a run comes to, in words.

use crate::prove::verdict::{Check, Report, Verdict};

/// What a run comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Summary {
    pub(super) kind: Kind,
    /// A few words.
    pub(super) headline: String,
    /// A sentence or two.
    pub(super) lead: String,
}

/// How it is painted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nobody got in who should not.
    Blocked,
    /// Somebody did, or could.
    Broken,
    /// Something could not be told.
    Doubtful,
    /// Nothing was tried.
    Nothing,
}

impl Summary {
    pub(super) fn new(report: &Report) -> Self {
        if let Some(why) = &report.nothing_proved {
            let lead = format!("{}. This says nothing about the gate.", capital(why));
            return Self { kind: Kind::Nothing, headline: "Nothing is proved".to_owned(), lead };
        }
        let count = |verdict| report.count(verdict);
        let fails = [
            (count(Verdict::Open), "request got in that should not", "requests got in that should not"),
            (count(Verdict::Spoof), "request lets a client say who it is", "requests let a client say who it is"),
            (count(Verdict::Loop), "request sends people round in a circle", "requests send people round in a circle"),
        ];
        let holes = fails.iter().fold(0_usize, |sum, (count, ..)| sum.saturating_add(*count));
        let (unsure, warned, passed) = (count(Verdict::Inconclusive), count(Verdict::Warn), count(Verdict::Pass));
        let passed = number(passed, "check is as it should be", "checks are as they should be");
        if holes > 0 {
            let parts = fails.iter().filter(|(count, ..)| *count > 0);
            let parts: Vec<String> = parts.map(|(count, one, many)| number(*count, one, many)).collect();
            let lead = format!("{}. {}.", parts.join(", "), capital(&passed));
            return Self { kind: Kind::Broken, headline: number(holes, "way past the gate", "ways past the gate"), lead };
        }
        if unsure > 0 {
            let lead = format!("Nobody got in, but {} cannot be told. {}.", number(unsure, "check", "checks"), capital(&passed));
            return Self { kind: Kind::Doubtful, headline: "Not certain".to_owned(), lead };
        }
        let lead = match warned {
            0 => format!("{}, and whoever may gets in.", capital(&passed)),
            _ => format!(
                "{}, and whoever may gets in. There {} to look at.",
                capital(&passed),
                if warned == 1 { "is 1 thing".to_owned() } else { format!("are {warned} things") }
            ),
        };
        Self { kind: Kind::Blocked, headline: "All blocked".to_owned(), lead }
    }
}

/// How many checks of a probe say the worst, of those that were tried; why none was, if there is one reason.
pub(super) fn how_many(worst: Verdict, checks: &[&Check]) -> String {
    let count = |verdict: Verdict| checks.iter().filter(|check| check.verdict == verdict).count();
    let (skipped, mut reasons) = (count(Verdict::Skip), checks.iter().map(|check| check.evidence.as_str()));
    match (worst, reasons.next()) {
        (Verdict::Skip, Some(first)) if reasons.all(|reason| reason == first) => first.to_owned(),
        (Verdict::Skip, _) => format!("{skipped} not tried"),
        (_, _) if skipped == 0 => format!("{} of {}", count(worst), checks.len()),
        (_, _) => format!("{} of {}, {skipped} not tried", count(worst), checks.len().saturating_sub(skipped)),
    }
}

fn number(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::tests::report;
    use super::*;

    fn said(verdicts: &[Verdict]) -> (Kind, String, String) {
        let Summary { kind, headline, lead } = Summary::new(&report(verdicts));
        (kind, headline, lead)
    }

    #[test]
    fn holes_are_counted_in_words() {
        let (kind, headline, lead) = said(&[Verdict::Open, Verdict::Open, Verdict::Spoof, Verdict::Inconclusive, Verdict::Pass]);
        assert_eq!((kind, headline.as_str()), (Kind::Broken, "3 ways past the gate"));
        assert_eq!(lead, "2 requests got in that should not, 1 request lets a client say who it is. 1 check is as it should be.");
        assert_eq!(said(&[Verdict::Loop]).1, "1 way past the gate");
    }

    #[test]
    fn what_was_not_tried_is_not_among_what_could_have_failed() {
        let many = |verdicts: &[Verdict], worst| {
            let report = report(verdicts);
            how_many(worst, &report.checks.iter().collect::<Vec<_>>())
        };
        assert_eq!(many(&[Verdict::Pass, Verdict::Pass], Verdict::Pass), "2 of 2");
        assert_eq!(many(&[Verdict::Pass, Verdict::Open, Verdict::Skip], Verdict::Open), "1 of 2, 1 not tried");
        assert_eq!(many(&[Verdict::Skip, Verdict::Skip], Verdict::Skip), "it shows `x`");
    }

    #[test]
    fn doubt_is_no_success() {
        assert_eq!(said(&[Verdict::Pass, Verdict::Inconclusive]).0, Kind::Doubtful);
        assert_eq!(
            said(&[Verdict::Pass, Verdict::Skip]),
            (Kind::Blocked, "All blocked".into(), "1 check is as it should be, and whoever may gets in.".into())
        );
        assert!(said(&[Verdict::Pass, Verdict::Warn]).2.ends_with("There is 1 thing to look at."));
    }
}
