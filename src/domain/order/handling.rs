//! Whether an order is meant: actual, exercise or test of the line.
//!
//! The word of CAP 1.2 (`status`). It decides the payload type, the keys, the number series and the
//! words on every rendering, so that an exercise can never be taken for the real thing. It is never
//! changed in place: an exercise that turns real is a new order.

use std::fmt;
use std::str::FromStr;

/// Whether people and equipment are really called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Handling {
    /// The real thing: people and equipment are called. Needs two persons' signatures.
    Actual,
    /// A drill: everybody acts as if it were real, nobody is bound by it.
    Exercise,
    /// A test of the line: answer that it was read, do nothing else.
    Test,
}

/// A text that names no handling.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("handling `{value}` is not known: use `actual`, `exercise` or `test`")]
pub struct UnknownHandling {
    /// The offending text, cut to 80 characters.
    pub value: String,
}

impl Handling {
    /// Every handling, in order of weight.
    pub const ALL: [Self; 3] = [Self::Actual, Self::Exercise, Self::Test];

    /// The word in payload types, files and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Actual => "actual",
            Self::Exercise => "exercise",
            Self::Test => "test",
        }
    }

    /// The word shown to people on every rendering, in Vietnamese.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Actual => "THẬT",
            Self::Exercise => "DIỄN TẬP",
            Self::Test => "KIỂM TRA",
        }
    }

    /// A number of its series as written on paper; [`crate::domain::order::Order::number_text`] says more.
    pub fn number_text(self, number: u32, year: u32) -> String {
        let prefix = match self {
            Self::Actual => "",
            Self::Exercise => "DT-",
            Self::Test => "KT-",
        };
        format!("{prefix}{number}/{year}/LĐ-BCHQS")
    }
}

impl FromStr for Handling {
    type Err = UnknownHandling;
    fn from_str(text: &str) -> Result<Self, UnknownHandling> {
        Self::ALL
            .into_iter()
            .find(|handling| handling.as_str() == text)
            .ok_or_else(|| UnknownHandling { value: text.chars().take(80).collect() })
    }
}

impl fmt::Display for Handling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_handling_is_read_back_from_its_word_and_nothing_else_is() {
        for handling in Handling::ALL {
            assert_eq!(handling.as_str().parse(), Ok(handling));
        }
        for bad in ["", "Actual", "actual ", "drill", "real"] {
            assert!(bad.parse::<Handling>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn no_two_handlings_share_a_label_and_labels_are_composed() {
        use unicode_normalization::is_nfc;
        let labels: std::collections::BTreeSet<_> = Handling::ALL.map(Handling::label).into();
        assert_eq!(labels.len(), Handling::ALL.len());
        assert!(labels.iter().all(|label| is_nfc(label)));
    }
}
