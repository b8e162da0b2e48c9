//! The report as JSON has it, read from the server's message. Whoever did not answer stays in every
//! denominator; never reached and reached but silent are listed apart.

use serde::Serialize;

use crate::cli::output::utc_or_null;
use crate::wire::{WireError, instant, optional_instant, order, pb};

/// A distribution of times in milliseconds; `count` says how many came at all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Times {
    /// The median, nearest rank.
    pub p50: u64,
    /// The 90th percentile, nearest rank.
    pub p90: u64,
    /// The longest.
    pub max: u64,
    /// How many times are in it.
    pub count: u32,
}

/// Reported strength: people, then means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the field names are the terms of the report")]
pub struct Strength {
    pub called: u32,
    pub reached: u32,
    pub will_come: u32,
    pub arrived: u32,
    pub excused: u32,
    pub unexcused: u32,
    pub equipment_called: u32,
    pub equipment_arrived: u32,
}

/// How a group of endpoints answered. `endpoints` is the denominator of everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Addressed.
    pub endpoints: u32,
    /// The device has it.
    pub delivered: u32,
    /// A person saw it.
    pub opened: u32,
    /// A person answers for it.
    pub acknowledged: u32,
    /// Acknowledged by the order's answer-by time.
    pub acknowledged_in_time: u32,
    /// Accepted.
    pub accepted: u32,
    /// Declined with a reason.
    pub declined: u32,
    /// Reported done.
    pub completed: u32,
    /// Delivered, but nobody acknowledged.
    pub silent: u32,
    /// Never reached.
    pub unreached: u32,
    /// From issue to the device.
    pub time_to_deliver_ms: Times,
    /// From issue to a person's eye.
    pub time_to_open_ms: Times,
    /// From issue to a person's word.
    pub time_to_acknowledge_ms: Times,
    /// Strength reported, summed.
    pub strength: Strength,
}

/// An area or unit and how it answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Group {
    /// Its code.
    pub unit_code: String,
    /// Its name.
    pub unit_name: String,
    /// How it answered.
    #[serde(flatten)]
    pub counts: Counts,
}

/// How one endpoint answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Endpoint {
    /// Its number.
    pub endpoint_number: u32,
    /// Its address.
    pub address: String,
    /// Its unit's name.
    pub unit_name: String,
    /// `queued` (never reached), `delivered`, `opened`, `acknowledged`, `accepted`, `declined` or
    /// `completed`.
    pub state: String,
    /// When the device had it.
    pub delivered_time: Option<String>,
    /// When a person saw it.
    pub opened_time: Option<String>,
    /// When a person answered for it.
    pub acknowledged_time: Option<String>,
    /// When it was accepted or declined.
    pub decided_time: Option<String>,
    /// From issue to a person's word.
    pub time_to_acknowledge_ms: Option<u64>,
    /// Whether a time rests on the terminal's own clock.
    pub claimed: bool,
    /// Whether the acknowledgment came after the answer-by time.
    pub late: bool,
    /// Why it was declined.
    pub decline_reason: Option<String>,
    /// Who answered; none while no person has.
    pub answered_by: Option<String>,
    /// The newest strength; none while none was reported.
    pub strength: Option<Strength>,
}

impl Endpoint {
    /// Whether not even the device has it.
    pub fn is_unreached(&self) -> bool {
        self.delivered_time.is_none()
    }

    /// Whether the device has it, but no person answered for it.
    pub const fn is_silent(&self) -> bool {
        self.delivered_time.is_some() && self.acknowledged_time.is_none()
    }
}

/// How an order was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResponseReport {
    /// UUID text.
    pub order_id: String,
    /// The number as written on paper.
    pub number: String,
    /// `actual`, `exercise` or `test`.
    pub handling: &'static str,
    /// When it was issued.
    pub issued_time: Option<String>,
    /// When this report was made.
    pub as_of_time: Option<String>,
    /// The whole audience.
    #[serde(flatten)]
    pub total: Counts,
    /// By area, in order of code.
    pub by_area: Vec<Group>,
    /// By unit, in order of code.
    pub by_unit: Vec<Group>,
    /// By endpoint, in order of number.
    pub by_endpoint: Vec<Endpoint>,
    /// Addresses that were never reached.
    pub unreached_endpoints: Vec<String>,
    /// Addresses that were reached, where no person has answered.
    pub silent_endpoints: Vec<String>,
}

impl ResponseReport {
    /// From the server's answer.
    ///
    /// # Errors
    /// When the handling is not known, the total is missing, or a time is out of range.
    pub fn from_message(message: &pb::GetResponseReportResponse) -> Result<Self, WireError> {
        let total = message.total.as_ref().ok_or_else(|| WireError::missing("total"))?;
        let groups = |groups: &[pb::ResponseGroup]| groups.iter().map(group).collect();
        let by_endpoint = message.by_endpoint.iter().map(|own| endpoint(message, own));
        let by_endpoint: Vec<Endpoint> = by_endpoint.collect::<Result<_, _>>()?;
        let addresses = |wanted: fn(&Endpoint) -> bool| {
            let found = by_endpoint.iter().filter(|endpoint| wanted(endpoint));
            found.map(|endpoint| endpoint.address.clone()).collect()
        };
        Ok(Self {
            order_id: message.order_id.clone(),
            number: message.number_text.clone(),
            handling: order::handling(message.handling)?.as_str(),
            issued_time: utc_or_null(message.issued_time.as_ref()),
            as_of_time: utc_or_null(message.as_of_time.as_ref()),
            total: counts(total),
            by_area: groups(&message.by_area),
            by_unit: groups(&message.by_unit),
            unreached_endpoints: addresses(Endpoint::is_unreached),
            silent_endpoints: addresses(Endpoint::is_silent),
            by_endpoint,
        })
    }
}

fn group(message: &pb::ResponseGroup) -> Group {
    Group {
        unit_code: message.unit_code.clone(),
        unit_name: message.unit_name.clone(),
        counts: counts(message),
    }
}

fn endpoint(
    report: &pb::GetResponseReportResponse,
    message: &pb::EndpointResponse,
) -> Result<Endpoint, WireError> {
    let unit = message.address.split('/').next().unwrap_or_default();
    let named = report.by_unit.iter().find(|group| group.unit_code == unit);
    let acknowledged = optional_instant("acknowledged_time", message.acknowledged_time.as_ref())?;
    let since_issue = match acknowledged {
        Some(at) => Some(at.millis_since(instant("issued_time", report.issued_time.as_ref())?)),
        None => None,
    };
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Ok(Endpoint {
        endpoint_number: message.endpoint_number,
        address: message.address.clone(),
        unit_name: named.map(|group| group.unit_name.clone()).unwrap_or_default(),
        state: message.state.clone(),
        delivered_time: utc_or_null(message.delivered_time.as_ref()),
        opened_time: utc_or_null(message.opened_time.as_ref()),
        acknowledged_time: utc_or_null(message.acknowledged_time.as_ref()),
        decided_time: utc_or_null(message.decided_time.as_ref()),
        time_to_acknowledge_ms: since_issue.map(|ms| u64::try_from(ms).unwrap_or(0)),
        claimed: message.claimed,
        late: message.late,
        decline_reason: reason(message),
        answered_by: some(&message.answered_by),
        strength: message.strength.as_ref().map(strength),
    })
}

/// The word that a terminal is told the reason with, such as `road-cut`.
fn reason(message: &pb::EndpointResponse) -> Option<String> {
    let name = message.decline_reason().as_str_name();
    let name = name.strip_prefix("DECLINE_REASON_").unwrap_or(name);
    (name != "UNSPECIFIED").then(|| name.to_lowercase().replace('_', "-"))
}

const fn strength(message: &pb::Strength) -> Strength {
    Strength {
        called: message.called,
        reached: message.reached,
        will_come: message.will_come,
        arrived: message.arrived,
        excused: message.excused,
        unexcused: message.unexcused,
        equipment_called: message.equipment_called,
        equipment_arrived: message.equipment_arrived,
    }
}

fn counts(message: &pb::ResponseGroup) -> Counts {
    let said = message.counts.unwrap_or_default();
    let times = |times: Option<&pb::LatencySummary>| {
        times.map_or_else(Times::default, |times| Times {
            p50: times.p50_ms,
            p90: times.p90_ms,
            max: times.max_ms,
            count: times.count,
        })
    };
    Counts {
        endpoints: said.endpoints,
        delivered: said.delivered,
        opened: said.opened,
        acknowledged: said.acknowledged,
        acknowledged_in_time: message.acknowledged_in_time,
        accepted: said.accepted,
        declined: said.declined,
        completed: said.completed,
        silent: said.silent,
        unreached: said.unreached,
        time_to_deliver_ms: times(message.time_to_deliver.as_ref()),
        time_to_open_ms: times(message.time_to_open.as_ref()),
        time_to_acknowledge_ms: times(message.time_to_acknowledge.as_ref()),
        strength: message.strength.as_ref().map(strength).unwrap_or_default(),
    }
}
