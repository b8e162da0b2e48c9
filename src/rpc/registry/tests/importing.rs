//! Lists through the door: as expected, cut short, taken up again, refused.

use super::*;

#[tokio::test]
async fn a_commune_is_imported_and_importing_it_again_changes_nothing() {
    let mut house = House::new().await;
    let first = house.import(roster("commune-clean.xlsx"), "one").await.expect("imported");
    agrees("commune-clean.xlsx", &first);
    assert_eq!(counts(&first), (240, 0, 0));
    let size = house.engine.ledger().size();
    let second = house.import(roster("commune-clean.xlsx"), "two").await.expect("imported");
    assert_eq!(counts(&second), (0, 0, 240));
    assert_eq!(house.engine.ledger().size(), size, "nothing changed, nothing recorded");
}

#[tokio::test]
async fn a_list_that_knows_the_year_only_takes_no_day_of_birth_away() {
    let mut house = House::new().await;
    house.import(roster("merged-a.csv"), "one").await.expect("imported");
    let text = std::fs::read_to_string(roster("merged-a.csv")).expect("a file of the tests");
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("years.csv");
    let import = |house: &House, text: String, name| {
        std::fs::write(&path, text).expect("written");
        house.feed(path.clone(), name)
    };
    for (day, known, name) in [("15/06/2005", "2005", "two"), ("15/06/2005", "06/2005", "three")] {
        let feed = import(&house, text.replace(day, known), name);
        let done = feed::import_reservists(&mut house.client, feed, &mut |_rows| ()).await;
        assert_eq!(counts(&done.expect("imported")), (0, 0, 100), "{known}");
    }
    let feed = import(&house, text.replace("15/06/2005", "2004"), "four");
    let done = feed::import_reservists(&mut house.client, feed, &mut |_rows| ()).await;
    assert_eq!(counts(&done.expect("imported")), (0, 1, 99), "another year is another birth");
}

#[tokio::test]
async fn a_dry_run_says_what_would_happen_and_leaves_nothing_behind() {
    let mut house = House::new().await;
    let size = house.engine.ledger().size();
    let dry = Feed { validate_only: true, ..house.feed(roster("commune-clean.xlsx"), "one") };
    let client = &mut house.client;
    let would = feed::import_reservists(client, dry, &mut |_rows| ()).await.expect("answered");
    assert_eq!(counts(&would), (240, 0, 0));
    assert_eq!(house.engine.ledger().size(), size);
    assert_eq!(house.engine.registry().table(RecordKind::Reservist).len(), 0);
    let done = house.import(roster("commune-clean.xlsx"), "one").await.expect("the same name");
    assert_eq!(counts(&done), (240, 0, 0));
}

#[tokio::test]
async fn an_update_shows_old_and_new_and_the_reading_is_recorded() {
    let mut house = House::new().await;
    house.import(roster("merged-a.csv"), "one").await.expect("imported");
    let text = std::fs::read_to_string(roster("merged-a.csv")).expect("a file of the tests");
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("moved.csv");
    std::fs::write(&path, text.replace("0367761855", "0367761856")).expect("written");
    let dry = |house: &House, name| Feed { validate_only: true, ..house.feed(path.clone(), name) };
    let mut shown = Vec::new();
    for (sees_all, name) in [(true, "two"), (false, "three")] {
        house.calls_as(sees_all, None);
        let feed = dry(&house, name);
        let client = &mut house.client;
        let would = feed::import_reservists(client, feed, &mut |_rows| ()).await.expect("told");
        assert_eq!(counts(&would), (0, 1, 99));
        let change = would.changes[&2.into()].first().cloned().expect("one field");
        assert_eq!(would.changes.len(), 1);
        shown.push((change.field, change.old, change.new));
    }
    let text = |field: &str, old: &str, new: &str| (field.into(), old.into(), new.into());
    assert_eq!(shown[0], text("phones", "+84367761855", "+84367761856"));
    assert_eq!(shown[1], text("phones", "*********855", "*********856"));
    assert_eq!(house.readings().len(), 2, "each showing is a reading");
    house.calls_as(true, None);
    let done = house.import(path.clone(), "four").await.expect("imported");
    assert_eq!((counts(&done), done.changes.len()), ((0, 1, 99), 1));
}

#[tokio::test]
async fn a_cut_connection_is_taken_up_again_and_nothing_is_done_twice() {
    let house = House::new().await;
    let (door, tasks) = (house.door.clone(), house.tasks.clone());
    let connections = Arc::new(Mutex::new(0_u32));
    let count = connections.clone();
    let channel = Endpoint::from_static("http://registry.test").connect_with_connector_lazy(
        tower::service_fn(move |_uri| {
            let mut connections = count.lock().expect("no test panics in it");
            *connections += 1;
            // The first is cut in the middle of a batch.
            let bytes = if *connections <= 1 { 25_000 } else { u64::MAX };
            let near = served(&door, &tasks, bytes);
            async move { Ok::<_, std::io::Error>(TokioIo::new(near)) }
        }),
    );
    let mut client = RegistryServiceClient::new(channel);
    let feed = Feed {
        patience: std::time::Duration::from_secs(60),
        ..house.feed(roster("commune-clean.xlsx"), "one")
    };
    let report = feed::import_reservists(&mut client, feed, &mut |_rows| ()).await;
    let report = report.expect("completed");
    assert_eq!((report.accepted, report.updated), (240, 0));
    assert_eq!(report.created + report.unchanged, 240, "what was answered twice was done once");
    assert_eq!(house.engine.registry().table(RecordKind::Reservist).len(), 240);
    assert_eq!(*connections.lock().expect("no test panics in it"), 2);
}

/// A connection to a server of its own, which breaks after so many bytes.
fn served(
    door: &RegistryDoor<Arc<OpenGate>>,
    tasks: &Tasks,
    bytes: u64,
) -> tokio::io::DuplexStream {
    use tokio::io::AsyncReadExt as _;
    let door = RegistryServiceServer::new(door.clone());
    let (near, wire) = tokio::io::duplex(16 * 1024);
    let (end, far) = tokio::io::duplex(16 * 1024);
    let incoming = tokio_stream::once(Ok::<_, std::io::Error>(far));
    tasks.spawn("test.server", async move {
        // The connection that breaks is what is tested.
        let _broken = Server::builder().add_service(door).serve_with_incoming(incoming).await;
    });
    tasks.spawn("test.wire", async move {
        let (from_near, mut to_near) = tokio::io::split(wire);
        let (mut from_far, mut to_far) = tokio::io::split(end);
        let mut there = from_near.take(bytes);
        tokio::select! {
            _cut = tokio::io::copy(&mut there, &mut to_far) => {}
            _closed = tokio::io::copy(&mut from_far, &mut to_near) => {}
        }
    });
    near
}

#[tokio::test]
async fn two_lists_of_merged_communes_hold_the_same_people_once() {
    let mut house = House::new().await;
    for name in ["merged-a.csv", "merged-b.csv"] {
        let report = house.import(roster(name), name).await.expect("imported");
        agrees(name, &report);
    }
    assert_eq!(house.engine.registry().table(RecordKind::Reservist).len(), 150);
}

#[tokio::test]
async fn a_whole_province_is_imported_as_expected() {
    let mut house = House::new().await;
    let mut told = 0;
    let feed = house.feed(roster("province.xlsx"), "province");
    let progress = &mut |news| {
        if let feed::Progress::Rows(rows) = news {
            told = rows;
        }
    };
    let report = feed::import_reservists(&mut house.client, feed, progress).await;
    let report = report.expect("imported");
    agrees("province.xlsx", &report);
    assert_eq!((counts(&report), told), ((20_000, 0, 0), 20_000));
    let listed = house.list(1, "", "unit = 03356").await.expect("listed");
    assert_eq!(Some(&listed.total_size), report.by_unit.get("03356"));
}

#[tokio::test]
async fn equipment_is_imported_with_its_refusals_as_expected() {
    let mut house = House::new().await;
    for (name, wanted) in [("one", (148, 0, 0)), ("two", (0, 0, 148))] {
        let feed = house.feed(roster("equipment.xlsx"), name);
        let report = feed::import_equipment(&mut house.client, feed, &mut |_rows| ()).await;
        let report = report.expect("imported");
        agrees("equipment.xlsx", &report);
        assert_eq!(counts(&report), wanted);
    }
    let request = pb::ListEquipmentRequest {
        page_size: 500,
        page_token: String::new(),
        filter: "status = AVAILABLE AND type != PT01".to_owned(),
        ..pb::ListEquipmentRequest::default()
    };
    let listed = house.client.list_equipment(request).await.expect("listed").into_inner();
    let fits = |item: &pb::Equipment| item.status == 1 && item.type_code != "PT01";
    assert!(!listed.equipment.is_empty() && listed.equipment.iter().all(fits));
    assert_eq!(listed.total_size, u64::try_from(listed.equipment.len()).expect("few"));
}

#[tokio::test]
async fn what_the_server_refuses_moves_over_in_the_report() {
    let mut house = House::new().await;
    house.calls_as(true, Some("03256"));
    let report = house.import(roster("merged-a.csv"), "one").await.expect("read to its end");
    assert_eq!((report.rows, report.accepted, counts(&report)), (100, 0, (0, 0, 0)));
    assert!(report.rejected.len() == 100 && report.by_unit.is_empty());
    assert!(report.rejected.values().all(|reason| reason == "UNIT_OUTSIDE"));
    house.calls_as(true, None);
    house.import(roster("merged-a.csv"), "two").await.expect("imported");
    // Nobody draws people into their unit: the same people, but of another commune.
    let text = std::fs::read_to_string(roster("merged-a.csv")).expect("a file of the tests");
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("drawn.csv");
    let unit = expected("merged-a.csv")["unit"].as_str().expect("a code").to_owned();
    let units = house.engine.world().units().clone();
    let name = |code: &str| units.find(code).expect("a unit").name.clone();
    let drawn = text.replace(&name(&unit), &name("03256")).replace(&unit, "03256");
    assert_ne!(drawn, text);
    std::fs::write(&path, drawn).expect("written");
    house.calls_as(true, Some("03256"));
    let report = house.import(path, "three").await.expect("read to its end");
    assert_eq!((report.accepted, counts(&report)), (0, (0, 0, 0)));
}

#[tokio::test]
async fn an_import_that_is_cut_short_says_so_and_a_damaged_file_too() {
    let mut house = House::new().await;
    house.store.inject(Fault::Full);
    let cut = house.import(roster("commune-clean.xlsx"), "one").await.expect_err("no room");
    assert!(matches!(cut, FeedError::Server { .. }), "{cut}");
    let again = house.import(roster("commune-clean.xlsx"), "two").await.expect("room again");
    assert_eq!(again.accepted, 240);
    let missing = house.import(roster("none.csv"), "three").await.expect_err("no file");
    assert!(matches!(missing, FeedError::Roster(_)), "{missing}");
    house.tasks.stopping().cancel();
    let stopped = house.import(roster("commune-clean.xlsx"), "four").await.expect_err("stopping");
    assert!(matches!(stopped, FeedError::Server { .. }), "{stopped}");
}

#[tokio::test]
async fn a_server_that_is_gone_is_told_of_while_it_is_tried_on_and_rows_after_it_is_back() {
    let house = House::new().await;
    let (door, tasks) = (house.door.clone(), house.tasks.clone());
    let tried = Arc::new(Mutex::new(0_u32));
    let count = tried.clone();
    let channel = Endpoint::from_static("http://registry.test").connect_with_connector_lazy(
        tower::service_fn(move |_uri| {
            let mut tried = count.lock().expect("no test panics in it");
            *tried += 1;
            let near = (*tried > 2).then(|| TokioIo::new(served(&door, &tasks, u64::MAX)));
            async move { near.ok_or_else(|| std::io::Error::other("nobody listens")) }
        }),
    );
    let mut client = RegistryServiceClient::new(channel);
    let feed = Feed {
        patience: std::time::Duration::from_secs(60),
        silence_told_every: std::time::Duration::from_millis(50),
        ..house.feed(roster("commune-clean.xlsx"), "one")
    };
    let mut told = Vec::new();
    let report = feed::import_reservists(&mut client, feed, &mut |news| told.push(news)).await;
    assert_eq!(report.expect("completed").created, 240);
    assert!(matches!(told.first(), Some(feed::Progress::Silent(_))), "{told:?}");
    let back = told.iter().position(|news| *news == feed::Progress::Back).expect("it is back");
    assert!(matches!(told[back + 1], feed::Progress::Rows(_)), "{told:?}");
}
