//! Values that are right by construction: each refuses what is out of bounds while the file is read,
//! so that the error knows its line.
//!
//! Used by the sections alone.

use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};

/// Most entries in one list: more names than any server or province has.
const NAMES_MAX: usize = 32;

/// A whole number from `MIN` to `MAX`, both allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Bounded<const MIN: u64, const MAX: u64>(u64);

impl<const MIN: u64, const MAX: u64> Bounded<MIN, MAX> {
    /// For defaults and tests.
    ///
    /// # Panics
    /// Out of bounds: a mistake in the source, found when it is compiled as a constant.
    pub const fn new(value: u64) -> Self {
        assert!(MIN <= value && value <= MAX, "the value is out of its bounds");
        Self(value)
    }

    /// The number.
    pub const fn value(self) -> u64 {
        self.0
    }

    /// The number as milliseconds.
    pub const fn millis(self) -> Duration {
        Duration::from_millis(self.0)
    }

    /// The number as a count of things in memory.
    pub fn count(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl<'de, const MIN: u64, const MAX: u64> Deserialize<'de> for Bounded<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = u64::deserialize(deserializer)?;
        if (MIN..=MAX).contains(&value) {
            Ok(Self(value))
        } else {
            Err(D::Error::custom(format!("{value} is out of bounds: use {MIN} to {MAX}")))
        }
    }
}

/// A share from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Ratio(f64);

impl Ratio {
    /// Everything.
    pub const ALL: Self = Self(1.0);

    /// The share.
    pub const fn value(self) -> f64 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Ratio {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = f64::deserialize(deserializer)?;
        if (0.0..=1.0).contains(&value) {
            Ok(Self(value))
        } else {
            Err(D::Error::custom(format!("{value} is out of bounds: use 0.0 to 1.0")))
        }
    }
}

/// One to 32 distinct entries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Names<T>(Vec<T>);

impl<T> Names<T> {
    /// The entries, in the file's order.
    pub fn as_slice(&self) -> &[T] {
        &self.0
    }

    /// For defaults: one entry.
    pub fn one(entry: T) -> Self {
        Self(vec![entry])
    }
}

impl<'de, T: Deserialize<'de> + PartialEq> Deserialize<'de> for Names<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let entries = Vec::<T>::deserialize(deserializer)?;
        let distinct = entries.iter().enumerate().all(|(i, entry)| !entries[..i].contains(entry));
        if entries.is_empty() || entries.len() > NAMES_MAX || !distinct {
            let count = entries.len();
            let reason = format!("{count} entries: give 1 to {NAMES_MAX}, each once");
            return Err(D::Error::custom(reason));
        }
        Ok(Self(entries))
    }
}

/// A directory; relative ones begin at the data directory and stay under it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct RelPath(PathBuf);

impl RelPath {
    pub(super) fn new(path: &str) -> Self {
        Self(PathBuf::from(path))
    }

    /// The directory itself.
    pub fn under(&self, data_dir: &Path) -> PathBuf {
        data_dir.join(&self.0)
    }
}

impl<'de> Deserialize<'de> for RelPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let path = PathBuf::deserialize(deserializer)?;
        let inside = path.components().all(|part| !matches!(part, Component::ParentDir));
        let names_one = path.components().any(|part| matches!(part, Component::Normal(_)));
        if inside && names_one {
            Ok(Self(path))
        } else {
            let reason =
                format!("{path:?} names no directory of its own: write one like \"store\"");
            Err(D::Error::custom(reason))
        }
    }
}

/// Which lines are logged, checked while read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct LogFilter(String);

impl LogFilter {
    /// Lets nothing through: for a program whose screen belongs to a person.
    pub fn silent() -> Self {
        Self("off".to_owned())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for LogFilter {
    fn default() -> Self {
        Self("info".to_owned())
    }
}

impl<'de> Deserialize<'de> for LogFilter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.trim().is_empty() {
            // It would silence errors too.
            return Err(D::Error::custom("the log filter is empty: write one like \"info\""));
        }
        match tracing_subscriber::EnvFilter::builder().parse(&text) {
            Ok(_) => Ok(Self(text)),
            Err(error) => {
                let reason =
                    format!("{text:?} is not a log filter ({error}): write one like \"info\"");
                Err(D::Error::custom(reason))
            }
        }
    }
}
