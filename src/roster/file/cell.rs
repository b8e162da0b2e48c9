//! One cell as the file has it, and its text as the checks want it.
//!
//! Invariants: a number prints without exponent or needless decimals; a date as `dd/mm/yyyy`; the
//! zeros that a spreadsheet drops in front of a number are restored only where the length tells.

use calamine::{Data, DataRef, ExcelDateTime};
use jiff::civil::Date;

use crate::domain::registry::Warning;

/// What a file holds in one cell.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::roster) enum Cell {
    /// Nothing.
    Empty,
    /// Text, also the text of an error such as `#N/A`.
    Text(String),
    /// A number without a date's format.
    Number(f64),
    /// A day.
    Date(Date),
}

/// How the text of a column is taken from its cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::roster) enum Reading {
    /// As it stands.
    Plain,
    /// A citizen number: twelve digits.
    CitizenNumber,
    /// A phone number.
    Phone,
    /// A date or a year.
    Date,
}

impl Cell {
    /// Whether there is nothing to read in it.
    pub(in crate::roster) fn is_blank(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Text(text) => text.trim().is_empty(),
            Self::Number(_) | Self::Date(_) => false,
        }
    }

    /// Whether it holds a number that the spreadsheet has rounded: of more than fifteen digits, or as a
    /// text in powers of ten. Of a citizen number also one that has decimals, or ends in as many zeros as
    /// are left of it when it was shown in powers of ten and read again; one in 100,000 ends so by chance.
    pub(in crate::roster) fn is_rounded(&self, reading: Reading) -> bool {
        let is_of_person = matches!(reading, Reading::CitizenNumber | Reading::Phone);
        match self {
            Self::Number(number) if reading == Reading::CitizenNumber => {
                let is_long = (1e10..1e12).contains(number);
                number.abs() >= 1e15 || number.fract() != 0.0 || is_long && number % 1e5 == 0.0
            }
            Self::Number(number) => number.abs() >= 1e15,
            Self::Text(text) => {
                let power = text.trim().split_once(['E', 'e']);
                let digits =
                    |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
                power.is_some_and(|(number, power)| {
                    let signed = power.strip_prefix('+');
                    let power = signed.or_else(|| Some(power).filter(|_| is_of_person));
                    power.is_some_and(digits) && digits(&number.replacen(['.', ','], "", 1))
                })
            }
            Self::Empty | Self::Date(_) => false,
        }
    }

    /// How many characters it shows.
    pub(in crate::roster) fn chars_shown(&self) -> usize {
        self.text().chars().count()
    }

    /// The text of a cell that holds text.
    pub(in crate::roster) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Empty | Self::Number(_) | Self::Date(_) => None,
        }
    }

    /// The text, with the warning that goes with a repair.
    pub(in crate::roster) fn read(&self, reading: Reading) -> (String, Option<Warning>) {
        let text = self.text();
        let len = text.len();
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        let is_number = matches!(self, Self::Number(_));
        match reading {
            // A cell of numbers cannot hold a leading zero; nine digits may be the old kind of
            // number, so only one or two zeros are put back.
            Reading::CitizenNumber if is_number && digits && matches!(len, 10 | 11) => {
                (format!("{text:0>12}"), Some(Warning::CitizenIdZeroRestored))
            }
            // No full number of today's plan has nine digits.
            Reading::Phone if digits && len == 9 && text.starts_with(['3', '5', '7', '8', '9']) => {
                (format!("0{text}"), Some(Warning::PhoneZeroRestored))
            }
            Reading::Date => match (self.as_year(), self.as_serial()) {
                (Some(year), _) => (year.to_string(), Some(Warning::YearFromDate)),
                (None, Some(day)) => (Self::Date(day).text(), Some(Warning::DateSerialRead)),
                (None, None) => (text, None),
            },
            _ => (text, None),
        }
    }

    /// The year that was typed into a cell with the form of a date: 1985 shows as a day of June 1905.
    fn as_year(&self) -> Option<i16> {
        if let Self::Date(day) = self { counted_year(*day) } else { None }
    }

    /// The day that a number counts to from 1900, as spreadsheets do, if that is likelier than a year:
    /// such counts run from 9,133 (1925) to 73,050 (2099).
    fn as_serial(&self) -> Option<Date> {
        let Self::Number(days) = self else { return None };
        let is_count = (9_133.0..=73_050.0).contains(days);
        let moment = ExcelDateTime::new(*days, calamine::ExcelDateTimeType::DateTime, false);
        match Self::of_moment(&moment) {
            Self::Date(day) if is_count => Some(day),
            _ => None,
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => text.trim().to_owned(),
            Self::Number(number) => format!("{number}"),
            Self::Date(date) => {
                format!("{:02}/{:02}/{}", date.day(), date.month(), date.year())
            }
        }
    }

    fn of_moment(moment: &ExcelDateTime) -> Self {
        let (year, month, day, ..) = moment.to_ymd_hms_milli();
        let date = i16::try_from(year)
            .ok()
            .zip(i8::try_from(month).ok().zip(i8::try_from(day).ok()))
            .and_then(|(year, (month, day))| Date::new(year, month, day).ok());
        match date {
            Some(date) if moment.is_datetime() => Self::Date(date),
            _ => Self::Number(moment.as_f64()),
        }
    }

    /// `2005-06-15` with or without a time behind it.
    fn of_iso(text: &str) -> Self {
        let day = text.get(..10).and_then(|day| day.parse().ok());
        day.map_or_else(|| Self::Text(text.to_owned()), Self::Date)
    }
}

/// The year by which a spreadsheet counted to this day, from the end of 1899 or, in the workbooks of old
/// Macs, from 1904: what is of these months of 1905 and 1909 was never meant as a day.
pub(in crate::roster) fn counted_year(day: Date) -> Option<i16> {
    const YEARS: std::ops::RangeInclusive<i16> = 1900..=2100;
    let starts = [Date::constant(1899, 12, 30), Date::constant(1904, 1, 1)];
    let counts = starts.iter().filter_map(|start| i16::try_from((day - *start).get_days()).ok());
    counts.into_iter().find(|count| YEARS.contains(count))
}

impl From<&DataRef<'_>> for Cell {
    fn from(data: &DataRef<'_>) -> Self {
        match data {
            DataRef::Empty => Self::Empty,
            DataRef::Int(number) => Self::Text(number.to_string()).into_number(),
            DataRef::Float(number) => Self::Number(*number),
            DataRef::String(text) => Self::Text(text.clone()),
            DataRef::SharedString(text) => Self::Text((*text).to_owned()),
            DataRef::Bool(flag) => Self::Text(flag.to_string()),
            DataRef::DateTime(moment) => Self::of_moment(moment),
            DataRef::DateTimeIso(text) => Self::of_iso(text),
            DataRef::DurationIso(text) => Self::Text(text.clone()),
            DataRef::Error(error) => Self::Text(error.to_string()),
        }
    }
}

impl From<&Data> for Cell {
    fn from(data: &Data) -> Self {
        match data {
            Data::Empty => Self::Empty,
            Data::Int(number) => Self::Text(number.to_string()).into_number(),
            Data::Float(number) => Self::Number(*number),
            Data::String(text) => Self::Text(text.clone()),
            Data::Bool(flag) => Self::Text(flag.to_string()),
            Data::DateTime(moment) => Self::of_moment(moment),
            Data::DateTimeIso(text) => Self::of_iso(text),
            Data::DurationIso(text) => Self::Text(text.clone()),
            Data::Error(error) => Self::Text(error.to_string()),
        }
    }
}

impl Cell {
    /// Whole numbers of old workbooks come as integers; below 2^53 they are the same as floats.
    fn into_number(self) -> Self {
        match &self {
            Self::Text(text) => text.parse().map_or(self, Self::Number),
            _ => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_that_a_spreadsheet_dropped_are_restored_and_warned_of() {
        let citizen = |cell: Cell| cell.read(Reading::CitizenNumber);
        let restored = Some(Warning::CitizenIdZeroRestored);
        assert_eq!(citizen(Cell::Number(11_096_397_236.0)), ("011096397236".into(), restored));
        assert_eq!(citizen(Cell::Number(1_095_787_412.0)), ("001095787412".into(), restored));
        assert_eq!(citizen(Cell::Number(40_123_456.0)), ("40123456".into(), None));
        assert_eq!(citizen(Cell::Text("011092479".into())), ("011092479".into(), None));
        let phone = |cell: Cell| cell.read(Reading::Phone);
        let restored = Some(Warning::PhoneZeroRestored);
        assert_eq!(phone(Cell::Number(397_573_912.0)), ("0397573912".into(), restored));
        assert_eq!(phone(Cell::Text(" 0397573912 ".into())), ("0397573912".into(), None));
    }

    #[test]
    fn a_citizen_number_that_lost_digits_is_known_by_its_form_or_its_zeros() {
        let lost = |cell: &Cell, reading| cell.is_rounded(reading);
        let text = |text: &str| Cell::Text(text.to_owned());
        for cell in [
            text("1.2E+11"),
            text("1,1E+10"),
            text("1.10907E11"),
            Cell::Number(1.2e11),
            Cell::Number(11_090_700_000.0),
            Cell::Number(11_090_000_001.5),
        ] {
            assert!(lost(&cell, Reading::CitizenNumber), "{cell:?}");
        }
        for cell in [text("011090000000"), Cell::Number(11_090_000_010.0), text("O11O90OOOOO4")] {
            assert!(!lost(&cell, Reading::CitizenNumber), "{cell:?}");
        }
        assert!(lost(&text("9.12E8"), Reading::Phone));
        assert!(!lost(&text("12E456"), Reading::Plain), "a chassis");
        assert!(!lost(&Cell::Number(3_500_000.0), Reading::Plain));
    }

    #[test]
    fn a_year_that_was_given_the_form_of_a_date_is_a_year() {
        let read = |day| Cell::Date(day).read(Reading::Date);
        let year = |year: &str| (year.to_owned(), Some(Warning::YearFromDate));
        assert_eq!(read(jiff::civil::date(1905, 6, 7)), year("1985"));
        assert_eq!(read(jiff::civil::date(1909, 6, 8)), year("1985"), "of an old Mac");
        assert_eq!(read(jiff::civil::date(1985, 6, 7)), ("07/06/1985".to_owned(), None));
    }

    #[test]
    fn numbers_and_dates_print_plainly() {
        let plain = |cell: Cell| cell.read(Reading::Plain).0;
        assert_eq!(plain(Cell::Number(3.5)), "3.5");
        assert_eq!(plain(Cell::Number(1994.0)), "1994");
        assert_eq!(plain(Cell::Date(jiff::civil::date(2006, 4, 10))), "10/04/2006");
        let moment = ExcelDateTime::new(38_817.0, calamine::ExcelDateTimeType::DateTime, false);
        assert_eq!(plain(Cell::from(&Data::DateTime(moment))), "10/04/2006");
        assert_eq!(
            plain(Cell::from(&Data::DateTimeIso("2006-04-10T00:00:00".into()))),
            "10/04/2006"
        );
        assert_eq!(plain(Cell::from(&Data::Int(11_096_397_236))), "11096397236");
    }
}
