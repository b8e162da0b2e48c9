//! What is wrong with a filter, where, and what to write instead.

use crate::domain::ids::UnitCode;
use crate::domain::world::RecordKind;
use crate::index::filter::{DEPTH_MAX, FILTER_LEN_MAX, TERMS_MAX, fields};

/// Characters of a word that was not understood, as it is shown again.
const SHOWN_CHARS_MAX: usize = 40;

/// Why a filter cannot be used. Positions count bytes from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// The filter is too long.
    #[error("the filter has {len} bytes, over the bound of {FILTER_LEN_MAX}: ask in parts")]
    TooLong {
        /// Its length in bytes.
        len: usize,
    },
    /// There are too many comparisons.
    #[error("the filter has more than {TERMS_MAX} comparisons: ask in parts")]
    TooMany,
    /// Too many parentheses inside one another.
    #[error("at {at}: more than {DEPTH_MAX} parentheses and negations inside one another")]
    TooDeep {
        /// Where.
        at: usize,
    },
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
        fields: String,
    },
    /// The field is hidden from the one who asks.
    #[error("at {at}: `{field}` is for those who may see whole records: ask a registrar")]
    Hidden {
        /// Where.
        at: usize,
        /// The field.
        field: &'static str,
    },
    /// The field is not compared so.
    #[error("at {at}: {field} is compared by {signs}")]
    Sign {
        /// Where.
        at: usize,
        /// The field.
        field: &'static str,
        /// By what it is.
        signs: &'static str,
    },
    /// The value is none of the field.
    #[error("at {at}: {shown} is no value of {field}: {remedy}")]
    Value {
        /// Where.
        at: usize,
        /// The field.
        field: &'static str,
        /// The value found in quotes, or "this" where it may be personal.
        shown: String,
        /// What to write.
        remedy: String,
    },
    /// No unit, or more than one, has the name.
    #[error("at {at}: no unit is called `{name}`, or several are: use its code or its full name")]
    UnknownUnitName {
        /// Where.
        at: usize,
        /// The name, cut short.
        name: String,
    },
    /// The unit is not there.
    #[error("at {at}: unit {unit} is not known: {meant}")]
    UnknownUnit {
        /// Where.
        at: usize,
        /// The unit.
        unit: UnitCode,
        /// What may be meant.
        meant: String,
    },
}

impl FilterError {
    pub(super) fn unknown_field(at: usize, field: &str, kind: RecordKind) -> Self {
        let field = field.chars().take(SHOWN_CHARS_MAX).collect();
        let names: Vec<&str> = fields(kind).iter().map(|field| field.name).collect();
        let (last, before) = names.split_last().unwrap_or((&"none", &[]));
        Self::UnknownField { at, field, fields: format!("{} or {last}", before.join(", ")) }
    }

    pub(super) fn value(
        at: usize,
        field: &'static str,
        value: &str,
        is_personal: bool,
        remedy: String,
    ) -> Self {
        let shown = if is_personal {
            "this".to_owned()
        } else {
            format!("`{}`", value.chars().take(SHOWN_CHARS_MAX).collect::<String>())
        };
        Self::Value { at, field, shown, remedy }
    }
}
