//! The plan's door where time can be stopped between a list and what is done about it.

use tonic::Request;

use super::*;
use crate::rpc::registry::plan::PlanDoor;
use crate::wire::pb::plan_service_server::PlanService;

pub(super) const HOME: &str = "03356";
pub(super) const ELSEWHERE: &str = "03160";

/// Soldiers of one commune and trade, young and well, each with an id.
pub(super) struct Plan {
    pub(super) house: House,
    pub(super) door: PlanDoor<Arc<OpenGate>>,
    pub(super) who: Vec<pb::Reservist>,
}

impl Plan {
    pub(super) async fn new(people: usize, places: u32) -> Self {
        let mut house = House::new().await;
        let door = PlanDoor::beside(&house.door);
        let young = super::people(2_000).into_iter().filter(|one| {
            let born = one.birth_date.as_ref().map_or(0, |date| date.year);
            one.status() == pb::ReservistStatus::Active
                && one.sex() == pb::Sex::Male
                && (1996..=2004).contains(&born)
        });
        let mut who = Vec::new();
        for (at, one) in young.take(people).enumerate() {
            let one = pb::Reservist {
                category: pb::ReservistCategory::NcoSoldier.into(),
                rank: "Binh nhì".to_owned(),
                specialty_code: "CN01".to_owned(),
                residence_unit_code: HOME.to_owned(),
                registered_unit_code: HOME.to_owned(),
                health_class: 2,
                deferral: None,
                exemption: None,
                militia_role: None,
                ..one
            };
            who.push(house.create(&format!("c-{at}"), &one).await.expect("created"));
        }
        assert_eq!(who.len(), people, "there are enough");
        let unit = pb::ReserveUnit {
            code: "DB-1".to_owned(),
            name: "Đại đội 1".to_owned(),
            source_unit_codes: vec![HOME.to_owned(), ELSEWHERE.to_owned()],
            posts: vec![pb::PlanPost {
                specialty_code: "CN01".to_owned(),
                only_exact: true,
                count: places,
                ..pb::PlanPost::default()
            }],
            ..pb::ReserveUnit::default()
        };
        let (request_id, reserve_unit) = ("u-1".to_owned(), Some(unit));
        let put = pb::PutReserveUnitRequest {
            request_id,
            reserve_unit,
            ..pb::PutReserveUnitRequest::default()
        };
        door.put_reserve_unit(Request::new(put)).await.expect("put");
        Self { house, door, who }
    }

    pub(super) async fn assign(&self, who: usize, waiting: bool) -> pb::Assignment {
        let ask = pb::AssignRequest {
            request_id: format!("a-{who}"),
            subject_id: self.who[who].reservist_id.clone(),
            reserve_unit_code: "DB-1".to_owned(),
            post_no: 1,
            waiting,
            ..pb::AssignRequest::default()
        };
        let made = self.door.assign(Request::new(ask)).await.expect("assigned");
        made.into_inner().assignment.expect("as stored")
    }

    /// Changes one of them; gives the warnings.
    pub(super) async fn change(
        &mut self,
        request_id: &str,
        who: usize,
        change: impl FnOnce(&mut pb::Reservist),
    ) -> Vec<String> {
        change(&mut self.who[who]);
        let reservist = Some(self.who[who].clone());
        let ask = pb::UpdateReservistRequest { request_id: request_id.to_owned(), reservist };
        let stored = self.house.client.update_reservist(ask).await.expect("changed").into_inner();
        self.who[who] = stored.reservist.expect("as stored");
        stored.warnings
    }

    pub(super) async fn learns(&mut self, who: usize, trade: &str) {
        let name = format!("t-{who}-{trade}");
        self.change(&name, who, |one| trade.clone_into(&mut one.specialty_code)).await;
    }

    async fn list(&self, ask: pb::ListAssignmentsRequest) -> pb::ListAssignmentsResponse {
        self.door.list_assignments(Request::new(ask)).await.expect("listed").into_inner()
    }

    /// Those who do not fit, page by page, each with the reason.
    async fn unfit(&self) -> Vec<(String, String)> {
        let (mut all, mut page_token) = (Vec::new(), String::new());
        loop {
            let ask = pb::ListAssignmentsRequest {
                page_size: 1,
                page_token,
                only_unfit: true,
                ..pb::ListAssignmentsRequest::default()
            };
            let page = self.list(ask).await;
            assert_eq!(page.assignments.len(), page.details.len());
            let pairs = page.assignments.into_iter().zip(page.details);
            all.extend(pairs.map(|(at, detail)| (at.subject_id, detail.unfit_reason)));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return all;
            }
        }
    }

    async fn end_unfit(
        &self,
        name: &str,
        seen: &[&pb::Assignment],
        dry_run: bool,
    ) -> Result<pb::EndUnfitAssignmentsResponse, Status> {
        let seen = seen.iter().map(|at| pb::SeenAssignment {
            assignment_id: at.assignment_id.clone(),
            version: at.version,
        });
        let ask = pb::EndUnfitAssignmentsRequest {
            request_id: name.to_owned(),
            assignments: seen.collect(),
            dry_run,
            ..pb::EndUnfitAssignmentsRequest::default()
        };
        self.door.end_unfit_assignments(Request::new(ask)).await.map(Response::into_inner)
    }
}

/// Assignments, each with a reason.
type Reasons<'a> = Vec<(&'a str, &'a str)>;

/// Those that ended, and those that were left.
fn told(said: &pb::EndUnfitAssignmentsResponse) -> (Reasons<'_>, Reasons<'_>) {
    let ended = said.ended.iter().map(|at| {
        let ended = at.assignment.as_ref().expect("as stored");
        assert_eq!(ended.stage(), pb::AssignmentStage::Ended);
        assert_eq!(ended.end_reason(), pb::AssignmentEnd::NoLongerFits);
        (ended.assignment_id.as_str(), at.reason.as_str())
    });
    let left = said.left.iter().map(|at| (at.assignment_id.as_str(), at.reason.as_str()));
    (ended.collect(), left.collect())
}

#[tokio::test]
async fn who_no_longer_fits_is_listed_and_ended_unless_something_changed_since() {
    let mut plan = Plan::new(5, 5).await;
    let mut held = Vec::new();
    for who in 0..5 {
        held.push(plan.assign(who, who == 4).await);
    }
    assert_eq!(plan.unfit().await, []);
    for who in [0, 1, 2, 4] {
        plan.learns(who, "CN05").await;
    }
    let readings = plan.house.readings().len();
    let mut unfit = plan.unfit().await;
    unfit.sort();
    let why = "OTHER_SPECIALTY";
    let mut expected: Vec<_> =
        [0, 1, 2].map(|who| (plan.who[who].reservist_id.clone(), why.to_owned())).to_vec();
    expected.sort();
    assert_eq!(unfit, expected, "whoever only waits holds nothing");
    assert_eq!(plan.house.readings().len(), readings, "no name, no reading");

    // One fits again, one was ended and one never was unfit.
    plan.learns(1, "CN01").await;
    let ask = pb::EndAssignmentRequest {
        request_id: "e-1".to_owned(),
        assignment_id: held[2].assignment_id.clone(),
        reason: pb::AssignmentEnd::Gone.into(),
        ..pb::EndAssignmentRequest::default()
    };
    plan.door.end_assignment(Request::new(ask)).await.expect("ended");
    let ids: Vec<&str> = held.iter().map(|at| at.assignment_id.as_str()).collect();
    let seen: Vec<&pb::Assignment> = held.iter().collect();
    let left =
        [(ids[1], "FITS"), (ids[2], "VERSION_CHANGED"), (ids[3], "FITS"), (ids[4], "NOT_ACTIVE")];
    let size = plan.house.engine.ledger().size();
    let dry = plan.end_unfit("x-1", &seen, true).await.expect("judged");
    assert_eq!(told(&dry), (vec![(ids[0], why)], left.to_vec()));
    assert_eq!((plan.house.engine.ledger().size(), dry.ledger_index), (size, 0));
    assert_eq!(plan.unfit().await.len(), 1, "a dry run ends nothing");
    let done = plan.end_unfit("x-2", &seen, false).await.expect("ended");
    assert_eq!(told(&done), (vec![(ids[0], why)], left.to_vec()));
    assert_eq!((plan.house.engine.ledger().size(), done.ledger_index), (size + 1, size));
    let again = plan.end_unfit("x-2", &seen, false).await.expect("the same request");
    assert_eq!(told(&again).0, [(ids[0], "")], "it was done before");
    assert_eq!(plan.house.engine.ledger().size(), size + 1);
    assert_eq!(plan.unfit().await, []);
}

#[tokio::test]
async fn what_ends_is_the_callers_to_keep_and_a_batch_is_bounded() {
    let mut plan = Plan::new(1, 1).await;
    let held = plan.assign(0, false).await;
    plan.learns(0, "CN05").await;
    plan.house.calls_as(true, Some(HOME));
    let said = plan.end_unfit("x-1", &[&held], false).await.expect("sorted out");
    assert_eq!(told(&said).1, [(held.assignment_id.as_str(), "UNIT_OUTSIDE")]);
    assert_eq!(plan.unfit().await.len(), 1);
    plan.house.calls_as(true, None);
    for seen in [vec![], vec![&held; 2], vec![&held; 101]] {
        let refused = plan.end_unfit("x-2", &seen, false).await.expect_err("not such a batch");
        assert_eq!(refused.code(), Grpc::InvalidArgument, "{refused}");
    }
}

#[tokio::test]
async fn a_name_is_shown_as_lists_of_people_show_it_and_its_reading_is_an_entry() {
    let mut plan = Plan::new(2, 2).await;
    for who in 0..2 {
        plan.assign(who, false).await;
    }
    let named = pb::ListAssignmentsRequest { with_names: true, ..Default::default() };
    let names = async |plan: &Plan| -> BTreeMap<String, String> {
        let page = plan.list(named.clone()).await;
        let pairs = page.assignments.into_iter().zip(page.details);
        pairs.map(|(at, detail)| (at.subject_id, detail.name)).collect()
    };
    let readings = plan.house.readings().len();
    let whole = names(&plan).await;
    for one in &plan.who {
        assert_eq!(whole[&one.reservist_id], one.full_name);
    }
    let read = plan.house.readings();
    assert_eq!(read.len(), readings + 1);
    assert_eq!(read.last().map(Vec::len), Some(2), "both are named in it");

    // One moves away: the list of the plan stays, the name is the other commune's.
    let to = ELSEWHERE.to_owned();
    plan.change("m-1", 1, |one| {
        (one.residence_unit_code, one.registered_unit_code) = (to.clone(), to)
    })
    .await;
    plan.house.calls_as(false, Some(HOME));
    let masked = names(&plan).await;
    let initials: Vec<String> = plan.who[0]
        .full_name
        .split(' ')
        .map(|word| format!("{}.", &word[..word.ceil_char_boundary(1)]))
        .collect();
    assert_eq!(masked[&plan.who[0].reservist_id], initials.join(" "));
    assert_eq!(masked[&plan.who[1].reservist_id], "");
    plan.house.gate.0.lock().expect("no test panics in it").may_list = false;
    let readings = plan.house.readings().len();
    assert!(names(&plan).await.values().all(String::is_empty));
    assert_eq!(plan.house.readings().len(), readings);
}

#[tokio::test]
async fn whoever_serves_in_the_militia_too_is_named_when_placed() {
    let mut plan = Plan::new(4, 2).await;
    for who in 1..4 {
        let role = pb::MilitiaRole { force_type: "Cơ động".to_owned(), ..Default::default() };
        plan.change(&format!("m-{who}"), who, |one| one.militia_role = Some(role)).await;
    }
    let first = plan.assign(0, false).await;
    let by = |who: usize| pb::ReplaceAssignmentRequest {
        request_id: format!("r-{who}"),
        assignment_id: first.assignment_id.clone(),
        subject_id: plan.who[who].reservist_id.clone(),
        ..Default::default()
    };
    let replaced = plan.door.replace_assignment(Request::new(by(1))).await.expect("replaced");
    assert!(replaced.into_inner().also_militia);
    plan.assign(2, true).await;
    let promote = pb::PromoteWaitingRequest {
        request_id: "p-1".to_owned(),
        reserve_unit_code: "DB-1".to_owned(),
        post_no: 1,
        ..Default::default()
    };
    let promoted = plan.door.promote_waiting(Request::new(promote)).await.expect("promoted");
    let promoted = promoted.into_inner();
    assert_eq!(promoted.promoted.len(), 1, "{promoted:?}");
    assert_eq!(promoted.also_militia, [plan.who[2].reservist_id.clone()]);
}
