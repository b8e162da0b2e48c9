//! Pages of what a filter takes, in the order that was asked for.
//!
//! A page begins after a position: what a record is ordered by, and its identity. The position says
//! where the record stood, so the walk goes on at the right place even when that record has changed
//! since or is gone; a record that stays where it is is met exactly once. Few matches are compared,
//! many are met by walking in their order.

use std::fmt;

use roaring::RoaringBitmap;

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
        if let (By::Name, Some(names)) = (sorting.by, matches.names()) {
            return self.page_of_names(names, sorting, bound, len);
        }
        let rows = &*matches.rows(self);
        match sorting.by {
            By::Id if rows.len() > WALK_FROM => self.walk_ids(rows, sorting, after, len),
            By::Name if rows.len() > WALK_FROM => {
                let fits = |row: &u32| rows.contains(*row);
                let names = self.names_from(sorting, bound);
                self.people(names, fits, sorting, bound, len)
            }
            _few => {
                let keys = rows.iter().map(|row| self.key(sorting.by, row));
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
        rows: &RoaringBitmap,
        sorting: Sorting,
        after: Option<&Position>,
        len: usize,
    ) -> Vec<[u8; 16]> {
        let fits = |row: &u32| rows.contains(*row);
        let order = self.by_order();
        if sorting.is_descending {
            let is_before = |one| after.is_none_or(|after| self.id(one) < after.id);
            order.backward(is_before).filter(fits).take(len).map(|row| self.id(row)).collect()
        } else {
            let is_before = |one| after.is_some_and(|after| self.id(one) <= after.id);
            order.onward(is_before).filter(fits).take(len).map(|row| self.id(row)).collect()
        }
    }

    /// The names of a list from its bound on, in its order.
    fn names_from(
        &self,
        sorting: Sorting,
        bound: Option<Key>,
    ) -> Box<dyn Iterator<Item = u32> + '_> {
        if sorting.is_descending {
            Box::new(self.names().backward(bound.map_or(u64::MAX, |(label, _id)| label)))
        } else {
            Box::new(self.names().onward(bound.map_or(0, |(label, _id)| label)))
        }
    }

    /// Of names in order the people past a bound who fit; a name's own people come by identity.
    fn people(
        &self,
        names: impl Iterator<Item = u32>,
        fits: impl Fn(&u32) -> bool,
        sorting: Sorting,
        bound: Option<Key>,
        len: usize,
    ) -> Vec<[u8; 16]> {
        let mut ids = Vec::with_capacity(len);
        for name in names {
            let rows = self.names().rows(name).iter().filter(|row| fits(row));
            let keys = rows.map(|row| (self.names().label_of(name), self.id(*row)));
            ids.extend(best(keys, sorting, bound, len - ids.len()));
            if ids.len() == len {
                break;
            }
        }
        ids
    }

    /// People who bear one of some names: either all names are walked until there are enough, or the
    /// names meant are put in order, whichever looks at fewer.
    fn page_of_names(
        &self,
        meant: &RoaringBitmap,
        sorting: Sorting,
        bound: Option<Key>,
        len: usize,
    ) -> Vec<[u8; 16]> {
        let wide = |len: usize| u64::try_from(len).unwrap_or(u64::MAX);
        let walked = wide(len).saturating_mul(wide(self.names().len())) / meant.len().max(1);
        if walked < meant.len() {
            let names = self.names_from(sorting, bound).filter(|name| meant.contains(*name));
            return self.people(names, |_any| true, sorting, bound, len);
        }
        let label = bound.map(|(label, _id)| label);
        let is_past = |(own, _name): &(u64, u32)| match label {
            Some(label) if sorting.is_descending => *own <= label,
            Some(label) => *own >= label,
            None => true,
        };
        let labelled = meant.iter().map(|name| (self.names().label_of(name), name));
        let mut names: Vec<(u64, u32)> = labelled.filter(is_past).collect();
        // Each name has somebody, and only the bound's own may have nobody past it.
        let most = len.saturating_add(1);
        if most < names.len() {
            let compare = |one: &(u64, u32), other: &(u64, u32)| {
                let order = one.cmp(other);
                if sorting.is_descending { order.reverse() } else { order }
            };
            names.select_nth_unstable_by(most, compare);
            names.truncate(most);
        }
        names.sort_unstable();
        if sorting.is_descending {
            names.reverse();
        }
        let names = names.into_iter().map(|(_label, name)| name);
        self.people(names, |_any| true, sorting, bound, len)
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::civil::date;

    use super::*;
    use crate::domain::text::{fold, sort_key};
    use crate::domain::unit::Units;
    use crate::evidence::seal::Sealer;
    use crate::index::{Asking, Filter, Row};
    use crate::sim::province;
    use crate::wire::pb;
    use crate::wire::registry::encode;

    const KIND: RecordKind = RecordKind::Reservist;

    #[test]
    fn people_whose_names_begin_so_come_in_the_order_of_lists_page_by_page() {
        let (mut put, mut loaded) = (Table::default(), Table::loading());
        let sealer = Sealer::new(&[7; 32]);
        let mut all = Vec::new();
        for (who, id) in province::reservists(5, 2_000).zip(1_u128..) {
            let (record, id) = (pb::Reservist::from(&who), id.to_be_bytes());
            let row = Row::of(&record, 1, &encode(record.clone()), &sealer).expect("good codes");
            put.put(id, &row);
            loaded.push(id, &row);
            all.push((sort_key(&record.full_name), id, fold(&record.full_name)));
        }
        loaded.settle();
        all.sort_unstable();
        let units = Units::from_list(province::units()).expect("one tree");
        let as_of = date(2026, 1, 31);
        let asking = Asking { units: &units, within: None, as_of, sealer: &sealer };
        let beginnings: BTreeSet<&str> = all
            .iter()
            .flat_map(|(_key, _id, name)| [1, 2, 5, 9].map(|len| name.get(..len).unwrap_or(name)))
            .collect();
        for beginning in beginnings.into_iter().filter(|text| text.trim() == *text) {
            let text = format!("name = \"{beginning}*\"");
            let filter = Filter::parse(&text, KIND, Sight::Whole).expect("a filter");
            let meant = all.iter().filter(|(_key, _id, name)| name.starts_with(beginning));
            let meant: Vec<[u8; 16]> = meant.map(|(_key, id, _name)| *id).collect();
            for table in [&put, &loaded] {
                let matches = table.select(&filter, &asking).expect("no unit to know");
                assert_eq!(usize::try_from(matches.len()).ok(), Some(meant.len()), "{text}");
                for (is_descending, len) in [(false, 1), (false, 50), (true, 7)] {
                    let sorting = Sorting { by: By::Name, is_descending };
                    let mut wanted = meant.clone();
                    if is_descending {
                        wanted.reverse();
                    }
                    let (mut walked, mut after) = (Vec::new(), None);
                    while walked.len() < 100 {
                        let page = table.page(&matches, sorting, after.as_ref(), len);
                        let Some(last) = page.last() else { break };
                        after = table.position(last);
                        walked.extend(page);
                    }
                    let some = wanted.len().min(walked.len());
                    assert!(some == wanted.len() || some >= 100, "{text} {sorting:?}");
                    assert_eq!(walked[..some], wanted[..some], "{text} {sorting:?}");
                    assert_eq!(walked.len(), some, "{text} {sorting:?}");
                }
            }
        }
    }
}
