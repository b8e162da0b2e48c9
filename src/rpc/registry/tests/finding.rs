//! Orders, counts and what is hidden, through the door.

use super::*;
use crate::domain::text::sort_key;

async fn ask(
    house: &mut House,
    ask: pb::ListReservistsRequest,
) -> Result<pb::ListReservistsResponse, Status> {
    Ok(house.client.list_reservists(ask).await?.into_inner())
}

fn by(order_by: &str, page_token: &str, filter: &str) -> pb::ListReservistsRequest {
    pb::ListReservistsRequest {
        page_size: 20,
        page_token: page_token.to_owned(),
        filter: filter.to_owned(),
        order_by: order_by.to_owned(),
        as_of: None,
        view: 0,
    }
}

async fn count(
    house: &mut House,
    filter: &str,
    group_by: &[&str],
) -> Result<pb::CountRecordsResponse, Status> {
    let ask = pb::CountRecordsRequest {
        kind: pb::RecordKind::Reservist.into(),
        filter: filter.to_owned(),
        group_by: group_by.iter().map(|field| (*field).to_owned()).collect(),
        as_of: None,
    };
    Ok(house.client.count_records(ask).await?.into_inner())
}

#[tokio::test]
async fn people_are_listed_by_name_page_by_page_and_tokens_tell_no_names() {
    let mut house = House::new().await;
    house.import(roster("commune-clean.xlsx"), "one").await.expect("imported");
    let (mut names, mut token) = (Vec::new(), String::new());
    loop {
        let page = ask(&mut house, by("name", &token, "")).await.expect("listed");
        names.extend(page.reservists.into_iter().map(|who| who.full_name));
        token = page.next_page_token;
        let plain = hex::decode(&token).expect("hex");
        let last = names.last().map(|name| sort_key(name)).unwrap_or_default();
        assert!(!plain.windows(last.len()).any(|part| part == last.as_bytes()));
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(names.len(), 240);
    assert!(names.is_sorted_by_key(|name| sort_key(name)));
    let first = ask(&mut house, by("name", "", "")).await.expect("listed").next_page_token;
    for other in [by("name desc", &first, ""), by("name", &first, "sex = MALE"), by("", &first, "")]
    {
        let refused = ask(&mut house, other).await.expect_err("a token of another list");
        assert_eq!(refused.code(), Grpc::InvalidArgument);
    }
    let shown = &names[17];
    let found = ask(&mut house, by("name", "", &format!("name = \"{shown}\""))).await;
    let found = found.expect("found").reservists;
    assert!(!found.is_empty() && found.iter().all(|who| who.full_name == *shown));
}

#[tokio::test]
async fn counts_add_up_and_are_no_reading() {
    let mut house = House::new().await;
    house.import(roster("commune-clean.xlsx"), "one").await.expect("imported");
    let all = count(&mut house, "", &[]).await.expect("counted");
    assert_eq!((all.total, all.rows[0].count), (240, 240));
    let groups = count(&mut house, "sex = MALE", &["unit", "status"]).await.expect("counted");
    let sum: u64 = groups.rows.iter().map(|row| row.count).sum();
    assert_eq!(groups.total, sum);
    for row in &groups.rows {
        let filter =
            format!("unit = {} AND status = {} AND sex = MALE", row.values[0], row.values[1]);
        assert_eq!(house.list(1, "", &filter).await.expect("listed").total_size, row.count);
    }
    let before = house.readings().len();
    count(&mut house, "", &["birth_year"]).await.expect("counted");
    assert_eq!(house.readings().len(), before);
    house.calls_as(false, Some("TV-001"));
    assert_eq!(count(&mut house, "", &["unit"]).await.expect("nobody there").total, 0);
}

#[tokio::test]
async fn what_is_hidden_is_neither_filtered_nor_ordered_nor_counted_by() {
    let mut house = House::new().await;
    let who = people(1).remove(0);
    house.create("c-1", &who).await.expect("created");
    house.calls_as(false, None);
    for filter in ["party_member = true", "name : lo", "health_class <= 2", "phone = 0500000000"] {
        let refused = ask(&mut house, by("", "", filter)).await.expect_err(filter);
        assert_eq!(refused.code(), Grpc::PermissionDenied, "{refused}");
        assert!(refused.message().contains("FIELD_HIDDEN"), "{refused}");
        let refused = count(&mut house, filter, &[]).await.expect_err(filter);
        assert_eq!(refused.code(), Grpc::PermissionDenied, "{refused}");
    }
    for order in ["name", "birth desc"] {
        ask(&mut house, by(order, "", "")).await.expect_err(order);
    }
    count(&mut house, "", &["party_member"]).await.expect_err("hidden");
    let tomorrow = pb::CivilDate { year: 2026, month: 2, day: 1 };
    let dated =
        |filter: &str| pb::ListReservistsRequest { as_of: Some(tomorrow), ..by("", "", filter) };
    ask(&mut house, dated("age <= 30")).await.expect_err("would show the birthday");
    ask(&mut house, dated("status = ACTIVE")).await.expect("no age in it");
    ask(&mut house, by("", "", "age <= 60")).await.expect("as of today");
    house.calls_as(true, None);
    let born = who.birth_date.expect("everybody was born");
    let eighteen = pb::CivilDate { year: born.year + 18, ..born };
    let on = |as_of| pb::ListReservistsRequest { as_of: Some(as_of), ..by("", "", "age = 18") };
    let found = ask(&mut house, on(eighteen)).await.expect("listed");
    assert_eq!(found.total_size, 1);
    let earlier = pb::CivilDate { year: born.year + 17, month: 12, day: 31 };
    assert_eq!(ask(&mut house, on(earlier)).await.expect("listed").total_size, 0);
    let none = pb::CivilDate { year: 2026, month: 2, day: 30 };
    ask(&mut house, on(none)).await.expect_err("no day");
}

#[tokio::test]
async fn who_is_late_or_long_not_rechecked_is_listed_by_name() {
    let mut house = House::new().await;
    let day = |year, month, day| Some(pb::CivilDate { year, month, day });
    let mut all = people(3);
    for who in &mut all {
        who.status = pb::ReservistStatus::Active.into();
        (who.residence_since_date, who.registered_date) = (None, None);
        who.last_recheck_date = None;
    }
    all[0].residence_since_date = day(2024, 2, 1);
    all[1].last_recheck_date = day(2020, 5, 1);
    for (number, who) in all.iter().enumerate() {
        house.create(&format!("c-{number}"), who).await.expect("created");
    }
    for (filter, found) in [
        ("late = MOVE_IN", 1),
        ("late = RETURN", 0),
        ("late:*", 1),
        ("late = RECHECK", 3),
        ("last_recheck < 2020-06-01", 1),
        ("last_recheck >= 2020-06-01", 0),
        ("NOT last_recheck:*", 2),
        ("NOT last_recheck:* -late = MOVE_IN", 1),
    ] {
        let listed = ask(&mut house, by("", "", filter)).await.expect(filter);
        assert_eq!(listed.total_size, found, "{filter}");
    }
    let unit = house
        .engine
        .world()
        .units()
        .get(&all[0].residence_unit_code.parse().expect("a code"))
        .expect("a unit")
        .name
        .clone();
    let named = ask(&mut house, by("", "", &format!("unit = \"{unit}\""))).await.expect("named");
    assert!(named.total_size >= 1);
    let nowhere = ask(&mut house, by("", "", "unit = \"Xã Không Có\"")).await.expect_err("none");
    assert!(nowhere.message().contains("no unit is called"), "{nowhere}");
}

#[tokio::test]
async fn people_are_counted_by_bands_of_age_and_by_assignment_of_today_alone() {
    let mut house = House::new().await;
    house.import(roster("commune-clean.xlsx"), "one").await.expect("imported");
    let bands = count(&mut house, "", &["age"]).await.expect("counted");
    assert_eq!(bands.rows.iter().map(|row| row.count).sum::<u64>(), 240);
    for row in &bands.rows {
        let same = count(&mut house, &format!("age = {}", row.values[0]), &[]).await;
        assert_eq!(same.expect("the band is a filter").total, row.count, "{:?}", row.values);
    }
    let assigned = count(&mut house, "", &["assigned"]).await.expect("counted");
    let rows: Vec<_> =
        assigned.rows.iter().map(|row| (row.values[0].as_str(), row.count)).collect();
    assert_eq!(rows, [("false", 240)]);
    let on = |filter: &str, group_by: &[&str]| pb::CountRecordsRequest {
        kind: pb::RecordKind::Reservist.into(),
        filter: filter.to_owned(),
        group_by: group_by.iter().map(|field| (*field).to_owned()).collect(),
        as_of: Some(pb::CivilDate { year: 2020, month: 1, day: 1 }),
    };
    for asked in [on("assigned = true", &[]), on("", &["assigned"])] {
        let refused = house.client.count_records(asked).await.expect_err("of another day");
        assert!(refused.message().contains("known as of today only"), "{refused}");
    }
    house.calls_as(false, None);
    let birthday = house.client.count_records(on("", &["age"])).await.expect_err("day by day");
    assert!(birthday.message().contains("whole records"), "{birthday}");
}

#[tokio::test]
async fn codes_go_in_either_case_and_by_name_and_one_that_nobody_knows_is_refused_with_the_nearest()
{
    let mut house = House::new().await;
    house.import(roster("commune-clean.xlsx"), "one").await.expect("imported");
    let all = count(&mut house, "", &[]).await.expect("counted").total;
    let of_code = count(&mut house, "specialty = CN01", &[]).await.expect("counted").total;
    assert!(0 < of_code && of_code < all);
    for same in ["specialty = cn01", "specialty = \"Bộ binh\"", "specialty = \"bo binh\""] {
        let found = count(&mut house, same, &[]).await.expect("counted").total;
        assert_eq!(found, of_code, "{same}");
    }
    let rest = count(&mut house, "NOT specialty = cn01", &[]).await.expect("counted").total;
    assert_eq!(rest, all - of_code);
    let begins = count(&mut house, "specialty = cn*", &[]).await.expect("counted").total;
    assert_eq!(begins, count(&mut house, "specialty:*", &[]).await.expect("counted").total);
    assert_eq!(count(&mut house, "name:*", &[]).await.expect("counted").total, all);
    for (wrong, told) in [
        ("specialty = CN99", "did you mean CN01"),
        ("specialty = \"Bộ bin\"", "did you mean Bộ binh"),
        ("NOT (specialty = CN01 OR specialty = ZZZZZZ)", "give a code or a name of the list"),
        ("unit = \"03161\"", "did you mean 0"),
    ] {
        let refused = count(&mut house, wrong, &[]).await.expect_err("nobody knows it");
        assert!(refused.message().contains(told), "{wrong}: {refused}");
    }
}
