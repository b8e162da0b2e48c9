//! Who and what an order calls by name: choosing before the draft, and what the lists come to,
//! proved under the root that is signed. No name is ever shown here: those are on the communes'
//! terminals.

mod preview;

pub(in crate::cli) use preview::CallUp;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::str::FromStr;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::content::{self, Needs};
use crate::cli::connection::{Connection, refused, request};
use crate::cli::days::day;
use crate::domain::callup::Barred;
use crate::domain::ids::{OrderId, ReserveUnitCode, SpecialtyCode, UnitCode};
use crate::domain::order::call_up::CallUp as Signed;
use crate::domain::order::handling::Handling;
use crate::domain::order::{Requirement, RequirementKind};
use crate::domain::unit::Units;
use crate::wire::order::call_up::{self, proven_summary};
use crate::wire::pb;

/// What people and means are called from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    /// The lines of --need.
    Strength,
    /// The assignments of a reserve unit.
    Plan(ReserveUnitCode),
}

impl FromStr for Source {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "strength" => Ok(Self::Strength),
            Some(("plan", code)) => {
                code.parse().map(Self::Plan).map_err(|fault| format!("{fault}"))
            }
            _other => Err("use strength or plan:CODE".to_owned()),
        }
    }
}

/// How people and means are chosen.
#[derive(Debug, Clone, Args)]
pub(super) struct Choosing {
    /// Specialties that may fill a line when its own runs out: CN02=CN03,CN05; repeat it for several.
    #[arg(long, value_name = "CODE=CODE,..", value_parser = content::near)]
    near: Vec<(SpecialtyCode, Vec<SpecialtyCode>)>,
    /// Lines for combat units, whose age limits are lower: CN02; repeat it for several.
    #[arg(long, value_name = "CODE")]
    combat: Vec<SpecialtyCode>,
    /// Judge age and status as of this day instead of today: 2026-12-01.
    #[arg(long, value_name = "DATE", value_parser = day)]
    as_of: Option<Date>,
    /// Name substitutes, in percent of each line, rounded up.
    #[arg(long, value_name = "PERCENT", default_value_t = 10, value_parser = clap::value_parser!(u32).range(0..=100))]
    reserve: u32,
}

const NOBODY: &str =
    "nobody would be called: say how many with --need CN02=12 or --need-equipment PT01=3";

/// The same as part of a draft.
#[derive(Debug, Clone, Args)]
pub(super) struct CallUpTerms {
    /// Call people and means by name: for the lines of --need (strength), or from a reserve unit's plan.
    #[arg(long = "call-up", value_name = "strength|plan:CODE")]
    pub(super) source: Option<Source>,
    #[command(flatten)]
    choosing: Choosing,
}

impl CallUpTerms {
    /// What to ask the server.
    pub(super) fn ask(&self, source: &Source, needs: &Needs) -> Result<pb::SelectCallUpRequest> {
        self.choosing.ask(source, needs)
    }
}

impl Choosing {
    fn ask(&self, source: &Source, needs: &Needs) -> Result<pb::SelectCallUpRequest> {
        let (plan_code, needs) = match source {
            Source::Plan(code) => (code.to_string(), Vec::new()),
            Source::Strength if needs.is_empty() => bail!(NOBODY),
            Source::Strength => {
                (String::new(), needs.requirements().iter().map(|need| self.need(need)).collect())
            }
        };
        Ok(pb::SelectCallUpRequest {
            needs,
            plan_code,
            as_of_date: self.as_of.map(|day| day.to_string()).unwrap_or_default(),
            reserve_percent: self.reserve,
            ..pb::SelectCallUpRequest::default()
        })
    }

    fn need(&self, need: &Requirement) -> pb::CallUpNeed {
        let said = self.near.iter().filter(|(code, _near)| *code == need.code);
        let near = said.clone().flat_map(|(_code, near)| near);
        let near: Vec<String> = near.map(ToString::to_string).collect();
        pb::CallUpNeed {
            code: need.code.to_string(),
            kind: match need.kind {
                RequirementKind::Personnel => pb::RequirementKind::Personnel,
                RequirementKind::Equipment => pb::RequirementKind::Equipment,
            }
            .into(),
            count: need.count,
            only_exact: near.is_empty() && said.count() > 0,
            near_codes: near,
            is_combat: self.combat.contains(&need.code),
        }
    }
}

/// A selection that the server holds for a draft.
#[derive(Debug)]
pub(super) struct Selected {
    /// For the draft.
    pub(super) id: String,
    /// For the payload.
    pub(super) call_up: Signed,
    answer: pb::SelectCallUpResponse,
}

impl Selected {
    /// Has the server choose for an order that is about to be drafted.
    pub(super) async fn make(
        connection: &Connection,
        order: &OrderId,
        selector: pb::AudienceSelector,
        handling: Handling,
        asked: pb::SelectCallUpRequest,
    ) -> Result<Self> {
        let ask = pb::SelectCallUpRequest {
            order_id: order.to_string(),
            selector: Some(selector),
            handling: pb::Handling::from(handling).into(),
            ..asked
        };
        let answer = connection.orders().select_call_up(request(ask)).await.map_err(refused)?;
        let answer = answer.into_inner();
        let call_up = answer.call_up.as_ref().context("the server selected nothing")?;
        let call_up = call_up::from_message(call_up)?;
        Ok(Self { id: answer.call_up_id.clone(), call_up, answer })
    }

    /// What the lists come to, proved under what a payload signs.
    pub(super) fn lists(&self, signed: &Signed, units: &Units) -> Result<Lists> {
        let (summary, proof) = (&self.answer.summary, self.answer.proof.as_ref());
        let summary = proven_summary(summary, proof, signed)?;
        Ok(Lists::new(summary, Vec::new(), units))
    }
}

/// What call-up lists come to, for the eye of whoever signs.
#[derive(Debug)]
pub(super) struct Lists {
    summary: pb::CallUpSummary,
    drift: Vec<pb::CallUpRefusal>,
    // By area: people, items; and its units by name.
    areas: BTreeMap<String, Vec<(String, u32, u32)>>,
}

impl Lists {
    fn new(summary: pb::CallUpSummary, drift: Vec<pb::CallUpRefusal>, units: &Units) -> Self {
        let mut areas: BTreeMap<String, Vec<(String, u32, u32)>> = BTreeMap::new();
        for share in &summary.shares {
            let code: Option<UnitCode> = share.unit_code.parse().ok();
            let unit = code.as_ref().and_then(|code| units.get(code));
            let area = code.as_ref().and_then(|code| units.area_of(code));
            let named = |unit: Option<&crate::domain::unit::Unit>| {
                unit.map_or_else(|| "?".to_owned(), |unit| format!("{} {}", unit.code, unit.name))
            };
            let name = unit.map_or_else(|| share.unit_code.clone(), |own| named(Some(own)));
            areas.entry(named(area)).or_default().push((name, share.people, share.equipment));
        }
        Self { summary, drift, areas }
    }

    /// The lists of an order that is laid down.
    pub(super) async fn fetch(
        connection: &Connection,
        signed: &Signed,
        units: &Units,
    ) -> Result<Self> {
        let ask = pb::GetCallUpRequest { order_id: signed.frozen_by.to_string() };
        let answer = connection.orders().get_call_up(request(ask)).await.map_err(refused)?;
        let answer = answer.into_inner();
        let summary = proven_summary(&answer.summary, answer.proof.as_ref(), signed)
            .context("the server's call-up lists are not those that are signed: do not sign it")?;
        Ok(Self::new(summary, answer.drift, units))
    }

    /// In words: each line with its shortfall, each area and unit with its share, and a warning of who
    /// could not be called any more.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for line in &self.summary.lines {
            let lacking = line.wanted.saturating_sub(line.exact + line.near);
            let _written = writeln!(
                text,
                "  line        {} of {}: {} exact, {} near, {lacking} lacking; {} substitutes",
                line.wanted, line.code, line.exact, line.near, line.reserve
            );
            let of_called = [
                (
                    line.also_militia,
                    "serve in the militia too: settle first which service calls them",
                ),
                (line.unexamined, "were never examined: examine them at the assembly station"),
            ];
            for (count, what) in of_called.into_iter().filter(|(count, _what)| *count > 0) {
                let _written = writeln!(text, "              {count:>5}  of those called {what}");
            }
            for refusal in &line.refused {
                let why = barred(&refusal.reason);
                let _written =
                    writeln!(text, "              {:>5}  not called: {why}", refusal.count);
            }
            for other in &line.elsewhere {
                let count = other.people + other.equipment;
                let _written =
                    writeln!(text, "              {count:>5}  could come from {}", other.unit_code);
            }
        }
        for (area, units) in &self.areas {
            let sum = |own: fn(&(String, u32, u32)) -> u32| units.iter().map(own).sum::<u32>();
            let (people, items) = (sum(|unit| unit.1), sum(|unit| unit.2));
            let _written =
                writeln!(text, "  called from {people:>5} people {items:>5} items  {area}");
            for (unit, people, items) in units {
                let _written =
                    writeln!(text, "              {people:>5} people {items:>5} items    {unit}");
            }
        }
        for refusal in &self.drift {
            let why = barred(&refusal.reason);
            let _written = writeln!(
                text,
                "  WARNING     {} on the lists could not be called any more: {why}",
                refusal.count
            );
        }
        text
    }

    /// How many on the lists another open order calls already, in words.
    pub(super) fn called_elsewhere(&self) -> Option<String> {
        let called = Barred::Called.as_str();
        let count: u32 =
            self.drift.iter().filter(|own| own.reason == called).map(|own| own.count).sum();
        (count > 0).then(|| format!("{count} on its lists are called by another open order"))
    }

    /// Whom the lists could not call any more, in words.
    pub(super) fn drifted(&self) -> Option<String> {
        let count: u32 = self.drift.iter().map(|own| own.count).sum();
        (count > 0).then(|| format!("{count} on its lists could not be called any more"))
    }

    /// The same for machines.
    pub(super) fn json(&self) -> Value {
        let refusals = |list: &[pb::CallUpRefusal]| -> Value {
            list.iter().map(|own| (own.reason.clone(), json!(own.count))).collect()
        };
        let shares = |list: &[pb::CallUpShare]| -> Vec<Value> {
            let share = |own: &pb::CallUpShare| json!({ "unit_code": own.unit_code, "people": own.people, "equipment": own.equipment });
            list.iter().map(share).collect()
        };
        let lines = self.summary.lines.iter().map(|line| {
            json!({
                "code": line.code,
                "kind": if line.is_equipment { "equipment" } else { "personnel" },
                "wanted": line.wanted,
                "exact": line.exact,
                "near": line.near,
                "lacking": line.wanted.saturating_sub(line.exact + line.near),
                "refused": refusals(&line.refused),
                "elsewhere": shares(&line.elsewhere),
                "reserve": line.reserve,
                "also_militia": line.also_militia,
                "unexamined": line.unexamined,
            })
        });
        json!({
            "lines": lines.collect::<Vec<_>>(),
            "shares": shares(&self.summary.shares),
            "drift": refusals(&self.drift),
        })
    }
}

/// A reason in words, as the communes read it.
fn barred(reason: &str) -> String {
    let found = Barred::ALL.into_iter().find(|own| own.as_str() == reason);
    found.map_or_else(|| reason.to_owned(), |own| format!("{reason} ({})", own.vietnamese()))
}

/// What is signed of the lists, as JSON.
pub(super) fn signed_json(signed: &Signed) -> Value {
    json!({
        "frozen_by": signed.frozen_by.to_string(),
        "as_of": signed.as_of.to_string(),
        "plan": signed.plan.as_ref().map(ReserveUnitCode::as_str),
        "people": signed.people,
        "equipment": signed.equipment,
        "leaves": signed.leaves,
        "root": hex::encode(signed.root),
    })
}
