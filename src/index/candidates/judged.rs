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
        let mut sorts: Vec<Option<Alike>> = vec![None; self.table.sorts().len()];
        let of_sort = move |row| {
            let Some(sort) = self.table.sorts().get(row).and_then(|sort| sorts.get_mut(sort))
            else {
                return self.judged_alone(row, is_near, judge, ties);
            };
            let unit = self.unit(row)?;
            let birth = unpacked(self.table.birth(row))?;
            let alike = match *sort {
                Some(known) => known,
                None => {
                    let PersonRow { who, class, .. } = self.person_at(row)?;
                    *sort.insert(judge.alike(&who, class, is_near))
                }
            };
            Some(Candidate { row, unit, standing: judge.one_of(&alike, birth, (false, false)) })
        };
        let alone = move |row| self.judged_alone(row, is_near, judge, ties);
        plain.into_iter().filter_map(of_sort).chain(own.into_iter().filter_map(alone))
    }

    fn judged_alone(
        &self,
        row: u32,
        is_near: bool,
        judge: &Judge,
        ties: &Ties,
    ) -> Option<Candidate> {
        let found = self.person_at(row)?;
        let standing = judge.person(&ties.person(&found), is_near);
        Some(Candidate { row, unit: found.unit, standing })
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
