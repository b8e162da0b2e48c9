//! The two code lists that are imported, never invented: military specialties and equipment types.
//!
//! Called by the checks of a record. Invariants: a code and a folded name, other names included, occur
//! once in a list, so either finds at most one entry.

use std::collections::{BTreeMap, BTreeSet};

use super::vocabulary::EquipmentClass;
use crate::domain::ids::SpecialtyCode;
use crate::domain::text::fold;

/// Most entries of one list; the official list of specialties has some hundreds.
pub const LIST_LEN_MAX: usize = 2_000;

/// Most near specialties of one.
pub const NEAR_MAX: usize = 20;
/// Longest name of an entry, in characters.
pub const LIST_NAME_CHARS_MAX: usize = 100;
/// Most names that a type of equipment has beside its own.
pub const OTHER_NAMES_MAX: usize = 5;

/// A military specialty (chuyên nghiệp quân sự).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Specialty {
    /// Its code: `CN01`.
    pub code: SpecialtyCode,
    /// Its name: "Bộ binh".
    pub name: String,
    /// Specialties whose people may take its posts where it has none of its own, nearest first; at
    /// most [`NEAR_MAX`].
    pub near: Vec<SpecialtyCode>,
}

/// A type of equipment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EquipmentType {
    /// Its code: `PT01`.
    pub code: SpecialtyCode,
    /// Its name: "Xe ô tô tải".
    pub name: String,
    /// What lists call it too, at most [`OTHER_NAMES_MAX`]: "Xe tải".
    pub other_names: Vec<String>,
    /// The class of the law it falls under.
    pub class: EquipmentClass,
}

/// Why a list cannot take an entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// The code is taken.
    #[error("code {code} occurs twice: give each entry a code of its own")]
    CodeTaken {
        /// The code.
        code: SpecialtyCode,
    },
    /// The name is taken, marks and case aside, or empty.
    #[error("the name of {code} is empty or that of another entry: give each entry its own name")]
    NameTaken {
        /// The newcomer's code.
        code: SpecialtyCode,
    },
    /// A name is too long, or there are too many near specialties or other names.
    #[error(
        "a name of {code} is over {LIST_NAME_CHARS_MAX} characters, or it has over {NEAR_MAX} near specialties or over {OTHER_NAMES_MAX} other names: shorten it"
    )]
    TooLong {
        /// The code.
        code: SpecialtyCode,
    },
    /// A near specialty is not in the list, named twice, or the specialty itself.
    #[error(
        "{near} is not another specialty of the list or is named twice: correct what is near to {code}"
    )]
    NearUnknown {
        /// The code.
        code: SpecialtyCode,
        /// What it names.
        near: SpecialtyCode,
    },
    /// The list is full.
    #[error("there are {LIST_LEN_MAX} entries already, which is the bound")]
    TooMany,
}

/// Entries found by code or folded name.
#[derive(Debug, Clone, PartialEq, Eq)]
struct CodeList<T> {
    by_code: BTreeMap<SpecialtyCode, T>,
    by_name: BTreeMap<String, SpecialtyCode>,
}

impl<T> Default for CodeList<T> {
    fn default() -> Self {
        Self { by_code: BTreeMap::new(), by_name: BTreeMap::new() }
    }
}

impl<T> CodeList<T> {
    fn insert<'a>(
        &mut self,
        code: &SpecialtyCode,
        names: impl Iterator<Item = &'a String>,
        entry: T,
    ) -> Result<(), ListError> {
        if self.by_code.len() >= LIST_LEN_MAX {
            return Err(ListError::TooMany);
        }
        if self.by_code.contains_key(code) {
            return Err(ListError::CodeTaken { code: code.clone() });
        }
        let mut folded = BTreeSet::new();
        for name in names {
            if name.chars().count() > LIST_NAME_CHARS_MAX {
                return Err(ListError::TooLong { code: code.clone() });
            }
            let name = fold(name);
            if name.is_empty() || self.by_name.contains_key(&name) || !folded.insert(name) {
                return Err(ListError::NameTaken { code: code.clone() });
            }
        }
        self.by_name.extend(folded.into_iter().map(|name| (name, code.clone())));
        self.by_code.insert(code.clone(), entry);
        Ok(())
    }

    fn find(&self, text: &str) -> Option<&T> {
        let by_code = text.to_uppercase().parse().ok().and_then(|code| self.by_code.get(&code));
        by_code.or_else(|| self.by_code.get(self.by_name.get(&fold(text))?))
    }
}

/// The known specialties.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Specialties(CodeList<Specialty>);

impl Specialties {
    /// Adds a specialty. What is near to it may come later: see [`Self::check`].
    ///
    /// # Errors
    /// [`ListError`], but no [`ListError::NearUnknown`].
    pub fn insert(&mut self, specialty: Specialty) -> Result<(), ListError> {
        if specialty.near.len() > NEAR_MAX {
            return Err(ListError::TooLong { code: specialty.code });
        }
        let (code, name) = (specialty.code.clone(), specialty.name.clone());
        self.0.insert(&code, [&name].into_iter(), specialty)
    }

    /// Whether all that is near to one is another of the list, and named once.
    ///
    /// # Errors
    /// [`ListError::NearUnknown`].
    pub fn check(&self) -> Result<(), ListError> {
        for specialty in self.iter() {
            for (at, near) in specialty.near.iter().enumerate() {
                let is_other = *near != specialty.code && self.0.by_code.contains_key(near);
                if !is_other || specialty.near[..at].contains(near) {
                    let (code, near) = (specialty.code.clone(), near.clone());
                    return Err(ListError::NearUnknown { code, near });
                }
            }
        }
        Ok(())
    }

    /// What is near to a specialty, nearest first; nothing for a code that is not in the list.
    pub fn near(&self, code: &SpecialtyCode) -> &[SpecialtyCode] {
        self.0.by_code.get(code).map_or(&[], |specialty| &specialty.near)
    }

    /// A specialty by its code, letter by letter.
    pub fn get(&self, code: &SpecialtyCode) -> Option<&Specialty> {
        self.0.by_code.get(code)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.by_code.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.by_code.is_empty()
    }

    /// The specialty that a text names, by code (in either case) or by name.
    pub fn find(&self, text: &str) -> Option<&Specialty> {
        self.0.find(text)
    }

    /// All, by code.
    pub fn iter(&self) -> impl Iterator<Item = &Specialty> {
        self.0.by_code.values()
    }
}

/// The known types of equipment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EquipmentTypes(CodeList<EquipmentType>);

impl EquipmentTypes {
    /// Adds a type.
    ///
    /// # Errors
    /// [`ListError`], but no [`ListError::NearUnknown`].
    pub fn insert(&mut self, kind: EquipmentType) -> Result<(), ListError> {
        if kind.other_names.len() > OTHER_NAMES_MAX {
            return Err(ListError::TooLong { code: kind.code });
        }
        let (code, own) = (kind.code.clone(), kind.clone());
        self.0.insert(&code, std::iter::once(&own.name).chain(&own.other_names), kind)
    }

    /// A type by its code, letter by letter.
    pub fn get(&self, code: &SpecialtyCode) -> Option<&EquipmentType> {
        self.0.by_code.get(code)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.by_code.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.by_code.is_empty()
    }

    /// The type that a text names, by code (in either case) or by one of its names.
    pub fn find(&self, text: &str) -> Option<&EquipmentType> {
        self.0.find(text)
    }

    /// All, by code.
    pub fn iter(&self) -> impl Iterator<Item = &EquipmentType> {
        self.0.by_code.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn specialty(code: &str, name: &str) -> Specialty {
        Specialty {
            code: code.parse().expect("a good code"),
            name: name.to_owned(),
            near: Vec::new(),
        }
    }

    #[test]
    fn what_is_near_is_another_of_the_list() {
        let near = |codes: &[&str]| {
            let mut list = Specialties::default();
            let codes = codes.iter().map(|code| code.parse().expect("a good code")).collect();
            list.insert(Specialty { near: codes, ..specialty("CN01", "Bộ binh") }).expect("new");
            list.insert(specialty("CN02", "Lái xe")).expect("new");
            list
        };
        let good = near(&["CN02"]);
        assert_eq!(good.check(), Ok(()));
        let code = |text: &str| text.parse().expect("a good code");
        assert_eq!(good.near(&code("CN01")), [code("CN02")]);
        assert!(good.near(&code("CN02")).is_empty() && good.near(&code("CN99")).is_empty());
        for bad in [&["CN03"][..], &["CN01"], &["CN02", "CN02"]] {
            assert!(matches!(near(bad).check(), Err(ListError::NearUnknown { .. })), "{bad:?}");
        }
        let long = Specialty { name: "ạ".repeat(101), ..specialty("CN05", "x") };
        let refused = near(&[]).insert(long);
        assert!(matches!(refused, Err(ListError::TooLong { .. })));
    }

    #[test]
    fn an_entry_is_found_by_code_or_name_and_is_unique_in_both() {
        let mut list = Specialties::default();
        list.insert(specialty("CN01", "Bộ binh")).expect("first");
        for text in ["CN01", "cn01", "bộ BINH", "bo binh"] {
            assert_eq!(list.find(text).map(|s| s.name.as_str()), Some("Bộ binh"), "{text}");
        }
        assert_eq!(list.find("CN99"), None);
        let twice = list.insert(specialty("CN01", "Lái xe"));
        assert!(matches!(twice, Err(ListError::CodeTaken { .. })));
        let same_name = list.insert(specialty("CN02", "bo binh"));
        assert!(matches!(same_name, Err(ListError::NameTaken { .. })));
        assert!(matches!(list.insert(specialty("CN03", " ")), Err(ListError::NameTaken { .. })));
        assert_eq!(list.iter().count(), 1);
    }

    #[test]
    fn a_type_is_found_by_its_other_names_and_none_is_that_of_another() {
        let kind = |code: &str, name: &str, others: &[&str]| EquipmentType {
            code: code.parse().expect("a good code"),
            name: name.to_owned(),
            other_names: others.iter().map(|name| (*name).to_owned()).collect(),
            class: EquipmentClass::RoadVehicle,
        };
        let mut list = EquipmentTypes::default();
        list.insert(kind("PT01", "Xe ô tô tải", &["Xe tải", "Ô tô tải"])).expect("first");
        for text in ["xe tai", "Ô TÔ TẢI", "pt01"] {
            assert_eq!(list.find(text).map(|own| own.code.as_str()), Some("PT01"), "{text}");
        }
        for (name, others) in [("Xe tải", &[][..]), ("Xe con", &["XE TAI"]), ("A", &["B", "b"])] {
            let taken = list.insert(kind("PT02", name, others));
            assert!(matches!(taken, Err(ListError::NameTaken { .. })), "{name} {others:?}");
        }
        list.insert(kind("PT02", "B", &[])).expect("what was refused took no name");
        let many: Vec<String> = (0..6).map(|at| format!("Xe {at}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(matches!(list.insert(kind("PT03", "C", &many)), Err(ListError::TooLong { .. })));
        assert_eq!(list.len(), 2);
    }
}
