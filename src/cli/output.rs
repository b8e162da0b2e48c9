//! What a person or a program reads: tables, JSON, times, durations, fingerprints.
//!
//! Results go to standard output, everything else to standard error. Colours and progress bars only
//! where a terminal reads them, and a colour never says anything that the words do not.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::ValueEnum;
use comfy_table::{Table, presets};
use indicatif::{ProgressBar, ProgressStyle};
use parking_lot::Mutex;
use serde::Serialize;

use crate::domain::instant::Instant;
use crate::domain::order::handling::Handling;

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For a person.
    Table,
    /// For a program: one JSON value.
    Json,
}

/// Where results and remarks go.
#[derive(Debug, Clone)]
pub(crate) struct Screen {
    format: Format,
    colours: bool,
    bars: bool,
    // Where another command's results go instead, when it is run by this program itself.
    kept: Option<Arc<Mutex<Vec<String>>>>,
}

impl Screen {
    /// For this process's standard output and error.
    pub(crate) fn new(format: Format) -> Self {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            format,
            colours: io::stdout().is_terminal() && !plain,
            bars: io::stderr().is_terminal(),
            kept: None,
        }
    }

    /// For a command that this program runs itself: results are kept as JSON, remarks are not said.
    pub(crate) fn keeping() -> Self {
        Self { format: Format::Json, colours: false, bars: false, kept: Some(Arc::default()) }
    }

    /// The last result that was kept.
    pub(crate) fn kept(&self) -> Option<serde_json::Value> {
        let kept = self.kept.as_ref()?.lock();
        serde_json::from_str(kept.last()?).ok()
    }

    /// Whether results are for a program.
    pub(crate) fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Writes a result: the value as JSON, or the text for a person.
    pub(crate) fn show(&self, value: &impl Serialize, text: impl FnOnce() -> String) -> Result<()> {
        match self.format {
            Format::Json => {
                self.print(&serde_json::to_string_pretty(value).context("write the result")?)
            }
            Format::Table => self.print(&text()),
        }
    }

    /// Writes one line of a running result: compact JSON, or the text.
    pub(crate) fn step(&self, value: &impl Serialize, text: impl FnOnce() -> String) -> Result<()> {
        match self.format {
            Format::Json => self.print(&serde_json::to_string(value).context("write the result")?),
            Format::Table => self.print(&text()),
        }
    }

    /// Writes a text to standard output, ended by a line feed.
    pub(crate) fn print(&self, text: &str) -> Result<()> {
        if let Some(kept) = &self.kept {
            kept.lock().push(text.to_owned());
            return Ok(());
        }
        let mut out = io::stdout().lock();
        out.write_all(text.trim_end_matches('\n').as_bytes())?;
        out.write_all(b"\n")?;
        Ok(out.flush()?)
    }

    /// Says something to the person: to standard error.
    pub(crate) fn note(&self, text: &str) {
        if self.kept.is_some() {
            return;
        }
        // Without standard error there is nobody to tell.
        drop(writeln!(io::stderr().lock(), "{text}"));
    }

    /// Says in one sentence why the command failed.
    pub(crate) fn failure(&self, failure: &anyhow::Error) {
        self.note(&format!("hoatoc: {}", sentence(failure)));
    }

    /// A bar over so many steps; invisible unless a terminal reads standard error.
    pub(crate) fn progress(&self, steps: u64, what: &'static str) -> ProgressBar {
        if !self.bars {
            return ProgressBar::hidden();
        }
        let style = ProgressStyle::with_template("{msg} {bar:40} {pos}/{len} {eta}");
        let bar = ProgressBar::new(steps).with_message(what);
        style.map_or_else(|_malformed| bar.clone(), |style| bar.clone().with_style(style))
    }

    /// A count without an end in sight; invisible unless a terminal reads standard error.
    pub(crate) fn counter(&self, what: &'static str) -> ProgressBar {
        if !self.bars {
            return ProgressBar::hidden();
        }
        let style = ProgressStyle::with_template("{spinner} {pos} {msg} ({per_sec})");
        let bar = ProgressBar::new_spinner().with_message(what);
        style.map_or_else(|_malformed| bar.clone(), |style| bar.clone().with_style(style))
    }

    /// The handling in words and in a frame of its own, for the eye: what is real is never taken for a
    /// drill, without colours and by whoever does not see them.
    pub(crate) fn banner(&self, handling: Handling) -> String {
        const INSIDE: usize = 72;
        let text = handling_words(handling);
        let (edge, side, colour) = match handling {
            Handling::Actual => ("#".repeat(INSIDE + 6), "##", "1;37;41"),
            Handling::Exercise => ("- ".repeat(INSIDE / 2 + 3), "| ", "1;30;46"),
            Handling::Test => (". ".repeat(INSIDE / 2 + 3), ": ", "1;30;47"),
        };
        let other: String = side.chars().rev().collect();
        let lines = [edge.clone(), format!("{side} {text:<INSIDE$} {other}"), edge];
        let painted = |line: String| {
            if self.colours && self.format == Format::Table {
                format!("\u{1b}[{colour}m{line}\u{1b}[0m")
            } else {
                line.trim_end().to_owned()
            }
        };
        lines.map(painted).join("\n")
    }

    /// Shows a text that must be read to its end: a screen at a time, where a person sits before one.
    pub(crate) fn read_through(&self, text: &str) -> Result<()> {
        let rows = crossterm::terminal::size().map_or(24, |(_columns, rows)| usize::from(rows));
        let page = rows.saturating_sub(2).max(8);
        let lines: Vec<&str> = text.lines().collect();
        if !self.bars || !io::stdin().is_terminal() || lines.len() <= page {
            self.note(text);
            return Ok(());
        }
        // The last screen is whole: what must not be overlooked stands there.
        let first = lines.len() % page;
        let (begin, rest) = lines.split_at(first);
        let parts: Vec<&[&str]> = std::iter::once(begin)
            .chain(rest.chunks(page))
            .filter(|part| !part.is_empty())
            .collect();
        for (at, part) in (1..).zip(&parts) {
            self.note(&part.join("\n"));
            if at < parts.len() {
                self.ask("-- Enter: read on -- ")?;
            }
        }
        Ok(())
    }

    /// Asks a question on standard error and reads one line of standard input.
    pub(crate) fn ask(&self, question: &str) -> Result<String> {
        Ok(self.answer(question)?.unwrap_or_default())
    }

    /// As [`Self::ask`], but nothing where the person left: there is no more input.
    pub(crate) fn answer(&self, question: &str) -> Result<Option<String>> {
        let mut err = io::stderr().lock();
        write!(err, "{question}")?;
        err.flush()?;
        let mut line = String::new();
        let read = io::stdin().read_line(&mut line).context("failed to read the answer")?;
        Ok((read > 0).then(|| line.trim().to_owned()))
    }
}

/// Whether the reader of standard output is gone, which is its right.
pub(crate) fn reader_left(failure: &anyhow::Error) -> bool {
    failure
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// A chain of errors as one line; a cause that the outer text already tells is left out.
pub(crate) fn sentence(failure: &anyhow::Error) -> String {
    let mut text = String::new();
    for part in failure.chain().map(ToString::to_string) {
        let part = part.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.is_empty() {
            text = part;
        } else if !text.contains(&part) {
            text.push_str(": ");
            text.push_str(&part);
        }
    }
    text
}

/// How an order is meant, in both languages.
pub(crate) const fn handling_words(handling: Handling) -> &'static str {
    match handling {
        Handling::Actual => "THẬT / ACTUAL: people and means are really called",
        Handling::Exercise => "DIỄN TẬP / EXERCISE: a drill, nothing real is moved by it",
        Handling::Test => "KIỂM TRA / TEST: a test of the line, only an answer is wanted",
    }
}

/// A table with these columns.
pub(crate) fn table(columns: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(columns.iter().copied());
    table
}

/// A table as text, with no spaces at the ends of lines.
pub(crate) fn text_of(table: &Table) -> String {
    let text = table.to_string();
    text.lines().map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end()).fold(
        String::new(),
        |mut all, line| {
            all.push_str(line);
            all.push('\n');
            all
        },
    )
}

/// A point in time as a person in Vietnam reads it.
pub(crate) fn local_time(at: Instant) -> String {
    at.to_string()
}

/// A point in time as a program reads it: RFC 3339 in UTC with milliseconds.
pub(crate) fn utc_time(at: Instant) -> String {
    jiff::Timestamp::from_millisecond(at.millis())
        .map_or_else(|_out_of_range| String::new(), |time| format!("{time:.3}"))
}

/// An optional timestamp of the wire, for JSON.
pub(crate) fn utc_or_null(time: Option<&prost_types::Timestamp>) -> Option<String> {
    crate::wire::optional_instant("time", time).ok().flatten().map(utc_time)
}

/// An optional timestamp of the wire, for a table.
pub(crate) fn local_or_dash(time: Option<&prost_types::Timestamp>) -> String {
    crate::wire::optional_instant("time", time)
        .ok()
        .flatten()
        .map_or_else(|| "-".to_owned(), local_time)
}

/// Milliseconds as a person reads them: `480 ms`, `4.2 s`, `3 min 20 s`, `2 h 05 min`.
pub(crate) fn millis(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        60_000..3_600_000 => format!("{} min {:02} s", ms / 60_000, ms % 60_000 / 1_000),
        _long => format!("{} h {:02} min", ms / 3_600_000, ms % 3_600_000 / 60_000),
    }
}

/// Reads `15m`, `24h`, `7d`, `90s`, `1h30m`; at most 366 days.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "write it like 15m, 24h, 7d or 1h30m, at most 366d".to_owned();
    let (mut seconds, mut number) = (0_u64, String::new());
    for letter in text.chars() {
        if letter.is_ascii_digit() {
            number.push(letter);
            continue;
        }
        let unit = match letter {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            _other => return Err(wrong()),
        };
        let count: u64 = number.parse().map_err(|_empty_or_large| wrong())?;
        seconds = count.checked_mul(unit).and_then(|s| s.checked_add(seconds)).ok_or_else(wrong)?;
        number.clear();
    }
    if seconds == 0 || !number.is_empty() || seconds > 366 * 86_400 {
        return Err(wrong());
    }
    Ok(Duration::from_secs(seconds))
}

/// A number of which the last digits, at most three, are decimals: 3500 with three is `3.5`.
pub(crate) fn decimal(number: u64, decimals: u32) -> String {
    let one = 10_u64.pow(decimals);
    let width = usize::try_from(decimals).unwrap_or(0);
    let text = format!("{}.{:0width$}", number / one, number % one);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_with_their_units_and_nothing_else_is() {
        for (text, seconds) in
            [("90s", 90), ("15m", 900), ("24h", 86_400), ("7d", 604_800), ("1h30m", 5_400)]
        {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for bad in
            ["", "15", "m", "0m", "-5m", "1.5h", "5 m", "367d", "99999999999999999999s", "1h30"]
        {
            assert!(duration(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn times_are_shown_in_vietnam_and_given_in_utc() {
        let at = Instant::from_millis(1_767_200_400_123);
        assert_eq!(local_time(at), "2026-01-01 00:00:00 +07");
        assert_eq!(utc_time(at), "2025-12-31T17:00:00.123Z");
    }

    #[test]
    fn spans_are_shown_with_as_much_as_counts() {
        let shown = [0, 999, 4_250, 200_000, 7_500_000].map(millis);
        assert_eq!(shown, ["0 ms", "999 ms", "4.2 s", "3 min 20 s", "2 h 05 min"]);
    }

    #[test]
    fn a_failure_is_one_line_and_says_nothing_twice() {
        let inner = io::Error::other("no\nsuch thing");
        let failure = anyhow::Error::new(inner).context("failed to read a: no such thing");
        assert_eq!(sentence(&failure), "failed to read a: no such thing");
        let failure = failure.context("failed to start");
        assert_eq!(sentence(&failure), "failed to start: failed to read a: no such thing");
    }

    #[test]
    fn handlings_are_told_apart_by_words_alone() {
        let screen = Screen { format: Format::Table, colours: false, bars: false, kept: None };
        let banners = Handling::ALL.map(|handling| screen.banner(handling));
        assert!(banners[0].contains("THẬT / ACTUAL"));
        assert!(banners[1].contains("DIỄN TẬP / EXERCISE"));
        assert!(banners[2].contains("KIỂM TRA / TEST"));
        let edges = banners.map(|banner| banner.lines().next().map(str::to_owned));
        assert!(edges[0] != edges[1] && edges[1] != edges[2], "and by their frames: {edges:?}");
    }

    #[test]
    fn every_frame_is_straight_and_fits_an_old_screen_and_a_colour_changes_no_word() {
        for handling in Handling::ALL {
            let screen =
                |colours| Screen { format: Format::Table, colours, bars: false, kept: None };
            let plain = screen(false).banner(handling);
            for line in plain.lines() {
                assert!((77..=80).contains(&line.chars().count()), "{line}");
            }
            let coloured = screen(true).banner(handling);
            assert!(coloured.contains("\u{1b}[1;3"), "{coloured}");
            assert!(coloured.contains(handling_words(handling)), "{coloured}");
        }
    }
}
