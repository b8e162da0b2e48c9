//! Who may be the same person as one who comes in: the same name but for marks, born on the same day.
//!
//! Asked by imports for new records. Where only the month or year of a birth is known, nothing is said.

use super::{Table, index, packed};
use crate::domain::ids::UnitCode;
use crate::index::{NameQuery, Row};
use crate::wire::pb;
use crate::wire::registry::{Facet, Value};

/// Most records that are given: more than that of one name and day are none to be told apart.
const ALIKE_MAX: usize = 16;

/// A record that may be of the same person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alike {
    /// Its identity.
    pub id: [u8; 16],
    /// The unit it was entered with.
    pub unit: UnitCode,
    /// Whether it has one of the phones.
    pub shares_phone: bool,
}

fn full_day() -> Option<Value> {
    u16::try_from(i32::from(pb::DatePrecision::Day)).ok().map(Value::Number)
}

impl Table {
    /// The records of the same name, marks aside, and the same day of birth as a row.
    pub fn alike(&self, row: &Row) -> Vec<Alike> {
        let precision = row.facets.get(Facet::BirthPrecision);
        let birth = row.facets.birth.filter(|_day| precision == full_day().as_ref());
        let Some(birth) = birth.filter(|_day| !row.name.is_empty()) else { return Vec::new() };
        let names = self.names.matching(&NameQuery::spelled_as(&row.name));
        let bearers = names.iter().flat_map(|name| self.names.rows(name).iter().copied());
        let same_day = bearers.filter(|one| self.births[index(*one)] == packed(birth));
        let known = same_day.filter(|one| self.is_known_to_the_day(*one));
        let shares = |one| row.phones.iter().any(|key| self.phones.find(key).any(|it| it == one));
        let alike = known.filter_map(|one| {
            let unit = self.known(one)?.unit;
            Some(Alike { id: self.ids[index(one)], unit, shares_phone: shares(one) })
        });
        alike.take(ALIKE_MAX).collect()
    }

    /// A record of a unit that has these values.
    pub fn first_of(&self, unit: &UnitCode, values: &[(Facet, Value)]) -> Option<[u8; 16]> {
        let rows = |facet: Facet, value: &Value| {
            let column = &self.columns[facet.place()];
            column.place(value).map(|place| column.rows(place).clone())
        };
        let mut found = rows(Facet::Unit, &Value::Code(unit.as_str().into()))?;
        for (facet, value) in values {
            found &= rows(*facet, value)?;
        }
        found.min().map(|row| self.ids[index(row)])
    }

    fn is_known_to_the_day(&self, row: u32) -> bool {
        let column = &self.columns[Facet::BirthPrecision.place()];
        let value = column.only(row).and_then(|place| column.values().get(usize::from(place)));
        value == full_day().as_ref()
    }
}
