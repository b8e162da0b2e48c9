//! The plan of days past, and ends that are yet to come.

use jiff::civil::{Date, date};
use tonic::Request;

use super::plan::{ELSEWHERE, HOME, Plan};
use super::*;
use crate::domain::unit::{Change, Echelon, ParentBasis};
use crate::index::Registry;
use crate::wire::pb::plan_service_server::PlanService;
use crate::wire::registry::plan::civil_date;

/// Today is 31 January 2026; the plan begins before.
const BEGAN: Date = date(2025, 10, 1);
const BEFORE: Date = date(2025, 12, 15);
const YESTERDAY: Date = date(2026, 1, 30);
const TODAY: Date = date(2026, 1, 31);

impl Plan {
    /// A company whose places are held since [`BEGAN`].
    async fn of_old(people: usize) -> Self {
        let plan = Self::new(people, u32::try_from(people).expect("a few")).await;
        plan.hold_since_old().await;
        plan
    }

    async fn hold_since_old(&self) {
        let count = u32::try_from(self.who.len()).expect("a few");
        self.establish(BEGAN, count, true).await.expect("put");
        for (at, one) in self.who.iter().enumerate() {
            let ask = pb::AssignRequest {
                request_id: format!("old-{at}"),
                subject_id: one.reservist_id.clone(),
                reserve_unit_code: "DB-1".to_owned(),
                post_no: 1,
                start_date: Some(civil_date(BEGAN)),
                ..pb::AssignRequest::default()
            };
            self.door.assign(Request::new(ask)).await.expect("assigned");
        }
    }

    async fn establish(
        &self,
        from: Date,
        count: u32,
        correct: bool,
    ) -> Result<pb::PutReserveUnitResponse, Status> {
        self.establish_of(HOME, from, count, correct).await
    }

    async fn establish_of(
        &self,
        source: &str,
        from: Date,
        count: u32,
        correct: bool,
    ) -> Result<pb::PutReserveUnitResponse, Status> {
        let unit = pb::ReserveUnit {
            code: "DB-1".to_owned(),
            name: "Đại đội 1".to_owned(),
            source_unit_codes: vec![source.to_owned()],
            posts: vec![pb::PlanPost {
                specialty_code: "CN01".to_owned(),
                near: vec!["CN05".to_owned()],
                health_max: 3,
                count,
                ..pb::PlanPost::default()
            }],
            valid_from: Some(civil_date(from)),
            ..pb::ReserveUnit::default()
        };
        let ask = pb::PutReserveUnitRequest {
            request_id: format!("put-{source}-{from}-{count}-{correct}"),
            reserve_unit: Some(unit),
            correct,
            ..pb::PutReserveUnitRequest::default()
        };
        Ok(self.door.put_reserve_unit(Request::new(ask)).await?.into_inner())
    }

    /// Places, exact, near, and holders who do not fit, by reason.
    async fn fill(&self, day: Date) -> (u64, u64, u64, Vec<(String, u64)>) {
        let as_of = Some(civil_date(day));
        let ask = pb::GetFillRequest { as_of, ..pb::GetFillRequest::default() };
        let said = self.door.get_fill(Request::new(ask)).await.expect("counted").into_inner();
        let people = said.total.and_then(|total| total.people).expect("people");
        let why = said.invalid.into_iter().map(|at| (at.reason, at.count)).collect();
        (people.needed, people.exact, people.near, why)
    }

    async fn held_by(&self, who: usize) -> pb::Assignment {
        let ask = pb::ListAssignmentsRequest {
            subject_id: self.who[who].reservist_id.clone(),
            ..pb::ListAssignmentsRequest::default()
        };
        let listed = self.door.list_assignments(Request::new(ask)).await.expect("listed");
        listed.into_inner().assignments.remove(0)
    }

    async fn end(&self, who: usize, name: &str, on: Option<Date>) -> Result<(), Status> {
        let ask = pb::EndAssignmentRequest {
            request_id: name.to_owned(),
            assignment_id: self.held_by(who).await.assignment_id,
            end_date: on.map(civil_date),
            reason: if on.is_some() { pb::AssignmentEnd::Gone.into() } else { 0 },
            take_back: on.is_none(),
            ..pb::EndAssignmentRequest::default()
        };
        self.door.end_assignment(Request::new(ask)).await.map(drop)
    }
}

#[tokio::test]
async fn a_past_fill_counts_holders_as_their_records_were_that_day() {
    let mut plan = Plan::of_old(5).await;
    assert_eq!(plan.fill(BEFORE).await, (5, 5, 0, vec![]));
    plan.learns(0, "CN05").await;
    plan.change("h-1", 1, |one| one.health_class = 6).await;
    plan.change("r-1", 2, |one| {
        let to = ELSEWHERE.to_owned();
        (one.residence_unit_code, one.registered_unit_code) = (to.clone(), to);
    })
    .await;
    plan.change("d-1", 3, |one| one.status = pb::ReservistStatus::Dead.into()).await;
    // Another word on the same day settles nothing more.
    plan.learns(0, "CN01").await;
    plan.change("t-1", 0, |one| "CN05".clone_into(&mut one.specialty_code)).await;
    for day in [BEGAN, BEFORE, YESTERDAY] {
        assert_eq!(plan.fill(day).await, (5, 5, 0, vec![]), "{day}");
    }
    let of = |reason: &str| (reason.to_owned(), 1);
    let (needed, exact, near, mut why) = plan.fill(TODAY).await;
    why.sort();
    assert_eq!((needed, exact, near), (5, 1, 1));
    assert_eq!(why, [of("DEAD"), of("HEALTH_TOO_LOW"), of("OUTSIDE_AREA")]);
    let loaded = Registry::load(plan.house.store.as_ref(), plan.house.kept.sealer());
    let loaded = loaded.expect("sound");
    assert!(loaded.plan == plan.house.engine.registry().plan, "and after a start");
}

#[tokio::test]
async fn a_past_fill_counts_a_unit_under_the_area_that_it_was_in_that_day() {
    let mut plan = Plan::of_old(2).await;
    let home: UnitCode = HOME.parse().expect("a code");
    let units = plan.house.engine.world().units().clone();
    let area = units.area_of(&home).expect("it lies in one").code.clone();
    plan.establish_of(area.as_str(), BEGAN, 2, true).await.expect("put");
    let others = units.iter().filter(|unit| unit.echelon() == Echelon::Area && unit.code != area);
    let parent = others.map(|unit| unit.code.clone()).next().expect("there are others");
    let change = Change::Move { unit: home, parent, basis: ParentBasis::Sourced };
    let moved_on = date(2026, 1, 15);
    let document = "Quyết định 5/QĐ".to_owned();
    let command = Command::ChangeUnits { change, effective: moved_on, document, force: false };
    let request = crate::domain::world::Request { actor: Actor::Server, id: None, command };
    plan.house.engine.submit(request).await.expect("moved");
    let last = moved_on.yesterday().expect("a day");
    for settled in [false, true] {
        for (day, exact) in [(BEGAN, 2), (BEFORE, 2), (last, 2), (moved_on, 0), (YESTERDAY, 0)] {
            assert_eq!(plan.fill(day).await.1, exact, "{day}, settled: {settled}");
        }
        // What changes in a record settles the days before it by the same map.
        for who in 0..if settled { 0 } else { 2 } {
            plan.learns(who, "CN02").await;
        }
    }
    assert_eq!(plan.fill(TODAY).await.3, [("OUTSIDE_AREA".to_owned(), 2)]);
}

#[tokio::test]
async fn one_who_was_erased_counts_on_days_past_as_he_was() {
    let mut plan = Plan::of_old(2).await;
    let ask = pb::EraseRecordRequest {
        request_id: "x-1".to_owned(),
        kind: pb::RecordKind::Reservist.into(),
        record_id: plan.who[0].reservist_id.clone(),
        reason: "hết hạn lưu".to_owned(),
        validate_only: false,
    };
    plan.house.client.erase_record(ask).await.expect("erased");
    assert_eq!(plan.fill(YESTERDAY).await, (2, 2, 0, vec![]));
    assert_eq!(plan.fill(TODAY).await, (2, 1, 0, vec![("RECORD_GONE".to_owned(), 1)]));
    let loaded = Registry::load(plan.house.store.as_ref(), plan.house.kept.sealer());
    assert!(loaded.expect("sound").plan == plan.house.engine.registry().plan);
}

#[tokio::test]
async fn what_is_settled_turns_on_the_very_days_on_which_the_rules_turn() {
    let mut plan = Plan::new(3, 3).await;
    let exemption = pb::Exemption {
        post: "Lái xe cứu thương".to_owned(),
        start_date: Some(civil_date(date(2025, 11, 5))),
        end_date: Some(civil_date(date(2025, 11, 20))),
        ..pb::Exemption::default()
    };
    plan.change("e-1", 0, |one| one.exemption = Some(exemption)).await;
    // Thirty-six within the time, and a soldier of a combat unit is thirty-five at most.
    plan.change("b-1", 1, |one| {
        one.birth_date = Some(civil_date(date(1989, 12, 1)));
        one.birth_precision = pb::DatePrecision::Day.into();
    })
    .await;
    plan.hold_since_old().await;
    plan.establish(date(2026, 1, 15), 1, false).await.expect("a smaller one");
    let days: Vec<Date> =
        BEGAN.series(jiff::Span::new().days(1)).take_while(|day| *day < TODAY).collect();
    let mut before = Vec::new();
    for day in &days {
        before.push(plan.fill(*day).await);
    }
    let turns = before.windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert_eq!(turns, 4, "exempt and not, too old, fewer places");
    for who in 0..3 {
        plan.learns(who, "CN02").await;
    }
    for (day, before) in days.iter().zip(before) {
        assert_eq!(plan.fill(*day).await, before, "{day}");
    }
}

#[tokio::test]
async fn an_establishment_in_force_is_followed_by_another_and_not_rewritten() {
    let plan = Plan::of_old(2).await;
    let same_day = plan.establish(BEGAN, 1, false).await.expect_err("the past has one");
    assert!(same_day.message().contains("PAST_REWRITTEN"), "{same_day}");
    let earlier = plan.establish(date(2025, 9, 1), 1, false).await.expect_err("so has this");
    assert!(earlier.message().contains("PAST_REWRITTEN"), "{earlier}");
    let same = plan.establish(BEGAN, 2, false).await.expect("said again");
    assert!(same.unchanged && same.ledger_index == 0);
    let later = plan.establish(date(2026, 1, 15), 1, false).await.expect("a later one");
    assert!(!later.unchanged);
    assert_eq!(plan.fill(BEFORE).await.0, 2);
    assert_eq!(plan.fill(TODAY).await.0, 1);
    plan.establish(date(2026, 1, 15), 3, true).await.expect("it was wrong from the start");
    assert_eq!((plan.fill(BEFORE).await.0, plan.fill(TODAY).await.0), (2, 3));
}

#[tokio::test]
async fn an_end_to_come_can_be_set_anew_and_taken_back_and_never_far_ahead() {
    let mut plan = Plan::of_old(2).await;
    let far = plan.end(0, "e-1", Some(date(2030, 1, 1))).await.expect_err("decades");
    assert!(far.message().contains("more than a year ahead"), "{far}");
    plan.end(0, "e-2", Some(date(2026, 12, 31))).await.expect("within a year");
    plan.end(0, "e-3", Some(date(2026, 3, 31))).await.expect("set anew");
    assert_eq!(plan.held_by(0).await.end_date, Some(civil_date(date(2026, 3, 31))));
    plan.end(0, "e-4", None).await.expect("taken back");
    let held = plan.held_by(0).await;
    assert_eq!((held.stage(), held.end_date), (pb::AssignmentStage::Active, None));
    // Who does not fit any more does not stay.
    plan.end(0, "e-5", Some(date(2026, 3, 31))).await.expect("ended");
    plan.learns(0, "CN02").await;
    let unfit = plan.end(0, "e-6", None).await.expect_err("another trade");
    assert!(unfit.message().contains("OTHER_SPECIALTY"), "{unfit}");
    // What is over stays.
    plan.end(1, "e-7", Some(YESTERDAY)).await.expect("ended");
    for (name, on) in [("e-8", Some(TODAY)), ("e-9", None)] {
        let over = plan.end(1, name, on).await.expect_err("it is over");
        assert!(over.message().contains("ASSIGNMENT_STATE"), "{over}");
    }
}

#[tokio::test]
async fn a_place_and_a_quota_that_are_free_tomorrow_are_given_from_tomorrow_on() {
    let mut plan = Plan::of_old(2).await;
    let unit = |people| pb::ReserveUnit {
        code: "DB-1".to_owned(),
        name: "Đại đội 1".to_owned(),
        source_unit_codes: vec![HOME.to_owned()],
        posts: vec![pb::PlanPost {
            specialty_code: "CN01".to_owned(),
            only_exact: true,
            count: 2,
            ..pb::PlanPost::default()
        }],
        quotas: vec![pb::PlanQuota { unit_code: HOME.to_owned(), people, equipment: 0 }],
        ..pb::ReserveUnit::default()
    };
    let put = |people| pb::PutReserveUnitRequest {
        request_id: format!("quota-{people}"),
        reserve_unit: Some(unit(people)),
        ..pb::PutReserveUnitRequest::default()
    };
    plan.end(1, "e-1", Some(YESTERDAY)).await.expect("ended");
    plan.door.put_reserve_unit(Request::new(put(1))).await.expect("one from the commune");
    let ask = |waiting| pb::AssignRequest {
        request_id: format!("again-{waiting}"),
        subject_id: plan.who[1].reservist_id.clone(),
        reserve_unit_code: "db-1".to_owned(),
        post_no: 1,
        waiting,
        ..pb::AssignRequest::default()
    };
    let full = plan.door.assign(Request::new(ask(false))).await.expect_err("the quota is full");
    assert!(full.message().contains("QUOTA_FULL"), "{full}");
    plan.door.assign(Request::new(ask(true))).await.expect("onto the list");
    let promote = |name: &str| pb::PromoteWaitingRequest {
        request_id: name.to_owned(),
        reserve_unit_code: "DB-1".to_owned(),
        post_no: 1,
        ..pb::PromoteWaitingRequest::default()
    };
    let said = plan.door.promote_waiting(Request::new(promote("p-1"))).await.expect("asked");
    let refused = said.into_inner().refused.remove(0);
    assert_eq!(refused.reason, "QUOTA_FULL");
    assert!(refused.detail.contains("03356 gives DB-1 1 of 1"), "{}", refused.detail);

    // One is not fit any more and goes today: the place is another's from tomorrow on, and the same day's
    // proposal does not say once more that he is to go.
    plan.learns(0, "CN02").await;
    let propose = || pb::ProposePlanRequest::default();
    let before = plan.door.propose_plan(Request::new(propose())).await.expect("proposed");
    let before = before.into_inner().people.expect("people");
    assert_eq!((before.kept_by_unfit.len(), before.leaving), (1, 0));
    plan.end(0, "e-2", Some(TODAY)).await.expect("ended");
    let after = plan.door.propose_plan(Request::new(propose())).await.expect("proposed");
    let after = after.into_inner().people.expect("people");
    assert_eq!((after.kept_by_unfit.len(), after.leaving), (0, 1));
    let said = plan.door.promote_waiting(Request::new(promote("p-2"))).await.expect("asked");
    let promoted = said.into_inner().promoted;
    assert_eq!(promoted.len(), 1);
    assert_eq!(promoted[0].start_date, Some(civil_date(date(2026, 2, 1))));
}

#[tokio::test]
async fn a_reserve_unit_that_there_is_not_is_refused_with_the_nearest() {
    let plan = Plan::of_old(1).await;
    let ask = |code: &str| pb::GetFillRequest {
        reserve_unit_codes: vec![code.to_owned()],
        ..pb::GetFillRequest::default()
    };
    let refused = plan.door.get_fill(Request::new(ask("DB-2"))).await.expect_err("none");
    assert_eq!(refused.code(), Grpc::NotFound, "{refused}");
    let fill = plan.door.get_fill(Request::new(ask("db-1"))).await.expect("in either case");
    assert_eq!(fill.into_inner().by_reserve_unit.len(), 1);
    let listed = pb::ListAssignmentsRequest {
        reserve_unit_code: "XX".to_owned(),
        ..pb::ListAssignmentsRequest::default()
    };
    let refused = plan.door.list_assignments(Request::new(listed)).await.expect_err("none");
    assert_eq!(refused.code(), Grpc::NotFound, "{refused}");
}
