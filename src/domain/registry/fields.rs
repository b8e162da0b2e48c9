//! The formats of single fields: citizen number, phone, plate, date of birth.
//!
//! Invariants: what parses is in its one stored form; personal ones print masked in `Debug`.
//! Sources: the citizen number's parts are as registered practice has them (province of birth
//! registration, century and sex, year, six digits; there is no check digit); phones follow the
//! numbering plan since 2018; plates the circulars on vehicle registration.

use std::fmt;

use jiff::civil::Date;

use super::vocabulary::Sex;

/// Most phone numbers of one record.
pub const PHONES_MAX: usize = 5;
/// The earliest year of birth that is believed.
const BIRTH_YEAR_MIN: i16 = 1900;

/// The codes of the 63 provinces in citizen numbers.
const PROVINCES: [u8; 63] = [
    1, 2, 4, 6, 8, 10, 11, 12, 14, 15, 17, 19, 20, 22, 24, 25, 26, 27, 30, 31, 33, 34, 35, 36, 37,
    38, 40, 42, 44, 45, 46, 48, 49, 51, 52, 54, 56, 58, 60, 62, 64, 66, 67, 68, 70, 72, 74, 75, 77,
    79, 80, 82, 83, 84, 86, 87, 89, 91, 92, 93, 94, 95, 96,
];

/// A citizen number (số CCCD): twelve digits. Shown whole only on purpose, by [`CitizenId::digits`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CitizenId(u64);

impl CitizenId {
    /// From twelve digits; spaces and dots between them are dropped.
    pub fn parse(text: &str) -> Option<Self> {
        let mut number = 0_u64;
        let mut count = 0_u32;
        for c in text.chars().filter(|c| !matches!(c, ' ' | '.')) {
            number = number.checked_mul(10)?.checked_add(u64::from(c.to_digit(10)?))?;
            count += 1;
        }
        (count == 12).then_some(Self(number))
    }

    /// From the number without its leading zeros; none if it needs more than twelve digits.
    pub const fn from_number(number: u64) -> Option<Self> {
        if number < 1_000_000_000_000 { Some(Self(number)) } else { None }
    }

    /// The number without its leading zeros.
    pub const fn number(self) -> u64 {
        self.0
    }

    /// All twelve digits. Personal data: for sealed storage and for those entitled to see it.
    pub fn digits(self) -> String {
        format!("{:012}", self.0)
    }

    /// The last three digits after nine stars, for screens and paper.
    pub fn masked(self) -> String {
        format!("*********{:03}", self.0 % 1000)
    }

    /// Whether the first three digits are the code of a province, of before July 2025 as all numbers have
    /// them. Who was born abroad has a country's, so another is worth a look and no more.
    pub fn has_province(self) -> bool {
        let place = self.0 / 1_000_000_000;
        u8::try_from(place).is_ok_and(|place| PROVINCES.contains(&place))
    }

    /// Whether the century-and-sex digit and the year fit. A misfit is a warning only: numbers are
    /// copied by hand, and the years on old papers differ.
    pub fn fits(self, sex: Sex, birth_year: i16) -> bool {
        let century_and_sex = self.0 / 100_000_000 % 10;
        let year = 1900 + century_and_sex / 2 * 100 + self.0 / 1_000_000 % 100;
        let is_female = century_and_sex % 2 == 1;
        u64::try_from(birth_year) == Ok(year) && is_female == (sex == Sex::Female)
    }
}

impl fmt::Debug for CitizenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CitizenId(masked)")
    }
}

/// A phone number in E.164: `+84` and nine digits (mobile) or ten (landline).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phone(String);

impl Phone {
    /// From a number as it is written in Việt Nam, with `0`, `84` or `+84` in front; dots, dashes,
    /// brackets and spaces are dropped.
    pub fn parse(text: &str) -> Option<Self> {
        let is_filler = |c: char| c.is_whitespace() || matches!(c, '.' | '-' | '(' | ')');
        let bare: String = text.chars().filter(|c| !is_filler(*c)).collect();
        let national =
            ["+84", "0084", "84", "0"].iter().find_map(|lead| bare.strip_prefix(lead))?;
        let national = national.strip_prefix('0').unwrap_or(national);
        let is_mobile = national.len() == 9 && national.starts_with(['3', '5', '7', '8', '9']);
        let is_landline = national.len() == 10 && national.starts_with('2');
        let fits = (is_mobile || is_landline) && national.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| Self(format!("+84{national}")))
    }

    /// The number in E.164. Personal data.
    pub fn e164(&self) -> &str {
        &self.0
    }

    /// The number as it is dialled within the country, such as `0896447405`. Personal data.
    pub fn domestic(&self) -> String {
        self.0.replacen("+84", "0", 1)
    }

    /// The last three digits after stars, for screens.
    pub fn masked(&self) -> String {
        format!("******{}", &self.0[self.0.len() - 3..])
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Phone(masked)")
    }
}

/// A vehicle plate, upper case without dots, dashes and spaces: `27A12345`. Any province's code, and
/// the two letters of a military plate, are accepted.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Plate(String);

impl Plate {
    /// From a plate as written: `27A-123.45`, `27c66176`, `TC-12-34`.
    pub fn parse(text: &str) -> Option<Self> {
        let is_filler = |c: char| c.is_whitespace() || matches!(c, '.' | '-');
        let bare: String =
            text.chars().filter(|c| !is_filler(*c)).flat_map(char::to_uppercase).collect();
        let (civil, military) = (is_civil_plate(&bare), is_military_plate(&bare));
        (civil || military).then_some(Self(bare))
    }

    /// The stored form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Plate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Plate(masked)")
    }
}

/// Two digits of the province from 11, a series of one or two letters or a letter and a digit
/// (motorcycles), then four or five digits. The series has no I, J, O, Q or W; it may have Đ.
fn is_civil_plate(bare: &str) -> bool {
    let letters: Vec<char> = bare.chars().collect();
    let Some((province, rest)) = letters.split_first_chunk::<2>() else { return false };
    let is_series =
        |c: char| c == 'Đ' || c.is_ascii_uppercase() && !matches!(c, 'I' | 'J' | 'O' | 'Q' | 'W');
    let head = rest.iter().take_while(|c| is_series(**c)).count();
    let number = &rest[head..];
    let digits = number.iter().all(char::is_ascii_digit);
    let number_fits = match head {
        1 => matches!(number.len(), 4..=6),
        2 => matches!(number.len(), 4 | 5),
        _ => false,
    };
    province[0].is_ascii_digit()
        && province[0] != '0'
        && province[1].is_ascii_digit()
        && province != &['1', '0']
        && digits
        && number_fits
}

/// Two letters and four or five digits.
fn is_military_plate(bare: &str) -> bool {
    let Some((letters, digits)) = bare.as_bytes().split_first_chunk::<2>() else { return false };
    letters.iter().all(u8::is_ascii_uppercase)
        && matches!(digits.len(), 4 | 5)
        && digits.iter().all(u8::is_ascii_digit)
}

/// How much of a date of birth is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BirthPrecision {
    /// The day.
    Day,
    /// The month and the year.
    Month,
    /// The year only, as many elders' papers have it.
    Year,
}

/// A date of birth with its precision. Personal data.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Birth {
    date: Date,
    precision: BirthPrecision,
}

impl Birth {
    /// A date known as far as `precision` says; what is not known is set to the first.
    pub fn new(date: Date, precision: BirthPrecision) -> Self {
        let date = match precision {
            BirthPrecision::Day => date,
            BirthPrecision::Month => date.first_of_month(),
            BirthPrecision::Year => date.first_of_year(),
        };
        Self { date, precision }
    }

    /// From `dd/mm/yyyy`, `mm/yyyy`, `yyyy` (dashes and dots do as well) or `yyyy-mm-dd`; none if it
    /// is not in the calendar or before 1900. A year of two digits is not guessed at.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = [0_i16; 3];
        let mut count = 0;
        for part in text.trim().split(['/', '-', '.']) {
            let part = part.trim();
            let digits =
                matches!(part.len(), 1 | 2 | 4) && part.bytes().all(|b| b.is_ascii_digit());
            *parts.get_mut(count).filter(|_| digits)? = part.parse().ok()?;
            count += 1;
        }
        let (year, month, day, precision) = match (count, parts) {
            (3, [day, month, year]) if year >= 1000 => (year, month, day, BirthPrecision::Day),
            (3, [year, month, day]) => (year, month, day, BirthPrecision::Day),
            (2, [month, year, _]) => (year, month, 1, BirthPrecision::Month),
            (1, [year, ..]) => (year, 1, 1, BirthPrecision::Year),
            _ => return None,
        };
        let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
        let date = Date::new(year, month, day).ok().filter(|date| date.year() >= BIRTH_YEAR_MIN)?;
        Some(Self { date, precision })
    }

    /// The date; the first of the month or year where no more is known.
    pub const fn date(self) -> Date {
        self.date
    }

    /// How much of the date is known.
    pub const fn precision(self) -> BirthPrecision {
        self.precision
    }

    /// The year.
    pub fn year(self) -> i16 {
        self.date.year()
    }

    /// Completed years on `day`, counted from the first day that the known part allows: never too
    /// low, for the limits of the law are upper limits. Negative before birth.
    pub fn age_on(self, day: Date) -> i16 {
        let had_birthday = (day.month(), day.day()) >= (self.date.month(), self.date.day());
        day.year() - self.date.year() - i16::from(!had_birthday)
    }

    /// As it is written: `dd/mm/yyyy`, `mm/yyyy` or `yyyy`.
    pub fn written(self) -> String {
        let (day, month, year) = (self.date.day(), self.date.month(), self.date.year());
        match self.precision {
            BirthPrecision::Day => format!("{day:02}/{month:02}/{year}"),
            BirthPrecision::Month => format!("{month:02}/{year}"),
            BirthPrecision::Year => year.to_string(),
        }
    }
}

impl fmt::Debug for Birth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Birth(masked)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_citizen_number_is_twelve_digits_and_keeps_its_zeros() {
        let id = CitizenId::parse("011 088 085221").expect("twelve digits");
        assert_eq!((id.digits().as_str(), id.masked().as_str()), ("011088085221", "*********221"));
        assert_eq!(format!("{id:?}"), "CitizenId(masked)");
        for bad in ["", "011092479", "0110880852211", "01108808522A", "٠١١٠٨٨٠٨٥٢٢١"] {
            assert_eq!(CitizenId::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_citizen_number_tells_sex_century_and_year() {
        let fits = |text, sex, year| CitizenId::parse(text).expect("twelve digits").fits(sex, year);
        assert!(fits("011088085221", Sex::Male, 1988));
        assert!(fits("011205688985", Sex::Male, 2005));
        assert!(fits("011187411087", Sex::Female, 1987));
        assert!(fits("014301439173", Sex::Female, 2001));
        assert!(!fits("011088085221", Sex::Female, 1988));
        assert!(!fits("011088085221", Sex::Male, 1989));
        assert!(!fits("011088085221", Sex::Male, 2088));
    }

    #[test]
    fn a_citizen_number_begins_with_the_code_of_a_province() {
        let has = |text| CitizenId::parse(text).expect("twelve digits").has_province();
        assert!(has("011088085221") && has("001088085221") && has("096088085221"));
        assert!(!has("003088085221") && !has("000088085221") && !has("999088085221"));
    }

    #[test]
    fn phones_are_stored_in_one_form() {
        for same in ["0896.447.405", "+84 896 447 405", "84896447405", "0084896447405"] {
            assert_eq!(Phone::parse(same).expect(same).e164(), "+84896447405");
            assert_eq!(Phone::parse(same).expect(same).domestic(), "0896447405");
        }
        assert_eq!(Phone::parse("(0215) 3825-123").expect("landline").e164(), "+842153825123");
        for bad in ["", "0123456789", "01234567890", "089644740", "08964474055", "không có"] {
            assert_eq!(Phone::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn plates_are_stored_in_one_form() {
        for (written, stored) in [
            ("27A-123.45", "27A12345"),
            ("27c66176", "27C66176"),
            ("27F 14639", "27F14639"),
            ("27đ-1234", "27Đ1234"),
            ("29LD-123.45", "29LD12345"),
            ("27-B1 123.45", "27B112345"),
            ("TC-12-34", "TC1234"),
        ] {
            assert_eq!(Plate::parse(written).expect(written).as_str(), stored);
        }
        for bad in ["", "BIEN-SO", "27A", "27O-12345", "07A-12345", "27A-1234567", "27ABC-12345"] {
            assert_eq!(Plate::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_birth_is_read_as_far_as_it_is_known() {
        for (text, written) in [
            ("1/9/2000", "01/09/2000"),
            ("29-02-2004", "29/02/2004"),
            ("1997-01-15", "15/01/1997"),
            ("07.1990", "07/1990"),
            ("1994", "1994"),
        ] {
            assert_eq!(Birth::parse(text).expect(text).written(), written);
        }
        for bad in
            ["", "31/02/1990", "01/13/1990", "1/1/90", "38817", "1850", "x/1/1990", "1/1/1/1990"]
        {
            assert_eq!(Birth::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn age_is_in_completed_years_and_never_too_low() {
        let on = |text: &str, y, m, d| {
            Birth::parse(text).expect(text).age_on(jiff::civil::date(y, m, d))
        };
        assert_eq!(on("15/06/1990", 2026, 6, 14), 35);
        assert_eq!(on("15/06/1990", 2026, 6, 15), 36);
        assert_eq!(on("29/02/2004", 2026, 2, 28), 21);
        assert_eq!(on("1990", 2026, 1, 1), 36);
    }
}
