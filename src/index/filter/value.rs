//! One comparison: what a field, a sign and a value mean together.

use jiff::civil::Date;

use crate::domain::registry::lateness::LATE_CODES;
use crate::domain::text::clean;
use crate::domain::unit::UNIT_NAME_CHARS_MAX;
use crate::index::filter::fields::{List, is_code};
use crate::index::filter::words::Sign;
use crate::index::filter::{Field, FilterError, How, Test};
use crate::index::names::{Asked as NameWord, NameQuery};
use crate::wire::registry::{Facet, Value, day_number};

/// Most words of a name asked for: names have up to six.
const NAME_WORDS_MAX: usize = 10;
/// Any value at all.
const ANY: &str = "*";

/// What is compared, for the words of a fault.
struct Asked<'a> {
    field: &'static Field,
    sign_at: usize,
    sign: Sign,
    at: usize,
    value: &'a str,
}

/// Understands one comparison; `!=` is understood as `=`, and turned round by the caller.
pub(super) fn test(
    field: &'static Field,
    (sign_at, sign): (usize, Sign),
    (at, value): (usize, &str),
) -> Result<Test, FilterError> {
    let asked = Asked { field, sign_at, sign, at, value };
    match field.how {
        How::Unit(facet) => match asked.equal()? {
            ANY => Ok(Test::Given(facet)),
            code => asked.unit(facet, code),
        },
        How::Area => asked.unit(Facet::Unit, asked.equal()?),
        How::Code(facet) => asked.code(facet),
        How::List(facet, list) => match asked.equal()? {
            ANY => Ok(Test::Given(facet)),
            _term => Ok(Test::Is { facet, value: Value::Number(asked.term(list)?) }),
        },
        How::Ordered(facet, list) => match (sign, value) {
            (Sign::Has | Sign::Equal | Sign::Unequal, ANY) => Ok(Test::Given(facet)),
            _number => {
                let (from, to) = asked.range(asked.term(list)?.into());
                Ok(Test::Range { facet, from, to })
            }
        },
        How::Age => {
            // A band, as counts by age show it.
            if let Some((from, to)) = value.split_once('-')
                && let (Ok(from), Ok(to)) = (from.parse::<u8>(), to.parse::<u8>())
                && matches!(sign, Sign::Has | Sign::Equal | Sign::Unequal)
            {
                return Ok(Test::Age { from: from.into(), to: to.into() });
            }
            let years: Option<u8> = value.parse().ok();
            let years = years.ok_or_else(|| asked.fault("use completed years, such as 35"))?;
            let (from, to) = asked.range(years.into());
            Ok(Test::Age { from, to })
        }
        How::Capacity => {
            let thousandths = thousandths(value);
            let size = thousandths.ok_or_else(|| asked.fault("use a number, such as 3.5"))?;
            let (from, to) = asked.range(size);
            // A row without a capacity has 0, and is not smaller than others.
            Ok(Test::Capacity { from: from.max(1), to })
        }
        How::Day(facet) => match (sign, value) {
            (Sign::Has | Sign::Equal | Sign::Unequal, ANY) => Ok(Test::Given(facet)),
            _day => {
                let day: Option<Date> = value.parse().ok();
                let day = day.ok_or_else(|| asked.fault("use a day, such as 2025-11-01"))?;
                let (from, to) = asked.range(day_number(day).into());
                Ok(Test::Range { facet, from, to })
            }
        },
        How::Late => match asked.equal()? {
            ANY => Ok(Test::Late(None)),
            word => {
                let asked_for = word.to_ascii_uppercase();
                let code = LATE_CODES.iter().find(|code| **code == asked_for);
                let remedy = format!("use {}", LATE_CODES.join(", "));
                Ok(Test::Late(Some(code.ok_or_else(|| asked.fault(&remedy))?)))
            }
        },
        How::Name => asked.name(),
        How::Assigned => match asked.equal()?.to_ascii_lowercase().as_str() {
            "true" | "yes" => Ok(Test::Assigned(true)),
            "false" | "no" => Ok(Test::Assigned(false)),
            _other => Err(asked.fault("use true or false")),
        },
        How::Number(kind, parse) => {
            let text = parse(asked.equal()?);
            let text = text.ok_or_else(|| asked.fault("write all of its digits and letters"))?;
            Ok(Test::Number { kind, text })
        }
    }
}

impl Asked<'_> {
    fn fault(&self, remedy: &str) -> FilterError {
        let Field { name, is_hidden, .. } = self.field;
        FilterError::value(self.at, name, self.value, *is_hidden, remedy.to_owned())
    }

    const fn sign_fault(&self, signs: &'static str) -> FilterError {
        FilterError::Sign { at: self.sign_at, field: self.field.name, signs }
    }

    /// The value of a field without order.
    fn equal(&self) -> Result<&str, FilterError> {
        match self.sign {
            Sign::Equal | Sign::Unequal | Sign::Has => Ok(self.value),
            _order => Err(self.sign_fault("`=`, `!=` or `:`")),
        }
    }

    fn term(&self, list: List) -> Result<u16, FilterError> {
        (list.parse)(self.value).ok_or_else(|| {
            let mut remedy = (list.remedy)();
            if means_none(self.value) {
                remedy.push_str(&format!("; NOT {}:* finds those without", self.field.name));
            }
            self.fault(&remedy)
        })
    }

    /// From which number to which; from 1 to 0 for none.
    fn range(&self, number: u32) -> (u32, u32) {
        match self.sign {
            Sign::Equal | Sign::Unequal | Sign::Has => (number, number),
            Sign::Less => number.checked_sub(1).map_or((1, 0), |below| (0, below)),
            Sign::LessOrEqual => (0, number),
            Sign::More => (number.saturating_add(1), u32::MAX),
            Sign::MoreOrEqual => (number, u32::MAX),
        }
    }

    fn code(&self, facet: Facet) -> Result<Test, FilterError> {
        let code = self.equal()?;
        if code == ANY {
            return Ok(Test::Given(facet));
        }
        if facet == Facet::Code && !code.contains('*') && !code.trim().is_empty() {
            return Ok(Test::Listed { facet, text: clean(code), at: self.at });
        }
        let (text, begins) = match code.strip_suffix('*') {
            Some(prefix) => (prefix, true),
            None => (code, false),
        };
        if text.contains('*') || !is_code(facet, text) {
            return Err(self.fault("use a code, or the beginning of one with `*` behind it"));
        }
        Ok(if begins {
            // Codes are upper case.
            let prefix = if facet == Facet::Code { text.to_uppercase() } else { text.to_owned() };
            Test::Begins { facet, prefix }
        } else {
            Test::Is { facet, value: Value::Code(text.into()) }
        })
    }

    /// A unit by its code, or by its full name.
    fn unit(&self, facet: Facet, text: &str) -> Result<Test, FilterError> {
        let at = self.at;
        if let Ok(code) = text.parse() {
            return Ok(Test::Unit { facet, code, at });
        }
        let name = clean(text);
        let is_name = name.chars().count() <= UNIT_NAME_CHARS_MAX
            && name.chars().any(char::is_alphabetic)
            && !name.contains('*');
        if !is_name {
            return Err(self.fault("use the code of a unit, or its full name"));
        }
        Ok(Test::UnitNamed { facet, name, at })
    }

    /// `:` takes words in any order, and phrases in quotes as the beginning of the name; `=` takes
    /// the whole name, or its beginning with `*` behind it.
    fn name(&self) -> Result<Test, FilterError> {
        if self.value == ANY && matches!(self.sign, Sign::Has | Sign::Equal | Sign::Unequal) {
            return Ok(Test::Named);
        }
        // Names are found by how their words begin; by how they end, nothing would be found.
        let body = self.value.strip_suffix('*').unwrap_or(self.value);
        if body.contains('*') {
            return Err(self.fault("`*` stands at the end only; names go by how their words begin"));
        }
        let mut query = NameQuery::default();
        let is_phrase = match self.sign {
            Sign::Has => false,
            Sign::Equal | Sign::Unequal => true,
            _order => return Err(self.sign_fault("`:`, `=` or `!=`")),
        };
        if is_phrase {
            let text = self.value.strip_suffix('*');
            query.is_whole = text.is_none();
            query.phrases.push(NameWord::all(text.unwrap_or(self.value)));
        } else {
            for (at, part) in self.value.split('"').enumerate() {
                match at % 2 {
                    0 => query.words.extend(NameWord::all(part)),
                    _quoted => query.phrases.push(NameWord::all(part)),
                }
            }
            query.phrases.retain(|phrase| !phrase.is_empty());
        }
        let count = query.words.len() + query.phrases.iter().map(Vec::len).sum::<usize>();
        if count == 0 || count > NAME_WORDS_MAX {
            return Err(self.fault("use one to ten words, or the beginnings of words"));
        }
        Ok(Test::Name(query))
    }
}

/// Whether somebody asks for those of whom a field says nothing.
fn means_none(value: &str) -> bool {
    let words = ["", "0", "-", "none", "null", "unknown", "unspecified"];
    words.contains(&value.trim().to_ascii_lowercase().as_str())
}

/// A number with at most three decimals, in thousandths.
fn thousandths(text: &str) -> Option<u32> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let are_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || decimals.len() > 3 || !are_digits(whole) || !are_digits(decimals) {
        return None;
    }
    let decimals: u32 = format!("{decimals:0<3}").parse().ok()?;
    whole.parse::<u32>().ok()?.checked_mul(1_000)?.checked_add(decimals)
}
