//! Single records and pages of them through the door.

use super::*;

#[tokio::test]
async fn a_record_lives_through_the_door_and_every_refusal_has_its_code() {
    let mut house = House::new().await;
    let people = people(2);
    let mut stored = house.create("c-1", &people[0]).await.expect("created");
    assert_eq!((stored.version, &stored.citizen_id), (1, &people[0].citizen_id));
    let repeated = house.create("c-1", &people[0]).await.expect("the same request");
    assert_eq!(repeated.reservist_id, stored.reservist_id);
    let twice = house.create("c-2", &people[0]).await.expect_err("the same person");
    assert_eq!(twice.code(), Grpc::AlreadyExists);
    assert!(twice.message().contains("CITIZEN_ID_EXISTS"));
    let other = house.create("c-1", &people[1]).await.expect_err("the id is used");
    assert!(other.message().contains("REQUEST_ID_REUSED"));
    let mut bad = people[1].clone();
    (bad.citizen_id, bad.sex) = ("12".to_owned(), 0);
    let bad = house.create("c-3", &bad).await.expect_err("two faults");
    assert_eq!(bad.code(), Grpc::InvalidArgument);
    for word in ["RECORD_INVALID", "citizen_id", "CITIZEN_ID_INVALID", "SEX_INVALID"] {
        assert!(bad.message().contains(word), "{bad}");
    }
    let update = |request_id: &str, who: &pb::Reservist| pb::UpdateReservistRequest {
        request_id: request_id.to_owned(),
        reservist: Some(who.clone()),
    };
    stored.note = "Mới".to_owned();
    let updated = house.client.update_reservist(update("u-1", &stored)).await.expect("updated");
    assert_eq!(updated.into_inner().reservist.expect("as stored").version, 2);
    stored.note = "Khác".to_owned();
    let stale = house.client.update_reservist(update("u-2", &stored)).await.expect_err("stale");
    assert_eq!(stale.code(), Grpc::Aborted);
    house.calls_as(true, Some("TV-001"));
    let hidden = house.client.update_reservist(update("u-3", &stored)).await.expect_err("hidden");
    assert_eq!(hidden.code(), Grpc::NotFound);
    let outside = house.create("c-4", &people[1]).await.expect_err("not theirs");
    assert_eq!(outside.code(), Grpc::PermissionDenied);
}

#[tokio::test]
async fn a_record_is_erased_through_the_door_within_the_callers_reach() {
    let mut house = House::new().await;
    let stored = house.create("c-1", &people(1)[0]).await.expect("created");
    let id: uuid::Uuid = stored.reservist_id.parse().expect("a UUID");
    let erase = |request_id: &str, reason: &str| pb::EraseRecordRequest {
        request_id: request_id.to_owned(),
        kind: pb::RecordKind::Reservist.into(),
        record_id: stored.reservist_id.clone(),
        reason: reason.to_owned(),
        validate_only: false,
    };
    house.calls_as(true, Some("TV-001"));
    let elsewhere = house.client.erase_record(erase("e-1", "asked for")).await;
    assert_eq!(elsewhere.expect_err("not theirs").code(), Grpc::NotFound);
    house.calls_as(true, None);
    for reason in ["", "x".repeat(301).as_str()] {
        let refused = house.client.erase_record(erase("e-2", reason)).await.expect_err("why?");
        assert_eq!(refused.code(), Grpc::InvalidArgument, "{refused}");
    }
    assert!(!house.kept.sealer().keyring().is_punctured(id.as_bytes(), 1));
    let asked = pb::EraseRecordRequest { validate_only: true, ..erase("e-0", "asked for") };
    let may = house.client.erase_record(asked.clone()).await.expect("it may go").into_inner();
    assert_eq!(may, pb::EraseRecordResponse::default());
    assert!(!house.kept.sealer().keyring().is_punctured(id.as_bytes(), 1), "only asked");
    let done = house.client.erase_record(erase("e-3", "asked for")).await.expect("erased");
    let done = done.into_inner();
    assert_eq!((done.ledger_index + 1, done.keyring_version), (house.engine.ledger().size(), 2));
    assert!(house.kept.sealer().keyring().is_punctured(id.as_bytes(), 1));
    let again = house.client.erase_record(erase("e-3", "asked for")).await.expect("the same");
    assert_eq!(
        (again.into_inner().keyring_version, house.engine.ledger().size()),
        (2, done.ledger_index + 1)
    );
    let get = pb::GetReservistRequest { reservist_id: stored.reservist_id.clone() };
    let gone = house.client.get_reservist(get).await.expect_err("gone");
    assert_eq!(gone.code(), Grpc::NotFound);
    let new = house.create("c-2", &people(1)[0]).await.expect("the number is free again");
    assert_ne!(new.reservist_id, stored.reservist_id);
}

#[tokio::test]
async fn nothing_is_shown_before_the_reading_is_recorded() {
    let mut house = House::new().await;
    let whole = house.create("c-1", &people(1)[0]).await.expect("created");
    let id: uuid::Uuid = whole.reservist_id.parse().expect("a UUID");
    let get = pb::GetReservistRequest { reservist_id: whole.reservist_id.clone() };
    let shown = house.client.get_reservist(get.clone()).await.expect("shown").into_inner();
    assert!(shown.reservist == Some(whole.clone()));
    assert_eq!(house.readings(), [vec![id.into_bytes()]]);
    house.calls_as(false, None);
    let masked = house.client.get_reservist(get.clone()).await.expect("shown").into_inner();
    let masked = masked.reservist.expect("one");
    assert!(masked.citizen_id.starts_with('*') && masked.full_name != whole.full_name);
    assert_eq!(house.readings().len(), 2);
    house.store.inject(Fault::Full);
    house.client.get_reservist(get.clone()).await.expect_err("no entry, no record");
    house.calls_as(true, Some("TV-001"));
    let elsewhere = house.client.get_reservist(get).await.expect_err("not theirs");
    assert_eq!((elsewhere.code(), house.readings().len()), (Grpc::NotFound, 2));
}

#[tokio::test]
async fn a_list_is_walked_page_by_page_and_every_page_is_a_reading() {
    let mut house = House::new().await;
    house.import(roster("commune-clean.xlsx"), "one").await.expect("imported");
    let filter = "reserve_class = 1 AND status = ACTIVE";
    let (mut seen, mut token, mut pages) = (BTreeMap::new(), String::new(), 0);
    loop {
        let page = house.list(50, &token, filter).await.expect("listed");
        assert!(page.reservists.iter().all(|who| who.reserve_class == 1 && who.status == 1));
        assert!(page.reservists.iter().all(|who| who.citizen_id.starts_with("*********")));
        seen.extend(page.reservists.into_iter().map(|who| (who.reservist_id, who.full_name)));
        pages += 1;
        token = page.next_page_token;
        if token.is_empty() {
            assert_eq!(page.total_size, u64::try_from(seen.len()).expect("few"));
            break;
        }
    }
    assert_eq!(house.readings().len(), pages);
    assert_eq!(house.readings().concat().len(), seen.len());
    let first = house.list(50, "", filter).await.expect("listed").next_page_token;
    let refused = [
        house.list(50, &first, "").await.expect_err("a token of another list"),
        house.list(50, "xyz", "").await.expect_err("no token"),
        house.list(501, "", "").await.expect_err("too much"),
        house.list(50, "", "height = 2").await.expect_err("no such field"),
        house.list(50, "", "unit = NOWHERE").await.expect_err("no such unit"),
    ];
    assert!(refused.iter().all(|status| status.code() == Grpc::InvalidArgument), "{refused:?}");
    assert!(refused[3].message().contains("at 1"), "{}", refused[3]);
    house.calls_as(false, Some("TV-001"));
    let none = house.list(50, "", "").await.expect("nobody there");
    assert_eq!((none.total_size, none.reservists.len()), (0, 0));
}
