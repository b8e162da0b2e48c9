//! `ReportService`: how an order was answered, in all, by area, by unit, by endpoint.

use std::collections::BTreeMap;

use tonic::{Request, Response, Status};

use crate::domain::code::Code;
use crate::domain::endpoint::Endpoint;
use crate::domain::ids::{EndpointNo, OrderId, UnitCode};
use crate::domain::instant::Instant;
use crate::domain::order::delivery::{Delivery, Moment};
use crate::domain::order::response::{Latencies, Response as Answers};
use crate::domain::world::{Issue, OrderFile, Refusal, World};
use crate::rpc::auth::caller;
use crate::rpc::reach::{Part, must_reach, reached};
use crate::rpc::request::blocking;
use crate::rpc::services::Doors;
use crate::rpc::services::order::counts_message;
use crate::rpc::status::Reject;
use crate::wire::{parse, pb, timestamp};
use pb::report_service_server::ReportService;

/// The service.
#[derive(Debug, Clone)]
pub struct Reports(pub Doors);

type Groups = BTreeMap<UnitCode, Vec<EndpointNo>>;

const fn latencies(times: &Latencies) -> pb::LatencySummary {
    pb::LatencySummary {
        p50_ms: times.p50_ms,
        p90_ms: times.p90_ms,
        max_ms: times.max_ms,
        count: times.count,
    }
}

fn group_message(unit: Option<(&UnitCode, &World)>, answers: &Answers) -> pb::ResponseGroup {
    let named = unit.map(|(code, world)| {
        let name = world.units().get(code).map(|unit| unit.name.clone());
        (code.to_string(), name.unwrap_or_default())
    });
    let (unit_code, unit_name) = named.unwrap_or_default();
    pb::ResponseGroup {
        unit_code,
        unit_name,
        counts: Some(counts_message(&answers.counts)),
        time_to_deliver: Some(latencies(&answers.time_to_deliver)),
        time_to_open: Some(latencies(&answers.time_to_open)),
        time_to_acknowledge: Some(latencies(&answers.time_to_acknowledge)),
        acknowledged_in_time: answers.acknowledged_in_time,
        strength: Some((&answers.strength).into()),
    }
}

fn endpoint_message(
    endpoint: &Endpoint,
    delivery: Option<&Delivery>,
    answer_by: Instant,
) -> pb::EndpointResponse {
    let silent = Delivery::default();
    let delivery = delivery.unwrap_or(&silent);
    let time = |moment: Option<Moment>| moment.map(|moment| timestamp(moment.at));
    let steps = [delivery.delivered, delivery.opened, delivery.acknowledged, delivery.decided];
    let reason = delivery.decline_reason.map(|reason| pb::DeclineReason::from(reason).into());
    pb::EndpointResponse {
        endpoint_number: endpoint.no.number(),
        address: endpoint.address.to_string(),
        state: delivery.state.as_str().to_owned(),
        delivered_time: time(delivery.delivered),
        opened_time: time(delivery.opened),
        acknowledged_time: time(delivery.acknowledged),
        decided_time: time(delivery.decided),
        claimed: steps.iter().flatten().any(|moment| moment.claimed),
        late: delivery.acknowledged.is_some_and(|moment| moment.at > answer_by),
        decline_reason: reason.unwrap_or_default(),
        answered_by: delivery.answered_by.clone(),
        strength: delivery.strength.as_ref().map(Into::into),
    }
}

/// Whose word counts for which group: an area answers for all that lies in it; what hangs on the
/// province itself is a group of its own.
fn grouped(
    world: &World,
    file: &OrderFile,
    reached: impl Fn(EndpointNo) -> bool,
) -> (Groups, Groups, Vec<EndpointNo>) {
    let (mut areas, mut units, mut all) = (Groups::new(), Groups::new(), Vec::new());
    let addressed = file.order.audience.endpoints.iter().map(EndpointNo::new);
    for no in addressed.filter(|no| reached(*no)) {
        all.push(no);
        let Some(endpoint) = world.endpoints().get(no) else { continue };
        let unit = &endpoint.address.unit;
        let province = world.units().province().map(|province| &province.code);
        let area = world.units().area_of(unit).map(|area| &area.code).or(province);
        if let Some(area) = area {
            areas.entry(area.clone()).or_default().push(no);
        }
        units.entry(unit.clone()).or_default().push(no);
    }
    (areas, units, all)
}

fn report(
    world: &World,
    file: &OrderFile,
    issue: &Issue,
    now: Instant,
    reached: impl Fn(EndpointNo) -> bool,
) -> pb::GetResponseReportResponse {
    let (areas, units, all) = grouped(world, file, reached);
    let answers = |group: &[EndpointNo]| file.response(group.iter().copied()).unwrap_or_default();
    let by_group = |groups: &Groups| -> Vec<pb::ResponseGroup> {
        let groups = groups.iter();
        groups.map(|(code, group)| group_message(Some((code, world)), &answers(group))).collect()
    };
    let answer_by = file.order.answer_by;
    let by_endpoint = all.iter().filter_map(|no| {
        let endpoint = world.endpoints().get(*no)?;
        Some(endpoint_message(endpoint, file.deliveries.get(no), answer_by))
    });
    pb::GetResponseReportResponse {
        order_id: file.order.id.to_string(),
        number_text: file.order.number_text(),
        handling: pb::Handling::from(file.order.handling).into(),
        issued_time: Some(timestamp(issue.at)),
        as_of_time: Some(timestamp(now)),
        total: Some(group_message(None, &answers(&all))),
        by_area: by_group(&areas),
        by_unit: by_group(&units),
        by_endpoint: by_endpoint.collect(),
    }
}

#[tonic::async_trait]
impl ReportService for Reports {
    async fn get_response_report(
        &self,
        request: Request<pb::GetResponseReportRequest>,
    ) -> Result<Response<pb::GetResponseReportResponse>, Status> {
        let caller = caller(&request)?;
        let order: OrderId = parse("order_id", &request.into_inner().order_id)?;
        let engine = self.0.engine.clone();
        let made = blocking(move || {
            let now = engine.now();
            let world = engine.world();
            let file = world.order(&order).ok_or(Refusal::OrderUnknown { order })?;
            must_reach(&world, &caller, &file.order.audience, Part::Any)?;
            let not_issued = || {
                let text = format!("order {order} is not issued: there is nothing to report yet");
                Reject::new(Code::Precondition, "ORDER_NOT_ISSUED", text)
            };
            let issue = file.issue.as_ref().ok_or_else(not_issued)?;
            Ok::<_, Reject>(report(&world, file, issue, now, reached(&world, &caller)?))
        });
        Ok(Response::new(made.await?))
    }
}
