//! What stands in one cell: as the screen shows it, and as a file has it.
//!
//! Filled by the command line. Invariant: the screen speaks the words of the program, a file those of
//! the people it goes to; a point in time is Vietnam's in a file, and never lost where no calendar of
//! spreadsheets has it.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::words::{Terms, word_of};
use crate::domain::instant::Instant;

/// Vietnam keeps +07:00 all year.
const OFFSET_MS: i64 = 7 * 3_600_000;

/// What stands in one cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CellValue {
    /// Nothing.
    Empty,
    /// Text, whatever it looks like.
    Text(String),
    /// A word of the program's own: as the screen has it, and as a file has it, in Vietnamese.
    Word {
        /// On the screen.
        shown: String,
        /// In a file.
        file: String,
    },
    /// A count.
    Count(u64),
    /// A day.
    Day(Date),
    /// A day that the screen shows in its own way.
    ShownDay {
        /// On the screen.
        shown: String,
        /// The day.
        day: Date,
    },
    /// A point in time: as the screen shows it, and the date and hour in Vietnam.
    Time {
        /// On the screen.
        shown: String,
        /// In Vietnam.
        local: DateTime,
    },
    /// Tenths of a percent, such as 833 for 83.3 %: its numerator and denominator stand in
    /// columns of their own beside it.
    Percent(u64),
}

impl CellValue {
    /// A text, or nothing where it is blank.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::Empty } else { Self::Text(text) }
    }

    /// A word of the program's own; nothing where it is blank.
    pub fn word(shown: impl Into<String>, file: impl Into<String>) -> Self {
        let (shown, file) = (shown.into(), file.into());
        if shown.is_empty() { Self::Empty } else { Self::Word { shown, file } }
    }

    /// A code of the program's own with its Vietnamese word; as it is where no word is known.
    pub fn term(terms: Terms, code: impl Into<String>) -> Self {
        let shown = code.into();
        let file = word_of(terms, &shown).to_owned();
        Self::word(shown, file)
    }

    /// A point in time; on the screen as it is shown there, and where there is none that alone.
    pub fn time(shown: impl Into<String>, at: Option<Instant>) -> Self {
        let moved = at.map(|at| Timestamp::from_millisecond(at.offset_by(OFFSET_MS).millis()));
        let (shown, local) = (shown.into(), moved.and_then(Result::ok));
        match local {
            Some(local) => Self::Time { shown, local: local.to_zoned(TimeZone::UTC).datetime() },
            None => Self::word(shown, ""),
        }
    }

    /// A day; on the screen as it is shown there, and where there is none that alone.
    pub fn day(shown: impl Into<String>, day: Option<Date>) -> Self {
        let shown = shown.into();
        match day {
            Some(day) => Self::ShownDay { shown, day },
            None => Self::word(shown, ""),
        }
    }

    /// A point in time as programs read it, RFC 3339; a text that is none stays as it is.
    pub fn time_of(text: impl Into<String>) -> Self {
        let text = text.into();
        match text.parse::<Timestamp>() {
            Ok(at) => Self::time(text, Some(Instant::from_millis(at.as_millisecond()))),
            Err(_no_time) => Self::text(text),
        }
    }

    /// As a file has it.
    pub fn in_file(&self) -> String {
        match self {
            Self::Word { file, .. } => file.clone(),
            Self::ShownDay { day, .. } => Self::Day(*day).shown(),
            Self::Time { local, .. } => local.strftime("%d/%m/%Y %H:%M").to_string(),
            other => other.shown(),
        }
    }

    /// The share of a numerator in a denominator; nothing of nothing is no share.
    pub fn share(numerator: u64, denominator: u64) -> Self {
        let (of, all) = (u128::from(numerator), u128::from(denominator));
        // Half up; but all but one is not all.
        let rounded = (of * 2_000 + all) / (2 * all.max(1));
        let tenths = if of < all { rounded.min(999) } else { rounded };
        match (denominator, u64::try_from(tenths)) {
            (1.., Ok(tenths)) => Self::Percent(tenths),
            _no_share => Self::Empty,
        }
    }

    /// As a person reads it.
    pub fn shown(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text)
            | Self::Word { shown: text, .. }
            | Self::ShownDay { shown: text, .. }
            | Self::Time { shown: text, .. } => text.clone(),
            Self::Count(count) => count.to_string(),
            Self::Day(day) => day.strftime("%d/%m/%Y").to_string(),
            Self::Percent(tenths) => format!("{}.{} %", tenths / 10, tenths % 10),
        }
    }
}

impl From<&str> for CellValue {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for CellValue {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

impl From<u64> for CellValue {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

impl From<u32> for CellValue {
    fn from(count: u32) -> Self {
        Self::Count(count.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roster::sheet::words;

    #[test]
    fn a_time_is_utc_on_the_screen_and_vietnams_in_a_file() {
        let time = CellValue::time_of("2026-11-22T03:04:05.000Z");
        assert_eq!(time.shown(), "2026-11-22T03:04:05.000Z");
        assert_eq!(time.in_file(), "22/11/2026 10:04");
        let night = CellValue::time_of("2026-12-31T17:00:00Z");
        assert_eq!(night.in_file(), "01/01/2027 00:00", "the year is Vietnam's too");
        assert_eq!(CellValue::time_of("no time"), CellValue::Text("no time".into()));
        assert_eq!(CellValue::time("-", None).in_file(), "");
    }

    #[test]
    fn a_code_is_itself_on_the_screen_and_a_word_in_a_file() {
        let state = CellValue::term(words::STATES, "declined");
        assert_eq!(
            (state.shown().as_str(), state.in_file().as_str()),
            ("declined", "Không chấp hành được")
        );
        assert_eq!(CellValue::term(words::STATES, "new one").in_file(), "new one");
        assert_eq!(CellValue::term(words::STATES, ""), CellValue::Empty);
    }
}
