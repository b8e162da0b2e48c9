use super::*;

const FROM: &str = "03356";
const TO: &str = "03160";

pub(super) fn person() -> pb::Reservist {
    let mut person = people(1).remove(0);
    person.residence_unit_code = FROM.to_owned();
    person.registered_unit_code = FROM.to_owned();
    person
}

impl House {
    pub(super) async fn start(
        &mut self,
        name: &str,
        id: &str,
        to: &str,
    ) -> Result<pb::Reservist, Status> {
        let request = pb::StartTransferRequest {
            request_id: name.to_owned(),
            reservist_id: id.to_owned(),
            to_unit_code: to.to_owned(),
            reason: "Lấy vợ".to_owned(),
        };
        let moved = self.client.start_transfer(request).await?.into_inner();
        Ok(moved.reservist.expect("the sender's own"))
    }

    pub(super) async fn accept(
        &mut self,
        name: &str,
        id: &str,
    ) -> Result<pb::AcceptTransferResponse, Status> {
        let (request_id, reservist_id) = (name.to_owned(), id.to_owned());
        let hamlet = "Bản Mới".to_owned();
        let request = pb::AcceptTransferRequest { request_id, reservist_id, hamlet };
        Ok(self.client.accept_transfer(request).await?.into_inner())
    }

    async fn on_the_way(&mut self) -> Vec<String> {
        let listed = self.client.list_transfers(pb::ListTransfersRequest::default()).await;
        let reservists = listed.expect("listed").into_inner().reservists;
        reservists.into_iter().map(|one| one.reservist_id).collect()
    }

    pub(super) async fn get(&mut self, id: &str) -> Result<pb::Reservist, Status> {
        let request = pb::GetReservistRequest { reservist_id: id.to_owned() };
        let shown = self.client.get_reservist(request).await?.into_inner();
        Ok(shown.reservist.expect("shown"))
    }
}

#[tokio::test]
async fn a_person_is_the_senders_until_the_receiver_accepts_and_both_see_the_move() {
    let mut house = House::new().await;
    let id = house.create("c-1", &person()).await.expect("created").reservist_id;
    house.calls_as(true, Some(TO));
    assert!(house.get(&id).await.is_err(), "not theirs yet");
    let not_theirs = house.start("s-0", &id, TO).await.expect_err("not theirs to send");
    assert_eq!(not_theirs.code(), Grpc::NotFound);
    house.calls_as(true, Some(FROM));
    let nowhere = house.start("s-1", &id, FROM).await.expect_err("lives there");
    assert!(nowhere.message().contains("TRANSFER_NOWHERE"));
    let moving = house.start("s-2", &id, TO).await.expect("begun");
    assert_eq!(moving.transfer.expect("under way").to_unit_code, TO);
    assert_eq!((moving.residence_unit_code.as_str(), moving.version), (FROM, 2));
    let twice = house.start("s-3", &id, "03352").await.expect_err("one at a time");
    assert!(twice.message().contains("TRANSFER_UNDER_WAY"), "{twice}");
    let own = house.accept("a-0", &id).await.expect_err("the sender does not accept");
    assert!(own.message().contains("TRANSFER_OF_OTHER"), "{own}");
    assert_eq!(house.on_the_way().await, std::slice::from_ref(&id));

    house.calls_as(true, Some(TO));
    assert_eq!(house.on_the_way().await, std::slice::from_ref(&id));
    let mut taken = house.get(&id).await.expect("both see it");
    taken.residence_unit_code = TO.to_owned();
    let request = pb::UpdateReservistRequest { request_id: "u-1".into(), reservist: Some(taken) };
    let early = house.client.update_reservist(request).await.expect_err("not accepted yet");
    assert_eq!(early.code(), Grpc::NotFound);
    let accepted = house.accept("a-1", &id).await.expect("accepted");
    let again = house.accept("a-1", &id).await.expect("the same request");
    assert_eq!(again.ledger_index, accepted.ledger_index);
    let arrived = accepted.reservist.expect("the receiver's now");
    assert_eq!((arrived.residence_unit_code.as_str(), arrived.transfer), (TO, None));
    assert_eq!((arrived.registered_unit_code.as_str(), arrived.hamlet.as_str()), (TO, "Bản Mới"));
    assert!(house.on_the_way().await.is_empty());
    house.calls_as(true, Some(FROM));
    assert!(house.get(&id).await.is_err(), "gone");
}

#[tokio::test]
async fn a_transfer_is_rejected_or_withdrawn_and_only_by_the_right_side() {
    let mut house = House::new().await;
    let id = house.create("c-1", &person()).await.expect("created").reservist_id;
    let reject = |name: &str| pb::RejectTransferRequest {
        request_id: name.to_owned(),
        reservist_id: id.clone(),
    };
    let withdraw = |name: &str| pb::WithdrawTransferRequest {
        request_id: name.to_owned(),
        reservist_id: id.clone(),
    };
    house.calls_as(true, Some(FROM));
    house.start("s-1", &id, TO).await.expect("begun");
    house.client.reject_transfer(reject("r-0")).await.expect_err("the sender does not reject");
    house.calls_as(true, Some(TO));
    house.client.withdraw_transfer(withdraw("w-0")).await.expect_err("not the receiver's");
    let rejected = house.client.reject_transfer(reject("r-1")).await.expect("sent back");
    assert_eq!(rejected.into_inner().reservist, None, "no longer the receiver's to see");
    assert!(house.get(&id).await.is_err());
    house.calls_as(true, Some(FROM));
    assert_eq!(house.get(&id).await.expect("the sender's").transfer, None);
    house.start("s-2", &id, TO).await.expect("begun again");
    let back = house.client.withdraw_transfer(withdraw("w-1")).await.expect("taken back");
    assert_eq!(back.into_inner().reservist.expect("the sender's").transfer, None);
    let none = house.client.withdraw_transfer(withdraw("w-2")).await.expect_err("nothing to do");
    assert!(none.message().contains("TRANSFER_NONE"));
}

#[tokio::test]
async fn neither_an_import_nor_an_update_begins_or_ends_a_transfer() {
    let mut house = House::new().await;
    let mut forged = person();
    forged.transfer = Some(pb::Transfer {
        to_unit_code: TO.to_owned(),
        start_date: Some(pb::CivilDate { year: 2026, month: 1, day: 1 }),
        reason: String::new(),
    });
    let created = house.create("c-1", &forged).await.expect("created");
    assert_eq!(created.transfer, None, "only a call of its own begins one");
    let id = created.reservist_id;
    house.start("s-1", &id, TO).await.expect("begun");
    let batch = |name: &str, reservist: pb::Reservist| pb::ImportReservistsRequest {
        request_id: name.to_owned(),
        rows: vec![pb::ReservistRow { row: 5, reservist: Some(reservist), ..Default::default() }],
        ..Default::default()
    };
    let mut noted = person();
    noted.note = "Mới".to_owned();
    let batches = vec![batch("i-1", person()), batch("i-2", noted)];
    let answers = house.client.import_reservists(tokio_stream::iter(batches)).await;
    let mut answers = answers.expect("taken").into_inner();
    let first = answers.message().await.expect("answered").expect("the first");
    assert_eq!((first.unchanged, first.updated), (1, 0), "the same list again: {first:?}");
    let second = answers.message().await.expect("answered").expect("the second");
    assert_eq!((second.unchanged, second.updated), (0, 1));
    let mut stored = house.get(&id).await.expect("shown");
    assert_eq!(stored.transfer.take().expect("still under way").to_unit_code, TO);
    assert_eq!(stored.note, "Mới");
    let request = pb::UpdateReservistRequest { request_id: "u-1".into(), reservist: Some(stored) };
    let updated = house.client.update_reservist(request).await.expect("updated").into_inner();
    assert!(updated.reservist.expect("as stored").transfer.is_some(), "an update does not end it");
    let loaded =
        crate::index::Registry::load(house.store.as_ref(), house.kept.sealer()).expect("sound");
    let id: uuid::Uuid = id.parse().expect("a UUID");
    assert!(loaded.moving_to(id.as_bytes()).is_some(), "known again after a restart");
}

impl House {
    /// One row with these fields, or with all.
    pub(super) async fn feed_one(
        &mut self,
        name: &str,
        reservist: pb::Reservist,
        fields: &[&str],
    ) -> pb::ImportReservistsResponse {
        self.feed_of(name, reservist, fields, None).await
    }

    /// The same, out of a list of that day.
    pub(super) async fn feed_of(
        &mut self,
        name: &str,
        reservist: pb::Reservist,
        fields: &[&str],
        list_date: Option<pb::CivilDate>,
    ) -> pb::ImportReservistsResponse {
        let batch = pb::ImportReservistsRequest {
            request_id: name.to_owned(),
            rows: vec![pb::ReservistRow { row: 5, reservist: Some(reservist), kept: Vec::new() }],
            fields: fields.iter().map(|field| (*field).to_owned()).collect(),
            list_date,
            ..Default::default()
        };
        let answers = self.client.import_reservists(tokio_stream::iter([batch])).await;
        let mut answers = answers.expect("taken").into_inner();
        answers.message().await.expect("answered").expect("one batch, one answer")
    }
}

pub(super) fn warned(answer: &pb::ImportReservistsResponse) -> Vec<&str> {
    answer.warnings.iter().map(|warning| warning.code.as_str()).collect()
}

const RESIDENCE: [&str; 4] = ["residence_unit_code", "registered_unit_code", "hamlet", "note"];

#[tokio::test]
async fn an_import_leaves_residence_and_transfer_alone_while_one_is_under_way() {
    let mut house = House::new().await;
    let id = house.create("c-1", &person()).await.expect("created").reservist_id;
    house.start("s-1", &id, TO).await.expect("begun");
    for (number, to) in [TO, "03352"].into_iter().enumerate() {
        for (kind, fields) in [("all", &[][..]), ("some", &RESIDENCE[..])] {
            let mut listed = person();
            listed.residence_unit_code = to.to_owned();
            listed.registered_unit_code = to.to_owned();
            listed.hamlet = "Bản Lạ".to_owned();
            listed.note = format!("{kind} {number}");
            let answer = house.feed_one(&format!("i-{kind}-{number}"), listed, fields).await;
            assert_eq!(
                (answer.updated, answer.refused.len()),
                (1, 0),
                "the row counts: {answer:?}"
            );
            assert_eq!(warned(&answer), ["TRANSFER_UNDER_WAY"]);
            let stored = house.get(&id).await.expect("shown");
            assert_eq!(stored.residence_unit_code, FROM);
            assert_eq!(stored.registered_unit_code, FROM);
            assert_ne!(stored.hamlet, "Bản Lạ");
            assert_eq!(stored.transfer.expect("under way").to_unit_code, TO);
            assert_eq!(stored.note, format!("{kind} {number}"), "the rest is taken");
        }
    }
}

#[tokio::test]
async fn an_older_list_takes_nobody_back_and_a_newer_one_moves_them_with_a_word() {
    let mut house = House::new().await;
    let id = house.create("c-1", &person()).await.expect("created").reservist_id;
    house.start("s-1", &id, TO).await.expect("begun");
    house.calls_as(true, Some(TO));
    house.accept("a-1", &id).await.expect("accepted");
    house.calls_as(true, None);
    let back = house.feed_one("i-1", person(), &RESIDENCE).await;
    assert_eq!(warned(&back), ["RESIDENCE_KEPT"]);
    let back = house.feed_one("i-2", person(), &[]).await;
    assert_eq!(warned(&back), ["RESIDENCE_KEPT"]);
    let stored = house.get(&id).await.expect("shown");
    assert_eq!((stored.residence_unit_code.as_str(), stored.hamlet.as_str()), (TO, "Bản Mới"));

    let mut fresh = people(2).remove(1);
    fresh.residence_unit_code = FROM.to_owned();
    let id = house.create("c-2", &fresh).await.expect("created").reservist_id;
    fresh.residence_unit_code = TO.to_owned();
    let moved = house.feed_one("i-3", fresh, &RESIDENCE).await;
    assert_eq!(warned(&moved), ["RESIDENCE_MOVED"], "nothing says that the list is older");
    assert_eq!(house.get(&id).await.expect("shown").residence_unit_code, TO);
}

#[tokio::test]
async fn a_card_is_one_persons_within_the_unit_that_issues_it() {
    let mut house = House::new().await;
    let [mut one, mut other] = <[_; 2]>::try_from(people(2)).expect("two");
    for who in [&mut one, &mut other] {
        who.residence_unit_code = FROM.to_owned();
        who.registered_unit_code = FROM.to_owned();
        who.reserve_card_number = "QN 12/34".to_owned();
    }
    house.create("c-1", &one).await.expect("created");
    let refused = house.create("c-2", &other).await.expect_err("the same card");
    assert_eq!(refused.code(), Grpc::AlreadyExists);
    assert!(refused.message().contains("CARD_EXISTS"), "{refused}");
    let mut again = other.clone();
    again.reserve_card_number = "qn12/34".to_owned();
    let answer = house.feed_one("i-1", again, &[]).await;
    assert_eq!(answer.refused[0].reason, "CARD_EXISTS");
    other.registered_unit_code = TO.to_owned();
    let id = house.create("c-3", &other).await.expect("another issuer").reservist_id;
    let stored = house.get(&id).await.expect("shown");
    let back = pb::Reservist { registered_unit_code: FROM.to_owned(), ..stored };
    let request = pb::UpdateReservistRequest { request_id: "u-1".into(), reservist: Some(back) };
    let refused = house.client.update_reservist(request).await.expect_err("the issuer has it");
    assert!(refused.message().contains("CARD_EXISTS"), "{refused}");
}

#[tokio::test]
async fn a_militia_base_that_nobody_knows_is_worth_a_look() {
    let mut house = House::new().await;
    let mut who = person();
    who.militia_role = Some(pb::MilitiaRole { base_code: "DQ-404".into(), ..Default::default() });
    let answer = house.feed_one("i-1", who.clone(), &[]).await;
    assert_eq!((answer.created, warned(&answer)), (1, vec!["MILITIA_BASE_UNKNOWN"]));
    let mut other = people(2).remove(1);
    other.militia_role = who.militia_role.clone();
    let ask = |request_id: &str, reservist: pb::Reservist| pb::CreateReservistRequest {
        request_id: request_id.to_owned(),
        reservist: Some(reservist),
    };
    let made = house.client.create_reservist(ask("c-1", other)).await.expect("created");
    let made = made.into_inner();
    assert_eq!(made.warnings, ["MILITIA_BASE_UNKNOWN"], "as an import says it");
    let mut other = made.reservist.expect("as stored");
    other.note = "Mới".to_owned();
    let put = |request_id: &str, reservist: &pb::Reservist| pb::UpdateReservistRequest {
        request_id: request_id.to_owned(),
        reservist: Some(reservist.clone()),
    };
    let put_1 = house.client.update_reservist(put("u-1", &other)).await.expect("changed");
    let put_1 = put_1.into_inner();
    assert_eq!(put_1.warnings, ["MILITIA_BASE_UNKNOWN"]);
    let mut other = put_1.reservist.expect("as stored");
    let base = pb::MilitiaBase {
        code: "DQ-404".to_owned(),
        kind: pb::MilitiaBaseKind::CommuneMilitia.into(),
        unit_code: FROM.to_owned(),
        name: "Dân quân".to_owned(),
        status: pb::MilitiaBaseStatus::Active.into(),
        ..pb::MilitiaBase::default()
    };
    let row = pb::MilitiaBaseRow { row: 2, militia_base: Some(base), kept: Vec::new() };
    let batch = pb::ImportMilitiaBasesRequest {
        request_id: "b-1".to_owned(),
        rows: vec![row],
        ..Default::default()
    };
    let answers = house.force.import_militia_bases(tokio_stream::iter([batch])).await;
    answers.expect("taken").into_inner().message().await.expect("answered").expect("one");
    who.note = "Mới".to_owned();
    let answer = house.feed_one("i-2", who, &[]).await;
    assert_eq!((answer.updated, warned(&answer)), (1, Vec::new()));
    other.note = "Mới nữa".to_owned();
    let put_2 = house.client.update_reservist(put("u-2", &other)).await.expect("changed");
    assert_eq!(put_2.into_inner().warnings, Vec::<String>::new(), "the base is there now");
}

#[tokio::test]
async fn a_record_says_when_it_was_made_and_changed_and_how_and_that_is_no_change_of_it() {
    let mut house = House::new().await;
    let created = house.create("c-1", &person()).await.expect("created");
    assert_eq!(created.source(), pb::RecordSource::Entered);
    assert!(created.created_time.is_some() && created.updated_time.is_some());
    let id = created.reservist_id.clone();
    let same = house.feed_one("i-1", person(), &[]).await;
    assert_eq!((same.unchanged, same.updated), (1, 0), "the same list again");
    assert_eq!(house.get(&id).await.expect("shown").source(), pb::RecordSource::Entered);
    let noted = pb::Reservist { note: "Mới".to_owned(), ..person() };
    let changed = house.feed_one("i-2", noted, &["note"]).await;
    let fields: Vec<_> = changed.changes[0].fields.iter().map(|one| one.field.as_str()).collect();
    assert_eq!(fields, ["note"]);
    let stored = house.get(&id).await.expect("shown");
    assert_eq!(stored.source(), pb::RecordSource::Imported);
    assert_eq!(stored.created_time, created.created_time);
    let loaded =
        crate::index::Registry::load(house.store.as_ref(), house.kept.sealer()).expect("sound");
    let key: uuid::Uuid = id.parse().expect("a UUID");
    let digest = |registry: &crate::index::Registry| {
        registry.table(RecordKind::Reservist).get(key.as_bytes()).map(|row| row.digest)
    };
    let before = digest(&house.engine.registry());
    assert_eq!(digest(&loaded), before, "known again after a restart");
}
