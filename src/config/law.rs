//! `[registry]`: what the law sets from year to year.
//!
//! Read with the rest of `server.toml`; all is checked while it is read, so that the error knows the
//! line of the list, and the number of an age limit in it. Invariants: a table that is given takes the place of the shipped one, whole; there is no
//! second copy of these values anywhere.

use std::sync::Arc;

use jiff::civil::Date;
use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};

use crate::domain::registry::eligibility::{AgeLimit, AgeLimits, Duty, Law};
use crate::domain::registry::{Rank, ReservistCategory, Sex};

/// Most holidays: some twenty a year over a quarter of a century.
pub const HOLIDAYS_MAX: usize = 500;

/// `[registry]`: holidays and age limits.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RegistrySection {
    /// Days off beside Saturdays and Sundays.
    pub holidays: Holidays,
    /// Age limits in place of the shipped ones; empty keeps those.
    pub age_limits: AgeTable,
}

impl RegistrySection {
    /// What everybody judges by.
    pub fn law(&self) -> Law {
        let age_limits = self.age_limits.limits.clone().unwrap_or_default();
        Law {
            age_limits: Arc::new(age_limits),
            holidays: self.holidays.0.iter().map(|day| day.0).collect(),
        }
    }
}

/// Distinct days.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct Holidays(Vec<Day>);

impl<'de> Deserialize<'de> for Holidays {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut days = Vec::<Day>::deserialize(deserializer)?;
        days.sort_unstable();
        if days.len() > HOLIDAYS_MAX {
            let len = days.len();
            return Err(D::Error::custom(format!("{len} holidays: give at most {HOLIDAYS_MAX}")));
        }
        if let Some(twice) = days.windows(2).find(|two| two[0] == two[1]) {
            return Err(D::Error::custom(format!(
                "{} is there twice: give each day once",
                twice[0].0
            )));
        }
        Ok(Self(days))
    }
}

/// A day as text: "2027-02-08".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Day(Date);

impl Serialize for Day {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let day = text.parse().ok().filter(|day: &Date| (1900..=2200).contains(&day.year()));
        day.map(Self).ok_or_else(|| {
            D::Error::custom(format!("{text:?} is no day: write one like \"2027-02-08\""))
        })
    }
}

/// Age limits as they are written, and as they are judged by; none where none are written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AgeTable {
    entries: Vec<Written>,
    limits: Option<AgeLimits>,
}

impl Serialize for AgeTable {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.entries.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for AgeTable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let entries = Vec::<Written>::deserialize(deserializer)?;
        if entries.is_empty() {
            return Ok(Self::default());
        }
        let limit = |(at, entry): (usize, &Written)| {
            let named = |fault| D::Error::custom(format!("age limit {at}: {fault}"));
            entry.limit().map_err(named)
        };
        let limits = (1..).zip(&entries).map(limit);
        let limits = AgeLimits::new(limits.collect::<Result<_, _>>()?).map_err(D::Error::custom)?;
        Ok(Self { entries, limits: Some(limits) })
    }
}

/// One limit as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    category: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rank_from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sex: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duty: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    years: Option<i16>,
    basis: String,
    from: Day,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<Day>,
}

impl Written {
    fn limit(&self) -> Result<AgeLimit, String> {
        let Written { category, rank_from, sex, duty, years, basis, from, to } = self;
        fn word<T>(
            what: &str,
            text: Option<&String>,
            parse: impl Fn(&str) -> Option<T>,
        ) -> Result<Option<T>, String> {
            let read = |text: &String| {
                parse(text)
                    .ok_or_else(|| format!("{text:?} is no {what}: use a word of the registry"))
            };
            text.map(read).transpose()
        }
        let category = word("category", Some(category), ReservistCategory::parse)?;
        if basis.trim().is_empty() {
            return Err("the basis is empty: name the law".to_owned());
        }
        Ok(AgeLimit {
            category: category.ok_or("the category is missing")?,
            rank_from: word("rank", rank_from.as_ref(), Rank::parse)?,
            sex: word("sex", sex.as_ref(), Sex::parse)?,
            duty: word("duty", duty.as_ref(), Duty::parse)?,
            years: *years,
            basis: basis.trim().to_owned(),
            valid_from: from.0,
            valid_to: to.map(|day| day.0),
        })
    }
}
