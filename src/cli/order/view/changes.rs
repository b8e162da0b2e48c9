//! What an order changes of the one that it replaces or cancels, in words.

use std::collections::BTreeMap;

use super::printable;
use crate::cli::output::local_time;
use crate::domain::ids::{SpecialtyCode, UnitCode};
use crate::domain::order::{Order, Requirement, RequirementKind};

/// Most lines of a text that are shown as gone or come; the whole text stands above.
const TEXT_LINES_MAX: usize = 12;

/// What differs between an order and the earlier one that it replaces, a sentence each. What every
/// order has of its own (number, author, times of drafting) is not named.
pub(super) fn differences(earlier: &Order, order: &Order) -> Vec<String> {
    let mut found = Vec::new();
    let mut differs = |what: &str, was: String, is: String| {
        if was != is {
            found.push(format!("{what}: {is}, was {was}"));
        }
    };
    differs("kind", earlier.kind.as_str().into(), order.kind.as_str().into());
    differs("urgency", earlier.urgency.as_str().into(), order.urgency.as_str().into());
    differs("ground", earlier.ground.as_str().into(), order.ground.as_str().into());
    differs("title", quoted(&earlier.title), quoted(&order.title));
    differs("answer by", local_time(earlier.answer_by), local_time(order.answer_by));
    differs("report by", optional(earlier), optional(order));
    differs("void after", local_time(earlier.not_after), local_time(order.not_after));
    differs("gather at", station(earlier), station(order));
    differs("to", selector(earlier), selector(order));
    found.extend(endpoints(earlier, order));
    found.extend(requirements(earlier, order));
    found.extend(calls(earlier, order));
    found.extend(text(&earlier.body, &order.body));
    found
}

fn quoted(text: &str) -> String {
    format!("`{}`", printable(text))
}

fn optional(order: &Order) -> String {
    order.report_by.map_or_else(|| "not asked".to_owned(), local_time)
}

fn station(order: &Order) -> String {
    order.station.as_ref().map_or_else(|| "nowhere".to_owned(), |own| quoted(&own.name))
}

fn selector(order: &Order) -> String {
    let own = &order.audience.selector;
    let units: Vec<&str> = own.units.iter().map(UnitCode::as_str).collect();
    let echelons = own.echelons.iter().map(|own| own.as_str());
    let lines = own.lines.iter().map(|own| own.as_str());
    let only: Vec<&str> = echelons.chain(lines).collect();
    let only = if only.is_empty() { String::new() } else { format!(" only {}", only.join(" ")) };
    format!("{}{only}", units.join(" "))
}

fn endpoints(earlier: &Order, order: &Order) -> Option<String> {
    let (was, is) = (&earlier.audience.endpoints, &order.audience.endpoints);
    let (came, went) = ((is - was).len(), (was - is).len());
    let (before, now) = (was.len(), is.len());
    (came + went > 0)
        .then(|| format!("endpoints: {now}, was {before}: {came} came and {went} went"))
}

fn requirements(earlier: &Order, order: &Order) -> Vec<String> {
    type Needs<'a> = BTreeMap<(RequirementKind, &'a SpecialtyCode), u32>;
    let of = |list: &'_ [Requirement]| -> BTreeMap<(RequirementKind, SpecialtyCode), u32> {
        list.iter().map(|need| ((need.kind, need.code.clone()), need.count)).collect()
    };
    let (was, is) = (of(&earlier.requirements), of(&order.requirements));
    let mut both: Needs<'_> = Needs::new();
    for ((kind, code), _count) in was.iter().chain(&is) {
        both.insert((*kind, code), 0);
    }
    let said = |(kind, code): (RequirementKind, &SpecialtyCode)| {
        let key = (kind, code.clone());
        match (was.get(&key), is.get(&key)) {
            (Some(was), Some(is)) if was == is => None,
            (Some(was), Some(is)) => Some(format!("needs {code}: {is}, was {was}")),
            (Some(was), None) => Some(format!("needs {code}: none any more, was {was}")),
            (None, Some(is)) => Some(format!("needs {code}: {is}, was none")),
            (None, None) => None,
        }
    };
    both.into_keys().filter_map(said).collect()
}

fn calls(earlier: &Order, order: &Order) -> Option<String> {
    match (&earlier.call_up, &order.call_up) {
        (None, None) => None,
        (Some(was), Some(is)) if was.root == is.root => None,
        (Some(was), Some(is)) => Some(format!(
            "calls: other lists, {} people and {} items, was {} and {}",
            is.people, is.equipment, was.people, was.equipment
        )),
        (Some(was), None) => Some(format!(
            "calls: nobody by name any more, was {} people and {} items",
            was.people, was.equipment
        )),
        (None, Some(is)) => Some(format!(
            "calls: {} people and {} items by name, was nobody",
            is.people, is.equipment
        )),
    }
}

/// The lines that went and came, between what both texts begin and end with.
fn text(was: &str, is: &str) -> Vec<String> {
    let (was, is): (Vec<&str>, Vec<&str>) = (was.lines().collect(), is.lines().collect());
    let before = was.iter().zip(&is).take_while(|(was, is)| was == is).count();
    let (was, is) = (&was[before..], &is[before..]);
    let after = was.iter().rev().zip(is.iter().rev()).take_while(|(was, is)| was == is).count();
    let (went, came) = (&was[..was.len() - after], &is[..is.len() - after]);
    if went.is_empty() && came.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![format!("text: {} lines went and {} came", went.len(), came.len())];
    let signed = went.iter().map(|line| ('-', line)).chain(came.iter().map(|line| ('+', line)));
    let all = went.len() + came.len();
    lines.extend(
        signed.take(TEXT_LINES_MAX).map(|(sign, line)| format!("{sign} {}", printable(line))),
    );
    if all > TEXT_LINES_MAX {
        lines.push(format!("... and {} lines more", all - TEXT_LINES_MAX));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::order::handling::Handling;
    use crate::domain::world::tests::support::Province;

    #[test]
    fn what_an_update_changes_is_said_and_nothing_else() {
        let mut p = Province::new();
        let earlier = p.order(Handling::Exercise);
        assert_eq!(differences(&earlier, &earlier), Vec::<String>::new());
        let mut order = earlier.clone();
        order.number += 1;
        order.title = "Khác".to_owned();
        order.body = format!("{}\nThêm một dòng", earlier.body);
        order.not_after = order.not_after.offset_by(3_600_000);
        let need = |code: &str, count| Requirement {
            code: code.parse().expect("a code"),
            kind: RequirementKind::Personnel,
            count,
        };
        order.requirements = vec![need("CN02", 40)];
        order.audience.endpoints.remove(1);
        order.audience.endpoints.insert(900);
        let told = differences(&earlier, &order).join("\n");
        for said in [
            "title: `Khác`, was `",
            "void after: ",
            "needs CN02: 40, was none",
            "1 came and 1 went",
            "text: 0 lines went and 1 came",
            "+ Thêm một dòng",
        ] {
            assert!(told.contains(said), "{said}: {told}");
        }
        assert!(!told.contains("urgency"), "{told}");
    }

    #[test]
    fn a_changed_line_shows_what_it_was_and_cannot_paint_over_it() {
        let lines = text("một\nhai\nba", "một\nhai\u{1b}[2K rưỡi\nba");
        assert_eq!(lines, ["text: 1 lines went and 1 came", "- hai", "+ hai\u{fffd}[2K rưỡi"]);
        let long: String = (0..50).map(|n| format!("{n}\n")).collect();
        let lines = text("", &long);
        assert_eq!(lines.len(), TEXT_LINES_MAX + 2);
        assert_eq!(lines.last().map(String::as_str), Some("... and 38 lines more"));
    }
}
