//! Calling what the plan has: the posts of a reserve unit as lines, and who holds them on a day.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;

use crate::domain::callup::LINES_MAX;
use crate::domain::code::Code;
use crate::domain::ids::{ReserveUnitCode, SpecialtyCode};
use crate::domain::nearest::meant;
use crate::domain::order::RequirementKind;
use crate::domain::plan::{ReserveUnit, Stage};
use crate::domain::registry::eligibility::Duty;
use crate::index::PlanIndex;
use crate::rpc::services::call_up::{Holder, Line};
use crate::rpc::status::Reject;

/// What a plan calls.
#[derive(Debug)]
pub(super) struct Called {
    pub(super) lines: Vec<Line>,
    /// The post of each record that is on a line.
    pub(super) posts: HashMap<[u8; 16], String>,
    /// The reserve unit as it is established on the day.
    pub(super) unit: ReserveUnit,
}

/// What a reserve unit's plan calls on a day: posts of one specialty for one duty are one line. Who
/// waits for a post is with its line, in the order of the list; who holds one that is no more is with
/// the first line of its kind, to be counted there.
pub(super) fn called(
    plan: &PlanIndex,
    code: &ReserveUnitCode,
    day: Date,
) -> Result<Called, Reject> {
    let unknown = || {
        let codes = plan.established_on(day).map(|kept| kept.unit.code.as_str());
        let look = "see `hoatoc plan list`, or name required strength instead";
        let meant = meant(code.as_str(), codes, look);
        let text = format!("there is no reserve unit {code} on {day}: {meant}");
        Reject::new(Code::NotFound, "PLAN_UNKNOWN", text)
    };
    let mut established = plan.established_on(day).map(|kept| &kept.unit);
    let unit = established.find(|unit| unit.code == *code).ok_or_else(unknown)?;
    let mut lines = Lines::default();
    for post in &unit.posts {
        let is_combat = post.duty == Duty::Combat;
        lines.line((RequirementKind::Personnel, &post.specialty, is_combat)).count += post.count;
    }
    for line in &unit.lines {
        lines.line((RequirementKind::Equipment, &line.kind, false)).count += line.count;
    }
    let mut posts = HashMap::new();
    let all = plan.of_reserve_unit(code).map(|at| &at.assignment);
    let (mut waiting, held): (Vec<_>, Vec<_>) = all
        .filter(|at| at.holds_on(day) || (at.stage == Stage::Waiting && at.from <= day))
        .partition(|at| at.stage == Stage::Waiting);
    waiting.sort_by_key(|at| (at.tier, at.from, at.id));
    let places = held.into_iter().map(|at| (at, None));
    for (at, waits) in places.chain(waiting.into_iter().zip((0_u32..).map(Some))) {
        let id = *at.subject.as_bytes();
        let is_person = at.subject.is_person();
        let holder = Holder { id, post: at.post, unit: at.unit.clone(), waits };
        let line = match place(unit, is_person, at.post) {
            // Two assignments may touch on a day that one of them is corrected for, and who holds a
            // place or waits for one may wait for another.
            Some(_place) if posts.contains_key(&id) => continue,
            Some((key, label)) => {
                posts.insert(id, label);
                Some(lines.line(key))
            }
            None if waits.is_some() => None,
            None => lines.first(is_person),
        };
        if let Some(line) = line {
            line.holders.get_or_insert_default().push(holder);
        }
    }
    if lines.all.len() > LINES_MAX {
        let text = format!(
            "the plan of {code} has over {LINES_MAX} kinds of posts: call it in parts, by required strength"
        );
        return Err(Reject::new(Code::Exhausted, "CALL_UP_TOO_LARGE", text));
    }
    Ok(Called { lines: lines.all, posts, unit: unit.clone() })
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

    fn first(&mut self, is_person: bool) -> Option<&mut Line> {
        self.all.iter_mut().find(|line| (line.kind == RequirementKind::Personnel) == is_person)
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

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::domain::ids::{AssignmentId, ReservistId};
    use crate::domain::plan::{Assignment, Post, Settled, Subject, Tier};
    use crate::index::assignments::{Assigned, Kept, PlanChange};

    const DAY: Date = date(2026, 12, 1);

    fn post(no: u16, specialty: &str, duty: Duty) -> Post {
        Post {
            no,
            title: "Chiến sĩ".to_owned(),
            specialty: specialty.parse().expect("a code"),
            near: Vec::new(),
            rank_min: None,
            rank_max: None,
            duty,
            count: 2,
            sex: None,
            health_max: None,
        }
    }

    fn holder(id: u8, post: u16, stage: Stage) -> Assignment {
        Assignment {
            id: AssignmentId::from_bytes([id; 16]),
            version: 1,
            subject: Subject::Reservist(ReservistId::from_bytes([id; 16])),
            unit: "03160".parse().expect("a code"),
            reserve_unit: "DB-C1".parse().expect("a code"),
            post,
            tier: Tier::ExactFirst,
            stage,
            from: date(2026, 1, 1),
            to: (stage == Stage::Ended).then(|| date(2026, 6, 30)),
            ended: None,
            superseded_by: None,
            settled: Settled::default(),
        }
    }

    #[test]
    fn a_plan_calls_who_holds_its_posts_on_the_day() {
        let mut plan = PlanIndex::default();
        let unit = ReserveUnit {
            code: "DB-C1".parse().expect("a code"),
            name: "Đại đội 1".to_owned(),
            unit: "11".parse().expect("a code"),
            receiving_unit: None,
            receiving_unit_code: None,
            assembly_station: None,
            reception_station: None,
            source_units: Vec::new(),
            posts: vec![
                post(1, "CN01", Duty::Combat),
                post(2, "CN01", Duty::Combat),
                post(3, "CN01", Duty::Support),
            ],
            lines: Vec::new(),
            quotas: Vec::new(),
            valid_from: date(2026, 1, 1),
            valid_to: None,
            is_former: false,
        };
        let code = unit.code.clone();
        plan.apply(PlanChange::ReserveUnit(Box::new(Kept { id: [0; 16], version: 1, unit })));
        for assignment in [
            holder(1, 1, Stage::Active),
            holder(2, 2, Stage::Active),
            holder(3, 3, Stage::Active),
            holder(4, 1, Stage::Waiting),
            holder(5, 1, Stage::Ended),
        ] {
            let assigned = Assigned { assignment, subject_version: 1 };
            plan.apply(PlanChange::Assignment(Box::new(assigned)));
        }
        let Called { lines: called_lines, posts, .. } =
            called(&plan, &code, DAY).expect("it exists");
        let told: Vec<_> = called_lines.iter().map(|line| (line.is_combat, line.count)).collect();
        assert_eq!(told, [(true, 4), (false, 2)], "posts alike are one line");
        let of = |at: usize| -> Vec<_> {
            let holders = called_lines[at].holders.iter().flatten();
            holders.map(|holder| (holder.id, holder.post, holder.waits)).collect()
        };
        let (first, second) = (([1; 16], 1, None), ([2; 16], 2, None));
        assert_eq!(of(0), [first, second, ([4; 16], 1, Some(0))], "who waits comes last");
        assert_eq!(of(1), [([3; 16], 3, None)]);
        assert_eq!(posts[&[2; 16]], "DB-C1 / 2 Chiến sĩ");
        assert_eq!(posts.len(), 4, "not who is gone");
        let before = called(&plan, &code, date(2025, 12, 31)).expect_err("it is not there yet");
        assert_eq!(before.reason, "PLAN_UNKNOWN");
        let in_june = called(&plan, &code, date(2026, 6, 1)).expect("it exists").posts;
        assert!(in_june.contains_key(&[5; 16]), "who held a post then");
    }
}
