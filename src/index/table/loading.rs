//! Many rows at once, as a start reads them: what rows are found by is built when all are there.
//!
//! Rows are only noted as they come, so that whoever reads them waits little; then each table of places
//! is made once, at the size it has in the end, and the bitmaps out of the columns, beside one another.

use std::hash::BuildHasher as _;

use crate::index::Row;
use crate::index::names::Names;
use crate::index::table::alike::{bearer, person};
use crate::index::table::{Column, NO_NAME, Order, Phones, Table, holders, index, put_holder};
use crate::wire::registry::Facet;

impl Table {
    /// A table for [`Table::push`]; nothing is found in it before [`Table::settle`].
    pub(in crate::index) fn loading() -> Self {
        Self {
            names: Names::loading(),
            phones: Phones::loading(),
            columns: vec![Column::loading(); Facet::COUNT],
            ..Self::default()
        }
    }

    /// Takes a row of an identity that came not yet, while it loads.
    pub(in crate::index) fn push(&mut self, id: [u8; 16], row: &Row) {
        let number = self.lengthen(id);
        self.say(number, row);
    }

    /// Ends the loading.
    pub(in crate::index) fn settle(&mut self) {
        let len = u32::try_from(self.ids.len()).expect("memory ends before 32 bits of records");
        self.all.insert_range(0..len);
        std::thread::scope(|threads| {
            let columns = &mut self.columns;
            threads.spawn(move || {
                for (place, column) in columns.iter_mut().enumerate() {
                    column.settle(Facet::MANY.iter().any(|facet| facet.place() == place));
                }
            });
            let (ids, keys, hasher) = (&self.ids, &self.keys, &self.hasher);
            let (by_id, by_key, phones) = (&mut self.by_id, &mut self.by_key, &mut self.phones);
            let by_order = &mut self.by_order;
            threads.spawn(move || {
                let hash_of = |row: &u32| hasher.hash_one(ids[index(*row)]);
                by_id.reserve(ids.len(), hash_of);
                for row in 0..len {
                    by_id.insert_unique(hash_of(&row), row, hash_of);
                }
                for (row, own) in (0..len).zip(keys) {
                    holders(row, own).for_each(|holder| put_holder(by_key, keys, holder));
                }
                phones.settle();
                // A store gives its records by identity: they are in this order already.
                let mut order: Vec<u32> = (0..len).collect();
                order.sort_by_key(|row| ids[index(*row)]);
                *by_order = Order::from_sorted(&order);
            });
            for (row, name) in self.names.settle() {
                self.name_of[index(row)] = name;
            }
        });
        self.settle_people();
    }

    /// Makes all rows found by who they are of; each name is gone through once.
    fn settle_people(&mut self) {
        let hasher = &self.hasher;
        let bearers: Vec<u64> = self.names.keys().map(|name| bearer(hasher, name)).collect();
        let hash_of = |row: &u32| {
            let (name, birth) = (self.name_of[index(*row)], self.births[index(*row)]);
            person(hasher, bearers[index(name)], birth)
        };
        let rows = (0_u32..).zip(&self.name_of).filter(|(_row, name)| **name != NO_NAME);
        let people: Vec<u32> =
            rows.map(|(row, _name)| row).filter(|row| self.tells_whose(*row)).collect();
        self.by_person.reserve(people.len(), hash_of);
        for row in people {
            self.by_person.insert_unique(hash_of(&row), row, hash_of);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::seal::Sealer;
    use crate::index::BlindKey;
    use crate::sim::province;
    use crate::wire::pb;
    use crate::wire::registry::{Value, encode};

    const LEN: u32 = 3_000;

    fn rows() -> Vec<([u8; 16], Row)> {
        let sealer = Sealer::new(&[7; 32]);
        let people = province::reservists(5, LEN).zip(1_u128..).map(|(who, id)| {
            let record = pb::Reservist::from(&who);
            let row = Row::of(&record, 1, &encode(record.clone()), &sealer);
            (id.to_be_bytes(), row.expect("good codes"))
        });
        people.collect()
    }

    /// All that is found by what a row says.
    #[derive(Debug, PartialEq)]
    struct Found {
        id: Option<[u8; 16]>,
        phones: Vec<u32>,
        alike: Vec<[u8; 16]>,
        of_unit: u64,
    }

    fn found(table: &Table, row: &Row) -> Found {
        let mut alike: Vec<[u8; 16]> = table.alike(row).into_iter().map(|one| one.id).collect();
        alike.sort_unstable();
        let phone = |key: &BlindKey| table.phones().find(key).collect::<Vec<_>>();
        let mut phones: Vec<u32> = row.phones.iter().flat_map(phone).collect();
        phones.sort_unstable();
        let unit = Value::Code(row.facets.unit.as_str().into());
        let of_unit = table.count_of(Facet::Unit, &unit);
        let id = row.keys.first().and_then(|key| table.find(key));
        Found { id, phones, alike, of_unit }
    }

    #[test]
    fn what_was_loaded_is_found_changed_and_taken_away_as_what_was_put_row_by_row() {
        let (mut put, mut loaded) = (Table::default(), Table::loading());
        let rows = rows();
        for (id, row) in &rows {
            put.put(*id, row);
            loaded.push(*id, row);
        }
        loaded.settle();
        let mut alike = 0;
        for step in 0..2 {
            assert_eq!(loaded.len(), put.len());
            assert!(loaded.iter().eq(put.iter()), "step {step}");
            for (id, row) in &rows {
                assert_eq!(loaded.get(id), put.get(id));
                assert_eq!(found(&loaded, row), found(&put, row));
                alike += found(&put, row).alike.len();
            }
            // Every third goes, every third says what the one before it said.
            for (at, (id, _row)) in rows.iter().enumerate().filter(|(at, _own)| at % 3 > 0) {
                for table in [&mut put, &mut loaded] {
                    match at % 3 {
                        1 => assert!(table.remove(id) || step > 0),
                        _changed => table.put(*id, &rows[at - 1].1),
                    }
                }
            }
        }
        assert!(alike >= rows.len(), "each is alike to itself at least");
    }

    #[test]
    fn the_last_holder_of_a_number_is_the_one_found_by_it() {
        let rows = rows();
        let mut table = Table::loading();
        let (first, last) = (rows[0].0, rows[1].0);
        table.push(first, &rows[0].1);
        table.push(last, &rows[0].1);
        table.settle();
        let key = rows[0].1.keys.first().expect("a citizen number");
        assert_eq!(table.find(key), Some(last));
    }
}
