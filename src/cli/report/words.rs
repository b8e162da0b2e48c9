//! The report for a person, within 100 columns: totals, strength, times, who has not answered and who
//! declined, then the tables asked for.

use std::fmt::Write as _;

use clap::ValueEnum;

use super::figures::{Counts, Endpoint, Group, ResponseReport, Strength};
use crate::cli::output::{millis, table, text_of};

/// Most endpoints named in one list; beyond that nobody reads a paragraph.
const NAMED_MAX: usize = 60;
/// Longest name in a table, in characters: keeps a line within 100 columns.
const NAME_CHARS_MAX: usize = 24;
const LINE_CHARS_MAX: usize = 96;

/// What the tables are made by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// Defensive areas.
    Area,
    /// Units.
    Unit,
    /// Endpoints, one line each: state, time, who answered, reason or strength.
    Endpoint,
}

/// The report for a person.
pub fn render(report: &ResponseReport, tables: &[By]) -> String {
    let total = &report.total;
    let mut text = format!("{} ({} addressed)\n", report.handling, total.endpoints);
    for (what, count) in [
        ("delivered", total.delivered),
        ("opened", total.opened),
        ("acknowledged", total.acknowledged),
        ("in time", total.acknowledged_in_time),
        ("accepted", total.accepted),
        ("declined", total.declined),
        ("completed", total.completed),
        ("silent", total.silent),
        ("unreached", total.unreached),
    ] {
        let _written = writeln!(text, "  {what:<13} {}", share(count, total.endpoints));
    }
    let _written = writeln!(text, "\nstrength reported\n{}", strength_lines(&total.strength));
    text.push_str(&times(total));
    text.push_str(&unanswered(report));
    text.push_str(&declined(report));
    for by in tables {
        text.push('\n');
        match by {
            By::Area => text.push_str(&groups_tables("AREA", &report.by_area)),
            By::Unit => text.push_str(&groups_tables("UNIT", &report.by_unit)),
            By::Endpoint => text.push_str(&endpoints_table(report)),
        }
    }
    text
}

/// Two lines: people, means.
pub fn strength_lines(strength: &Strength) -> String {
    format!(
        "  people        called {}, reached {}, will come {}, arrived {}, excused {}, unexcused {}\n  \
         means         called {}, arrived {}\n",
        strength.called,
        strength.reached,
        strength.will_come,
        strength.arrived,
        strength.excused,
        strength.unexcused,
        strength.equipment_called,
        strength.equipment_arrived,
    )
}

/// Who has not answered, by name: those never reached apart from those who are silent.
pub fn unanswered(report: &ResponseReport) -> String {
    let mut text = String::new();
    for (what, wanted) in [
        ("never reached", Endpoint::is_unreached as fn(&Endpoint) -> bool),
        ("reached but silent", Endpoint::is_silent),
    ] {
        let found: Vec<&Endpoint> = report.by_endpoint.iter().filter(|e| wanted(e)).collect();
        if found.is_empty() {
            continue;
        }
        let _written = writeln!(text, "\nnot answered: {what} ({})", found.len());
        let names = found.iter().take(NAMED_MAX);
        let names = names.map(|e| format!("{} {}", e.address, cut(&e.unit_name)));
        text.push_str(&paragraph(names));
        if found.len() > NAMED_MAX {
            let more = found.len() - NAMED_MAX;
            let _written = writeln!(text, "  and {more} more: see --by endpoint");
        }
    }
    text
}

/// Who declined, why, and who said so.
pub fn declined(report: &ResponseReport) -> String {
    let declined = report.by_endpoint.iter().filter(|endpoint| endpoint.state == "declined");
    let mut rows = table(&["DECLINED", "NAME", "REASON", "ANSWERED BY", "DECIDED"]);
    let mut any = false;
    for endpoint in declined {
        any = true;
        rows.add_row([
            endpoint.address.clone(),
            cut(&endpoint.unit_name),
            endpoint.decline_reason.clone().unwrap_or_default(),
            cut(endpoint.answered_by.as_deref().unwrap_or("-")),
            endpoint.decided_time.clone().unwrap_or_default(),
        ]);
    }
    if any { format!("\n{}", text_of(&rows)) } else { String::new() }
}

fn times(total: &Counts) -> String {
    let mut times = table(&["TIME TO", "P50", "P90", "MAX", "OF"]);
    for (what, time) in [
        ("deliver", total.time_to_deliver_ms),
        ("open", total.time_to_open_ms),
        ("acknowledge", total.time_to_acknowledge_ms),
    ] {
        times.add_row([
            what.to_owned(),
            span(time.p50, time.count),
            span(time.p90, time.count),
            span(time.max, time.count),
            format!("{}/{}", time.count, total.endpoints),
        ]);
    }
    text_of(&times)
}

/// Two tables, because one would be too wide: answers, then strength where any was reported.
fn groups_tables(title: &str, groups: &[Group]) -> String {
    let mut answers = table(&[
        title,
        "NAME",
        "OF",
        "ACK",
        "IN TIME",
        "ACCEPTED",
        "DECLINED",
        "SILENT",
        "UNREACHED",
        "ACK P90",
    ]);
    let mut strengths = table(&[
        title,
        "NAME",
        "CALLED",
        "REACHED",
        "WILL COME",
        "ARRIVED",
        "EXCUSED",
        "UNEXC.",
        "MEANS",
    ]);
    let mut reported = false;
    for group in groups {
        let (counts, ack) = (&group.counts, group.counts.time_to_acknowledge_ms);
        answers.add_row([
            group.unit_code.clone(),
            cut(&group.unit_name),
            counts.endpoints.to_string(),
            counts.acknowledged.to_string(),
            counts.acknowledged_in_time.to_string(),
            counts.accepted.to_string(),
            counts.declined.to_string(),
            counts.silent.to_string(),
            counts.unreached.to_string(),
            span(ack.p90, ack.count),
        ]);
        let strength = &counts.strength;
        if *strength == Strength::default() {
            continue;
        }
        reported = true;
        strengths.add_row([
            group.unit_code.clone(),
            cut(&group.unit_name),
            strength.called.to_string(),
            strength.reached.to_string(),
            strength.will_come.to_string(),
            strength.arrived.to_string(),
            strength.excused.to_string(),
            strength.unexcused.to_string(),
            format!("{}/{}", strength.equipment_arrived, strength.equipment_called),
        ]);
    }
    let answers = text_of(&answers);
    if reported { format!("{answers}\n{}", text_of(&strengths)) } else { answers }
}

fn endpoints_table(report: &ResponseReport) -> String {
    let mut rows =
        table(&["ENDPOINT", "NAME", "STATE", "ACK AFTER", "LATE", "ANSWERED BY", "SAID"]);
    for endpoint in &report.by_endpoint {
        let after = endpoint.time_to_acknowledge_ms;
        let said = endpoint.decline_reason.clone().or_else(|| {
            let strength = endpoint.strength?;
            Some(format!("{}/{} arrived", strength.arrived, strength.called))
        });
        rows.add_row([
            endpoint.address.clone(),
            cut(&endpoint.unit_name),
            endpoint.state.clone(),
            after.map_or_else(|| "-".to_owned(), millis),
            if endpoint.late { "late".to_owned() } else { String::new() },
            cut(endpoint.answered_by.as_deref().unwrap_or("-")),
            said.unwrap_or_default(),
        ]);
    }
    text_of(&rows)
}

/// Items with commas between them, on lines that are not too long.
fn paragraph(items: impl Iterator<Item = String>) -> String {
    let (mut text, mut line) = (String::new(), String::new());
    for item in items {
        if !line.is_empty() && line.chars().count() + item.chars().count() > LINE_CHARS_MAX {
            let _written = writeln!(text, "  {},", line);
            line.clear();
        }
        if !line.is_empty() {
            line.push_str(", ");
        }
        line.push_str(&item);
    }
    let _written = writeln!(text, "  {line}");
    text
}

fn cut(name: &str) -> String {
    if name.chars().count() <= NAME_CHARS_MAX {
        return name.to_owned();
    }
    name.chars().take(NAME_CHARS_MAX - 1).chain(['…']).collect()
}

/// `12/45 (27 %)`; half up, but 100 % means all of them.
pub(super) fn share(count: u32, of: u32) -> String {
    let (part, whole) = (u64::from(count), u64::from(of.max(1)));
    let rounded = (part * 200 + whole) / (2 * whole);
    let percent = if part < whole { rounded.min(99) } else { rounded };
    format!("{count}/{of} ({percent} %)")
}

/// Where nobody came there is no time to show.
fn span(ms: u64, count: u32) -> String {
    if count == 0 { "-".to_owned() } else { millis(ms) }
}
