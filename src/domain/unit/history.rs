//! How the tree was on other days: each reorganization keeps what a unit was before it.

use std::borrow::Cow;

use jiff::civil::Date;

use super::indexes::Indexes;
use super::{Unit, UnitError, Units};
use crate::domain::ids::UnitCode;

/// What a unit was until it was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// The last day on which it was so.
    pub until: Date,
    /// What it was.
    pub unit: Unit,
}

impl Units {
    /// What a unit was before, oldest first; empty where nothing changed.
    pub fn past(&self, code: &UnitCode) -> &[Past] {
        self.past.get(code).map_or(&[], Vec::as_slice)
    }

    /// What a unit was on a day; none if it did not exist then.
    pub fn state_on(&self, code: &UnitCode, day: Date) -> Option<&Unit> {
        let earlier = self.past(code).iter().find(|past| day <= past.until).map(|past| &past.unit);
        let state = earlier.or_else(|| self.get(code))?;
        let began = self.began(state).is_none_or(|from| from <= day);
        (state.exists_on(day) && began).then_some(state)
    }

    /// The first day of a unit. One without a known day that was entered after units which ended, and
    /// did not take them in by a reorganization, began when they had ended.
    pub fn began(&self, unit: &Unit) -> Option<Date> {
        let entered = |before: &&Unit| self.past(&before.code).is_empty();
        let followed = self.predecessors(&unit.code).filter(entered);
        let ended = followed.filter_map(|before| before.valid_to).max();
        unit.valid_from.or_else(|| ended.and_then(|day| day.tomorrow().ok()))
    }

    /// The units that a unit followed directly, by code.
    pub fn predecessors(&self, code: &UnitCode) -> impl Iterator<Item = &Unit> {
        self.indexes.predecessors(code).filter_map(|code| self.get(code))
    }

    /// The tree as it stood on a day, and as it was known then: nothing in it has ended yet. What had
    /// no place in it, such as an undated base of a commune that came later, is left out.
    #[must_use]
    pub fn on(&self, day: Date) -> Self {
        let mut list: Vec<Unit> =
            self.iter().filter_map(|unit| self.state_on(&unit.code, day)).cloned().collect();
        list.sort_by_key(Unit::entry_order);
        let mut then = Self::new();
        for mut unit in list {
            unit.valid_to = None;
            unit.former.successors.clear();
            // One with no place then is left out, and so is what would hang on it.
            let _left_out: Result<(), UnitError> = then.insert(unit);
        }
        then
    }

    /// The tree of today with each unit under what it was under on a day: what moved between areas since
    /// counts where it was then. Successors are those of today, so that each record still has a place; what
    /// a unit was under counts as the unit of today that stands for that. Names are found as in today's.
    pub fn placed_on(&self, day: Date) -> Cow<'_, Self> {
        let mut placed = Cow::Borrowed(self);
        for code in self.past.keys() {
            let Some(then) = self.state_on(code, day) else { continue };
            let Some(now) = self.get(code) else { continue };
            let parent = then.parent.as_ref().map(|parent| self.current(parent));
            if now.is_closed() || parent == now.parent.as_ref() {
                continue;
            }
            // One that ended with nothing in its place has nothing under it.
            let is_there =
                parent.and_then(|parent| self.get(parent)).is_some_and(|unit| !unit.is_closed());
            if is_there && let Some(unit) = placed.to_mut().by_code.get_mut(code) {
                unit.parent = parent.cloned();
            }
        }
        placed
    }

    /// Makes units what they are from `effective` on, in an order in which that can be done.
    ///
    /// # Errors
    /// As [`Units::put`]; the tree is of no use then.
    pub(crate) fn reorganize(&mut self, units: &[Unit], effective: Date) -> Result<(), UnitError> {
        let until = effective.yesterday().unwrap_or(effective);
        for unit in units {
            let before = self.get(&unit.code).cloned();
            self.put(unit.clone())?;
            if let Some(before) = before {
                self.past.entry(unit.code.clone()).or_default().push(Past { until, unit: before });
            }
        }
        self.index_anew();
        Ok(())
    }

    /// Takes a reorganization back: each unit it changed is what it was before, but for facts without
    /// history that came since; each it created is gone. That nothing rests on it was seen when it was
    /// decided.
    pub(crate) fn restore(&mut self, changed: &[Unit]) {
        for unit in changed {
            let earlier = self.past.get_mut(&unit.code).and_then(Vec::pop);
            let now = self.by_code.remove(&unit.code);
            if let Some(Past { unit: was, .. }) = earlier {
                let facts = now.as_ref().unwrap_or(unit);
                let was = was.with_facts_of(facts);
                self.by_code.insert(unit.code.clone(), was);
            }
            if self.past(&unit.code).is_empty() {
                self.past.remove(&unit.code);
            }
        }
        self.index_anew();
    }

    /// Whether the tree is one that could have been entered as it stands.
    ///
    /// # Errors
    /// The first fault.
    pub fn check_whole(&self) -> Result<(), UnitError> {
        Self::from_list(self.iter().cloned()).map(|_sound| ())
    }

    /// Replacing is rare and units are few: all names again is the simplest that is right.
    pub(super) fn index_anew(&mut self) {
        self.indexes = Indexes::new();
        let past = self.past.values().flatten().map(|past| &past.unit);
        for unit in past.chain(self.by_code.values()) {
            self.indexes.add(unit);
        }
    }
}
