//! A mapping file: what the columns of a list mean, where guessing fails.
//!
//! TOML, written by the staff. Its words come before what the reader would guess; what it does not
//! name is guessed as without it.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::labels::plain;
use crate::domain::text::fold;
use crate::roster::{COLUMNS_MAX, RosterError};

/// Longest mapping file, in bytes: hundreds of columns and words fit.
const MAPPING_BYTES_MAX: usize = 64 * 1024;

/// What a mapping file says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// The sheet to read.
    pub sheet: Option<String>,
    /// The row of the header, as the spreadsheet shows it; 0 where there is none.
    pub header_row: Option<u32>,
    /// For a header's text, or a column's letters, the field it fills; `ignore` for none.
    #[serde(default)]
    columns: BTreeMap<String, String>,
    /// For a field, what words of the list mean in ours.
    #[serde(default)]
    values: BTreeMap<String, BTreeMap<String, String>>,
}

impl Mapping {
    /// Reads a mapping file.
    ///
    /// # Errors
    /// [`RosterError::Mapping`] with the line at fault.
    pub fn parse(text: &str) -> Result<Self, RosterError> {
        if text.len() > MAPPING_BYTES_MAX {
            let reason = format!("it is longer than {MAPPING_BYTES_MAX} bytes");
            return Err(RosterError::Mapping { reason });
        }
        let read: Self = toml::from_str(text)
            .map_err(|fault| RosterError::Mapping { reason: in_line(text, &fault) })?;
        let words = |words: BTreeMap<String, String>| {
            words.into_iter().map(|(word, meaning)| (fold(&word), meaning)).collect()
        };
        let values = read.values.into_iter().map(|(field, list)| (field, words(list)));
        Ok(Self {
            sheet: read.sheet,
            header_row: read.header_row,
            columns: read.columns,
            values: values.collect(),
        })
    }

    /// Refuses fields that the kind does not have.
    pub(in crate::roster) fn check(&self, known: &[&str]) -> Result<(), RosterError> {
        let named = self.columns.values().chain(self.values.keys());
        let is_known = |field: &&String| known.contains(&field.as_str()) || *field == "ignore";
        let Some(unknown) = named.into_iter().find(|field| !is_known(field)) else { return Ok(()) };
        let reason = format!("there is no field {unknown:?}: the fields are {}", known.join(", "));
        Err(RosterError::Mapping { reason })
    }

    /// The field of a header.
    pub(in crate::roster) fn header(&self, text: &str) -> Option<&str> {
        if self.columns.is_empty() {
            return None;
        }
        let label = plain(text);
        let named = self.columns.iter().find(|(header, _)| plain(header) == label);
        named.map(|(_, field)| field.as_str())
    }

    /// What it names columns by that fill a field, but for their letters.
    pub(in crate::roster) fn headers(&self) -> impl Iterator<Item = &str> {
        let filling = self.columns.iter().filter(|(_key, field)| *field != "ignore");
        filling.map(|(key, _field)| key.as_str()).filter(|key| position(key).is_none())
    }

    /// Whether it says to leave a header's column out.
    pub(in crate::roster) fn ignores(&self, text: &str) -> bool {
        self.header(text) == Some("ignore")
    }

    /// Whether it says to leave the column at this place out.
    pub(in crate::roster) fn ignores_at(&self, at: usize) -> bool {
        self.letters().any(|(place, _, field)| place == at && field == "ignore")
    }

    /// What it names and the tables do not have: headers that are none of these, and columns by letters
    /// that lie behind the last of so many.
    pub(in crate::roster) fn idle<'a>(
        &self,
        headers: impl Iterator<Item = &'a str> + Clone,
        width: usize,
    ) -> Vec<String> {
        let is_header = |key: &str| headers.clone().any(|header| plain(header) == plain(key));
        let is_idle = |key: &&String| match position(key) {
            Some(at) => at >= width && !is_header(key),
            None => !is_header(key),
        };
        self.columns.keys().filter(is_idle).cloned().collect()
    }

    /// The fields of columns that are named by their letters.
    pub(in crate::roster) fn letters(&self) -> impl Iterator<Item = (usize, &str, &str)> {
        self.columns
            .iter()
            .filter_map(|(key, field)| Some((position(key)?, key.as_str(), field.as_str())))
    }

    /// What a word of the list means in ours, if the mapping says.
    pub(in crate::roster) fn value(&self, field: &str, text: &str) -> Option<&str> {
        self.values.get(field)?.get(&fold(text)).map(String::as_str)
    }
}

/// What is wrong with a text, in one line, with the line that it is in.
fn in_line(text: &str, fault: &toml::de::Error) -> String {
    let message = fault.message().lines().collect::<Vec<_>>().join(", ");
    let Some(before) = fault.span().and_then(|span| text.get(..span.start)) else { return message };
    let (number, start) =
        (before.matches('\n').count() + 1, before.rfind('\n').map_or(0, |at| at + 1));
    let line = text[start..].lines().next().unwrap_or_default().trim();
    format!("line {number}, `{line}`: {message}")
}

/// The position of a column from its letters: upper case, A to IV.
fn position(letters: &str) -> Option<usize> {
    let is_name = matches!(letters.len(), 1 | 2) && letters.bytes().all(|b| b.is_ascii_uppercase());
    let place = |sum: usize, letter: u8| sum * 26 + usize::from(letter - b'A') + 1;
    let at = is_name.then(|| letters.bytes().fold(0, place))?;
    (at <= COLUMNS_MAX).then(|| at - 1)
}

/// A column as the spreadsheet program names it: A to Z, then AA.
pub(in crate::roster) fn letters(at: usize) -> String {
    let (mut rest, mut name) = (at + 1, Vec::new());
    while rest > 0 {
        rest -= 1;
        name.push(char::from(b'A' + u8::try_from(rest % 26).unwrap_or(0)));
        rest /= 26;
    }
    name.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_go_by_their_letters_and_back() {
        for (at, name) in [(0, "A"), (25, "Z"), (26, "AA"), (255, "IV")] {
            assert_eq!((letters(at).as_str(), position(name)), (name, Some(at)));
        }
        assert_eq!((position("a"), position("IW"), position("STT")), (None, None, None));
    }

    #[test]
    fn a_mapping_says_what_headers_and_words_mean() {
        let text = "header_row = 2\n[columns]\n\"Mã số\" = \"citizen_id\"\nC = \"birth\"\n\
                    [values.specialty]\nBB = \"CN01\"\n";
        let mapping = Mapping::parse(text).expect("a mapping");
        assert_eq!(mapping.header("MÃ  SỐ"), Some("citizen_id"));
        assert_eq!(mapping.letters().collect::<Vec<_>>(), [(2, "C", "birth")]);
        assert_eq!(mapping.value("specialty", "bb"), Some("CN01"));
        assert!(mapping.check(&["citizen_id", "birth", "specialty"]).is_ok());
        let refused = mapping.check(&["birth", "specialty"]).expect_err("a field too many");
        assert!(refused.to_string().contains("citizen_id"), "{refused}");
        let refused = Mapping::parse("colums = 1").expect_err("misspelt").to_string();
        assert!(refused.contains("colums"), "{refused}");
        let refused =
            Mapping::parse("header_row = 2\n[columns]\nB = birth\n").expect_err("no quotes");
        assert!(refused.to_string().contains("line 3, `B = birth`"), "{refused}");
    }
}
