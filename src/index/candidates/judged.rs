//! Candidates of a call-up, judged where they stand.
//!
//! A million rows are a few hundred sorts of people: each sort is judged once, by the first of it, and
//! of the others only birth and unit are read. Whoever has a word of their own (a standing that turns
//! on a day, an assignment, another call) is read whole. Invariants: both ways decide alike; a row
//! comes once; those of units that were not chosen do not come.

use std::collections::HashSet;

use roaring::RoaringBitmap;

use super::{Candidates, unpacked};
use crate::domain::callup::Candidate;
use crate::domain::callup::standing::{Alike, Item, Judge, Person};
use crate::index::table::Column;
use crate::index::{ItemRow, PersonRow};
use crate::wire::registry::Facet;

/// Who is spoken for, by row.
#[derive(Debug, Clone, Default)]
pub struct Ties {
    assigned: RoaringBitmap,
    called: RoaringBitmap,
}

impl Ties {
    fn any(&self) -> RoaringBitmap {
        &self.assigned | &self.called
    }
}

/// The facets by which people are of one sort.
const SORTED_BY: [Facet; 6] =
    [Facet::Status, Facet::Category, Facet::Rank, Facet::Sex, Facet::Health, Facet::Class];

/// What a judge says of each sort of people, as far as it was met.
#[derive(Debug)]
struct Sorts<'a> {
    /// Columns, and how many values each has and none.
    columns: [(&'a Column, usize); SORTED_BY.len()],
    /// By sort: its place among those met, from 1; 0 for those not met.
    places: Vec<u32>,
    met: Vec<Option<Alike>>,
}

impl<'a> Sorts<'a> {
    fn of(rows: &Candidates<'a>) -> Self {
        let columns = SORTED_BY.map(|facet| {
            let column = rows.table.column(facet);
            (column, column.values().len() + 1)
        });
        let sorts = columns.iter().map(|(_column, len)| len).product();
        Self { columns, places: vec![0; sorts], met: Vec::new() }
    }

    fn get(&mut self, row: u32, judge: impl FnOnce() -> Option<Alike>) -> Option<Alike> {
        let digit = |sort: usize, (column, len): &(&Column, usize)| {
            sort * len + column.only(row).map_or(len - 1, usize::from)
        };
        let place = &mut self.places[self.columns.iter().fold(0, digit)];
        if *place == 0 {
            self.met.push(judge());
            *place = u32::try_from(self.met.len()).expect("fewer sorts than rows");
        }
        self.met[usize::try_from(*place - 1).expect("a length")]
    }
}

impl Candidates<'_> {
    /// Who is assigned, or is yet to leave an assignment, and who is called.
    pub fn ties(&self, leaving: &[[u8; 16]], called: &HashSet<[u8; 16]>) -> Ties {
        let number = |id: &[u8; 16]| self.table.number(id);
        let leaving: RoaringBitmap = leaving.iter().filter_map(number).collect();
        Ties {
            assigned: self.table.assigned() | leaving,
            called: called.iter().filter_map(number).collect(),
        }
    }

    /// A number that is past all rows.
    pub fn end(&self) -> u32 {
        self.table.end()
    }

    /// The identity of a row.
    pub fn id(&self, row: u32) -> [u8; 16] {
        self.table.id(row)
    }

    /// Whether a row is of one who serves in the militia too.
    pub fn is_in_militia(&self, row: u32) -> bool {
        self.number(row, Facet::Militia) == Some(1)
    }

    /// Whether a row is of one whose health is not known.
    pub fn is_unexamined(&self, row: u32) -> bool {
        self.health.get(row).is_none()
    }

    /// The people of one specialty, judged as of the very specialty or as near.
    pub fn judged_people<'b>(
        &'b self,
        specialty: &str,
        is_near: bool,
        judge: &'b Judge,
        ties: &'b Ties,
    ) -> impl Iterator<Item = Candidate> + 'b {
        let all = self.set(specialty).cloned().unwrap_or_default();
        let own = &all & (ties.any() | self.table.turning());
        let plain = all - &own;
        let mut sorts = Sorts::of(self);
        let of_sort = move |row| {
            let unit = self.unit(row)?;
            let alike = sorts.get(row, || {
                let PersonRow { who, class, .. } = self.person_at(row)?;
                Some(judge.alike(&who, class, is_near))
            })?;
            let birth = unpacked(self.table.birth(row))?;
            Some(Candidate { row, unit, standing: judge.one_of(&alike, birth, (false, false)) })
        };
        let alone = move |row| {
            let found = self.person_at(row)?;
            let standing = judge.person(&ties.person(&found), is_near);
            Some(Candidate { row, unit: found.unit, standing })
        };
        plain.into_iter().filter_map(of_sort).chain(own.into_iter().filter_map(alone))
    }

    /// The items of one type, judged as of the very type or as near.
    pub fn judged_items<'b>(
        &'b self,
        kind: &'b str,
        is_near: bool,
        judge: &'b Judge,
        ties: &'b Ties,
    ) -> impl Iterator<Item = Candidate> + 'b {
        self.items(kind).map(move |found| {
            let standing = judge.item(&ties.item(&found, judge), is_near);
            Candidate { row: found.row, unit: found.unit, standing }
        })
    }
}

impl Ties {
    /// A person with their ties.
    pub fn person(&self, found: &PersonRow) -> Person {
        Person {
            who: found.who,
            class: found.class,
            is_assigned: self.assigned.contains(found.row),
            is_called: self.called.contains(found.row),
        }
    }

    /// An item with its ties.
    pub fn item(&self, found: &ItemRow, judge: &Judge) -> Item {
        Item {
            barred_by: found.status.callable_on(found.status_period, judge.day()).err(),
            grade: found.grade,
            is_assigned: self.assigned.contains(found.row),
            is_called: self.called.contains(found.row),
        }
    }
}
