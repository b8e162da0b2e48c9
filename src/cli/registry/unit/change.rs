//! Reorganizations: what would move, carrying out, taking back.

use anyhow::Result;
use clap::{Args, Subcommand};
use jiff::civil::Date;

use super::moved::Moved;
use crate::cli::Cx;
use crate::cli::connection::{refused, request, request_id};
use crate::cli::days::day;
use crate::domain::ids::UnitCode;
use crate::domain::unit::{Change as DomainChange, Former, ParentBasis, Unit, UnitKind};
use crate::wire::pb;

/// When and why, and whether it is only looked at.
#[derive(Debug, Args)]
pub(in crate::cli) struct Act {
    /// The first day on which it holds: today or before; a day to come only with --dry-run.
    #[arg(long, value_name = "DATE", value_parser = day)]
    effective: Date,
    /// The number of the document it rests on, or the reason.
    #[arg(long, value_name = "TEXT")]
    document: String,
    /// Only shows who and what would move.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Change {
    /// Merges units into one, there already or new. Records are not rewritten: they count under what
    /// the units became, and go back when it is undone.
    #[command(
        after_help = "Examples:\n  hoatoc unit merge 03162 --into 03160 --effective 2026-03-01 --document \"Nghị quyết 12/NQ\" --dry-run --as ~/admin\n  hoatoc unit merge 03160 03162 --into 03159 --name \"Xã Mường Nhé\" --under KV1 --effective 2026-03-01 --document \"Nghị quyết 12/NQ\" --as ~/admin"
    )]
    Merge {
        /// The units that end.
        #[arg(required = true)]
        units: Vec<UnitCode>,
        /// What they become: a unit that is there or, with --name and --under, a new one.
        #[arg(long, value_name = "CODE")]
        into: UnitCode,
        /// The full name of the new unit.
        #[arg(long, requires = "under")]
        name: Option<String>,
        /// The unit above the new one.
        #[arg(long, requires = "name", value_name = "CODE")]
        under: Option<UnitCode>,
        /// The kind of the new unit.
        #[arg(long, default_value = "commune", value_parser = kind)]
        kind: UnitKind,
        /// How well its parent is known: sourced, assumed or weak.
        #[arg(long, default_value = "sourced", value_parser = basis)]
        basis: ParentBasis,
        #[command(flatten)]
        act: Act,
    },
    /// Splits a unit: new ones are made of it. Records stay with what keeps the seat, until they are
    /// transferred.
    #[command(
        after_help = "Example:\n  hoatoc unit split 03160 --part 03161=\"Xã Leng Su Sìn\" --effective 2026-03-01 --document \"Nghị quyết 12/NQ\" --as ~/admin"
    )]
    Split {
        /// The unit.
        unit: UnitCode,
        /// A new unit, as CODE=NAME, of the same kind under the same parent; repeat it for several.
        #[arg(long = "part", required = true, value_parser = part, value_name = "CODE=NAME")]
        parts: Vec<(UnitCode, String)>,
        /// The unit ends, and the first part keeps its seat.
        #[arg(long)]
        ends: bool,
        #[command(flatten)]
        act: Act,
    },
    /// Gives a unit another name, or another kind of the same level.
    #[command(
        after_help = "Example:\n  hoatoc unit rename 03256 \"Phường Mường Ảng\" --kind ward --effective 2026-03-01 --document \"Nghị quyết 12/NQ\" --as ~/admin"
    )]
    Rename {
        /// The unit.
        unit: UnitCode,
        /// Its full name, with the word for its kind.
        name: String,
        /// Its kind; as it is if not given.
        #[arg(long, value_parser = kind)]
        kind: Option<UnitKind>,
        #[command(flatten)]
        act: Act,
    },
    /// Puts a unit under another, or says how well it is known where it belongs.
    #[command(
        after_help = "Example:\n  hoatoc unit move 03214 --under KV3 --basis sourced --effective 2026-03-01 --document \"Quyết định 5/QĐ\" --as ~/admin"
    )]
    Move {
        /// The unit.
        unit: UnitCode,
        /// The unit above it; the same as before to change the basis only.
        #[arg(long, value_name = "CODE")]
        under: UnitCode,
        /// How well that is known: sourced, assumed or weak.
        #[arg(long, default_value = "sourced", value_parser = basis)]
        basis: ParentBasis,
        #[command(flatten)]
        act: Act,
    },
    /// Ends a unit. What is under it comes under the first successor.
    #[command(
        after_help = "Example:\n  hoatoc unit close TV-085 --effective 2026-03-01 --document \"giải thể\" --as ~/admin"
    )]
    Close {
        /// The unit.
        unit: UnitCode,
        /// What takes its place, the one that keeps its records first; repeat it for several.
        #[arg(long = "successor", value_name = "CODE")]
        successors: Vec<UnitCode>,
        /// Without a successor also while it has records or endpoints, which no order reaches then.
        #[arg(long, conflicts_with = "successors")]
        force: bool,
        #[command(flatten)]
        act: Act,
    },
    /// Takes a reorganization back, exactly. Refused when something done later rests on it.
    #[command(
        after_help = "Example:\n  hoatoc unit undo 1042 --document \"nhập nhầm\" --dry-run --as ~/admin"
    )]
    Undo {
        /// The ledger entry of the change, as `unit history` names it.
        entry: u64,
        /// The number of the document this rests on, or the reason.
        #[arg(long, value_name = "TEXT")]
        document: String,
        /// Only shows who and what would move.
        #[arg(long)]
        dry_run: bool,
    },
}

fn kind(text: &str) -> Result<UnitKind, String> {
    UnitKind::parse(text)
        .ok_or_else(|| format!("`{text}` is no kind: use commune, ward or township"))
}

fn basis(text: &str) -> Result<ParentBasis, String> {
    ParentBasis::parse(text)
        .ok_or_else(|| format!("`{text}` is no basis: use sourced, assumed or weak"))
}

fn part(text: &str) -> Result<(UnitCode, String), String> {
    let (code, name) = text.split_once('=').ok_or("write the code, `=` and the full name")?;
    Ok((code.parse().map_err(|fault| format!("{fault}"))?, name.to_owned()))
}

fn new_unit(code: UnitCode, name: String, kind: UnitKind, parent: Option<UnitCode>) -> Unit {
    Unit {
        code,
        name: crate::domain::text::clean(&name),
        kind,
        parent,
        parent_basis: ParentBasis::Sourced,
        area_hectares: None,
        population: None,
        valid_from: None,
        valid_to: None,
        former: Former::default(),
    }
}

impl Change {
    pub(in crate::cli) async fn run(self, cx: &Cx) -> Result<()> {
        let (change, act) = match self {
            Self::Merge { units, into, name, under, kind, basis, act } => {
                let new = name.map(|name| {
                    let unit = new_unit(into.clone(), name, kind, under);
                    Box::new(Unit { parent_basis: basis, ..unit })
                });
                (DomainChange::Merge { units, into, new }, act)
            }
            Self::Split { unit, parts, ends, act } => {
                return split(cx, unit, parts, ends, &act).await;
            }
            Self::Rename { unit, name, kind, act } => {
                let name = crate::domain::text::clean(&name);
                (DomainChange::Rename { unit, name, kind }, act)
            }
            Self::Move { unit, under, basis, act } => {
                (DomainChange::Move { unit, parent: under, basis }, act)
            }
            Self::Close { unit, successors, force, act } => {
                return send(cx, &DomainChange::Close { unit, successors }, &act, force).await;
            }
            Self::Undo { entry, document, dry_run } => {
                return undo(cx, entry, document, dry_run).await;
            }
        };
        send(cx, &change, &act, false).await
    }
}

async fn split(
    cx: &Cx,
    unit: UnitCode,
    parts: Vec<(UnitCode, String)>,
    ends: bool,
    act: &Act,
) -> Result<()> {
    let units = cx.connect().await?.units().await?;
    let own = units.iter().find(|own| own.code == unit.as_str());
    let own = own.ok_or_else(|| anyhow::anyhow!("unit {unit} is unknown: check its code"))?;
    let own: Unit = own.try_into()?;
    let parts = parts.into_iter().map(|(code, name)| {
        let part = new_unit(code, name, own.kind, own.parent.clone());
        Unit { parent_basis: own.parent_basis, ..part }
    });
    send(cx, &DomainChange::Split { unit, parts: parts.collect(), ends }, act, false).await
}

async fn send(cx: &Cx, change: &DomainChange, act: &Act, force: bool) -> Result<()> {
    let ask = pb::ChangeUnitsRequest {
        request_id: request_id(),
        change: Some(change.into()),
        effective_date: act.effective.to_string(),
        document: act.document.clone(),
        validate_only: act.dry_run,
        force,
    };
    let connection = cx.connect().await?;
    let before = connection.units().await?;
    let done = connection.organization().change_units(request(ask)).await.map_err(refused)?;
    let done = done.into_inner();
    let stranded = done.impacts.iter().filter(|impact| impact.then_code.is_empty());
    let stranded_endpoints = stranded.map(|impact| impact.endpoints.len()).sum();
    let moved = Moved {
        stranded_endpoints,
        entry: done.ledger_index,
        before: of(&done.units, before),
        units: done.units,
        impacts: done.impacts,
        orders: done.orders,
        new_endpoints: done.new_endpoints,
        retired_endpoints: Vec::new(),
        stranded_records: done.stranded_records,
    };
    moved.tell(cx)
}

async fn undo(cx: &Cx, entry: u64, document: String, dry_run: bool) -> Result<()> {
    let ask = pb::UndoUnitChangeRequest {
        request_id: request_id(),
        ledger_index: entry,
        document,
        validate_only: dry_run,
    };
    let connection = cx.connect().await?;
    let before = connection.units().await?;
    let done = connection.organization().undo_unit_change(request(ask)).await.map_err(refused)?;
    let done = done.into_inner();
    let moved = Moved {
        entry: done.ledger_index,
        before: of(&done.units, before),
        units: done.units,
        impacts: done.impacts,
        orders: done.orders,
        new_endpoints: Vec::new(),
        retired_endpoints: done.retired_endpoints,
        stranded_records: 0,
        stranded_endpoints: 0,
    };
    moved.tell(cx)
}

/// Those of all units that are among the touched ones.
fn of(touched: &[pb::Unit], mut all: Vec<pb::Unit>) -> Vec<pb::Unit> {
    all.retain(|unit| touched.iter().any(|own| own.code == unit.code));
    all
}
