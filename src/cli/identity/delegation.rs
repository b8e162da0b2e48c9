//! `hoatoc delegation`: who stands in for whom (ủy quyền), for how long and by which document. Each
//! change is a new trust bundle, signed by the root holders.

use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::bundle::Roots;
use super::bundle::publish_changed;
use crate::cli::Cx;
use crate::cli::days::day;
use crate::cli::listing::Export;
use crate::cli::output::{local_time, utc_time};
use crate::domain::authority::{Delegation as Lent, Role};
use crate::domain::ids::{OfficerId, UnitCode};
use crate::domain::instant::Instant;
use crate::domain::order::OrderKind;
use crate::domain::order::handling::Handling;
use crate::roster::sheet::{CellValue, Sheet};

/// Vietnam's hours before UTC's.
const OFFSET_MS: i64 = 7 * 3_600_000;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Delegation {
    /// Lends an officer's roles to another for a time.
    #[command(
        after_help = "Example:\n  hoatoc delegation add --from tran.van.a --to le.van.b --role signer \
        --document '12/QĐ-BCH' \\\n    --until 2026-12-31 --handling actual --as ~/admin --root /media/usb/root"
    )]
    Add(Box<Add>),
    /// Ends a delegation now, before its time.
    #[command(after_help = "Example:\n  hoatoc delegation end --from tran.van.a --to le.van.b \
        --document '12/QĐ-BCH' \\\n    --as ~/admin --root /media/usb/root")]
    End(End),
    /// Lists delegations, also those that are over.
    #[command(after_help = "Example:\n  hoatoc delegation list --as ~/admin")]
    List(Export),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Add {
    /// Whose roles.
    #[arg(long, value_name = "OFFICER")]
    from: OfficerId,
    /// Who may use them.
    #[arg(long, value_name = "OFFICER")]
    to: OfficerId,
    /// Which; repeat it for several. Only roles of the officer's own are lent, so nothing is lent on.
    #[arg(long = "role", value_name = "ROLE", required = true)]
    roles: Vec<Role>,
    /// The number of the document it rests on.
    #[arg(long, value_name = "NUMBER")]
    document: String,
    /// The first day; from now on by default.
    #[arg(long, value_name = "DATE", value_parser = day)]
    since: Option<Date>,
    /// The last day, at most a year later.
    #[arg(long, value_name = "DATE", value_parser = day)]
    until: Date,
    /// Only for orders of this handling: actual, exercise or test.
    #[arg(long, value_name = "HANDLING", value_parser = handling)]
    handling: Option<Handling>,
    /// Only for orders of this kind, such as directive; repeat it for several.
    #[arg(long = "kind", value_name = "KIND", value_parser = kind)]
    kinds: Vec<OrderKind>,
    /// Only for orders addressed to no other units than these; repeat it for several.
    #[arg(long = "unit", value_name = "CODE")]
    units: Vec<UnitCode>,
    #[command(flatten)]
    roots: Roots,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct End {
    /// Whose roles.
    #[arg(long, value_name = "OFFICER")]
    from: OfficerId,
    /// Who may use them no longer.
    #[arg(long, value_name = "OFFICER")]
    to: OfficerId,
    /// The number of the document it rests on.
    #[arg(long, value_name = "NUMBER")]
    document: String,
    #[command(flatten)]
    roots: Roots,
}

fn handling(text: &str) -> Result<Handling, String> {
    let known = Handling::ALL.into_iter().find(|own| own.as_str() == text);
    known.ok_or_else(|| format!("`{text}` is no handling: use actual, exercise or test"))
}

fn kind(text: &str) -> Result<OrderKind, String> {
    let known = OrderKind::ALL.into_iter().find(|own| own.as_str() == text);
    known.ok_or_else(|| {
        let kinds: Vec<&str> = OrderKind::ALL.into_iter().map(OrderKind::as_str).collect();
        format!("`{text}` is no kind of order: use one of {}", kinds.join(", "))
    })
}

/// The beginning of a day in Vietnam.
fn midnight(day: Date) -> Result<Instant> {
    let utc = day.to_zoned(TimeZone::UTC).context("the day has no time")?;
    Ok(Instant::from_millis(utc.timestamp().as_millisecond() - OFFSET_MS))
}

impl Delegation {
    pub(in crate::cli) async fn run(self, cx: &Cx) -> Result<()> {
        match self {
            Self::Add(add) => add.run(cx).await,
            Self::End(end) => end.run(cx).await,
            Self::List(export) => list(cx, &export).await,
        }
    }
}

impl Add {
    async fn run(self, cx: &Cx) -> Result<()> {
        let connection = cx.connect().await?;
        let now = connection.now();
        let lent = Lent {
            from: self.from,
            to: self.to,
            roles: self.roles.into_iter().collect(),
            handling: self.handling,
            kinds: self.kinds.iter().map(|kind| kind.as_str().to_owned()).collect(),
            units: self.units.into_iter().collect(),
            document: crate::domain::text::clean(&self.document),
            valid_from: self.since.map_or(Ok(now), midnight)?,
            valid_to: midnight(self.until.tomorrow().context("the last day has none after it")?)?,
        };
        let said = lent.clone();
        let Some((bundle, ledger_index)) =
            publish_changed(cx, &connection, &self.roots, |bundle| {
                let from = bundle.officer(&lent.from).filter(|from| from.serves(now));
                let from = from.with_context(|| format!("officer {} does not serve", lent.from))?;
                if let Some(role) = lent.roles.iter().find(|role| !from.roles.contains(role)) {
                    bail!(
                        "officer {} does not hold role {role}: only own roles are lent",
                        lent.from
                    );
                }
                bundle.delegations.push(lent);
                Ok(())
            })
            .await?
        else {
            return Ok(());
        };
        let mut value = value_of(&said, now);
        value["trust_bundle_version"] = json!(bundle.version);
        value["ledger_index"] = json!(ledger_index);
        cx.screen.show(&value, || {
            let (from, to, until) = (&said.from, &said.to, local_time(said.valid_to));
            format!("{to} stands in for {from} until {until}, with trust bundle {}", bundle.version)
        })
    }
}

impl End {
    async fn run(self, cx: &Cx) -> Result<()> {
        let connection = cx.connect().await?;
        let now = connection.now();
        let (from, to, document) = (&self.from, &self.to, &self.document);
        let Some((bundle, ledger_index)) =
            publish_changed(cx, &connection, &self.roots, |bundle| {
                let is_it = |lent: &Lent| {
                    lent.from == *from && lent.to == *to && lent.document == *document
                };
                let at =
                    bundle.delegations.iter().position(|lent| is_it(lent) && now < lent.valid_to);
                let at = at.with_context(|| {
                    format!(
                        "{to} does not stand in for {from} by {document}: see `delegation list`"
                    )
                })?;
                if bundle.delegations[at].valid_from < now {
                    bundle.delegations[at].valid_to = now;
                } else {
                    bundle.delegations.remove(at);
                }
                Ok(())
            })
            .await?
        else {
            return Ok(());
        };
        let value = json!({
            "from": from.as_str(), "to": to.as_str(), "document": document,
            "trust_bundle_version": bundle.version, "ledger_index": ledger_index,
        });
        cx.screen.show(&value, || {
            let version = bundle.version;
            format!("{to} stands in for {from} no longer, with trust bundle {version}")
        })
    }
}

/// A delegation, for programs.
pub(super) fn value_of(lent: &Lent, now: Instant) -> Value {
    json!({
        "from": lent.from.as_str(),
        "to": lent.to.as_str(),
        "roles": lent.roles.iter().map(|role| role.as_str()).collect::<Vec<_>>(),
        "handling": lent.handling.map(Handling::as_str),
        "kinds": lent.kinds,
        "unit_codes": lent.units.iter().map(UnitCode::as_str).collect::<Vec<_>>(),
        "document": lent.document,
        "valid_from_time": utc_time(lent.valid_from),
        "valid_to_time": utc_time(lent.valid_to),
        "in_force": lent.valid_from <= now && now < lent.valid_to,
    })
}

async fn list(cx: &Cx, export: &Export) -> Result<()> {
    let connection = cx.connect().await?;
    let (bundle, now) = (connection.trust().await?, connection.now());
    let mut sheet = Sheet::new("", &["FROM", "TO", "ROLES", "FOR", "DOCUMENT", "SINCE", "UNTIL"])
        .called("Ủy quyền", "Danh sách ủy quyền");
    for lent in &bundle.delegations {
        let roles: Vec<&str> = lent.roles.iter().map(|role| role.as_str()).collect();
        let labels: Vec<&str> = lent.roles.iter().map(|role| role.label()).collect();
        let handling = lent.handling.map(|own| own.as_str().to_owned());
        let units = lent.units.iter().map(ToString::to_string);
        let bounds: Vec<String> =
            handling.into_iter().chain(lent.kinds.iter().cloned()).chain(units).collect();
        sheet.push([
            lent.from.to_string().into(),
            lent.to.to_string().into(),
            CellValue::word(roles.join(", "), labels.join(", ")),
            if bounds.is_empty() { "everything".into() } else { bounds.join(", ").into() },
            lent.document.as_str().into(),
            CellValue::time(local_time(lent.valid_from), Some(lent.valid_from)),
            CellValue::time(local_time(lent.valid_to), Some(lent.valid_to)),
        ]);
    }
    let value = json!({
        "trust_bundle_version": bundle.version,
        "delegations": bundle.delegations.iter().map(|own| value_of(own, now)).collect::<Vec<_>>(),
    });
    export.show(&cx.screen, &value, &sheet, &format!("of trust bundle {}", bundle.version))
}
