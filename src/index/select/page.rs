//! Pages of what a filter takes, in the order that was asked for.
//!
//! A page begins after a position: what a record is ordered by, and its identity. The position says
//! where the record stood, so the walk goes on at the right place even when that record has changed
//! since or is gone; a record that stays where it is is met exactly once. Few matches are compared,
//! many are met by walking in their order.

use std::fmt;

use crate::domain::world::RecordKind;
use crate::index::filter::Sight;
use crate::index::{Matches, Table};

/// Matches beyond which walking in order is cheaper than comparing them all (measured: comparing
/// takes some 10 ns each).
const WALK_FROM: u64 = if cfg!(test) { 16 } else { 4_096 };

/// What a list is ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum By {
    /// Identity: about the order of their making.
    #[default]
    Id,
    /// Name, as Vietnamese lists have it: given name, family, middle.
    Name,
    /// Date of birth, the oldest person first.
    Birth,
}

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sorting {
    /// By what.
    pub by: By,
    /// Whether it begins at the end.
    pub is_descending: bool,
}

/// Why an order cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SortingError {
    /// There is no such order.
    #[error("is no order of these records: use {0}, with or without ` desc`")]
    Unknown(&'static str),
    /// It would tell what is hidden.
    #[error("is an order for those who may see whole records: leave it out")]
    Hidden,
}

impl Sorting {
    /// Reads an order such as `name` or `birth desc`; blank is by identity.
    ///
    /// # Errors
    /// [`SortingError`].
    pub fn parse(text: &str, kind: RecordKind, sight: Sight) -> Result<Self, SortingError> {
        let mut words = text.split_whitespace();
        let by = match (words.next(), kind) {
            (None | Some("id"), _) => By::Id,
            (Some("name"), RecordKind::Reservist) => By::Name,
            (Some("birth"), RecordKind::Reservist) => By::Birth,
            (Some(_), RecordKind::Reservist) => {
                return Err(SortingError::Unknown("name, birth or id"));
            }
            (Some(_), _) => return Err(SortingError::Unknown("id")),
        };
        let is_descending = match (words.next(), words.next()) {
            (None, _) => false,
            (Some("desc"), None) => true,
            _other if kind == RecordKind::Reservist => {
                return Err(SortingError::Unknown("name, birth or id"));
            }
            _other => return Err(SortingError::Unknown("id")),
        };
        if by != By::Id && sight == Sight::Masked {
            return Err(SortingError::Hidden);
        }
        Ok(Self { by, is_descending })
    }
}

/// Where a record stands in any order. Personal.
#[derive(Clone, PartialEq, Eq)]
pub struct Position {
    /// Its identity.
    pub id: [u8; 16],
    /// Its name's key; blank for none.
    pub name: String,
    /// Its packed date of birth; 0 for none.
    pub birth: u32,
}

impl fmt::Debug for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Position({})", uuid::Uuid::from_bytes(self.id))
    }
}

/// What rows are compared by.
type Key = (u64, [u8; 16]);

impl Table {
    /// Where a record stands.
    pub fn position(&self, id: &[u8; 16]) -> Option<Position> {
        let row = self.number(id)?;
        let name = self.name(row).map(|name| self.names().key(name).to_owned());
        Some(Position { id: *id, name: name.unwrap_or_default(), birth: self.birth(row) })
    }

    /// The next records after a position, at most `len`; from the first on without one.
    pub fn page(
        &self,
        matches: &Matches<'_>,
        sorting: Sorting,
        after: Option<&Position>,
        len: usize,
    ) -> Vec<[u8; 16]> {
        let bound = after.map(|after| self.bound(sorting.by, after));
        match sorting.by {
            By::Id if matches.len() > WALK_FROM => self.walk_ids(matches, sorting, after, len),
            By::Name if matches.len() > WALK_FROM => self.walk_names(matches, sorting, bound, len),
            _few => {
                let keys = matches.rows().iter().map(|row| self.key(sorting.by, row));
                best(keys, sorting, bound, len)
            }
        }
    }

    fn key(&self, by: By, row: u32) -> Key {
        let first = match by {
            By::Id => 0,
            By::Name => self.name(row).map_or(0, |name| self.names().label_of(name)),
            By::Birth => self.birth(row).into(),
        };
        (first, self.id(row))
    }

    /// The key of a position. Where its name is gone, it lies right before the next name.
    fn bound(&self, by: By, after: &Position) -> Key {
        match by {
            By::Id => (0, after.id),
            By::Birth => (after.birth.into(), after.id),
            By::Name if after.name.is_empty() => (0, after.id),
            By::Name => match self.names().label_of_key(&after.name) {
                Some((label, true)) => (label, after.id),
                Some((label, false)) => (label, [0; 16]),
                None => (u64::MAX, [u8::MAX; 16]),
            },
        }
    }

    fn walk_ids(
        &self,
        matches: &Matches<'_>,
        sorting: Sorting,
        after: Option<&Position>,
        len: usize,
    ) -> Vec<[u8; 16]> {
        let fits = |row: &u32| matches.rows().contains(*row);
        let order = self.by_order();
        if sorting.is_descending {
            let is_before = |one| after.is_none_or(|after| self.id(one) < after.id);
            order.backward(is_before).filter(fits).take(len).map(|row| self.id(row)).collect()
        } else {
            let is_before = |one| after.is_some_and(|after| self.id(one) <= after.id);
            order.onward(is_before).filter(fits).take(len).map(|row| self.id(row)).collect()
        }
    }

    fn walk_names(
        &self,
        matches: &Matches<'_>,
        sorting: Sorting,
        bound: Option<Key>,
        len: usize,
    ) -> Vec<[u8; 16]> {
        let names = self.names();
        let mut ids = Vec::with_capacity(len);
        let mut take = |name: u32| {
            let rows = names.rows(name).iter().filter(|row| matches.rows().contains(**row));
            let keys = rows.map(|row| (names.label_of(name), self.id(*row)));
            ids.extend(best(keys, sorting, bound, len - ids.len()));
            ids.len() < len
        };
        // A name's own people come by identity.
        if sorting.is_descending {
            let from = bound.map_or(u64::MAX, |(label, _id)| label);
            let _full = names.backward(from).all(&mut take);
        } else {
            let from = bound.map_or(0, |(label, _id)| label);
            let _full = names.onward(from).all(&mut take);
        }
        ids
    }
}

/// The first `len` keys past a bound, in order.
fn best(
    keys: impl Iterator<Item = Key>,
    sorting: Sorting,
    bound: Option<Key>,
    len: usize,
) -> Vec<[u8; 16]> {
    let compare = |one: &Key, other: &Key| {
        let order = one.cmp(other);
        if sorting.is_descending { order.reverse() } else { order }
    };
    let is_past = |key: &Key| bound.is_none_or(|bound| compare(key, &bound).is_gt());
    let mut kept: Vec<Key> = Vec::new();
    let mut worst: Option<Key> = None;
    // Four times as many as wanted are gathered before the worst of them go.
    let most = len.saturating_mul(4).max(64);
    for key in keys.filter(is_past) {
        if worst.is_some_and(|worst| compare(&key, &worst).is_gt()) {
            continue;
        }
        kept.push(key);
        if kept.len() == most && len < most {
            let (_less, nth, _more) = kept.select_nth_unstable_by(len, compare);
            worst = Some(*nth);
            kept.truncate(len);
        }
    }
    kept.sort_unstable_by(compare);
    kept.truncate(len);
    kept.into_iter().map(|(_first, id)| id).collect()
}
