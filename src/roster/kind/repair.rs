//! Repairs that need more than one cell, or words that only lists use.
//!
//! Invariants: what could be wrong is either borne out by another field or not made; each repair that
//! changes what a text says is warned of.

mod dates;
mod goods;
mod means;
mod phones;

use dates::plain_date;
pub(super) use goods::{amount, measure, nothing, tax_code};
pub(super) use means::{equipment, unit_of_header};
pub(super) use phones::phones;
pub(in crate::roster) use phones::without_strays;

use crate::domain::ids::SpecialtyCode;
use crate::domain::registry::{
    Birth, BirthPrecision, CitizenId, Lists, ReservistInput, Sex, Warning, commune_base_code,
};
use crate::domain::text::{clean, fold};
use crate::domain::unit::Echelon;
use crate::roster::file::counted_year;

/// A text that is no day.
const NO_DAY: &str = "?";

/// Repairs of a person's row.
pub(super) fn person(input: &mut ReservistInput, lists: &Lists<'_>, repairs: &mut Vec<Warning>) {
    date(&mut input.birth);
    year_of_day(input, repairs);
    citizen_number(input, repairs);
    birth(input, lists, repairs);
    sex(input, repairs);
    phones(&mut input.phones, repairs);
    capital_initials(&mut input.full_name, repairs);
    militia_base(&mut input.militia_base, lists);
    specialty(&mut input.specialty, lists);
    // The day of joining the Party says that the person is in it.
    if Birth::parse(plain_date(&input.party_member).as_deref().unwrap_or(&input.party_member))
        .is_some()
    {
        "x".clone_into(&mut input.party_member);
    }
}

/// `CN1`, `CN 01`, `CN01 - Bộ binh`: the code as the list has it, if that is one entry and the name
/// beside it is no other.
fn specialty(text: &mut String, lists: &Lists<'_>) {
    let known = |text: &str| lists.specialties.find(text.trim()).map(|entry| &entry.code);
    if text.trim().is_empty() || known(text).is_some() {
        return;
    }
    let (code, name) = text.split_once(['-', ':', '(', '–']).unwrap_or((text.as_str(), ""));
    let bare: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let letters = bare.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = bare[letters.len()..].trim_start_matches('0');
    let padded = format!("{letters}{number:0>2}");
    let found = known(&bare).or_else(|| known(&padded).filter(|_| !letters.is_empty()));
    let Some(found) = found.cloned() else { return };
    let beside: Option<&SpecialtyCode> = known(name.trim_end_matches(')'));
    if name.trim().is_empty() || beside == Some(&found) {
        found.as_str().clone_into(text);
    }
}

/// Whether a number agrees with the sex and the year of birth; of a list that says no sex, with either.
fn fits(id: &str, input: &ReservistInput) -> bool {
    let Some((id, birth)) = CitizenId::parse(id).zip(Birth::parse(&input.birth)) else {
        return false;
    };
    let said = Sex::parse(&input.sex);
    let may_be = |sex: &&Sex| input.sex.trim().is_empty() || said == Some(**sex);
    Sex::ALL.iter().filter(may_be).any(|sex| id.fits(*sex, birth.year()))
}

/// The sex that the citizen number says, where the row does not and the year of birth bears it out.
fn sex(input: &mut ReservistInput, repairs: &mut Vec<Warning>) {
    if !input.sex.trim().is_empty() {
        return;
    }
    let known = CitizenId::parse(&input.citizen_id).zip(Birth::parse(&input.birth));
    let Some((id, birth)) = known else { return };
    if let Some(sex) = Sex::ALL.iter().find(|sex| id.fits(**sex, birth.year())) {
        sex.code().clone_into(&mut input.sex);
        repairs.push(Warning::SexFromCitizenId);
    }
}

/// "Dân quân xã Mường Nhé": the one base of its commune, by the code that is made from the commune's.
fn militia_base(text: &mut String, lists: &Lists<'_>) {
    const HEADS: [&str; 4] = ["dan quan tu ve ", "dan quan ", "dqtv ", "dq "];
    let folded = fold(text);
    let Some(head) = HEADS.iter().find(|head| folded.starts_with(**head)) else { return };
    let words = head.split_whitespace().count();
    let name: Vec<&str> = text.split_whitespace().skip(words).collect();
    let unit = lists.units.find(&name.join(" ")).filter(|unit| unit.echelon() == Echelon::Commune);
    if let Some(unit) = unit {
        *text = commune_base_code(unit.code.as_str());
    }
}

/// A text file that once went through a spreadsheet lacks the zeros too, and no cell type tells; and a
/// letter O looks like the digit. They are put back only where the sex and the year of birth bear the
/// result out.
fn citizen_number(input: &mut ReservistInput, repairs: &mut Vec<Warning>) {
    let is_filler = |c: char| c.is_whitespace() || matches!(c, '.' | '-' | '\'' | '’' | '`');
    let text: String = input.citizen_id.chars().filter(|c| !is_filler(*c)).collect();
    let is_number = text.bytes().all(|b| b.is_ascii_digit());
    let is_sex_known = input.sex.trim().is_empty() || Sex::parse(&input.sex).is_some();
    let is_known = is_sex_known && Birth::parse(&input.birth).is_some();
    if repairs.contains(&Warning::CitizenIdZeroRestored) && is_known && !fits(&text, input) {
        // What the cell lost is not borne out: not the number, perhaps of the old kind.
        text.trim_start_matches('0').clone_into(&mut input.citizen_id);
        repairs.retain(|repair| *repair != Warning::CitizenIdZeroRestored);
        return;
    }
    if is_number && matches!(text.len(), 10 | 11) {
        let restored = format!("{text:0>12}");
        if fits(&restored, input) {
            input.citizen_id = restored;
            repairs.push(Warning::CitizenIdZeroRestored);
        }
        return;
    }
    if is_number && text.len() == 12 {
        input.citizen_id = text;
        return;
    }
    let read: String = text
        .chars()
        .map(|c| match c {
            'O' | 'o' | 'Ο' | 'О' => '0',
            'l' | 'I' | '|' => '1',
            other => other,
        })
        .collect();
    if read != text && fits(&read, input) {
        input.citizen_id = read;
        repairs.push(Warning::CitizenIdLetterRead);
    }
}

/// The year by which a spreadsheet counted to a day of birth, if that is what it is.
pub(super) fn counted_birth(text: &str) -> Option<i16> {
    let birth = Birth::parse(text).filter(|birth| birth.precision() == BirthPrecision::Day)?;
    counted_year(birth.date())
}

/// `07/06/1905` in a text that a spreadsheet wrote where somebody had typed 1985: the year, if the citizen
/// number bears it out; else it is for the check to refuse, for nobody in a list was born then.
fn year_of_day(input: &mut ReservistInput, repairs: &mut Vec<Warning>) {
    let Some(year) = counted_birth(&input.birth) else { return };
    let mut tried = ReservistInput { birth: year.to_string(), ..input.clone() };
    citizen_number(&mut tried, &mut repairs.clone());
    if fits(&tried.citizen_id, &tried) {
        input.birth = tried.birth;
        repairs.push(Warning::YearFromDate);
    } else {
        NO_DAY.clone_into(&mut input.birth);
    }
}

/// Dates as people write them; a year of two digits is completed only where the citizen number says
/// the century.
fn birth(input: &mut ReservistInput, lists: &Lists<'_>, repairs: &mut Vec<Warning>) {
    if Birth::parse(&input.birth).is_some() {
        return;
    }
    let Some((before, short)) = input.birth.rsplit_once(['/', '-', '.']) else { return };
    let Some(year) = short.parse::<u8>().ok().filter(|_| short.len() == 2) else { return };
    let is_day_first = before.split(['/', '-', '.']).all(|part| matches!(part.len(), 1 | 2));
    if !is_day_first {
        return;
    }
    let (before, citizen_id) = (before.to_owned(), input.citizen_id.clone());
    for century in [1900_u16, 2000] {
        let full = format!("{before}/{}", century + u16::from(year)).replace(['-', '.'], "/");
        let tried = ReservistInput { birth: full, ..input.clone() };
        let day = Birth::parse(&tried.birth).filter(|birth| birth.date() <= lists.as_of);
        if day.is_some() && fits(&citizen_id, &tried) {
            input.birth = tried.birth;
            repairs.push(Warning::BirthCenturyCompleted);
            return;
        }
    }
}

/// The first day of a year where only that is known; answers whether it was.
pub(super) fn first_day(text: &mut String, repairs: &mut Vec<Warning>) -> bool {
    let year = text.trim();
    let is_year = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
    if is_year {
        *text = format!("01/01/{year}");
        repairs.push(Warning::DateYearOnly);
    }
    is_year
}

/// A day in the form that the checks know.
pub(super) fn date(text: &mut String) {
    if let Some(plain) = plain_date(text) {
        *text = plain;
    }
}

/// A name in capitals or in small letters throughout, as names are written: each word, and what stands
/// behind an apostrophe or hyphen, with one capital. Fonts that show small letters as capitals leave
/// names without any: that goes with their repair.
fn capital_initials(name: &mut String, repairs: &mut Vec<Warning>) {
    let has = |is: fn(char) -> bool| name.chars().any(is);
    let (has_large, has_small) = (has(char::is_uppercase), has(char::is_lowercase));
    let is_legacy = repairs.contains(&Warning::LegacyEncoding);
    // Under fonts that show all letters as capitals nobody saw which were typed.
    if has_large && has_small && !is_legacy || !has_large && !has_small {
        return;
    }
    let mut spelled = String::with_capacity(name.len());
    let mut begins = true;
    for letter in name.chars() {
        if begins {
            spelled.extend(letter.to_uppercase());
        } else {
            spelled.extend(letter.to_lowercase());
        }
        begins = letter.is_whitespace()
            || matches!(letter, '-' | '‐' | '\'' | '’' | '‘' | 'ʼ' | '`' | '´');
    }
    // TCVN3 has no capitals with tones: "øng" is how "Ứng" is typed.
    let is_toned = |(typed, meant): (char, char)| typed == meant || !typed.is_ascii();
    let is_of_font = is_legacy && (!has_large || name.chars().zip(spelled.chars()).all(is_toned));
    if spelled != *name {
        *name = if is_of_font { clean(&spelled) } else { spelled };
        if !is_of_font {
            repairs.push(Warning::NameRecased);
        }
    }
}
