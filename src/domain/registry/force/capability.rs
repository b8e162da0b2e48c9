//! What an enterprise can make in a month, in parts and as one cell of a list has it.
//!
//! Called by the check of enterprises, and by whoever writes lists. Invariants: a product occurs once;
//! what [`CapabilityInput`] prints reads as itself again, whatever signs its words hold.

use std::fmt;

use super::super::reservist::SHORT_CHARS_MAX;
use crate::domain::text::fold;

/// Most products of one enterprise.
pub const CAPABILITIES_MAX: usize = 50;
/// Longest unit of measure, in characters.
const MEASURE_CHARS_MAX: usize = 20;
/// The largest capacity or quota, in whole units.
const WHOLE_MAX: u64 = 1_000_000_000;

/// What an enterprise can make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capability {
    /// The product or service.
    pub product: String,
    /// Hundredths of the measure, in a month. Positive.
    pub per_month_hundredths: u64,
    /// What is counted: tấn, bộ, suất.
    pub measure: String,
    /// Hundredths of the measure that are asked of it in a month, where a quota was set.
    pub quota_hundredths: Option<u64>,
}

/// One product as text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CapabilityInput {
    /// Required.
    pub product: String,
    /// Required: a number with at most two decimals.
    pub per_month: String,
    /// Required: what is counted.
    pub measure: String,
    /// A number with at most two decimals.
    pub quota: String,
}

/// `Quân trang: 500 bộ (chỉ tiêu 100)`, as a cell has it.
impl fmt::Display for CapabilityInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let has_signs = |text: &str| text.contains([';', ':', '(', ')', '"']);
        let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        let amount = |text: &str| text.trim().replace('.', ",");
        let per_month = amount(&self.per_month);
        // What stands in quotes is read strictly, so both do where one must.
        if has_signs(&self.product) || has_signs(&self.measure) {
            write!(f, "{}: {per_month} {}", quoted(&self.product), quoted(&self.measure))?;
        } else {
            write!(f, "{}: {per_month} {}", self.product, self.measure)?;
        }
        match amount(&self.quota).as_str() {
            "" => Ok(()),
            quota => write!(f, " (chỉ tiêu {quota})"),
        }
    }
}

/// The products of a cell.
pub(super) fn split(cell: &str) -> Option<Vec<CapabilityInput>> {
    let mut products = Vec::new();
    let mut rest = cell;
    loop {
        rest = rest.trim_start_matches(|c: char| c == ';' || c.is_whitespace());
        if rest.is_empty() {
            return Some(products);
        }
        let (product, behind) = match strict(rest) {
            Some(found) => found,
            None => {
                let (part, behind) = rest.split_once([';', '\n']).unwrap_or((rest, ""));
                (loose(part.trim())?, behind)
            }
        };
        products.push(product);
        rest = behind;
    }
}

/// A product with its words in quotes, and what stands behind it.
fn strict(text: &str) -> Option<(CapabilityInput, &str)> {
    let (product, rest) = quoted(text)?;
    let (per_month, rest) = rest.trim_start().strip_prefix(':')?.trim_start().split_once(' ')?;
    let (measure, rest) = quoted(rest.trim_start())?;
    let rest = rest.trim_start_matches(' ');
    let (quota, rest) = match rest.strip_prefix('(') {
        Some(inner) => inner.split_once(')')?,
        None => ("", rest),
    };
    let rest = rest.trim_start_matches(' ');
    let ends = rest.is_empty() || rest.starts_with([';', '\n']);
    let input = CapabilityInput {
        product,
        per_month: per_month.to_owned(),
        measure,
        quota: last_word(quota).to_owned(),
    };
    ends.then_some((input, rest))
}

/// A text in quotes without them, each quote in it being doubled, and what stands behind it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut rest = text.strip_prefix('"')?;
    let mut inside = String::new();
    loop {
        let (before, behind) = rest.split_once('"')?;
        inside.push_str(before);
        match behind.strip_prefix('"') {
            Some(more) => {
                inside.push('"');
                rest = more;
            }
            None => return Some((inside, behind)),
        }
    }
}

/// A product as people write it.
fn loose(part: &str) -> Option<CapabilityInput> {
    let (part, quota) = match part.split_once('(') {
        Some((part, quota)) => (part.trim(), quota.strip_suffix(')')?),
        None => (part, ""),
    };
    let (product, amount) = part.rsplit_once(':')?;
    let (per_month, measure) = amount.trim().split_once(' ')?;
    Some(CapabilityInput {
        product: product.to_owned(),
        per_month: per_month.to_owned(),
        measure: measure.to_owned(),
        quota: last_word(quota).to_owned(),
    })
}

/// The number of `chỉ tiêu 100`.
fn last_word(text: &str) -> &str {
    text.trim().rsplit(' ').next().unwrap_or_default()
}

/// All of them checked; none where one is at fault or comes twice.
pub(super) fn capabilities(products: &[CapabilityInput]) -> Option<Vec<Capability>> {
    let mut made: Vec<Capability> = Vec::new();
    for input in products {
        let word = |text: &str, max: usize| {
            let clean = crate::domain::text::clean(text);
            let fits = (1..=max).contains(&clean.chars().count());
            (fits && !clean.chars().any(char::is_control)).then_some(clean)
        };
        let quota = match input.quota.trim() {
            "" => None,
            text => Some(hundredths(text)?),
        };
        let capability = Capability {
            product: word(&input.product, SHORT_CHARS_MAX)?,
            per_month_hundredths: hundredths(input.per_month.trim())?,
            measure: word(&input.measure, MEASURE_CHARS_MAX)?,
            quota_hundredths: quota,
        };
        if made.iter().any(|other| fold(&other.product) == fold(&capability.product)) {
            return None;
        }
        made.push(capability);
    }
    (made.len() <= CAPABILITIES_MAX).then_some(made)
}

/// A positive number with at most two decimals behind a comma or point. Three digits behind one could
/// be thousands: not guessed at.
fn hundredths(text: &str) -> Option<u64> {
    let (whole, decimals) = text.split_once(['.', ',']).unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || decimals.len() > 2 || !digits(whole) || !digits(decimals) {
        return None;
    }
    let whole: u64 = whole.parse().ok().filter(|whole| *whole <= WHOLE_MAX)?;
    let decimals: u64 = format!("{decimals:0<2}").parse().ok()?;
    Some(whole * 100 + decimals).filter(|hundredths| *hundredths > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input([product, per_month, measure, quota]: [&str; 4]) -> CapabilityInput {
        let [product, per_month, measure, quota] =
            [product, per_month, measure, quota].map(ToOwned::to_owned);
        CapabilityInput { product, per_month, measure, quota }
    }

    #[test]
    fn what_is_written_into_a_cell_is_read_out_of_it() {
        let all = [
            input(["Gạo", "20,50", "tấn", ""]),
            input(["Quân trang", "500", "nghìn bộ", "100"]),
            input(["Ống thép 27\"; loại \"A\": (mạ kẽm)", "12", "bộ (3 chiếc)", "7,25"]),
            input(["Ván: ép", "1", "m3", ""]),
        ];
        for parting in ["; ", "\n", ";"] {
            let cell = all.each_ref().map(ToString::to_string).join(parting);
            assert_eq!(split(&cell).as_deref(), Some(&all[..]), "{cell}");
        }
        assert_eq!(all[1].to_string(), "Quân trang: 500 nghìn bộ (chỉ tiêu 100)");
    }

    #[test]
    fn a_lone_quote_is_a_sign_as_any_other() {
        let pipe = input(["\"27\" ống", "5", "cái", ""]);
        assert_eq!(split("\"27\" ống: 5 cái"), Some(vec![pipe]));
        assert_eq!(split("ống 27\": 5 cái").map(|all| all.len()), Some(1));
        assert_eq!(split("\"ống"), None);
    }
}
