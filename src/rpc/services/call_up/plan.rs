//! Calling what the plan has: the posts of a reserve unit as lines, and who holds them on a day.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;

use crate::domain::callup::LINES_MAX;
use crate::domain::code::Code;
use crate::domain::ids::{ReserveUnitCode, SpecialtyCode};
use crate::domain::order::RequirementKind;
use crate::domain::plan::ReserveUnit;
use crate::domain::registry::eligibility::Duty;
use crate::index::PlanIndex;
use crate::rpc::services::call_up::Line;
use crate::rpc::status::Reject;

/// Lines, and the post of each record that is on one.
type Posted = (Vec<Line>, HashMap<[u8; 16], String>);

/// What a reserve unit's plan calls on a day: posts of one specialty for one duty are one line.
pub(super) fn lines(plan: &PlanIndex, code: &ReserveUnitCode, day: Date) -> Result<Posted, Reject> {
    let unknown = || {
        let text = format!(
            "there is no reserve unit {code} on {day}: see `hoatoc plan units`, or name required strength instead"
        );
        Reject::new(Code::NotFound, "PLAN_UNKNOWN", text)
    };
    let unit = plan.reserve_unit(code).map(|kept| &kept.unit);
    let unit = unit.filter(|unit| unit.exists_on(day)).ok_or_else(unknown)?;
    let mut lines = Lines::default();
    for post in &unit.posts {
        let is_combat = post.duty == Duty::Combat;
        lines.line((RequirementKind::Personnel, &post.specialty, is_combat)).count += post.count;
    }
    for line in &unit.lines {
        lines.line((RequirementKind::Equipment, &line.kind, false)).count += line.count;
    }
    let mut posts = HashMap::new();
    let held = plan.of_reserve_unit(code).map(|at| &at.assignment);
    for at in held.filter(|at| at.holds_on(day)) {
        let Some((key, label)) = place(unit, at.subject.is_person(), at.post) else { continue };
        // Two assignments may touch on a day that one of them is corrected for.
        if posts.insert(*at.subject.as_bytes(), label).is_none() {
            let holders = lines.line(key).holders.get_or_insert_default();
            holders.push(*at.subject.as_bytes());
        }
    }
    if lines.all.len() > LINES_MAX {
        let text = format!(
            "the plan of {code} has over {LINES_MAX} kinds of posts: call it in parts, by required strength"
        );
        return Err(Reject::new(Code::Exhausted, "CALL_UP_TOO_LARGE", text));
    }
    Ok((lines.all, posts))
}

/// What makes a line: people or means, which, and whether for a combat unit.
type Key<'a> = (RequirementKind, &'a SpecialtyCode, bool);

#[derive(Default)]
struct Lines {
    all: Vec<Line>,
    places: BTreeMap<(bool, SpecialtyCode, bool), usize>,
}

impl Lines {
    fn line(&mut self, (kind, code, is_combat): Key<'_>) -> &mut Line {
        let key = (kind == RequirementKind::Personnel, code.clone(), is_combat);
        let at = *self.places.entry(key).or_insert(self.all.len());
        if at == self.all.len() {
            let holders = Some(Vec::new());
            let (code, near) = (code.clone(), Vec::new());
            self.all.push(Line { code, kind, count: 0, near, is_combat, holders });
        }
        &mut self.all[at]
    }
}

/// The line and the name of a post or equipment line.
fn place(unit: &ReserveUnit, is_person: bool, no: u16) -> Option<(Key<'_>, String)> {
    Some(if is_person {
        let post = unit.post(no)?;
        let key = (RequirementKind::Personnel, &post.specialty, post.duty == Duty::Combat);
        (key, format!("{} / {no} {}", unit.code, post.title))
    } else {
        let line = unit.line(no)?;
        ((RequirementKind::Equipment, &line.kind, false), format!("{} / {no}", unit.code))
    })
}
