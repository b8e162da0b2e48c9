//! New records that may be of somebody who has one already: the same name but for marks, the same day of
//! birth, and the same commune, a phone in common, or numbers that differ by a slip of the hand.
//!
//! Called by the import for rows of which no record has the number. Invariant: records that the caller
//! may not know of are not told of.

use std::collections::HashMap;

use crate::domain::unit::Units;
use crate::engine::records::NewRecord;
use crate::index::Alike;
use crate::rpc::registry::{Caller, RegistryFault, RegistryParts};
use crate::wire::registry::{RegistryRecord, View};

impl RegistryParts {
    /// Rows that are probably of somebody who has a record, each with its id as text.
    pub(super) async fn doubles<R: RegistryRecord>(
        &self,
        rows: &[(NewRecord, R)],
        caller: &Caller,
        units: &Units,
    ) -> Result<Vec<(u32, String)>, RegistryFault> {
        let mut alike: Vec<(u32, &R, Alike)> = Vec::new();
        {
            let registry = self.engine.registry();
            let table = registry.table(R::KIND);
            for (row, record) in rows {
                let mut keys = row.index.keys.iter().take(R::KNOWN_BY);
                if keys.all(|key| table.find(key).is_none()) {
                    let found = table.alike(&row.index).into_iter();
                    let known = found.filter(|one| caller.reaches(&one.unit, units));
                    alike.extend(known.map(|one| (row.row, record, one)));
                }
            }
        }
        let is_sure = |record: &R, one: &Alike| {
            let home = record.facets().map(|facets| units.current(&facets.unit).clone());
            one.shares_phone || home.is_ok_and(|home| home == *units.current(&one.unit))
        };
        let unsure = alike.iter().filter(|(_row, record, one)| !is_sure(record, one));
        let unsure: Vec<[u8; 16]> = unsure.map(|(_row, _record, one)| one.id).collect();
        let numbers = self.known_numbers::<R>(unsure).await?;
        let mut doubles: Vec<(u32, String)> = Vec::new();
        for (row, record, one) in &alike {
            let slipped = || {
                let own = number_of(*record);
                own.zip(numbers.get(&one.id)).is_some_and(|(own, known)| is_slip(&own, known))
            };
            let is_first = doubles.last().is_none_or(|(last, _id)| last != row);
            if is_first && (is_sure(record, one) || slipped()) {
                doubles.push((*row, uuid::Uuid::from_bytes(one.id).to_string()));
            }
        }
        Ok(doubles)
    }

    /// The most telling numbers of records; shown to nobody.
    async fn known_numbers<R: RegistryRecord>(
        &self,
        ids: Vec<[u8; 16]>,
    ) -> Result<HashMap<[u8; 16], String>, RegistryFault> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let opened = self.open::<R>(ids.clone(), View::Whole).await?;
        let numbers = ids.into_iter().zip(opened);
        Ok(numbers.filter_map(|(id, record)| Some((id, number_of(&record)?))).collect())
    }
}

fn number_of<R: RegistryRecord>(record: &R) -> Option<String> {
    let [first, _second] = record.numbers();
    first.map(|(_kind, number)| number.into_owned())
}

/// Whether two numbers of one length differ in one place, or in two neighbours that changed places.
fn is_slip(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    let differ: Vec<usize> = (0..one.len()).filter(|at| one[*at] != other[*at]).collect();
    match differ[..] {
        [_one_place] => true,
        [at, next] => next == at + 1 && one[at] == other[next] && one[next] == other[at],
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_digit_or_two_neighbours_changed_are_a_slip() {
        assert!(is_slip("011090000001", "011090000007"));
        assert!(is_slip("011090000012", "011090000021"));
        assert!(!is_slip("011090000001", "011090000001"), "the same is no slip");
        assert!(!is_slip("011090000012", "011090000034"));
        assert!(!is_slip("011090000102", "011090000201"), "no neighbours");
        assert!(!is_slip("011090000001", "01109000001"));
    }
}
