//! What an import says on the screen: counts, what was refused and why, what changed.
//!
//! Refusals come by reason, for a list has the same fault many times over, in the words of those who
//! mend it. The whole is in the JSON.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use crate::roster::feed::Progress;
use crate::roster::{Change, IgnoredColumn, ImportReport, RowKey, Warned, warning_words, words};

/// Rows that are named for each reason; the file of refused rows has them all.
const ROWS_SHOWN_MAX: usize = 8;
/// Rows whose changes are shown.
const CHANGES_SHOWN_MAX: usize = 200;

/// That a server does not answer, or does again.
pub(super) fn silence(news: Progress, patience: Duration) -> String {
    match news {
        Progress::Silent(elapsed) => format!(
            "the server has not answered for {} s; it is tried on for up to {} s, and nothing is lost by \
             waiting or by Ctrl-C: what was answered for stays",
            elapsed.as_secs(),
            patience.as_secs()
        ),
        Progress::Rows(_) | Progress::Back => "the server answers again".to_owned(),
    }
}

/// The report as text.
pub(super) fn text(file: &Path, dry_run: bool, hint: bool, report: &ImportReport) -> String {
    let refused = report.rejected.len();
    let mut text = format!(
        "{}: {} rows, {} accepted, {refused} refused",
        file.display(),
        report.rows,
        report.accepted,
    );
    let would = if dry_run { "would be " } else { "" };
    text.push_str(&format!(
        "; {would}{} created, {} updated, {} unchanged",
        report.created, report.updated, report.unchanged
    ));
    if dry_run {
        text.push_str("; nothing was stored");
    }
    if let Some(told) = &report.told {
        let day = told.as_of.map(|day| format!(" --as-of {day}")).unwrap_or_default();
        let unit = told.unit.as_ref().map(|unit| format!(" --unit {unit}")).unwrap_or_default();
        text.push_str(&format!("\nread as the file itself says:{day}{unit}"));
    }
    for (sheet, why) in &report.left_out_because {
        text.push_str(&format!("\nsheet {sheet} left out: {why}"));
    }
    for IgnoredColumn { column, header } in &report.ignored_columns {
        let header = if header.is_empty() { "without a header" } else { header };
        text.push_str(&format!(
            "\ncolumn {column} ({header}) was not read: no field is for it; a mapping file can name one \
             (--mapping)"
        ));
    }
    for name in &report.idle_mapping {
        text.push_str(&format!(
            "\nthe mapping file names {name:?}, and there is no such header, nor a column of these letters: \
             nothing was read for it"
        ));
    }
    refusals(&mut text, report);
    changes(&mut text, report);
    warnings(&mut text, report);
    if !report.phones_left_out.is_empty() {
        let rows: Vec<String> =
            report.phones_left_out.iter().take(ROWS_SHOWN_MAX).map(ToString::to_string).collect();
        let more = report.phones_left_out.len() - rows.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        text.push_str(&format!(
            "\nwhat is no phone number was left out in rows {}{more}: look at them",
            rows.join(", ")
        ));
    }
    if refused > 0 && hint {
        text.push_str(
            "\nto mend the refused rows: import again with --refused OUT.xlsx, which writes them with \
             their reasons",
        );
    }
    text
}

/// By reason, the most frequent first.
fn refusals(text: &mut String, report: &ImportReport) {
    let mut by_reason: BTreeMap<&str, Vec<&RowKey>> = BTreeMap::new();
    for (row, reason) in &report.rejected {
        by_reason.entry(reason).or_default().push(row);
    }
    let mut by_reason: Vec<_> = by_reason.into_iter().collect();
    by_reason.sort_by_key(|(_, rows)| std::cmp::Reverse(rows.len()));
    for (reason, rows) in by_reason {
        let (wrong, mend) = words(reason);
        let count = rows.len();
        let noun = if count == 1 { "row" } else { "rows" };
        text.push_str(&format!("\n{count} {noun} refused: {reason}: {wrong}. {mend}."));
        for row in rows.iter().take(ROWS_SHOWN_MAX) {
            let place = report.places.get(row).map(ToString::to_string).unwrap_or_default();
            text.push_str(&format!("\n  row {row}{place}"));
            for fault in report.further.get(row).into_iter().flatten() {
                let place = fault.place.as_ref().map(ToString::to_string).unwrap_or_default();
                text.push_str(&format!("\n    also {}{place}", fault.code));
            }
        }
        if count > ROWS_SHOWN_MAX {
            text.push_str(&format!("\n  and {} more", count - ROWS_SHOWN_MAX));
        }
    }
}

/// Each with its words, how often, and the first rows.
fn warnings(text: &mut String, report: &ImportReport) {
    for (code, count, rows) in report.warnings.iter() {
        let words = warning_words(code).map(|words| format!(": {words}")).unwrap_or_default();
        let times = if count == 1 { "once".to_owned() } else { format!("{count} times") };
        text.push_str(&format!("\nwarning: {code}, {times}{words}"));
        let named = rows.iter().map(|Warned { row, about }| match about {
            Some(about) => format!("{row} ({about})"),
            None => row.to_string(),
        });
        let named: Vec<String> = named.collect();
        let shown = u64::try_from(named.len()).unwrap_or(u64::MAX);
        let more = count.saturating_sub(shown);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let noun = if count == 1 { "row" } else { "rows" };
        text.push_str(&format!("\n  {noun} {}{more}", named.join(", ")));
    }
}

fn changes(text: &mut String, report: &ImportReport) {
    for (row, fields) in report.changes.iter().take(CHANGES_SHOWN_MAX) {
        for Change { field, old, new } in fields {
            text.push_str(&format!("\nrow {row} changes {field}: {old:?} to {new:?}"));
        }
    }
    if let Some(more) = report.changes.len().checked_sub(CHANGES_SHOWN_MAX).filter(|more| *more > 0)
    {
        text.push_str(&format!("\nand {more} more rows change records"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roster::{Fault, RosterKind};

    #[test]
    fn refusals_come_by_reason_in_words_with_their_first_rows_and_what_to_do() {
        let mut report = ImportReport::new(RosterKind::Reservists);
        for row in 1..=10 {
            report.rejected.insert(row.into(), "UNIT_UNKNOWN".to_owned());
        }
        report.rejected.insert(11.into(), "SEX_INVALID".to_owned());
        let shown = text(Path::new("a.csv"), false, true, &report);
        let lines: Vec<&str> = shown.lines().collect();
        assert!(lines[1].starts_with("10 rows refused: UNIT_UNKNOWN: không có xã"), "{shown}");
        assert_eq!((lines[2], lines[10]), ("  row 1", "  and 2 more"));
        assert!(lines[11].starts_with("1 row refused: SEX_INVALID"), "{shown}");
        assert!(shown.ends_with("with their reasons"), "{shown}");
        assert!(!text(Path::new("a.csv"), false, false, &report).contains("--refused"));
        report.further.insert(11.into(), vec![Fault { code: "NAME_MISSING", place: None }]);
        let shown = text(Path::new("a.csv"), false, true, &report);
        assert!(shown.contains("  row 11\n    also NAME_MISSING"), "{shown}");
        report.phones_left_out = (21..=30).map(RowKey::from).collect();
        let shown = text(Path::new("a.csv"), false, true, &report);
        assert!(shown.contains("left out in rows 21, 22, 23, 24, 25, 26, 27, 28 and 2 more"));
    }

    #[test]
    fn each_warning_names_its_first_rows_what_they_are_about_and_how_many_more() {
        let mut report = ImportReport::new(RosterKind::Reservists);
        for row in 1..=25 {
            report.warnings.add("BIRTH_YEAR_ONLY", &row.into(), None);
        }
        report.warnings.add("LIKELY_DOUBLE", &9.into(), Some("row 3".to_owned()));
        let shown = text(Path::new("a.csv"), false, true, &report);
        assert!(shown.contains("BIRTH_YEAR_ONLY, 25 times: chỉ biết năm sinh\n  rows 1, 2, "));
        assert!(shown.contains(", 20 and 5 more\n"), "{shown}");
        assert!(shown.contains("LIKELY_DOUBLE, once: "), "{shown}");
        assert!(shown.contains("\n  row 9 (row 3)"), "{shown}");
    }
}
