//! What an import never does in silence: overwrite what is newer, bring back who is gone, make a second
//! record of one person, take a holder of the plan away.

use super::plan::{ELSEWHERE, Plan};
use super::transfer::{person, warned};
use super::*;

const DAY_2019: pb::CivilDate = pb::CivilDate { year: 2019, month: 6, day: 30 };
const DAY_2020: pb::CivilDate = pb::CivilDate { year: 2020, month: 6, day: 30 };
const FIELDS: [&str; 6] =
    ["rank", "reserve_class", "phones", "note", "hamlet", "residence_unit_code"];

fn known() -> pb::Reservist {
    pb::Reservist {
        rank: "Trung sĩ".to_owned(),
        reserve_class: 1,
        category: pb::ReservistCategory::NcoSoldier.into(),
        phones: vec!["+84912345678".to_owned()],
        note: String::new(),
        hamlet: "Bản Mới".to_owned(),
        last_recheck_date: None,
        ..person()
    }
}

fn of_2019() -> pb::Reservist {
    pb::Reservist {
        rank: "Binh nhì".to_owned(),
        reserve_class: 2,
        phones: vec!["+84987654321".to_owned()],
        note: "theo sổ cũ".to_owned(),
        hamlet: "Bản Cũ".to_owned(),
        residence_unit_code: "03160".to_owned(),
        ..known()
    }
}

#[tokio::test]
async fn a_list_that_is_older_than_the_record_only_fills_in_what_it_lacks() {
    let mut house = House::new().await;
    let id = house.create("c-1", &known()).await.expect("created").reservist_id;
    for (name, fields) in [("some", &FIELDS[..]), ("all", &[][..])] {
        let answer = house.feed_of(name, of_2019(), fields, Some(DAY_2019)).await;
        assert_eq!(
            (answer.refused.len(), warned(&answer)),
            (0, vec!["OLDER_THAN_RECORD"]),
            "{name}"
        );
        let stored = house.get(&id).await.expect("shown");
        assert_eq!((stored.rank.as_str(), stored.reserve_class), ("Trung sĩ", 1), "{name}");
        assert_eq!(stored.phones, known().phones);
        assert_eq!(stored.residence_unit_code, known().residence_unit_code);
        assert_eq!(stored.hamlet, "Bản Mới", "no hamlet of another commune");
        assert_eq!(stored.note, "theo sổ cũ", "what was missing is filled in");
    }
    let newer = house.feed_of("now", of_2019(), &FIELDS[..3], None).await;
    assert_eq!((newer.updated, warned(&newer)), (1, vec![]), "a list of today is as new");
    assert_eq!(house.get(&id).await.expect("shown").rank, "Binh nhì");
}

#[tokio::test]
async fn of_two_lists_with_their_days_the_later_one_holds_in_whatever_order_they_come() {
    for (first, second) in [(DAY_2019, DAY_2020), (DAY_2020, DAY_2019)] {
        let mut house = House::new().await;
        let of = |day: &pb::CivilDate| if day.year == 2019 { of_2019() } else { known() };
        let made = house.feed_of("one", of(&first), &FIELDS, Some(first)).await;
        assert_eq!((made.created, warned(&made)), (1, vec![]));
        let again = house.feed_of("same", of(&first), &FIELDS, Some(first)).await;
        assert_eq!((again.unchanged, warned(&again)), (1, vec![]), "itself is not older");
        house.feed_of("two", of(&second), &FIELDS[..3], Some(second)).await;
        let listed = house.list(1, "", "").await.expect("listed").reservists.remove(0);
        let stored = house.get(&listed.reservist_id).await.expect("shown");
        assert_eq!(stored.rank, "Trung sĩ", "{first:?} then {second:?}");
        assert_eq!(stored.known_date, Some(DAY_2020));
    }
}

#[tokio::test]
async fn a_recheck_after_the_day_of_a_list_stands_against_it() {
    let mut house = House::new().await;
    let rechecked = pb::Reservist { last_recheck_date: Some(DAY_2020), ..known() };
    house.feed_of("one", rechecked, &[], Some(DAY_2019)).await;
    let day = pb::CivilDate { year: 2019, month: 12, day: 31 };
    let older = house.feed_of("two", of_2019(), &FIELDS[..2], Some(day)).await;
    assert_eq!(warned(&older), ["OLDER_THAN_RECORD"]);
}

#[tokio::test]
async fn a_list_of_a_day_to_come_is_refused() {
    let mut house = House::new().await;
    let to_come = pb::CivilDate { year: 2099, month: 1, day: 1 };
    let batch = pb::ImportReservistsRequest {
        request_id: "one".to_owned(),
        rows: vec![pb::ReservistRow { row: 1, reservist: Some(known()), ..Default::default() }],
        list_date: Some(to_come),
        ..Default::default()
    };
    let answers = house.client.import_reservists(tokio_stream::iter([batch])).await;
    let refused = match answers {
        Ok(answers) => answers.into_inner().message().await.expect_err("refused"),
        Err(refused) => refused,
    };
    assert!(refused.message().contains("list_date"), "{refused}");
}

#[tokio::test]
async fn who_is_dead_or_released_does_not_come_back_by_a_list() {
    use pb::ReservistStatus::{Active, Dead, Deferred, MovedOut, OverAge, Released};
    for ended in [Dead, Released, OverAge, MovedOut] {
        let mut house = House::new().await;
        let gone = pb::Reservist { status: ended.into(), ..known() };
        let id = house.create("c-1", &gone).await.expect("created").reservist_id;
        for (name, status, fields) in [
            ("some", Active, &["status"][..]),
            ("other", Deferred, &["status"][..]),
            ("all", Active, &[][..]),
        ] {
            let back = pb::Reservist { status: status.into(), ..known() };
            let answer = house.feed_one(name, back, fields).await;
            let refused = answer.refused.first().expect("refused");
            assert_eq!((refused.reason.as_str(), &refused.about), ("STATUS_ENDED", &id), "{name}");
        }
        assert_eq!(house.get(&id).await.expect("shown").status(), ended);
        let noted = pb::Reservist { note: "Mới".to_owned(), ..known() };
        let answer = house.feed_one("note", noted, &["note"]).await;
        assert_eq!((answer.updated, answer.refused.len()), (1, 0), "the rest may be said");
    }
    let mut house = House::new().await;
    let gone = pb::Reservist { status: MovedOut.into(), ..known() };
    house.create("c-1", &gone).await.expect("created");
    let there = pb::Reservist { residence_unit_code: "03160".to_owned(), ..known() };
    let answer = house.feed_one("there", there, &["status", "residence_unit_code"]).await;
    assert_eq!(warned(&answer), ["RESIDENCE_MOVED", "STATUS_RETURNED"], "known in another commune");
}

#[tokio::test]
async fn a_new_record_that_may_be_of_a_known_person_is_made_and_told_of() {
    let mut house = House::new().await;
    let id = house.create("c-1", &known()).await.expect("created").reservist_id;
    let number = known().citizen_id;
    let last = if number.ends_with('1') { '2' } else { '1' };
    let slip = format!("{}{last}", &number[..11]);
    let other = format!("{}{}", &number[..6], "987654");
    let elsewhere = "03160".to_owned();
    let like = |citizen_id: &str| pb::Reservist {
        citizen_id: citizen_id.to_owned(),
        reserve_card_number: String::new(),
        ..known()
    };
    let cases = [
        ("commune", like(&other), true),
        ("phone", pb::Reservist { residence_unit_code: elsewhere.clone(), ..like(&other) }, true),
        (
            "slip",
            pb::Reservist { residence_unit_code: elsewhere.clone(), phones: vec![], ..like(&slip) },
            true,
        ),
        (
            "nothing but the name and day",
            pb::Reservist { residence_unit_code: elsewhere, phones: vec![], ..like(&other) },
            false,
        ),
        (
            "only the year",
            pb::Reservist { birth_precision: pb::DatePrecision::Year.into(), ..like(&other) },
            false,
        ),
    ];
    for (name, row, is_told) in cases {
        let batch = pb::ImportReservistsRequest {
            request_id: name.replace(' ', "-"),
            rows: vec![pb::ReservistRow { row: 5, reservist: Some(row), kept: Vec::new() }],
            validate_only: true,
            ..Default::default()
        };
        let answers = house.client.import_reservists(tokio_stream::iter([batch])).await;
        let answer = answers.expect("taken").into_inner().message().await;
        let answer = answer.expect("answered").expect("one");
        assert_eq!((answer.created, answer.refused.len()), (1, 0), "{name}: {answer:?}");
        let told: Vec<_> = answer.warnings.iter().map(|one| (&*one.code, &one.about)).collect();
        let wanted: Vec<_> = is_told.then_some(("LIKELY_DOUBLE", &id)).into_iter().collect();
        assert_eq!(told, wanted, "{name}");
    }
}

#[tokio::test]
async fn a_conflict_of_persons_names_the_record() {
    let mut house = House::new().await;
    let id = house.create("c-1", &known()).await.expect("created").reservist_id;
    let other = pb::Reservist {
        full_name: "Vàng Thị Mai".to_owned(),
        sex: if known().sex == 1 { 2 } else { 1 },
        birth_date: Some(pb::CivilDate { year: 1971, month: 1, day: 1 }),
        ..known()
    };
    for (name, fields) in [("some", &["full_name", "sex", "birth_date"][..]), ("all", &[][..])] {
        let answer = house.feed_one(name, other.clone(), fields).await;
        let refused = answer.refused.first().expect("refused");
        assert_eq!((refused.reason.as_str(), &refused.about), ("PERSON_CONFLICT", &id), "{name}");
        assert_eq!(refused.differing, ["full_name", "sex", "birth_date"]);
    }
    let other = pb::Reservist { full_name: known().full_name, ..other };
    let answer = house.feed_one("same-name", other, &[]).await;
    let refused = answer.refused.first().expect("refused");
    assert_eq!(refused.differing, ["sex", "birth_date"], "what is the same is not named");
}

#[tokio::test]
async fn a_name_in_capitals_takes_nothing_from_the_same_name_as_it_is_spelled() {
    let mut house = House::new().await;
    let known = pb::Reservist { full_name: "Cà Văn Xuống".to_owned(), ..known() };
    let id = house.create("c-1", &known).await.expect("created").reservist_id;
    let capitals = pb::Reservist { full_name: "CÀ VĂN XUỐNG".to_owned(), ..known.clone() };
    let answer = house.feed_one("capitals", capitals, &["full_name"]).await;
    assert_eq!(answer.unchanged, 1);
    let spelled = pb::Reservist { full_name: "Cà Văn Xuồng".to_owned(), ..known };
    let answer = house.feed_one("spelled", spelled, &["full_name"]).await;
    assert_eq!(answer.updated, 1);
    assert_eq!(house.get(&id).await.expect("shown").full_name, "Cà Văn Xuồng");
}

#[tokio::test]
async fn a_list_that_makes_a_holder_unfit_names_the_place_and_why() {
    let mut plan = Plan::new(2, 2).await;
    plan.assign(0, false).await;
    for (who, wanted) in [(0, vec!["DB-1 post 1: OTHER_SPECIALTY"]), (1, vec![])] {
        let row = pb::Reservist { specialty_code: "CN05".to_owned(), ..plan.who[who].clone() };
        let answer = plan.house.feed_one(&format!("i-{who}"), row, &["specialty_code"]).await;
        assert_eq!(answer.updated, 1);
        let told: Vec<&str> = answer.warnings.iter().map(|one| one.about.as_str()).collect();
        assert_eq!(told, wanted, "{:?}", answer.warnings);
    }
    let dead = pb::Reservist { status: pb::ReservistStatus::Dead.into(), ..plan.who[0].clone() };
    let answer = plan.house.feed_one("dead", dead, &["status"]).await;
    assert_eq!(warned(&answer), Vec::<&str>::new(), "did not fit before either");
}

#[tokio::test]
async fn a_change_of_one_record_that_makes_a_holder_unfit_names_the_place_and_why() {
    let mut plan = Plan::new(2, 2).await;
    plan.assign(0, false).await;
    for (who, wanted) in [(0, vec!["HOLDER_UNFIT: DB-1 post 1: ABROAD"]), (1, vec![])] {
        let stored = plan.house.get(&plan.who[who].reservist_id).await.expect("shown");
        let ask = pb::UpdateReservistRequest {
            request_id: format!("abroad-{who}"),
            reservist: Some(pb::Reservist { status: pb::ReservistStatus::Abroad.into(), ..stored }),
        };
        let told = plan.house.client.update_reservist(ask).await.expect("changed").into_inner();
        assert_eq!(told.warnings, wanted);
    }
}

#[tokio::test]
async fn who_accepts_a_holder_out_of_the_area_is_told_the_place_that_is_lost() {
    let mut plan = Plan::new(2, 2).await;
    for (who, to, wanted) in
        [(0, "03352", vec!["HOLDER_UNFIT: DB-1 post 1: OUTSIDE_AREA"]), (1, ELSEWHERE, vec![])]
    {
        plan.assign(who, false).await;
        let id = plan.who[who].reservist_id.clone();
        plan.house.start(&format!("s-{who}"), &id, to).await.expect("begun");
        plan.house.calls_as(true, Some(to));
        let accepted = plan.house.accept(&format!("taken-{who}"), &id).await.expect("accepted");
        assert_eq!(accepted.warnings, wanted);
        plan.house.calls_as(true, None);
    }
}

#[tokio::test]
async fn a_commune_has_one_base_whatever_code_a_list_gives_it() {
    let mut house = House::new().await;
    let base = |code: &str| pb::MilitiaBase {
        code: code.to_owned(),
        kind: pb::MilitiaBaseKind::CommuneMilitia.into(),
        unit_code: "03160".to_owned(),
        name: "Dân quân xã Mường Nhé".to_owned(),
        status: pb::MilitiaBaseStatus::Active.into(),
        ..pb::MilitiaBase::default()
    };
    let mut answers = Vec::new();
    for (name, one) in [("b-1", base("DQ-001")), ("b-2", base("DQ-03160")), ("b-3", base("M-1"))] {
        let row = pb::MilitiaBaseRow { row: 2, militia_base: Some(one), kept: Vec::new() };
        let batch = pb::ImportMilitiaBasesRequest {
            request_id: name.to_owned(),
            rows: vec![row],
            ..Default::default()
        };
        let said = house.force.import_militia_bases(tokio_stream::iter([batch])).await;
        let said = said.expect("taken").into_inner().message().await;
        answers.push(said.expect("answered").expect("one"));
    }
    assert_eq!((answers[0].created, answers[1].unchanged), (1, 1), "{answers:?}");
    let codes: Vec<&str> = answers[2].warnings.iter().map(|one| one.code.as_str()).collect();
    assert_eq!(codes, ["SECOND_MILITIA_BASE"]);
    let mut who = known();
    who.militia_role =
        Some(pb::MilitiaRole { base_code: "DQ-03160".to_owned(), ..Default::default() });
    let answer = house.feed_one("i-1", who, &[]).await;
    assert_eq!((answer.created, warned(&answer)), (1, vec![]), "{answer:?}");
    let listed = house.list(1, "", "").await.expect("listed").reservists.remove(0);
    let role = house.get(&listed.reservist_id).await.expect("shown").militia_role;
    assert_eq!(role.expect("one").base_code, "DQ-001");
}
