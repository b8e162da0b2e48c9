use std::collections::BTreeSet;

use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::domain::plan::test_plan::{COMMUNES, Small, candidate, item, post};
use crate::domain::plan::{LineInput, PostInput, QuotaInput};
use crate::domain::registry::ReserveClass;

const DAY: Date = date(2026, 2, 1);

fn people(small: &Small, units: &[&ReserveUnit], candidates: &[Candidate]) -> Proposal {
    let needs: Vec<_> = units.iter().map(|unit| Needs::empty(unit)).collect();
    propose_people(Propose { units: &small.units, day: DAY, needs: &needs }, candidates)
}

fn who(proposal: &Proposal) -> Vec<(u8, u16, u8)> {
    let placement = |at: &Placement| (at.subject.as_bytes()[0], at.post, at.tier.number());
    proposal.placements.iter().map(placement).collect()
}

#[test]
fn the_law_s_order_is_exact_before_near_and_class_one_before_class_two() {
    let small = Small::new();
    let unit = small.reserve_unit("C1", vec![post("CN01", &["CN02"], 3)]);
    let second =
        |number| Candidate { class: Some(ReserveClass::Two), ..candidate(number, "03356", "CN01") };
    let near = |number| candidate(number, "03356", "CN02");
    let list = [near(1), second(2), candidate(3, "03356", "CN01"), near(4)];
    let proposal = people(&small, &[&unit], &list);
    assert_eq!(who(&proposal), [(3, 1, 1), (2, 1, 2), (1, 1, 3)]);
    assert_eq!(proposal.unplaced.len(), 1);
    assert_eq!(proposal.unplaced[0].reason, Refusal::PostsFull);
    assert_eq!(proposal.proposed.by_tier, [1, 1, 1, 0]);
}

#[test]
fn among_equals_the_younger_goes_first_then_who_was_re_checked_later() {
    let small = Small::new();
    let unit = small.reserve_unit("C1", vec![post("CN01", &[], 2)]);
    let born =
        |number, year| Candidate { birth: date(year, 1, 1), ..candidate(number, "03356", "CN01") };
    let checked = Candidate { rechecked_on: Some(date(2026, 1, 1)), ..born(4, 1999) };
    let proposal =
        people(&small, &[&unit], &[born(1, 1990), born(2, 1999), born(3, 2000), checked]);
    assert_eq!(who(&proposal), [(3, 1, 1), (4, 1, 1)]);
}

#[test]
fn a_post_that_greedy_leaves_empty_is_filled_by_moving_and_the_difference_is_shown() {
    let small = Small::new();
    let mut officers = post("CN01", &[], 1);
    officers.rank_min = "Trung sĩ".to_owned();
    // The sergeant is the youngest and takes the first post, which all can hold.
    let unit = small.reserve_unit("C1", vec![post("CN01", &[], 1), officers]);
    let sergeant = Candidate {
        rank: crate::domain::registry::Rank::parse("Trung sĩ"),
        birth: date(2005, 1, 1),
        ..candidate(1, "03356", "CN01")
    };
    let proposal = people(&small, &[&unit], &[sergeant, candidate(2, "03356", "CN01")]);
    assert_eq!((proposal.greedy.total(), proposal.proposed.total()), (1, 2));
    assert_eq!(who(&proposal), [(2, 1, 1), (1, 2, 1)]);
    let moved: Vec<_> = proposal.filled_by_moving().collect();
    assert_eq!(moved, [(&unit.code, 2, 1)]);
}

#[test]
fn area_quota_and_the_rest_are_reasons_that_can_be_counted() {
    let small = Small::new();
    let mut input = small.input("C1", vec![post("CN01", &[], 3), post("CN03", &[], 2)]);
    input.quotas = vec![QuotaInput { unit: COMMUNES[0].to_owned(), people: 1, equipment: 0 }];
    let unit = input.check(&small.lists()).expect("a sound reserve unit");
    let mut list: Vec<_> = (1..4).map(|at| candidate(at, COMMUNES[0], "CN01")).collect();
    list.push(candidate(4, COMMUNES[1], "CN01"));
    list.push(candidate(5, COMMUNES[3], "CN01"));
    list.push(candidate(6, COMMUNES[0], "CN02"));
    list.push(Candidate { combat: Err("OVER_AGE"), ..candidate(7, COMMUNES[0], "CN01") });
    let proposal = people(&small, &[&unit], &list);
    assert_eq!(proposal.placements.len(), 1);
    let reasons = BTreeMap::from([
        ("QUOTA_FULL", 2),
        ("NO_QUOTA", 1),
        ("OUTSIDE_AREA", 1),
        ("OTHER_SPECIALTY", 1),
        ("OVER_AGE", 1),
    ]);
    assert_eq!(proposal.unplaced_by_reason(), reasons);
    assert_eq!(proposal.unfilled.len(), 2);
    assert_eq!((proposal.unfilled[0].post, proposal.unfilled[0].missing), (1, 2));
    assert_eq!(proposal.unfilled[0].reasons["QUOTA_FULL"], 2);
    assert_eq!(proposal.unfilled[1].reasons["OTHER_SPECIALTY"], 4);
}

#[test]
fn what_is_held_and_given_already_is_not_filled_again() {
    let small = Small::new();
    let mut input = small.input("C1", vec![post("CN01", &[], 5)]);
    input.quotas = vec![QuotaInput { unit: COMMUNES[0].to_owned(), people: 3, equipment: 0 }];
    let unit = input.check(&small.lists()).expect("a sound reserve unit");
    let mut needs = Needs::empty(&unit);
    needs.held_posts.insert(1, 2);
    needs.given_people.insert(COMMUNES[0].parse().expect("a good code"), 2);
    let list: Vec<_> = (1..6).map(|at| candidate(at, COMMUNES[0], "CN01")).collect();
    let proposal =
        propose_people(Propose { units: &small.units, day: DAY, needs: &[needs] }, &list);
    assert_eq!((proposal.open, proposal.placements.len()), (3, 1));
}

#[test]
fn equipment_is_filled_like_people_the_better_grade_first() {
    let small = Small::new();
    let mut input = small.input("C1", Vec::new());
    let line = LineInput { kind: "PT01".to_owned(), count: 2, ..LineInput::default() };
    input.lines = vec![LineInput { near: vec!["PT02".to_owned()], ..line }];
    let unit = input.check(&small.lists()).expect("a sound reserve unit");
    let worse = Item { grade: Some(3), ..item(1, COMMUNES[0], "PT01") };
    let list = [item(3, COMMUNES[0], "PT02"), worse, item(2, COMMUNES[0], "PT01")];
    let needs = [Needs::empty(&unit)];
    let proposal =
        propose_equipment(Propose { units: &small.units, day: DAY, needs: &needs }, &list);
    assert_eq!(who(&proposal), [(2, 1, 1), (1, 1, 1)]);
    assert_eq!(proposal.unplaced[0].reason, Refusal::PostsFull);
}

#[test]
fn nobody_and_nothing_is_drawn_from_a_unit_that_ended_with_nothing_in_its_place() {
    let small = Small::new();
    let mut input = small.input("C1", vec![post("CN01", &[], 3)]);
    input.lines = vec![LineInput { kind: "PT01".to_owned(), count: 3, ..LineInput::default() }];
    let unit = input.check(&small.lists()).expect("a sound reserve unit");
    let people = [COMMUNES[0], COMMUNES[1]].map(|unit| candidate(1, unit, "CN01"));
    let items = [COMMUNES[0], COMMUNES[1]].map(|unit| item(1, unit, "PT01"));
    for (last, drawn) in [(DAY.yesterday().expect("a day before"), 1), (DAY, 2)] {
        let units = small.ended(COMMUNES[1], last);
        let propose = Propose { units: &units, day: DAY, needs: &[Needs::empty(&unit)] };
        for proposal in [propose_people(propose, &people), propose_equipment(propose, &items)] {
            assert_eq!(proposal.placements.len(), drawn, "its last day is {last}");
            let closed = u64::try_from(2 - drawn).expect("none or one");
            let told = proposal.unplaced_by_reason();
            assert_eq!(told.get("UNIT_CLOSED").copied().unwrap_or(0), closed, "{told:?}");
            assert_eq!(proposal.unfilled[0].reasons.contains_key("UNIT_CLOSED"), closed == 1);
        }
    }
}

fn a_candidate() -> impl Strategy<Value = Candidate> {
    let fields = (0..5_usize, 0..3_u8, any::<bool>(), 1990..2006_i16, 0..8_u8);
    fields.prop_map(|(commune, specialty, is_first, year, spoilt)| {
        let unit = COMMUNES.get(commune).unwrap_or(&COMMUNES[0]);
        let mut made = candidate(0, unit, &format!("CN0{}", specialty + 1));
        made.class = Some(if is_first { ReserveClass::One } else { ReserveClass::Two });
        made.birth = date(year, 1, 1);
        match spoilt {
            0 => made.is_assigned = true,
            1 => made.combat = Err("OVER_AGE"),
            2 => made.specialty = None,
            3 => made.health = None,
            _good => {}
        }
        made
    })
}

fn a_plan() -> impl Strategy<Value = Vec<ReserveUnit>> {
    let near = prop_oneof![Just(Vec::new()), Just(vec!["CN02".to_owned()])];
    let post = (1..4_u8, near, 1..4_u32, 0..4_u32).prop_map(|(specialty, near, count, health)| {
        let specialty = format!("CN0{specialty}");
        PostInput { specialty, near, count, health_max: health, ..PostInput::default() }
    });
    let unit = (proptest::collection::vec(post, 1..4), proptest::option::of(0..4_u32));
    proptest::collection::vec(unit, 1..3).prop_map(|list| {
        let small = Small::new();
        let unit = |(at, (posts, quota)): (usize, (Vec<PostInput>, Option<u32>))| {
            let mut input = small.input(&format!("C{at}"), posts);
            let quota = quota.map(|people| QuotaInput {
                unit: COMMUNES[0].to_owned(),
                people,
                equipment: 0,
            });
            input.quotas = quota.into_iter().collect();
            input.check(&small.lists()).expect("a sound reserve unit")
        };
        list.into_iter().enumerate().map(unit).collect()
    })
}

proptest! {
    #[test]
    fn everybody_has_a_place_or_a_reason_and_so_has_every_open_post(
        units in a_plan(), mut list in proptest::collection::vec(a_candidate(), 0..12),
    ) {
        for (at, candidate) in list.iter_mut().enumerate() {
            let number = u8::try_from(at + 1).expect("a short list");
            candidate.id = crate::domain::ids::ReservistId::from_bytes([number; 16]);
        }
        let small = Small::new();
        let units: Vec<&ReserveUnit> = units.iter().collect();
        let proposal = people(&small, &units, &list);
        let placed: BTreeSet<_> = proposal.placements.iter().map(|at| at.subject).collect();
        prop_assert_eq!(placed.len(), proposal.placements.len(), "nobody twice");
        prop_assert_eq!(placed.len() + proposal.unplaced.len(), list.len());
        prop_assert!(proposal.unplaced.iter().all(|at| !placed.contains(&at.subject)));

        let mut filled: BTreeMap<(&ReserveUnitCode, u16), u32> = BTreeMap::new();
        let mut given: BTreeMap<(&ReserveUnitCode, &UnitCode), u32> = BTreeMap::new();
        for at in &proposal.placements {
            *filled.entry((&at.reserve_unit, at.post)).or_default() += 1;
            *given.entry((&at.reserve_unit, &at.unit)).or_default() += 1;
            let unit = units.iter().find(|unit| unit.code == at.reserve_unit).expect("asked for");
            let who = list.iter().find(|who| at.subject == Subject::Reservist(who.id));
            let (who, post) = (who.expect("a candidate"), unit.post(at.post).expect("a post"));
            let fit = crate::domain::plan::fits(post, who).expect("it fits");
            prop_assert_eq!(Tier::of(fit, who.is_first()), at.tier);
            prop_assert!(unit.draws_on(&small.units).contains(&who.unit), "within the area");
        }
        for unit in &units {
            for quota in &unit.quotas {
                let given = given.get(&(&unit.code, &quota.unit)).copied().unwrap_or(0);
                prop_assert!(given <= quota.people, "no quota is exceeded");
            }
            for post in &unit.posts {
                let filled = filled.get(&(&unit.code, post.no)).copied().unwrap_or(0);
                prop_assert!(filled <= post.count, "no post is overfilled");
                let open = proposal
                    .unfilled
                    .iter()
                    .find(|open| open.reserve_unit == unit.code && open.post == post.no);
                prop_assert_eq!(open.map_or(0, |open| open.missing), post.count - filled);
                prop_assert!(open.is_none_or(|open| !open.reasons.is_empty()));
            }
        }
    }
}
