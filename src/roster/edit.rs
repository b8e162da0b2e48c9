//! One record with some fields said anew, in the words that the columns of lists have.
//!
//! Called by the command line, so that whoever knows the lists knows the fields. The record becomes a
//! row again, the fields are put into it, and the row is checked as one of a list: what a list may not
//! say cannot be said here either. Knows neither server nor identities; the version stays as it was.

use crate::domain::registry::{Checked, Lists, Problem, Warning};
use crate::roster::kind::{Bases, Deeds, Kind, Means, People, Works};
use crate::roster::refused::words;
use crate::roster::table::labels::find_in;
use crate::wire::pb;
use crate::wire::registry::RegistryRecord;

/// Why nothing is changed.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// There is no such field.
    #[error("there is no field `{field}`: the fields are {fields}")]
    UnknownField {
        /// The word found, cut short.
        field: String,
        /// Those that are.
        fields: String,
    },
    /// A field is said twice.
    #[error("the field `{field}` is said twice: say it once")]
    Twice {
        /// The field.
        field: &'static str,
    },
    /// The record would break rules.
    #[error("the record would not be valid: {}", listed(.0))]
    Invalid(Vec<Problem>),
}

/// Problems in a sentence, each with what is wrong and what to do.
fn listed(problems: &[Problem]) -> String {
    let told = |problem: &Problem| {
        let (wrong, mend) = words(problem.code.code());
        format!("{problem} ({wrong}. {mend})")
    };
    problems.iter().map(told).collect::<Vec<_>>().join("; ")
}

/// A record that can be said anew.
pub trait Editable: RegistryRecord {
    /// The names of its fields.
    fn field_names() -> Vec<&'static str>;

    /// The record with these fields as they are said; blank for none. The warnings of its check come
    /// with it.
    ///
    /// # Errors
    /// [`EditError`].
    fn edited(
        &self,
        set: &[(String, String)],
        lists: &Lists<'_>,
    ) -> Result<(Self, Vec<Warning>), EditError>;
}

fn check<K: Kind>(
    mut row: K::Input,
    set: &[(String, String)],
    lists: &Lists<'_>,
) -> Result<Checked<K::Record>, EditError> {
    let mut seen = Vec::new();
    for (name, value) in set {
        let column = K::column(name).or_else(|| find_in(K::COLUMNS, name));
        let column = column.ok_or_else(|| EditError::UnknownField {
            field: name.chars().take(40).collect(),
            fields: names::<K>().join(", "),
        })?;
        if seen.contains(&column.field) {
            return Err(EditError::Twice { field: column.field });
        }
        seen.push(column.field);
        value.trim().clone_into((column.slot)(&mut row));
    }
    let mut repairs = Vec::new();
    let mut checked = K::check(row, lists, &mut repairs).map_err(EditError::Invalid)?;
    checked.warnings.extend(repairs);
    Ok(checked)
}

fn names<K: Kind>() -> Vec<&'static str> {
    K::COLUMNS.iter().map(|column| column.field).collect()
}

macro_rules! editable {
    ($($record:ident $kind:ident;)+) => {$(
        impl Editable for pb::$record {
            fn field_names() -> Vec<&'static str> {
                names::<$kind>()
            }

            fn edited(
                &self,
                set: &[(String, String)],
                lists: &Lists<'_>,
            ) -> Result<(Self, Vec<Warning>), EditError> {
                let checked = check::<$kind>(self.into(), set, lists)?;
                let mut record = Self::from(&checked.record);
                let (id, version) = self.identity();
                record.identify(id.to_owned(), version);
                Ok((record, checked.warnings))
            }
        }
    )+};
}

editable! {
    Reservist People;
    Equipment Means;
    MilitiaBase Bases;
    Enterprise Works;
    Activity Deeds;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::unit::Units;
    use crate::roster::lists::{shipped_equipment_types, shipped_specialties};
    use crate::sim::province;

    fn set(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(field, value)| ((*field).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_record_is_said_anew_in_the_words_of_lists_and_the_rest_stays() {
        let units = Units::from_list(province::units()).expect("one tree");
        let (specialties, equipment_types) = (shipped_specialties(), shipped_equipment_types());
        let as_of = jiff::civil::date(2026, 1, 31);
        let lists = Lists {
            units: &units,
            specialties: &specialties,
            equipment_types: &equipment_types,
            as_of,
        };
        let person = province::reservists(3, 1).next().expect("one");
        let mut old = pb::Reservist::from(&person);
        old.identify("an id".to_owned(), 7);
        let asked = set(&[("status", "Tạm hoãn"), ("party_member", "x"), ("hamlet", "Bản Mới")]);
        let (new, _warnings) = old.edited(&asked, &lists).expect("good words");
        assert_eq!(new.hamlet, "Bản Mới");
        assert_eq!((new.party_member, new.version), (Some(true), 7));
        let mut same = new.clone();
        same.hamlet.clone_from(&old.hamlet);
        (same.party_member, same.status) = (old.party_member, old.status);
        assert!(same == old, "nothing else changed");
        let (cleared, _none) = new.edited(&set(&[("hamlet", "")]), &lists).expect("good");
        assert_eq!(cleared.hamlet, "");

        let refused = |pairs: &[(&str, &str)]| {
            old.edited(&set(pairs), &lists).expect_err("refused").to_string()
        };
        assert!(refused(&[("colour", "red")]).contains("no field `colour`"));
        assert!(refused(&[("colour", "red")]).contains("full_name, birth"));
        assert!(refused(&[("rank", "Hạ sĩ"), ("rank", "Hạ sĩ")]).contains("twice"));
        for phones in ["abc", "0912345678, 12"] {
            let told = refused(&[("phones", phones)]);
            assert!(told.contains("phones: PHONE_INVALID"), "{told}");
        }
        assert!(refused(&[("citizen_id", "12")]).contains("citizen_id: CITIZEN_ID_INVALID"));
        let told = refused(&[("status", "bận")]);
        let sentence = "status: STATUS_UNKNOWN (tình trạng không có trong danh mục. Viết lại";
        assert!(told.contains(sentence), "{told}");

        let item = province::equipment(3, 1).next().expect("one");
        let old = pb::Equipment::from(&item);
        let asked = set(&[("drivers", "011088085221"), ("licence_class", "C")]);
        let (new, _warnings) = old.edited(&asked, &lists).expect("good words");
        assert_eq!(new.drivers[0].licence_class, "C");
    }
}
