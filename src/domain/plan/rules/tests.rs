use super::*;
use crate::domain::plan::test_plan::{candidate, item, plain_post};
use crate::domain::registry::{Capacity, CapacityUnit};

#[test]
fn a_match_is_exact_or_near_and_anything_else_has_its_reason() {
    let post = plain_post();
    let good = candidate(1, "03356", "CN01");
    assert_eq!(fits(&post, &good), Ok(Match::Exact));
    assert_eq!(fits(&post, &candidate(1, "03356", "CN02")), Ok(Match::Near));
    let refused = |change: fn(&mut Candidate)| {
        let mut changed = good.clone();
        change(&mut changed);
        fits(&post, &changed).expect_err("a rule is broken").code()
    };
    for (change, reason) in [
        ((|c| c.is_assigned = true) as fn(&mut Candidate), "ASSIGNED"),
        (|c| c.combat = Err("OVER_AGE"), "OVER_AGE"),
        (|c| c.specialty = None, "SPECIALTY_UNKNOWN"),
        (|c| c.specialty = "CN03".parse().ok(), "OTHER_SPECIALTY"),
        (|c| c.rank = None, "RANK_UNKNOWN"),
        (|c| c.rank = Some(Rank::PrivateSecond), "RANK_TOO_LOW"),
        (|c| c.rank = Some(Rank::Captain), "RANK_TOO_HIGH"),
        (|c| c.health = None, "HEALTH_UNKNOWN"),
        (|c| c.health = HealthClass::new(4), "HEALTH_TOO_LOW"),
    ] {
        assert_eq!(refused(change), reason);
    }
    let mut of_women = post.clone();
    of_women.sex = Some(Sex::Female);
    assert_eq!(fits(&of_women, &good), Err(Refusal::OtherSex));
}

#[test]
fn a_support_post_asks_the_support_limits_and_an_open_post_asks_little() {
    let mut post = plain_post();
    post.duty = Duty::Support;
    let mut older = candidate(1, "03356", "CN01");
    older.combat = Err("OVER_AGE");
    assert_eq!(fits(&post, &older), Ok(Match::Exact));
    (post.rank_min, post.rank_max, post.health_max) = (None, None, None);
    (older.rank, older.health) = (None, None);
    assert_eq!(fits(&post, &older), Ok(Match::Exact), "nothing is asked that is not known");
}

#[test]
fn an_item_needs_its_type_capacity_and_driver() {
    let tonnes = |thousandths| Some(Capacity { thousandths, unit: CapacityUnit::Tonne });
    let line = EquipmentLine {
        no: 1,
        kind: "PT01".parse().expect("a good code"),
        near: vec!["PT02".parse().expect("a good code")],
        capacity_min: tonnes(3_500),
        count: 1,
        needs_driver: true,
    };
    let truck = Item { capacity: tonnes(5_000), ..item(1, "03356", "PT01") };
    assert_eq!(fits_line(&line, &truck), Ok(Match::Exact));
    let pickup = Item { kind: "PT02".parse().expect("a good code"), ..truck.clone() };
    assert_eq!(fits_line(&line, &pickup), Ok(Match::Near));
    let seats = Some(Capacity { thousandths: 50_000, unit: CapacityUnit::Seat });
    for (other, reason) in [
        (Item { capacity: tonnes(3_499), ..truck.clone() }, Refusal::CapacityTooLow),
        (Item { capacity: seats, ..truck.clone() }, Refusal::CapacityTooLow),
        (Item { capacity: None, ..truck.clone() }, Refusal::CapacityTooLow),
        (Item { has_driver: false, ..truck.clone() }, Refusal::NoDriver),
        (Item { available: Err("SOLD"), ..truck.clone() }, Refusal::NotCallable("SOLD")),
        (Item { is_assigned: true, ..truck }, Refusal::Assigned),
    ] {
        assert_eq!(fits_line(&line, &other), Err(reason));
    }
}
