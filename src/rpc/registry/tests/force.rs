use super::*;

fn base(code: &str, kind: pb::MilitiaBaseKind, present: u32) -> pb::MilitiaBase {
    pb::MilitiaBase {
        code: code.to_owned(),
        kind: kind.into(),
        unit_code: "03356".to_owned(),
        name: format!("Cơ sở {code}"),
        host_org: "Trung tâm Y tế".to_owned(),
        present_count: Some(present),
        by_type: vec![pb::ForceStrength { force_type: "cơ động".to_owned(), count: 5 }],
        commander: "Lò Văn Thi".to_owned(),
        status: pb::MilitiaBaseStatus::Active.into(),
        ..pb::MilitiaBase::default()
    }
}

impl House {
    async fn import_bases(
        &mut self,
        name: &str,
        bases: Vec<pb::MilitiaBase>,
    ) -> pb::ImportMilitiaBasesResponse {
        let row = |(row, base)| pb::MilitiaBaseRow {
            row,
            militia_base: Some(base),
            ..Default::default()
        };
        let rows = (2..).zip(bases).map(row).collect();
        let batch = pb::ImportMilitiaBasesRequest {
            request_id: name.to_owned(),
            rows,
            ..Default::default()
        };
        let answers = self.force.import_militia_bases(tokio_stream::iter([batch])).await;
        let mut answers = answers.expect("taken").into_inner();
        answers.message().await.expect("answered").expect("one batch, one answer")
    }
}

#[tokio::test]
async fn bases_are_created_and_updated_by_their_code_and_filtered_by_kind() {
    use pb::MilitiaBaseKind::{AgencySelfDefense, CommuneMilitia};
    let mut house = House::new().await;
    let bases = || {
        let mut bad = base("TV-003", AgencySelfDefense, 4);
        bad.party_member_count = Some(5);
        vec![base("TV-001", AgencySelfDefense, 30), base("DQ-001", CommuneMilitia, 40), bad]
    };
    let first = house.import_bases("i-1", bases()).await;
    assert_eq!((first.created, first.updated, first.unchanged), (2, 0, 0));
    let refused: Vec<_> = first.refused.iter().map(|r| (r.row, r.reason.as_str())).collect();
    assert_eq!(refused, [(4, "COUNT_MISMATCH")]);
    let mut changed = bases();
    changed[0].present_count = Some(31);
    let second = house.import_bases("i-2", changed).await;
    assert_eq!((second.created, second.updated, second.unchanged), (0, 1, 1));
    let list = |filter: &str| pb::ListMilitiaBasesRequest {
        filter: filter.to_owned(),
        ..pb::ListMilitiaBasesRequest::default()
    };
    let filter = "kind = AGENCY_SELF_DEFENSE AND status = ACTIVE AND unit = \"03356\"";
    let listed = house.force.list_militia_bases(list(filter)).await.expect("listed").into_inner();
    assert_eq!(listed.total_size, 1);
    let [one] = &listed.militia_bases[..] else { panic!("one base") };
    assert_eq!((one.code.as_str(), one.present_count, one.version), ("TV-001", Some(31), 2));
    assert_eq!(one.commander, "", "a list names no commander");
    let id = one.militia_base_id.clone();
    let get = || pb::GetMilitiaBaseRequest { militia_base_id: id.clone() };
    let whole = house.force.get_militia_base(get()).await.expect("shown").into_inner();
    assert_eq!(whole.militia_base.expect("shown").commander, "Lò Văn Thi");
    house.calls_as(true, Some("03160"));
    let hidden = house.force.get_militia_base(get()).await.expect_err("not theirs");
    assert_eq!(hidden.code(), Grpc::NotFound);
    let refused = house.force.list_militia_bases(list("kind = NAVY")).await.expect_err("no kind");
    assert!(refused.message().contains("FILTER_INVALID"));
    let loaded =
        crate::index::Registry::load(house.store.as_ref(), house.kept.sealer()).expect("sound");
    assert_eq!(loaded.table(RecordKind::MilitiaBase).len(), 2, "there again after a restart");
}

#[tokio::test]
async fn an_enterprise_is_known_by_its_tax_code_and_an_activity_by_what_it_was() {
    let mut house = House::new().await;
    let enterprise = |tax_code: &str| pb::Enterprise {
        tax_code: tax_code.to_owned(),
        name: "Công ty CP May Tây Bắc".to_owned(),
        unit_code: "03356".to_owned(),
        stage: pb::SurveyStage::Managed.into(),
        status: pb::EnterpriseStatus::Active.into(),
        ..pb::Enterprise::default()
    };
    let row = |row, one| pb::EnterpriseRow { row, enterprise: Some(one), ..Default::default() };
    let rows = vec![
        row(2, enterprise("0100109106")),
        row(3, enterprise("01001091.06")),
        row(4, enterprise("0100109106-001")),
    ];
    let batch =
        pb::ImportEnterprisesRequest { request_id: "e-1".to_owned(), rows, ..Default::default() };
    let answers = house.force.import_enterprises(tokio_stream::iter([batch])).await;
    let answer = answers.expect("taken").into_inner().message().await.expect("answered");
    let answer = answer.expect("one answer");
    assert_eq!(answer.created, 2, "a branch is another one");
    assert_eq!(answer.refused[0].reason, "DUPLICATE_IN_FILE");
    let activity = |title: &str, day: u32| pb::Activity {
        kind: pb::ActivityKind::CombatExercise.into(),
        title: title.to_owned(),
        unit_code: "03356".to_owned(),
        start_date: Some(pb::CivilDate { year: 2025, month: 10, day }),
        ..pb::Activity::default()
    };
    let row = |row, one| pb::ActivityRow { row, activity: Some(one), ..Default::default() };
    let rows = vec![
        row(2, activity("Diễn tập xã", 1)),
        row(3, activity("DIỄN TẬP XÃ", 1)),
        row(4, activity("Diễn tập xã", 2)),
    ];
    let batch =
        pb::ImportActivitiesRequest { request_id: "a-1".to_owned(), rows, ..Default::default() };
    let answers = house.force.import_activities(tokio_stream::iter([batch])).await;
    let answer = answers.expect("taken").into_inner().message().await.expect("answered");
    let answer = answer.expect("one answer");
    assert_eq!((answer.created, answer.refused.len()), (2, 1), "{answer:?}");
    let list = pb::ListActivitiesRequest {
        filter: "kind = COMBAT_EXERCISE AND status = HELD".to_owned(),
        ..pb::ListActivitiesRequest::default()
    };
    let listed = house.force.list_activities(list).await.expect("listed").into_inner();
    assert_eq!(listed.total_size, 2);
}

#[tokio::test]
async fn a_base_is_replaced_under_the_version_that_was_seen_and_by_its_own_registrar() {
    let mut house = House::new().await;
    let stored = base("DQ-001", pb::MilitiaBaseKind::CommuneMilitia, 40);
    house.import_bases("i-1", vec![stored]).await;
    let listed = house.force.list_militia_bases(pb::ListMilitiaBasesRequest::default()).await;
    let id = listed.expect("listed").into_inner().militia_bases.remove(0).militia_base_id;
    let get = pb::GetMilitiaBaseRequest { militia_base_id: id };
    let whole = house.force.get_militia_base(get).await.expect("shown").into_inner();
    let whole = whole.militia_base.expect("shown");
    let update = |name: &str, base: pb::MilitiaBase| pb::UpdateMilitiaBaseRequest {
        request_id: name.to_owned(),
        militia_base: Some(base),
    };
    let more = pb::MilitiaBase { present_count: Some(44), ..whole.clone() };
    let done = house.force.update_militia_base(update("u-1", more)).await.expect("updated");
    let done = done.into_inner().militia_base.expect("as stored");
    assert_eq!((done.present_count, done.version), (Some(44), 2));
    assert_eq!(done.commander, "Lò Văn Thi");
    let old = pb::MilitiaBase { present_count: Some(45), ..whole };
    let late =
        house.force.update_militia_base(update("u-2", old)).await.expect_err("changed since");
    assert_eq!(late.code(), Grpc::Aborted);
    let bad = pb::MilitiaBase { party_member_count: Some(99), ..done.clone() };
    let bad = house.force.update_militia_base(update("u-3", bad)).await.expect_err("too many");
    assert!(bad.message().contains("COUNT_MISMATCH"), "{bad}");
    house.calls_as(true, Some("03160"));
    let theirs =
        house.force.update_militia_base(update("u-4", done)).await.expect_err("not theirs");
    assert_eq!(theirs.code(), Grpc::NotFound);
}

#[tokio::test]
async fn an_activity_of_a_commune_that_was_merged_since_is_found_by_either_code_and_made_once() {
    let mut house = House::new().await;
    let activity = |unit: &str, title: &str| pb::Activity {
        kind: pb::ActivityKind::CombatExercise.into(),
        title: title.to_owned(),
        unit_code: unit.to_owned(),
        start_date: Some(pb::CivilDate { year: 2025, month: 10, day: 1 }),
        ..pb::Activity::default()
    };
    let batch = |name: &str, activity: pb::Activity| pb::ImportActivitiesRequest {
        request_id: name.to_owned(),
        rows: vec![pb::ActivityRow { row: 2, activity: Some(activity), ..Default::default() }],
        ..Default::default()
    };
    let import = async |house: &mut House, name: &str, one: pb::Activity| {
        let answers = house.force.import_activities(tokio_stream::iter([batch(name, one)])).await;
        let answer = answers.expect("taken").into_inner().message().await.expect("answered");
        let answer = answer.expect("one answer");
        (answer.created, answer.updated, answer.unchanged)
    };
    let title = "Diễn tập xã";
    assert_eq!(import(&mut house, "a-1", activity("03162", title)).await, (1, 0, 0));
    let command = Command::ChangeUnits {
        change: crate::domain::unit::Change::Merge {
            units: vec!["03162".parse().expect("a code")],
            into: "03160".parse().expect("a code"),
            new: None,
        },
        effective: jiff::civil::date(2026, 1, 10),
        document: "01/NQ".to_owned(),
        force: false,
    };
    let request = crate::domain::world::Request { actor: Actor::Server, id: None, command };
    house.engine.submit(request).await.expect("merged");
    assert_eq!(import(&mut house, "a-2", activity("03160", title)).await, (0, 0, 1));
    let rated = pb::Activity { rating: pb::Rating::Good.into(), ..activity("03160", title) };
    assert_eq!(import(&mut house, "a-3", rated).await, (0, 1, 0));
    assert_eq!(import(&mut house, "a-4", activity("03163", title)).await, (1, 0, 0), "another's");
    let list = pb::ListActivitiesRequest::default();
    let listed = house.force.list_activities(list).await.expect("listed").into_inner();
    // Two that were made in one millisecond may come in either order.
    let mut units: Vec<&str> = listed.activities.iter().map(|one| one.unit_code.as_str()).collect();
    units.sort_unstable();
    assert_eq!((listed.total_size, units), (2, vec!["03162", "03163"]), "under its own unit");
}
