//! A proposal as whoever is to confirm it reads it: who comes where, who is left out and why.

use tonic::Request;

use super::plan::{HOME, Plan};
use super::*;
use crate::wire::pb::plan_service_server::PlanService;

impl Plan {
    async fn proposed(&self) -> String {
        let made = self.door.propose_plan(Request::new(pb::ProposePlanRequest::default())).await;
        made.expect("proposed").into_inner().proposal_id
    }

    async fn placed(
        &self,
        proposal: &str,
        with_names: bool,
    ) -> Result<Vec<(pb::Assignment, pb::ProposalDetail)>, Status> {
        let ask =
            pb::GetProposalPartRequest { proposal_id: proposal.to_owned(), part: 1, with_names };
        let part = self.door.get_proposal_part(Request::new(ask)).await?.into_inner();
        assert_eq!(part.assignments.len(), part.details.len());
        Ok(part.assignments.into_iter().zip(part.details).collect())
    }

    /// All who are left out, two a page.
    async fn left_out(
        &self,
        proposal: &str,
        reason: &str,
        with_names: bool,
    ) -> Result<Vec<pb::LeftOut>, Status> {
        let (mut all, mut page_token) = (Vec::new(), String::new());
        loop {
            let ask = pb::ListLeftOutRequest {
                proposal_id: proposal.to_owned(),
                page_size: 2,
                page_token,
                reason: reason.to_owned(),
                with_names,
            };
            let page = self.door.list_left_out(Request::new(ask)).await?.into_inner();
            assert!(page.left_out.len() <= 2, "a page is bounded");
            all.extend(page.left_out);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok(all);
            }
        }
    }

    fn name_of(&self, id: &str) -> &str {
        let found = self.who.iter().find(|one| one.reservist_id == id);
        found.map_or("", |one| one.full_name.as_str())
    }
}

#[tokio::test]
async fn a_proposal_says_who_comes_where_and_whom_it_leaves_out_and_names_are_a_reading() {
    let mut plan = Plan::new(5, 1).await;
    for who in 0..5 {
        plan.assign(who, true).await;
        if who > 2 {
            let name = format!("s-{who}");
            plan.change(&name, who, |one| one.set_status(pb::ReservistStatus::Abroad)).await;
        }
    }
    let proposal = plan.proposed().await;
    let readings = plan.house.readings().len();
    let placed = plan.placed(&proposal, false).await.expect("read");
    let [(at, detail)] = &placed[..] else { panic!("one place: {placed:?}") };
    assert_eq!((at.unit_code.as_str(), at.reserve_unit_code.as_str()), (HOME, "DB-1"));
    assert_eq!(
        (at.post_no, detail.name.as_str(), &detail.waits_for[..]),
        (1, "", &["DB-1 1".to_owned()][..])
    );
    let left = plan.left_out(&proposal, "", false).await.expect("read");
    let reasons: Vec<&str> = left.iter().map(|one| one.reason.as_str()).collect();
    assert_eq!(reasons, ["ABROAD", "ABROAD", "POSTS_FULL", "POSTS_FULL"]);
    let mut all: Vec<&str> = left.iter().map(|one| one.subject_id.as_str()).collect();
    all.push(&at.subject_id);
    all.sort_unstable();
    let mut everybody: Vec<&str> = plan.who.iter().map(|one| one.reservist_id.as_str()).collect();
    everybody.sort_unstable();
    assert_eq!(all, everybody, "each once");
    let only = plan.left_out(&proposal, "ABROAD", false).await.expect("read");
    assert_eq!(only, left[..2]);
    assert_eq!(plan.house.readings().len(), readings, "no name, no reading");

    let named = plan.placed(&proposal, true).await.expect("read");
    assert_eq!(named[0].1.name, plan.name_of(&named[0].0.subject_id));
    for one in plan.left_out(&proposal, "POSTS_FULL", true).await.expect("read") {
        assert_eq!(one.unit_code, HOME);
        assert_eq!(one.detail.expect("said").name, plan.name_of(&one.subject_id));
    }
    let read = plan.house.readings();
    let named: Vec<usize> = read[readings..].iter().map(Vec::len).collect();
    assert_eq!(named, [1, 2], "an entry for each page, with whom it named");
}

#[tokio::test]
async fn a_proposal_is_read_by_who_keeps_what_it_fills_and_named_to_who_may_list() {
    let plan = Plan::new(2, 1).await;
    let proposal = plan.proposed().await;
    plan.house.gate.0.lock().expect("no test panics in it").may_list = false;
    let readings = plan.house.readings().len();
    let placed = plan.placed(&proposal, true).await.expect("read");
    let left = plan.left_out(&proposal, "", true).await.expect("read");
    assert_eq!((placed[0].1.name.as_str(), left.len()), ("", 1));
    assert_eq!(left[0].detail.clone().expect("said").name, "");
    assert_eq!(plan.house.readings().len(), readings);
    plan.house.calls_as(true, Some(HOME));
    for refused in [
        plan.placed(&proposal, false).await.map(|_all| ()),
        plan.left_out(&proposal, "", false).await.map(|_all| ()),
    ] {
        assert_eq!(refused.expect_err("another's to keep").code(), Grpc::PermissionDenied);
    }
    plan.house.calls_as(true, None);
    let gone = plan.left_out("0", "", false).await.expect_err("none of this name");
    assert_eq!(gone.code(), Grpc::NotFound);
}
