//! Filters: `unit = "03160" AND reserve_class = 1 AND status != DEAD`.
//!
//! The subset of AIP-160 that is needed: comparisons by `=` and `!=`, joined by `AND`, values bare or
//! in double quotes. Says where a fault is; knows fields and words of each kind, but no records.

use crate::domain::ids::{SpecialtyCode, UnitCode};
use crate::domain::registry::{
    ActivityKind, ActivityStatus, BaseKind, BaseStatus, EnterpriseStatus, EquipmentStatus,
    ReservistStatus, SurveyStage,
};
use crate::domain::world::RecordKind;

/// Longest filter, in bytes: [`TERMS_MAX`] comparisons of the longest words fit.
pub const FILTER_LEN_MAX: usize = 1_024;
/// Most comparisons in one filter: more fields than there are, each with a few exceptions.
pub const TERMS_MAX: usize = 16;

/// Why a filter cannot be used. Positions count bytes from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// The filter is too long.
    #[error("the filter has {len} bytes, over the bound of {FILTER_LEN_MAX}")]
    TooLong {
        /// Its length in bytes.
        len: usize,
    },
    /// There are too many comparisons.
    #[error("the filter has more than {TERMS_MAX} comparisons")]
    TooMany,
    /// Something else was expected.
    #[error("at {at}: expected {expected}")]
    Expected {
        /// Where.
        at: usize,
        /// What.
        expected: &'static str,
    },
    /// There is no such field.
    #[error("at {at}: `{field}` is no field to filter by: use {fields}")]
    UnknownField {
        /// Where.
        at: usize,
        /// The word found.
        field: String,
        /// Those that are.
        fields: &'static str,
    },
    /// The value is none of the field.
    #[error("at {at}: `{value}` is no value of {field}")]
    Value {
        /// Where.
        at: usize,
        /// The field.
        field: &'static str,
        /// The value found.
        value: String,
    },
    /// The unit is not there.
    #[error("at {at}: unit {unit} is not known")]
    UnknownUnit {
        /// Where.
        at: usize,
        /// The unit.
        unit: UnitCode,
    },
}

/// What one comparison looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Term {
    /// A unit and all under it; where it stands in the filter.
    Unit { code: UnitCode, at: usize },
    /// Specialty or type.
    Code(SpecialtyCode),
    /// Reserve class.
    Class(u8),
    /// Number of the status.
    Status(u8),
}

/// A filter that was understood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    terms: Vec<(Term, bool)>,
}

impl Filter {
    /// Reads a filter for records of a kind; blank takes all.
    ///
    /// # Errors
    /// [`FilterError`].
    pub fn parse(text: &str, kind: RecordKind) -> Result<Self, FilterError> {
        if text.len() > FILTER_LEN_MAX {
            return Err(FilterError::TooLong { len: text.len() });
        }
        let mut words = Words { text, at: 0 };
        let mut terms = Vec::new();
        if words.peek().is_none() {
            return Ok(Self { terms });
        }
        loop {
            if terms.len() == TERMS_MAX {
                return Err(FilterError::TooMany);
            }
            terms.push(term(&mut words, kind)?);
            match words.next() {
                None => return Ok(Self { terms }),
                Some((_at, Word::Bare("AND"))) => {}
                Some((at, _other)) => {
                    return Err(FilterError::Expected { at, expected: "`AND` or the end" });
                }
            }
        }
    }

    /// The comparisons, and whether each is by `!=`.
    pub(super) fn terms(&self) -> impl Iterator<Item = (&Term, bool)> {
        self.terms.iter().map(|(term, negated)| (term, *negated))
    }
}

fn term(words: &mut Words<'_>, kind: RecordKind) -> Result<(Term, bool), FilterError> {
    let end = words.text.len() + 1;
    let expected = |at, expected| FilterError::Expected { at, expected };
    let (field_at, field) = match words.next() {
        Some((at, Word::Bare(field))) => (at, field),
        Some((at, _other)) => return Err(expected(at, "a field")),
        None => return Err(expected(end, "a field")),
    };
    let negated = match words.next() {
        Some((_at, Word::Equal)) => false,
        Some((_at, Word::Unequal)) => true,
        Some((at, _other)) => return Err(expected(at, "`=` or `!=`")),
        None => return Err(expected(end, "`=` or `!=`")),
    };
    let (at, value) = match words.next() {
        Some((at, Word::Bare(value) | Word::Quoted(value))) => (at, value),
        Some((at, _other)) => return Err(expected(at, "a value")),
        None => return Err(expected(end, "a value")),
    };
    let fault = |field| FilterError::Value { at, field, value: value.to_owned() };
    let term = match (field, kind) {
        ("unit", _) => Term::Unit { code: value.parse().map_err(|_rule| fault("unit"))?, at },
        ("status", _) => Term::Status(status(value, kind).ok_or_else(|| fault("status"))?),
        ("specialty", RecordKind::Reservist) => {
            Term::Code(value.parse().map_err(|_rule| fault("specialty"))?)
        }
        ("reserve_class", RecordKind::Reservist) => match value {
            "1" => Term::Class(1),
            "2" => Term::Class(2),
            _other => return Err(fault("reserve_class")),
        },
        ("type", RecordKind::Equipment) => {
            Term::Code(value.parse().map_err(|_rule| fault("type"))?)
        }
        (other, _) if let Some(number) = sort(other, value, kind) => {
            Term::Class(number.ok_or_else(|| fault("kind or stage"))?)
        }
        (other, _) => {
            let fields = match kind {
                RecordKind::Reservist => "unit, reserve_class, specialty or status",
                RecordKind::Equipment => "unit, type or status",
                RecordKind::MilitiaBase | RecordKind::Activity => "unit, kind or status",
                RecordKind::Enterprise => "unit, stage or status",
                RecordKind::ReserveUnit | RecordKind::Assignment => "unit or status",
            };
            let field = other.chars().take(40).collect();
            return Err(FilterError::UnknownField { at: field_at, field, fields });
        }
    };
    Ok((term, negated))
}

/// The number of a term by its name on the wire without the prefix.
macro_rules! number {
    ($term:ident, $value:expr) => {
        $term::ALL
            .iter()
            .find(|term| term.code().to_ascii_uppercase() == $value)
            .map(|term| term.number())
    };
}

/// What tells the records of a kind apart beside unit and status.
fn sort(field: &str, value: &str, kind: RecordKind) -> Option<Option<u8>> {
    match (field, kind) {
        ("kind", RecordKind::MilitiaBase) => Some(number!(BaseKind, value)),
        ("kind", RecordKind::Activity) => Some(number!(ActivityKind, value)),
        ("stage", RecordKind::Enterprise) => Some(number!(SurveyStage, value)),
        _other => None,
    }
}

/// A status by its name on the wire without the prefix: `TEMP_ABSENT`.
fn status(value: &str, kind: RecordKind) -> Option<u8> {
    match kind {
        RecordKind::Reservist => number!(ReservistStatus, value),
        RecordKind::Equipment => number!(EquipmentStatus, value),
        RecordKind::MilitiaBase => number!(BaseStatus, value),
        RecordKind::Enterprise => number!(EnterpriseStatus, value),
        RecordKind::Activity => number!(ActivityStatus, value),
        RecordKind::ReserveUnit | RecordKind::Assignment => None,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word<'a> {
    Bare(&'a str),
    Quoted(&'a str),
    Equal,
    Unequal,
    /// Neither; also a quote that is never closed.
    Stray,
}

/// The words of a filter with their positions, from 1.
#[derive(Clone, Copy)]
struct Words<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Words<'a> {
    fn peek(mut self) -> Option<(usize, Word<'a>)> {
        self.next()
    }

    fn take(&mut self, word: Word<'a>, len: usize) -> Option<(usize, Word<'a>)> {
        let at = self.at + 1;
        self.at += len;
        Some((at, word))
    }
}

impl<'a> Iterator for Words<'a> {
    type Item = (usize, Word<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = &self.text[self.at..];
        let trimmed = rest.trim_start();
        self.at += rest.len() - trimmed.len();
        let first = trimmed.chars().next()?;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let bare = trimmed.find(|c| !is_plain(c)).unwrap_or(trimmed.len());
        match first {
            '=' => self.take(Word::Equal, 1),
            '!' if trimmed.starts_with("!=") => self.take(Word::Unequal, 2),
            '"' => match trimmed[1..].split_once('"') {
                Some((quoted, _rest)) => self.take(Word::Quoted(quoted), quoted.len() + 2),
                None => self.take(Word::Stray, trimmed.len()),
            },
            _ if bare > 0 => self.take(Word::Bare(&trimmed[..bare]), bare),
            stray => self.take(Word::Stray, stray.len_utf8()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people(text: &str) -> Result<Filter, FilterError> {
        Filter::parse(text, RecordKind::Reservist)
    }

    #[test]
    fn comparisons_joined_by_and_are_understood() {
        let filter = people("unit=\"03160\" AND reserve_class = 1 AND status!=DEAD");
        let unit = "03160".parse().expect("a code");
        let terms = vec![
            (Term::Unit { code: unit, at: 6 }, false),
            (Term::Class(1), false),
            (Term::Status(ReservistStatus::Dead.number()), true),
        ];
        assert_eq!(filter, Ok(Filter { terms }));
        assert_eq!(people("  "), Ok(Filter::default()));
        let trucks = Filter::parse("type = PT01 AND status = AVAILABLE", RecordKind::Equipment);
        assert_eq!(trucks.map(|filter| filter.terms.len()), Ok(2));
    }

    #[test]
    fn a_fault_says_where_it_is_and_what_was_expected() {
        for (text, message) in [
            ("unit", "at 5: expected `=` or `!=`"),
            ("unit = ", "at 8: expected a value"),
            ("unit > 1", "at 6: expected `=` or `!=`"),
            ("= 1", "at 1: expected a field"),
            ("status = ACTIVE OR unit = 1", "at 17: expected `AND` or the end"),
            ("status = ACTIVE AND", "at 20: expected a field"),
            ("status = \"ACTIVE", "at 10: expected a value"),
            ("status = active", "at 10: `active` is no value of status"),
            ("reserve_class = 3", "at 17: `3` is no value of reserve_class"),
            ("unit = \"a b\"", "at 8: `a b` is no value of unit"),
            ("đơn = 1", "at 1: expected a field"),
            (
                "type = PT01",
                "at 1: `type` is no field to filter by: use unit, reserve_class, specialty or status",
            ),
        ] {
            let refused = people(text).expect_err(text);
            assert_eq!(refused.to_string(), message, "{text}");
        }
    }

    #[test]
    fn a_filter_without_end_is_refused() {
        let long = "unit = 1 AND ".repeat(200);
        assert_eq!(people(&long), Err(FilterError::TooLong { len: long.len() }));
        let many = vec!["status=DEAD"; TERMS_MAX + 1].join(" AND ");
        assert_eq!(people(&many), Err(FilterError::TooMany));
    }
}
