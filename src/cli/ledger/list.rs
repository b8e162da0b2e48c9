//! `hoatoc ledger list`: who did and read what, and when. Of people only record ids and counts: the
//! ledger has nothing else.

use anyhow::{Context as _, Result};
use clap::Args;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use prost::bytes::Bytes;
use serde_json::{Value, json};
use uuid::Uuid;

use super::vietnamese;
use crate::cli::Cx;
use crate::cli::connection::{refused, request};
use crate::cli::days::day;
use crate::cli::listing::{Export, render};
use crate::cli::output::{local_time, utc_time};
use crate::domain::ids::OfficerId;
use crate::domain::instant::Instant;
use crate::domain::world::{Act, Actor, CertificateHolder, Entry, Event};
use crate::index::kind_name;
use crate::roster::sheet::{CellValue, Sheet, words};
use crate::wire::{entry, pb, timestamp};

/// Entries asked for at once.
const PAGE_LEN: usize = 500;
/// Entries shown unless asked for more.
const SHOWN_LEN: usize = 50;
/// Most entries in one file; the command's help says so.
const EXPORT_LEN_MAX: usize = 500_000;
/// Vietnam keeps +07:00 all year, in ms.
const OFFSET_MS: i64 = 7 * 3_600_000;
const DAY_MS: i64 = 86_400_000;

#[derive(Debug, Args)]
pub(in crate::cli) struct List {
    /// Only this kind of entry, such as records_read or record_erased; repeat it for several.
    #[arg(long = "kind", value_name = "KIND", value_parser = clap::builder::PossibleValuesParser::new(Event::KINDS), hide_possible_values = true)]
    kinds: Vec<String>,
    /// Only what this officer did.
    #[arg(long, value_name = "OFFICER")]
    by: Option<OfficerId>,
    /// Only what concerns this record.
    #[arg(long, value_name = "ID")]
    record: Option<Uuid>,
    /// Only what concerns this order, by its id or its number as printed.
    #[arg(long, value_name = "ID|NUMBER")]
    order: Option<String>,
    /// From this day on.
    #[arg(long, value_name = "DATE", value_parser = day)]
    since: Option<Date>,
    /// Up to the end of this day.
    #[arg(long, value_name = "DATE", value_parser = day)]
    until: Option<Date>,
    /// At most so many, the newest: 50 on the screen if not given, and all there are, up to 500,000, in
    /// the file of --export.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=500_000))]
    limit: Option<u32>,
    #[command(flatten)]
    export: Export,
}

/// The beginning of a day in Vietnam.
fn midnight(day: Date) -> Result<Instant> {
    let utc = day.to_zoned(TimeZone::UTC).context("the day has no time")?;
    Ok(Instant::from_millis(utc.timestamp().as_millisecond() - OFFSET_MS))
}

/// What was found, the newest first: all of it as rows, and the newest to be shown.
#[derive(Default)]
struct Found {
    rows: Vec<Vec<CellValue>>,
    shown: Vec<(u64, Entry)>,
    /// Whether there is more than was asked for.
    is_cut: bool,
}

fn sheet_of(rows: Vec<Vec<CellValue>>) -> Sheet {
    let sheet = Sheet::new("", &["ENTRY", "TIME", "BY", "KIND", "WHAT"]);
    Sheet { rows, ..sheet.called("Nhật ký sổ cái", "Nhật ký sổ cái") }
}

fn row_of(index: u64, entry: &Entry) -> Vec<CellValue> {
    vec![
        index.into(),
        CellValue::time(local_time(entry.at), Some(entry.at)),
        by(&entry.actor).into(),
        CellValue::term(words::ENTRIES, entry.event.kind()),
        CellValue::word(said(&entry.event), vietnamese::said(&entry.event)),
    ]
}

impl List {
    pub(super) async fn run(self, cx: &Cx) -> Result<()> {
        self.export.target()?;
        let shown_max = self.limit.map_or(Ok(SHOWN_LEN), usize::try_from)?;
        let all_max = match self.limit {
            None if self.export.export.is_some() => EXPORT_LEN_MAX,
            _no_file_or_as_asked => shown_max,
        };
        let mut found = self.find(cx, all_max, shown_max).await?;
        found.rows.reverse();
        found.shown.reverse();
        let value = found.shown.iter().map(|(at, entry)| value_of(*at, entry)).collect::<Vec<_>>();
        let shown = found.shown.iter().map(|(at, entry)| row_of(*at, entry)).collect();
        let (all, is_cut) = (found.rows.len(), found.is_cut);
        self.export.save(&cx.screen, || sheet_of(found.rows))?;
        if is_cut && (self.limit.is_some() || self.export.export.is_some()) {
            cx.screen.note(&format!(
                "these are the newest {all}; of those before, --until a day shows the newest"
            ));
        }
        let left = all - value.len();
        let foot =
            if left > 0 { format!("{left} earlier ones are in the file") } else { String::new() };
        cx.screen.show(&value, || render(&sheet_of(shown), &foot))
    }

    async fn find(&self, cx: &Cx, all_max: usize, shown_max: usize) -> Result<Found> {
        let connection = cx.connect().await?;
        let until = self.until.map(midnight).transpose()?.map(|at| at.offset_by(DAY_MS));
        let mut ask = pb::FindEntriesRequest {
            kinds: self.kinds.clone(),
            actor: self.by.clone().map(|by| Actor::Officer(by).to_string()).unwrap_or_default(),
            record_id: self.record.map_or_else(Bytes::new, |id| id.as_bytes().to_vec().into()),
            order: self.order.clone().unwrap_or_default(),
            since_time: self.since.map(midnight).transpose()?.map(timestamp),
            until_time: until.map(timestamp),
            before_index: 0,
            page_size: 0,
        };
        let mut found = Found::default();
        let bar = cx.screen.counter("entries");
        loop {
            ask.page_size = u32::try_from(PAGE_LEN.min(all_max - found.rows.len()))?;
            let page = connection.ledger().find_entries(request(ask.clone())).await;
            let page = page.map_err(refused)?.into_inner();
            bar.inc(u64::try_from(page.entries.len())?);
            for one in page.entries {
                let read = entry::decode(&one.entry).context("an entry cannot be read")?;
                found.rows.push(row_of(one.index, &read));
                if found.shown.len() < shown_max {
                    found.shown.push((one.index, read));
                }
            }
            let next = page.next_before_index;
            anyhow::ensure!(
                next == 0 || ask.before_index == 0 || next < ask.before_index,
                "the server goes round in circles: do not trust this ledger"
            );
            if next == 0 || found.rows.len() >= all_max {
                bar.finish_and_clear();
                found.is_cut = next != 0;
                return Ok(found);
            }
            ask.before_index = next;
        }
    }
}

fn by(actor: &Actor) -> String {
    match actor {
        Actor::Officer(id) => id.to_string(),
        other => other.to_string(),
    }
}

fn value_of(index: u64, entry: &Entry) -> Value {
    let records = entry.event.records();
    let records = records.into_iter().map(|id| Uuid::from_bytes(id).to_string());
    json!({
        "index": index,
        "time": utc_time(entry.at),
        "by": entry.actor.to_string(),
        "kind": entry.event.kind(),
        "what": said(&entry.event),
        "order_id": entry.event.order().map(|id| id.to_string()),
        "record_ids": records.collect::<Vec<_>>(),
    })
}

/// What an entry says, in a line; never anything personal.
fn said(event: &Event) -> String {
    match event {
        Event::ProvinceFounded { province, .. } => format!("province {province}"),
        Event::TrustPublished(trust) => {
            let (version, officers) = (trust.bundle.version, trust.bundle.officers.len());
            format!("trust bundle {version}, {officers} officers")
        }
        Event::UnitsPut(units) => format!("{} units", units.len()),
        Event::SpecialtiesPut { specialties, .. } => format!("{} specialties", specialties.len()),
        Event::EquipmentTypesPut { types, .. } => format!("{} types of equipment", types.len()),
        Event::UnitsReorganized(done) => {
            let act = match &done.act {
                Act::Change(change) => change.as_str().to_owned(),
                Act::Undo { entry } => format!("undo of entry {entry}"),
            };
            let (units, endpoints) = (done.units.len(), done.endpoints.len());
            format!("{act} from {}: {units} units, {endpoints} endpoints", done.effective)
        }
        Event::EndpointAdded { no, address } => format!("endpoint {no}, {address}"),
        Event::EndpointRetired { no, .. } => format!("endpoint {no}"),
        Event::CodeCreated { endpoint, .. } | Event::TerminalEnrolled { endpoint, .. } => {
            format!("endpoint {endpoint}")
        }
        Event::CertificateSeen { endpoint, .. } => format!("endpoint {endpoint}"),
        Event::CertificateIssued { holder, not_after, .. } => {
            let until = local_time(*not_after);
            match holder {
                CertificateHolder::Officer(id) => format!("officer {id}, until {until}"),
                CertificateHolder::Endpoint(no) => format!("endpoint {no}, until {until}"),
            }
        }
        order_or_record => said_of_order_or_record(order_or_record),
    }
}

fn said_of_order_or_record(event: &Event) -> String {
    match event {
        Event::OrderDrafted { order, .. } => {
            format!("order {} ({}), {}", order.number_text(), order.handling.as_str(), order.id)
        }
        Event::SignatureAdded { order, .. } => format!("order {order}"),
        Event::OrderIssued { order, sequence, .. } => format!("order {order}, sequence {sequence}"),
        Event::AnswerTaken { answer, .. } => {
            let fact = answer.fact.as_str();
            format!("order {}, endpoint {}: {fact}", answer.order, answer.endpoint)
        }
        Event::RecordsPut { kind, records } => many(records.len(), kind_name(*kind)),
        Event::RecordsRead { kind, records } => many(records.len(), kind_name(*kind)),
        Event::RecordsResealed { kind, records, generation } => {
            format!("{}, keys {generation}", many(records.len(), kind_name(*kind)))
        }
        Event::RecordErased { kind, id, .. } => {
            format!("{} {}", kind_name(*kind), Uuid::from_bytes(*id))
        }
        Event::KeysBegun { generation } => format!("keys {generation}"),
        Event::CallRefused { call, reason, passed_over } => match passed_over {
            0 => format!("{call}: {reason}"),
            more => format!("{call}: {reason}; {more} more before it"),
        },
        Event::EpochBegun { epoch, .. } => format!("epoch {epoch}"),
        _said_before => String::new(),
    }
}

fn many(count: usize, kind: &str) -> String {
    format!("{count} {kind}")
}
