//! Calling by name over a real server and two terminals: chosen by the law's order, frozen, signed,
//! and each commune's sheets to its own terminal only.

use std::sync::Arc;
use std::time::Duration;

use hoatoc::domain::order::handling::Handling;
use hoatoc::domain::world::{Actor, Event, RecordKind};
use hoatoc::engine::records::{NewRecord, RecordJob, RowMode, RowOutcome};
use hoatoc::evidence::seal::Sealer;
use hoatoc::fanout::sheets::naming;
use hoatoc::index::Row;
use hoatoc::store::{Batch, keys};
use hoatoc::terminal::Terminal;
use hoatoc::terminal::home::{Enrolment, Home, enrol};
use hoatoc::terminal::inbox::{CalledRow, SheetReceived, SheetState};
use hoatoc::terminal::link::{Dialer, LinkOptions, LinkState};
use hoatoc::wire::order::call_up::{from_message, proven_summary};
use hoatoc::wire::{entry, pb, registry};
use prost::Message as _;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status};

use super::identity::code_for;
use crate::support::{Draft, MASTER, Province, draft_of, reason, signature_of, soon};

const LINK: LinkOptions = LinkOptions {
    connect_patience: Duration::from_secs(20),
    heartbeat_every: Duration::from_secs(20),
    backoff_min: Duration::from_millis(20),
    backoff_max: Duration::from_millis(100),
    seed: 7,
};
const NHE: &str = "03160";
const LAY: &str = "03127";

/// A soldier of class 1 who lives in this commune.
fn soldier(name: &str, number: u32, unit: &str, specialty: &str) -> pb::Reservist {
    pb::Reservist {
        full_name: name.to_owned(),
        birth_date: Some(pb::CivilDate { year: 1998, month: 3, day: 1 + number % 28 }),
        birth_precision: pb::DatePrecision::Day.into(),
        sex: pb::Sex::Male.into(),
        citizen_id: format!("0110980{number:05}"),
        category: pb::ReservistCategory::NcoSoldier.into(),
        reserve_class: 1,
        specialty_code: specialty.to_owned(),
        residence_unit_code: unit.to_owned(),
        registered_unit_code: unit.to_owned(),
        hamlet: "Bản Nà Pán".to_owned(),
        phones: vec![format!("+8491234{number:04}")],
        status: pb::ReservistStatus::Active.into(),
        ..pb::Reservist::default()
    }
}

/// Puts records; their identities.
async fn put(province: &Province, people: &[pb::Reservist]) -> Vec<[u8; 16]> {
    let sealer = Arc::new(Sealer::new(&MASTER));
    let rows = people.iter().map(|person| {
        let content = registry::encode(person.clone());
        let index = Row::of(person, 0, &content, &sealer).expect("good codes");
        let fresh_id = *uuid::Uuid::now_v7().as_bytes();
        NewRecord { row: 0, mode: RowMode::Import, fresh_id, content, index, moving_to: None }
    });
    let (rows, sealer) = (rows.collect(), sealer.clone());
    let done = province.engine.put_records(|reply| RecordJob {
        actor: Actor::Server,
        id: None,
        kind: RecordKind::Reservist,
        rows,
        validate_only: false,
        sealer,
        reply,
    });
    let done = soon(done).await.expect("recorded");
    let ids = done.rows.into_iter().map(|(_row, outcome)| match outcome {
        RowOutcome::Created(id, _) | RowOutcome::Updated(id, _) => id,
        other => panic!("not put: {other:?}"),
    });
    ids.collect()
}

/// Eight in one commune, four of whom would do only for want of better; three in the other.
fn people() -> Vec<pb::Reservist> {
    let mut all = Vec::new();
    for number in 0..4 {
        all.push(soldier(&format!("Lò Văn {}", number + 1), number, NHE, "CN02"));
        all.push(soldier(&format!("Vàng A {}", number + 1), 100 + number, NHE, "CN03"));
    }
    for number in 0..3 {
        all.push(soldier(&format!("Quàng Thị {}", number + 1), 200 + number, LAY, "CN02"));
    }
    all[0].status = pb::ReservistStatus::Abroad.into();
    all
}

fn select(draft: &Draft, count: u32) -> pb::SelectCallUpRequest {
    let need = pb::CallUpNeed {
        code: "CN02".to_owned(),
        kind: pb::RequirementKind::Personnel.into(),
        count,
        near_codes: vec!["CN03".to_owned()],
        is_combat: false,
        only_exact: false,
    };
    pb::SelectCallUpRequest {
        order_id: draft.id(),
        selector: Some(pb::AudienceSelector {
            unit_codes: vec!["11".to_owned()],
            ..pb::AudienceSelector::default()
        }),
        needs: vec![need],
        reserve_percent: 20,
        handling: pb::Handling::Exercise.into(),
        ..pb::SelectCallUpRequest::default()
    }
}

/// A draft that calls so many, and what was selected for it.
async fn calling(province: &Province, count: u32) -> (Draft, pb::SelectCallUpResponse) {
    let draft = draft_of(province, "exercise-director", Handling::Exercise).await;
    let mut director = province.orders("exercise-director").await;
    let selected = soon(director.select_call_up(select(&draft, count))).await.expect("selected");
    let selected = selected.into_inner();
    let call_up = from_message(selected.call_up.as_ref().expect("lists")).expect("sound");
    (draft.with(|order| order.call_up = Some(call_up)), selected)
}

fn request(draft: &Draft, call_up_id: &str) -> pb::DraftOrderRequest {
    pb::DraftOrderRequest {
        call_up_id: call_up_id.to_owned(),
        ..draft.request(&format!("draft-{}", draft.id()))
    }
}

async fn sign_and_issue(province: &Province, draft: &Draft) -> Result<pb::Order, Status> {
    let key = &province.person("exercise-director").exercise;
    let mut director = province.orders("exercise-director").await;
    soon(director.submit_signature(signature_of(draft, key, &format!("s-{}", draft.id())))).await?;
    let request_id = format!("i-{}", draft.id());
    let issue = pb::IssueOrderRequest { request_id, order_id: draft.id() };
    let issued = soon(director.issue_order(issue)).await?;
    Ok(issued.into_inner().order.expect("the order"))
}

/// A commune's terminal, linked until the test ends.
struct Commune {
    terminal: Arc<Terminal>,
    dialer: Arc<dyn Dialer>,
    link: Option<(JoinHandle<()>, CancellationToken)>,
    dir: tempfile::TempDir,
}

async fn commune(province: &Province, unit: &str) -> Commune {
    let dir = tempfile::tempdir().expect("a directory");
    let keys = dir.path().join("keys");
    let code = code_for(province, &format!("{unit}/military"), unit).await;
    let servers = [format!("localhost:{}", province.server.local_address().port())];
    let clock = province.clock.clone();
    soon(enrol(Enrolment { servers: &servers, code: &code, keys: &keys, clock }))
        .await
        .expect("enrolled");
    let home = Home::open(&keys).expect("whole");
    let dialer = home.dialer(&[], province.clock.clone()).expect("whole");
    let store = dir.path().join("store");
    let terminal = home.terminal(&store, province.clock.clone(), LINK).expect("a store");
    let mut commune = Commune { terminal, dialer, link: None, dir };
    commune.connect(province).await;
    commune
}

impl Commune {
    /// Links it, and waits until it is.
    async fn connect(&mut self, province: &Province) {
        let stop = province.tasks.stopping().child_token();
        let (own, dialer, token) = (self.terminal.clone(), self.dialer.clone(), stop.clone());
        let link = province.tasks.spawn("link", async move {
            own.run(dialer, token).await.expect("it is told to end");
        });
        self.link = Some((link, stop));
        let mut fares = self.terminal.link();
        soon(fares.wait_for(|now| now.state == LinkState::Connected)).await.expect("connected");
    }

    async fn leave(&mut self) {
        let (link, stop) = self.link.take().expect("linked");
        stop.cancel();
        soon(link).await.expect("no panic");
    }

    /// Waits until the sheets of the only order are here.
    async fn complete(&self, draft: &Draft) -> SheetState {
        let mut revision = self.terminal.inbox().revision();
        let here = async {
            loop {
                let now = self.terminal.now();
                let summary = self.terminal.inbox().summary(draft.order.id, now);
                let sheets = summary.map(|own| own.sheets);
                if let Some(complete @ SheetState::Complete { .. }) = sheets {
                    return complete;
                }
                revision.changed().await.expect("the inbox lives");
            }
        };
        soon(here).await
    }

    fn names(&self, draft: &Draft) -> Vec<String> {
        let rows = self.terminal.inbox().called(draft.order.id).expect("readable");
        let name = |row: CalledRow| match row {
            CalledRow::Person(person) => person.full_name,
            CalledRow::Equipment(item) => item.plate,
        };
        rows.into_iter().map(name).collect()
    }
}

#[tokio::test]
async fn each_commune_gets_its_own_sheet_and_nothing_else() {
    let province = Province::start().await;
    put(&province, &people()).await;
    let (nhe, lay) = (commune(&province, NHE).await, commune(&province, LAY).await);
    let (draft, selected) = calling(&province, 8).await;
    // Three and three of the very specialty, then two of the near one.
    let signed = draft.order.call_up.clone().expect("lists");
    assert_eq!((signed.people, signed.equipment), (8, 0));
    let summary = proven_summary(&selected.summary, selected.proof.as_ref(), &signed);
    let summary = summary.expect("under the root");
    let line = &summary.lines[0];
    assert_eq!((line.wanted, line.exact, line.near), (8, 6, 2));
    assert_eq!(line.refused, [pb::CallUpRefusal { reason: "ABROAD".into(), count: 1 }]);
    let shares: Vec<_> =
        summary.shares.iter().map(|own| (own.unit_code.as_str(), own.people)).collect();
    assert_eq!(shares, [(LAY, 3), (NHE, 5)]);
    assert_eq!(selected.reserve.len(), 2);

    let mut director = province.orders("exercise-director").await;
    let laid = soon(director.draft_order(request(&draft, &selected.call_up_id))).await;
    laid.expect("laid down, lists and all");
    sign_and_issue(&province, &draft).await.expect("issued");
    assert_eq!(nhe.complete(&draft).await, SheetState::Complete { people: 5, equipment: 0 });
    assert_eq!(lay.complete(&draft).await, SheetState::Complete { people: 3, equipment: 0 });
    let names = nhe.names(&draft);
    let own = ["Lò Văn 2", "Lò Văn 3", "Lò Văn 4", "Vàng A"];
    assert_eq!(names.len(), 5);
    assert!(names.iter().all(|name| own.iter().any(|own| name.starts_with(own))), "{names:?}");
    assert_eq!(lay.names(&draft), ["Quàng Thị 1", "Quàng Thị 2", "Quàng Thị 3"]);

    // The other commune's page, handed to this one, is refused though its proof holds.
    let others = pages(&lay);
    let refused = nhe.terminal.inbox().receive_sheet(&others[0]).expect("no fault of the store");
    assert_eq!(refused, SheetReceived::Refused("SHEET_OF_ANOTHER_UNIT"));
    assert_eq!(nhe.terminal.inbox().refused_sheets()[0].reason, "SHEET_OF_ANOTHER_UNIT");
    assert_eq!(nhe.names(&draft), names);

    // Nothing of a name is in the ledger or in the clear in the store.
    let everything = province.engine.store().scan(b"", b"", 10_000).expect("in memory");
    let canary = "Quàng Thị".as_bytes();
    for (_key, value) in &everything {
        assert!(!value.windows(canary.len()).any(|part| part == canary), "a name in the clear");
    }
    // That the chosen were read is.
    let leaves = province.engine.store().scan(keys::LEDGER, b"", 10_000).expect("in memory");
    let read = leaves.iter().filter_map(|(_key, leaf)| match entry::decode(leaf).ok()?.event {
        Event::RecordsRead { records, .. } => Some(records.len()),
        _other => None,
    });
    assert_eq!(read.sum::<usize>(), 8);
}

/// Whether any file of a terminal, or its name, has one of these words.
fn is_anywhere(dir: &std::path::Path, words: &[&str]) -> bool {
    std::fs::read_dir(dir).expect("a directory").any(|entry| {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            return is_anywhere(&path, words);
        }
        let bytes = std::fs::read(&path).expect("readable");
        let has = |word: &&str| bytes.windows(word.len()).any(|part| part == word.as_bytes());
        words.iter().any(has)
    })
}

#[tokio::test]
async fn a_terminals_directory_says_nothing_of_those_called_and_forgets_them_with_the_order() {
    let province = Province::start().await;
    put(&province, &people()).await;
    let mut nhe = commune(&province, NHE).await;
    let (draft, selected) = calling(&province, 8).await;
    let mut director = province.orders("exercise-director").await;
    soon(director.draft_order(request(&draft, &selected.call_up_id))).await.expect("laid down");
    sign_and_issue(&province, &draft).await.expect("issued");
    nhe.complete(&draft).await;
    let rows = nhe.terminal.inbox().called(draft.order.id).expect("readable");
    assert_eq!(rows.len(), 5, "whoever is responsible sees them");
    let words = ["Lò Văn", "Vàng A", "Nà Pán", "491234"];
    assert!(!is_anywhere(nhe.dir.path(), &words), "in the clear in the directory");
    let key = nhe.dir.path().join("keys/sheets").join(draft.order.id.to_string());
    assert!(key.exists());

    province.clock.set(draft.order.not_after.offset_by(30 * 24 * 3_600_000 + 1));
    let now = nhe.terminal.now();
    nhe.terminal.with_inbox(move |inbox| inbox.destroy_old_sheets(now)).await.expect("destroyed");
    assert!(!key.exists() && nhe.names(&draft).is_empty());
    nhe.leave().await;
}

/// The pages a terminal has, as the server sends them.
fn pages(commune: &Commune) -> Vec<pb::CallUpSheetDelivery> {
    commune.terminal.inbox().sheet_pages().expect("readable")
}

#[tokio::test]
async fn a_terminal_that_was_away_gets_its_sheets_when_it_comes_back() {
    let province = Province::start().await;
    put(&province, &people()).await;
    let mut nhe = commune(&province, NHE).await;
    nhe.leave().await;
    let (draft, selected) = calling(&province, 2).await;
    let mut director = province.orders("exercise-director").await;
    soon(director.draft_order(request(&draft, &selected.call_up_id))).await.expect("laid down");
    sign_and_issue(&province, &draft).await.expect("issued");
    assert_eq!(nhe.terminal.inbox().summary(draft.order.id, nhe.terminal.now()), None);
    nhe.connect(&province).await;
    let SheetState::Complete { people, .. } = nhe.complete(&draft).await else { unreachable!() };
    assert_eq!(usize::try_from(people).expect("small"), nhe.names(&draft).len());
    // Once more away and back: nothing is sent twice, and nothing is lost.
    nhe.leave().await;
    nhe.connect(&province).await;
    assert!(nhe.terminal.inbox().sheet_cursors()[0].is_complete);
}

#[tokio::test]
async fn a_draft_must_call_by_the_lists_that_were_selected_for_it() {
    let province = Province::start().await;
    put(&province, &people()).await;
    let (draft, selected) = calling(&province, 2).await;
    let (_other, others) = calling(&province, 2).await;
    let mut director = province.orders("exercise-director").await;
    let mut draft_with = async |draft: &Draft, id: &str| {
        reason(soon(director.draft_order(request(draft, id))).await)
    };
    let unknown = (Code::NotFound, "CALL_UP_UNKNOWN".to_owned());
    let changed = (Code::FailedPrecondition, "CALL_UP_CHANGED".to_owned());
    assert_eq!(draft_with(&draft, "no-such-selection").await, unknown);
    assert_eq!(draft_with(&draft, &others.call_up_id).await, changed);
    let forged = draft.clone().with(|order| {
        if let Some(call_up) = &mut order.call_up {
            call_up.root = [9; 32];
        }
    });
    assert_eq!(draft_with(&forged, &selected.call_up_id).await, changed);
    let none = draft.clone().with(|order| order.call_up = None);
    let useless = draft_with(&none, &selected.call_up_id).await;
    assert_eq!(useless, (Code::InvalidArgument, "PAYLOAD_INVALID".into()));
}

#[tokio::test]
async fn lists_that_changed_in_the_store_are_neither_signed_nor_issued() {
    let province = Province::start().await;
    put(&province, &people()).await;
    let (draft, selected) = calling(&province, 2).await;
    let mut director = province.orders("exercise-director").await;
    soon(director.draft_order(request(&draft, &selected.call_up_id))).await.expect("laid down");
    // Another order's lists under this order's keys do not open; a missing leaf leaves no root.
    let store = province.engine.store();
    let mut batch = Batch::on(store.head());
    batch.delete(keys::call_up_leaf(draft.order.id.as_bytes(), 1));
    store.commit(batch).expect("in memory");
    let refused = sign_and_issue(&province, &draft).await;
    let changed = (Code::FailedPrecondition, "CALL_UP_CHANGED".to_owned());
    assert_eq!(reason(refused), changed);
}

#[tokio::test]
async fn who_could_not_be_called_any_more_is_counted_and_stays_on_the_list() {
    let province = Province::start().await;
    let mut all = people();
    put(&province, &all).await;
    let (draft, selected) = calling(&province, 6).await;
    let mut director = province.orders("exercise-director").await;
    soon(director.draft_order(request(&draft, &selected.call_up_id))).await.expect("laid down");
    all.iter_mut().for_each(|own| own.status = pb::ReservistStatus::Dead.into());
    put(&province, &all[2..3]).await;
    let ask = pb::GetCallUpRequest { order_id: draft.id() };
    let shown = soon(director.get_call_up(ask)).await.expect("shown").into_inner();
    assert_eq!(shown.drift, [pb::CallUpRefusal { reason: "DEAD".into(), count: 1 }]);
    let signed = draft.order.call_up.clone().expect("lists");
    let summary = proven_summary(&shown.summary, shown.proof.as_ref(), &signed);
    assert_eq!(summary.expect("as it was frozen").lines[0].exact, 6);
    sign_and_issue(&province, &draft).await.expect("it is a warning, no more");
    // Whoever is called is not called again by another order of the kind; the dead are not at all.
    let (_next, anew) = calling(&province, 4).await;
    let line = pb::CallUpSummary::decode(&anew.summary[..]).expect("a summary").lines[0].clone();
    let called = line.refused.iter().find(|own| own.reason == "CALLED").map(|own| own.count);
    assert_eq!((line.exact, line.near, called), (0, 4, Some(5)));
}

#[tokio::test]
async fn an_order_that_can_call_nobody_says_why_and_on_which_order_they_are() {
    let province = Province::start().await;
    put(&province, &people()).await;
    let (draft, selected) = calling(&province, 10).await;
    let line =
        pb::CallUpSummary::decode(&selected.summary[..]).expect("a summary").lines[0].clone();
    assert_eq!((line.exact + line.near, line.unexamined), (10, 10), "called, and told of");
    let mut director = province.orders("exercise-director").await;
    soon(director.draft_order(request(&draft, &selected.call_up_id))).await.expect("laid down");
    sign_and_issue(&province, &draft).await.expect("issued");
    let other = draft_of(&province, "exercise-director", Handling::Exercise).await;
    let empty = soon(director.select_call_up(select(&other, 4))).await.expect_err("nobody is left");
    assert_eq!(reason::<()>(Err(empty.clone())).1, "CALL_UP_EMPTY");
    let told = empty.message();
    let number = draft.order.number_text();
    assert!(told.contains(&format!("CALLED 10 (10 by {number})")), "{told}");
    assert!(told.contains("ABROAD 1"), "{told}");
}

#[tokio::test]
async fn nobody_of_a_unit_that_ended_and_left_nothing_in_its_place_is_called_or_offered() {
    let province = Province::start().await;
    put(&province, &people()).await;
    let closing = pb::unit_change::Change::Close(pb::CloseUnit {
        unit_code: LAY.to_owned(),
        successor_codes: Vec::new(),
    });
    let change = pb::ChangeUnitsRequest {
        request_id: "close".to_owned(),
        change: Some(pb::UnitChange { change: Some(closing) }),
        effective_date: "2026-11-01".to_owned(),
        document: "giải thể".to_owned(),
        validate_only: true,
        force: true,
    };
    let channel = province.officer("administrator").await;
    let mut client = pb::organization_service_client::OrganizationServiceClient::new(channel);
    let preview = soon(client.change_units(change.clone())).await.expect("a preview").into_inner();
    assert_eq!(preview.stranded_records, 3);
    let change = pb::ChangeUnitsRequest { validate_only: false, ..change };
    soon(client.change_units(change)).await.expect("all the same");
    let (_draft, selected) = calling(&province, 20).await;
    let summary = pb::CallUpSummary::decode(&selected.summary[..]).expect("a summary");
    assert_eq!((summary.lines[0].exact, summary.lines[0].near), (3, 4));
    let said = format!("{summary:?}");
    assert!(!said.contains(LAY), "{said}");
}

#[tokio::test]
async fn sheets_go_thirty_days_after_the_end_of_their_order_and_no_sooner() {
    let province = Province::start().await;
    let ids = put(&province, &people()).await;
    let (draft, selected) = calling(&province, 2).await;
    let mut director = province.orders("exercise-director").await;
    soon(director.draft_order(request(&draft, &selected.call_up_id))).await.expect("laid down");
    let (order, store) = (draft.order.id, province.engine.store().clone());
    let names = |id: &[u8; 16]| {
        let lists = naming(&*store, &Sealer::new(&MASTER), [order], id).expect("readable");
        lists.contains(&order)
    };
    // Abroad, and so on no list; and two who are called.
    assert!(!names(&ids[0]));
    let named = ids.iter().filter(|id| names(id)).count();
    assert!(named >= 2, "the called and their substitutes are named");
    let left =
        || store.scan(&keys::call_up_of(order.as_bytes()), b"", 100).expect("in memory").len();
    let leaves = left();
    soon(province.sheets.of(order)).await.expect("readable");
    province.live_until(draft.order.not_after.offset_by(30 * 24 * 3_600_000));
    province.sheets.forget_past();
    assert_eq!(soon(province.engine.prune_call_up(order)).await.expect("kept"), 0);
    assert_eq!(left(), leaves);
    province.clock.advance(Duration::from_secs(1));
    assert_eq!(soon(province.engine.prune_call_up(order)).await.expect("removed"), leaves);
    assert_eq!(left(), 0);
    assert!(!ids.iter().any(names), "nothing of the people is left beside their records");
    assert_eq!(province.sheets.opened_len(), 1, "they were opened to be seen");
    province.sheets.forget_past();
    assert_eq!(province.sheets.opened_len(), 0);
}
