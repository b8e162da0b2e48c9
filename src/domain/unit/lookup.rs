//! Which unit a text from a file means: by code and day, or by name, district and day.
//!
//! Called by the rosters and by whoever types a unit. It never guesses: what could be two units is
//! refused with both named, and a name or code that was another unit's on that day is not taken for
//! today's. In July 2025 three names moved to other places (Mường Chà, Mường Thanh, Sam Mứn), and 20
//! of the 45 codes went over to a unit of another name.

use std::fmt;

use jiff::civil::Date;

use super::names::{Reading, bare, canonical, readings};
use super::{Echelon, Unit, Units};
use crate::domain::ids::UnitCode;
use crate::domain::text::{clean, fold};

/// Most candidates that a fault names.
const CANDIDATES_MAX: usize = 6;

/// A unit that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found<'a> {
    /// The unit that was meant, as it is known now.
    pub then: &'a Unit,
    /// The unit of today that stands for it; the same while it exists.
    pub now: &'a Unit,
}

impl<'a> Found<'a> {
    /// The unit under which a record that means it is entered: itself where it ended under its official
    /// code, for records count where it leads, and go back with it when its end is taken back; that of
    /// today where it is kept under a code of ours, as all from before July 2025 are.
    pub fn entered(&self) -> &'a Unit {
        let code = self.then.code.as_str();
        let is_official = code.len() == 5 && code.bytes().all(|byte| byte.is_ascii_digit());
        if is_official { self.then } else { self.now }
    }

    /// Whether the unit that was meant exists no more.
    pub fn is_former(&self) -> bool {
        self.then.code != self.now.code
    }
}

/// A unit that may be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its code.
    pub code: UnitCode,
    /// Its full name.
    pub name: String,
    /// The name of the unit it is or was under.
    pub parent: Option<String>,
    /// Its last day, if it is closed; that of the name, if it has another now.
    pub valid_to: Option<Date>,
    /// The unit of today that stands for it, if that is another.
    pub now: Option<UnitCode>,
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}", self.name, self.code)?;
        if let (Some(day), Some(parent)) = (self.valid_to, &self.parent) {
            write!(f, ", {parent}, until {day}")?;
        }
        if let Some(now) = &self.now {
            write!(f, ", now {now}")?;
        }
        f.write_str(")")
    }
}

/// Candidates in a sentence.
fn listed(candidates: &[Candidate]) -> String {
    candidates.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
}

/// Why a text names no unit. The text itself is not repeated: the caller knows where it stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LookupFault {
    /// No unit, of any day, is called so.
    #[error("no unit has this code or name: check its spelling")]
    Unknown,
    /// Units are called so, and none was on that day.
    #[error("on {day} no unit had this name or code; on other days it was {}: give the day of the list", listed(.candidates))]
    NotThen {
        /// The day.
        day: Date,
        /// Who is or was called so.
        candidates: Vec<Candidate>,
    },
    /// The code is of a unit that began later; before, it may have been another's.
    #[error("on {day} the code {code} may have been another unit's, such as {}: write the name", listed(.candidates))]
    CodeNotThen {
        /// The code.
        code: UnitCode,
        /// The day.
        day: Date,
        /// The units that the code's unit of today took the place of.
        candidates: Vec<Candidate>,
    },
    /// Several are called so, on that day or on others.
    #[error("this may be {}: write the full name with its kind, and the district", listed(.candidates))]
    Ambiguous {
        /// Which.
        candidates: Vec<Candidate>,
    },
    /// The district is not known.
    #[error("the district is unknown: check its spelling")]
    UnknownDistrict,
    /// The unit was of another district.
    #[error("no such unit was in this district; elsewhere there is {}", listed(.candidates))]
    OtherDistrict {
        /// Who is called so.
        candidates: Vec<Candidate>,
    },
    /// The unit was closed and nothing took its place.
    #[error("{unit} was closed and nothing took its place: name a unit of today")]
    NoSuccessor {
        /// The unit.
        unit: UnitCode,
    },
}

/// How well a name fits; better ones come later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// A known other spelling.
    Variant,
    /// But for marks.
    Folded,
    /// Letter by letter.
    Marked,
}

/// A unit whose name fits.
struct Match<'a> {
    unit: &'a Unit,
    fit: Fit,
    /// Without the word for its kind.
    is_bare: bool,
}

impl Units {
    /// The unit of today that a text means: its code, or its full name with the word for its kind
    /// ("Xã Sam Mứn", "X. Sam Mứn"), marks and case aside. A bare "Sam Mứn" is not enough. For files
    /// with a date or a district see [`Units::find_on`].
    pub fn find(&self, text: &str) -> Option<&Unit> {
        let by_code = text.parse().ok().and_then(|code| self.get(&code));
        by_code.or_else(|| {
            let mut matches = self.matches(text);
            matches.retain(|found| {
                let is_now =
                    self.get(&found.unit.code).is_some_and(|now| std::ptr::eq(now, found.unit));
                is_now && !found.is_bare && !found.unit.is_closed()
            });
            keep_best(&mut matches);
            matches.retain(|found| found.fit != Fit::Variant);
            if matches.len() == 1 { matches.first().map(|found| found.unit) } else { None }
        })
    }

    /// The unit that a text meant on a day: its code then, or its name then, full or bare, marks,
    /// case and known spellings aside. `district` narrows names, and is not looked at where the tree
    /// knows no districts.
    ///
    /// # Errors
    /// A [`LookupFault`], with the units that may have been meant.
    pub fn find_on(
        &self,
        text: &str,
        district: Option<&str>,
        day: Date,
    ) -> Result<Found<'_>, LookupFault> {
        if let Some(code) = text.trim().parse::<UnitCode>().ok().filter(|code| self.knows(code)) {
            return self.find_code_on(&code, day);
        }
        let mut all = self.matches(text);
        if all.is_empty() {
            return Err(LookupFault::Unknown);
        }
        let district = district.map(str::trim).filter(|text| !text.is_empty());
        if let Some(district) = district.filter(|_text| self.indexes.has_districts()) {
            let named = self.indexes.districts(district).ok_or(LookupFault::UnknownDistrict)?;
            let candidates = self.candidates(all.iter().map(|found| found.unit));
            all.retain(|found| named.iter().any(|district| self.was_in(found.unit, district)));
            if all.is_empty() {
                return Err(LookupFault::OtherDistrict { candidates });
            }
        }
        let (mut then, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|found| {
            let state = self.state_on(&found.unit.code, day);
            state.is_some_and(|state| std::ptr::eq(state, found.unit))
        });
        keep_best(&mut then);
        match &then[..] {
            [] => {
                let candidates = self.candidates(others.iter().map(|found| found.unit));
                Err(LookupFault::NotThen { day, candidates })
            }
            [one] => {
                let elsewhere = |other: &Match<'_>| {
                    other.fit >= one.fit
                        && self.current(&other.unit.code) != self.current(&one.unit.code)
                };
                // A bare name that moved to another place: lists lag behind the map.
                if one.is_bare && others.iter().any(elsewhere) {
                    let moved = others.iter().filter(|other| elsewhere(other));
                    let both = std::iter::once(one).chain(moved).map(|found| found.unit);
                    return Err(LookupFault::Ambiguous { candidates: self.candidates(both) });
                }
                self.found(one.unit)
            }
            several => {
                let candidates = self.candidates(several.iter().map(|found| found.unit));
                Err(LookupFault::Ambiguous { candidates })
            }
        }
    }

    fn knows(&self, code: &UnitCode) -> bool {
        self.get(code).is_some() || self.indexes.official(code).next().is_some()
    }

    fn find_code_on(&self, code: &UnitCode, day: Date) -> Result<Found<'_>, LookupFault> {
        let own = self.state_on(code, day);
        let mut official = self.indexes.official(code);
        if let Some(unit) = own.or_else(|| official.find_map(|code| self.state_on(code, day))) {
            return self.found(unit);
        }
        let candidates = self.candidates(self.predecessors(code).chain(self.get(code)));
        Err(LookupFault::CodeNotThen { code: code.clone(), day, candidates })
    }

    fn found<'a>(&'a self, then: &'a Unit) -> Result<Found<'a>, LookupFault> {
        match self.get(self.current(&then.code)) {
            Some(now) if !now.is_closed() => Ok(Found { then, now }),
            _gone => Err(LookupFault::NoSuccessor { unit: then.code.clone() }),
        }
    }

    /// Whether a unit was in a district: was under it, may have been, or follows one that was.
    fn was_in(&self, unit: &Unit, district: &UnitCode) -> bool {
        let own = |unit: &Unit| {
            unit.code == *district
                || unit.parent.as_ref() == Some(district)
                || unit.former.other_parents.contains(district)
        };
        own(unit) || self.predecessors(&unit.code).any(own)
    }

    /// Every unit in every state whose name fits, once.
    fn matches(&self, text: &str) -> Vec<Match<'_>> {
        let mut found: Vec<Match<'_>> = Vec::new();
        let has_marks = !clean(text).is_ascii();
        for reading in readings(text) {
            let keys = [reading.folded.as_str(), canonical(&reading.folded)];
            for code in keys.into_iter().flat_map(|key| self.indexes.named(key)) {
                let past = self.past(code).iter().map(|past| &past.unit);
                for unit in past.chain(self.get(code)) {
                    let Some((fit, is_bare)) = fit(unit, &reading, has_marks) else { continue };
                    match found.iter_mut().find(|found| std::ptr::eq(found.unit, unit)) {
                        Some(known) => {
                            known.fit = known.fit.max(fit);
                            known.is_bare &= is_bare;
                        }
                        None => found.push(Match { unit, fit, is_bare }),
                    }
                }
            }
        }
        found
    }

    fn candidates<'a>(&self, units: impl Iterator<Item = &'a Unit>) -> Vec<Candidate> {
        let parent = |unit: &Unit| Some(self.get(unit.parent.as_ref()?)?.name.clone());
        let now =
            |unit: &Unit| Some(self.current(&unit.code)).filter(|now| **now != unit.code).cloned();
        // What was renamed goes on, and its name of before ended.
        let until = |unit: &Unit| {
            let states = self.past(&unit.code).iter();
            let own = states.filter(|past| std::ptr::eq(&past.unit, unit));
            own.map(|past| past.until).next()
        };
        let named = units.take(CANDIDATES_MAX).map(|unit| Candidate {
            code: unit.code.clone(),
            name: unit.name.clone(),
            parent: parent(unit),
            valid_to: unit.valid_to.or_else(|| until(unit)),
            now: now(unit),
        });
        named.collect()
    }
}

/// How a unit fits a reading, and whether by its bare name; none if it does not.
fn fit(unit: &Unit, reading: &Reading, has_marks: bool) -> Option<(Fit, bool)> {
    let full = clean(&unit.name).to_lowercase();
    let is_commune = unit.echelon() == Echelon::Commune;
    let (own, is_bare) = match reading.kind {
        Some(kind) if kind == unit.kind => (bare(unit), false),
        Some(_other) => return None,
        None if fold(&full) == reading.folded => (full, false),
        None if is_commune => (bare(unit), true),
        None => return None,
    };
    let folded = fold(&own);
    if has_marks && own == reading.marked {
        Some((Fit::Marked, is_bare))
    } else if folded == reading.folded {
        Some((Fit::Folded, is_bare))
    } else {
        (canonical(&folded) == canonical(&reading.folded)).then_some((Fit::Variant, is_bare))
    }
}

fn keep_best(matches: &mut Vec<Match<'_>>) {
    let best = matches.iter().map(|found| found.fit).max();
    matches.retain(|found| Some(found.fit) == best);
}

#[cfg(test)]
mod tests;
