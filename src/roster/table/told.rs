//! What an import was told, carried in the workbook of its refused rows: mended and fed again without
//! the same flags, its names would mean other units.
//!
//! Written with the refused rows, read before any table. A sheet of its own, which people see, may
//! correct and spreadsheet programs keep.

use std::ops::ControlFlow;

use jiff::civil::Date;
use rust_xlsxwriter::{Workbook, XlsxError};
use serde::{Serialize, Serializer};

use crate::domain::ids::UnitCode;
use crate::roster::file::{Cell, Parts, Reading};
use crate::roster::{Options, RosterError};

/// The sheet's name.
pub(in crate::roster) const SHEET: &str = "Cách nhập";
const AS_OF: &str = "--as-of";
const UNIT: &str = "--unit";
/// Rows of the sheet that are looked at.
const ROWS_MAX: u32 = 20;

/// What the workbook of an earlier import says of how it is to be read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Told {
    /// The day as of which it names its units.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "shown")]
    pub as_of: Option<Date>,
    /// The unit of rows that name none.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "shown")]
    pub unit: Option<UnitCode>,
}

impl Told {
    /// What the file says and the caller does not.
    pub(in crate::roster) fn read(
        parts: &mut dyn Parts,
        options: &Options<'_>,
    ) -> Result<Option<Self>, RosterError> {
        let Some(at) = parts.names().iter().position(|name| name == SHEET) else { return Ok(None) };
        let mut told = Self::default();
        parts.rows(at, &mut |number, cells| {
            let text = |at: usize| {
                let cell: Option<&Cell> = cells.get(at);
                cell.map(|cell| cell.read(Reading::Plain).0).unwrap_or_default()
            };
            match text(0).as_str() {
                AS_OF => told.as_of = text(1).parse().ok(),
                UNIT => told.unit = text(1).parse().ok(),
                _ => {}
            }
            Ok(if number > ROWS_MAX { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        told.as_of = told.as_of.filter(|_| options.names_as_of.is_none());
        told.unit = told.unit.filter(|_| options.default_unit.is_none());
        Ok(Some(told).filter(|told| *told != Self::default()))
    }

    /// The options with what the file says.
    pub(in crate::roster) fn fill<'a>(&self, options: &Options<'a>) -> Options<'a> {
        let mut own = options.clone();
        own.names_as_of = own.names_as_of.or(self.as_of);
        own.default_unit = own.default_unit.or_else(|| self.unit.clone());
        own
    }

    /// Writes what the import was told into the workbook of its refused rows, if that was anything.
    pub(in crate::roster) fn write(
        book: &mut Workbook,
        options: &Options<'_>,
    ) -> Result<(), XlsxError> {
        let day =
            options.names_as_of.map(|day| (AS_OF, day.to_string(), "Tên xã, phường theo ngày"));
        let unit = options.default_unit.as_ref();
        let unit = unit.map(|unit| (UNIT, unit.to_string(), "Xã, phường của dòng không ghi xã"));
        let rows: Vec<_> = day.into_iter().chain(unit).collect();
        if rows.is_empty() {
            return Ok(());
        }
        let sheet = book.add_worksheet().set_name(SHEET)?;
        sheet.write_string(
            0,
            0,
            "Khi nhập lại tệp này, chương trình đọc theo các mục dưới đây:",
        )?;
        for (at, (flag, value, words)) in (1..).zip(rows) {
            sheet.write_string(at, 0, flag)?;
            sheet.write_string(at, 1, value)?;
            sheet.write_string(at, 2, words)?;
        }
        Ok(())
    }
}

fn shown<T: ToString, S: Serializer>(value: &Option<T>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_some(&value.as_ref().map(ToString::to_string))
}
