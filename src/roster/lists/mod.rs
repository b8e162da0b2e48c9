//! The lists a registry starts from: units, specialties, equipment types, as text with commas.
//!
//! Called at set-up and by the simulator. Each list has a header row with fixed English names; a
//! fault names its line. The shipped lists are defaults that a command replaces with its own.

mod unit_fault;
mod unit_plan;
mod unit_rows;
mod unit_words;
mod units;

pub use unit_fault::UnitFault;
pub use unit_plan::UnitPlan;
pub use unit_rows::{UnitList, UnitRow, read_unit_list, sheet_of as sheet_of_units};
pub use units::{date_successors, read_units, shipped_former_units};

use crate::domain::registry::{
    EquipmentClass, EquipmentType, EquipmentTypes, ListError, Specialties, Specialty,
};
use crate::domain::text::clean;
use crate::domain::unit::{UNITS_MAX, UnitError};

/// Largest list, in bytes: the bounds on entries come to less.
pub const LIST_BYTES_MAX: usize = 1024 * 1024;

const SPECIALTIES: &str = include_str!("specialties.csv");
const EQUIPMENT_TYPES: &str = include_str!("equipment-types.csv");

/// Why a list cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ListReadError {
    /// The list is over its bound.
    #[error("the list has {len} bytes, over the bound of {LIST_BYTES_MAX}")]
    TooLarge {
        /// Its size in bytes.
        len: usize,
    },
    /// The first line does not name the columns.
    #[error("the first line of the list must be `{wanted}`")]
    Header {
        /// The columns, in order.
        wanted: &'static str,
    },
    /// A line cannot be split into cells.
    #[error("the list breaks off: {0}; save it as UTF-8 text with commas")]
    Text(#[from] csv::Error),
    /// A cell is not what its column holds.
    #[error("line {line}: `{value}` is not a good {column}")]
    Cell {
        /// The line, from 1.
        line: u64,
        /// The column.
        column: &'static str,
        /// The offending text, cut to 80 characters.
        value: String,
    },
    /// An entry does not fit the list.
    #[error("line {line}: {source}")]
    Entry {
        /// The line, from 1.
        line: u64,
        /// Why not.
        source: ListError,
    },
    /// A unit does not fit the tree.
    #[error("the units do not hang together: {0}")]
    Units(#[from] UnitError),
    /// There are too many units.
    #[error("there are more than {UNITS_MAX} units, which is the bound")]
    TooMany,
}

/// The specialties that the package ships.
pub fn shipped_specialties() -> Specialties {
    read_specialties(SPECIALTIES).expect("the shipped list is read by a test")
}

/// The equipment types that the package ships.
pub fn shipped_equipment_types() -> EquipmentTypes {
    read_equipment_types(EQUIPMENT_TYPES).expect("the shipped list is read by a test")
}

/// Reads specialties: columns `code,name`.
///
/// # Errors
/// A [`ListReadError`] naming the line.
pub fn read_specialties(text: &str) -> Result<Specialties, ListReadError> {
    let mut list = Specialties::default();
    each_line(text, "code,name", |line| {
        let specialty =
            Specialty { code: line.parse(0, "code")?, name: clean(line.cell(1)), near: Vec::new() };
        let number = line.number;
        list.insert(specialty).map_err(|source| ListReadError::Entry { line: number, source })
    })?;
    Ok(list)
}

/// Reads equipment types: columns `code,name,class,other_names`, the class by its code, other names with
/// semicolons between them.
///
/// # Errors
/// A [`ListReadError`] naming the line.
pub fn read_equipment_types(text: &str) -> Result<EquipmentTypes, ListReadError> {
    let mut list = EquipmentTypes::default();
    each_line(text, "code,name,class,other_names", |line| {
        let class = EquipmentClass::parse(line.cell(2)).ok_or_else(|| line.fault(2, "class"))?;
        let others = line.cell(3).split(';').map(clean).filter(|name| !name.is_empty());
        let kind = EquipmentType {
            code: line.parse(0, "code")?,
            name: clean(line.cell(1)),
            other_names: others.collect(),
            class,
        };
        let number = line.number;
        list.insert(kind).map_err(|source| ListReadError::Entry { line: number, source })
    })?;
    Ok(list)
}

/// One line of a list.
struct Line<'a> {
    number: u64,
    record: &'a csv::StringRecord,
}

impl Line<'_> {
    fn cell(&self, at: usize) -> &str {
        self.record.get(at).unwrap_or("")
    }

    fn fault(&self, at: usize, column: &'static str) -> ListReadError {
        let value = self.cell(at).chars().take(80).collect();
        ListReadError::Cell { line: self.number, column, value }
    }

    fn parse<T: std::str::FromStr>(
        &self,
        at: usize,
        column: &'static str,
    ) -> Result<T, ListReadError> {
        self.cell(at).parse().map_err(|_rule| self.fault(at, column))
    }

    /// A cell that may be blank.
    fn parse_optional<T: std::str::FromStr>(
        &self,
        at: usize,
        column: &'static str,
    ) -> Result<Option<T>, ListReadError> {
        if self.cell(at).is_empty() { Ok(None) } else { self.parse(at, column).map(Some) }
    }
}

fn each_line(
    text: &str,
    header: &'static str,
    mut on_line: impl FnMut(&Line<'_>) -> Result<(), ListReadError>,
) -> Result<(), ListReadError> {
    if text.len() > LIST_BYTES_MAX {
        return Err(ListReadError::TooLarge { len: text.len() });
    }
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    if reader.headers()?.iter().ne(header.split(',')) {
        return Err(ListReadError::Header { wanted: header });
    }
    for record in reader.records() {
        let record = record?;
        let number = record.position().map_or(0, csv::Position::line);
        on_line(&Line { number, record: &record })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_lists_are_sound() {
        let specialties = shipped_specialties();
        let names: Vec<&str> = specialties.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names.len(), 7);
        assert_eq!((names[0], names[6]), ("Bộ binh", "Hậu cần"));
        let types = shipped_equipment_types();
        let boat = types.find("Xuồng máy").expect("a known type");
        assert_eq!(boat.class, EquipmentClass::Watercraft);
        assert!(types.find("Tàu vũ trụ").is_none());
        for class in EquipmentClass::ALL {
            assert!(types.iter().filter(|own| own.class == *class).count() >= 3, "{class:?}");
        }
        for text in ["Ô tô con", "Rơ moóc", "Xe tải tự đổ", "Flycam", "Máy thông tin vô tuyến"]
        {
            assert!(types.find(text).is_some(), "{text}");
        }
        let first = ["Xe ô tô tải", "Xe ô tô khách", "Xe cứu thương", "Xuồng máy", "Máy xúc"];
        let names = types.iter().map(|own| own.name.as_str());
        assert!(names.take(5).eq(first), "codes that records have keep their meaning");
    }

    #[test]
    fn a_fault_in_a_list_names_its_line() {
        let message = |text: &str| read_equipment_types(text).expect_err("a fault").to_string();
        let head = "code,name,class,other_names\nPT01,Xe,road_vehicle,\n";
        assert_eq!(
            message(&format!("{head}PT02,Tàu,rocket,\n")),
            "line 3: `rocket` is not a good class"
        );
        assert!(message(&format!("{head}PT01,Tàu,other,\n")).starts_with("line 3: code PT01"));
        assert!(message("name,code\n").contains("code,name,class,other_names"));
        assert!(message(&format!("{head}PT02,Tàu\n")).contains("breaks off"));
    }
}
