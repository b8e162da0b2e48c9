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
    async fn start(&mut self, name: &str, id: &str, to: &str) -> Result<pb::Reservist, Status> {
        let request = pb::StartTransferRequest {
            request_id: name.to_owned(),
            reservist_id: id.to_owned(),
            to_unit_code: to.to_owned(),
            reason: "Lấy vợ".to_owned(),
        };
        let moved = self.client.start_transfer(request).await?.into_inner();
        Ok(moved.reservist.expect("the sender's own"))
    }

    async fn accept(&mut self, name: &str, id: &str) -> Result<pb::AcceptTransferResponse, Status> {
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
    assert!(own.message().contains("TRANSFER_NONE"), "{own}");
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
