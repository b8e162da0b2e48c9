//! `hoatoc order update` and `cancel`: a new order that names an earlier one, issued in one step with
//! all its signatures on it.

pub(super) mod cancel_form;

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::json;
use uuid::Uuid;

use self::cancel_form::use_form;
use super::content::{self, Needs, Recipients, Terms};
use super::draft::{envelope_of, resolve};
use super::order_of;
use super::sign::{check_place, confirm, is_shut_out, missing, sign_with};
use super::view::{Beside, Seen, contents_json, order_json};
use crate::cli::Cx;
use crate::cli::connection::{Connection, refused, request, request_id};
use crate::cli::homes::{OfficerHome, read_file};
use crate::config::home::write_new;
use crate::domain::ids::OrderId;
use crate::domain::order::{Order, OrderKind, Reference, ReferenceKind};
use crate::evidence::envelope::Envelope;
use crate::wire::{envelope::required, instant, order, pb};

/// Who signs, and by which road.
#[derive(Debug, Clone, Args)]
struct Road {
    /// Sign with this officer's home instead of one's own; repeat it for several persons.
    #[arg(long, value_name = "DIR")]
    sign_with: Vec<PathBuf>,
    /// Do not send it: write it with the signatures so far to this new file, for `order sign --file`.
    #[arg(long, value_name = "FILE", conflicts_with = "file")]
    prepare: Option<PathBuf>,
    /// Send the envelope of this file, with the signatures collected on it.
    #[arg(long, value_name = "FILE", conflicts_with = "id")]
    file: Option<PathBuf>,
    /// Do not ask; for those who have read it.
    #[arg(long)]
    yes: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Update {
    /// The order to replace.
    #[arg(required_unless_present = "file")]
    id: Option<OrderId>,
    /// Another line; the earlier one by default. So with all that follows.
    #[arg(long)]
    title: Option<String>,
    /// Another text, or @FILE.
    #[arg(long, value_name = "TEXT|@FILE")]
    body: Option<String>,
    #[command(flatten)]
    recipients: Recipients,
    #[command(flatten)]
    terms: Terms,
    #[command(flatten)]
    needs: Needs,
    #[command(flatten)]
    road: Road,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Cancel {
    /// The order to cancel.
    #[arg(required_unless_present = "file")]
    id: Option<OrderId>,
    /// Why, as the communes will read it.
    #[arg(long, value_name = "TEXT|@FILE", required_unless_present_any = ["file", "form"])]
    reason: Option<String>,
    /// Use the form that was signed with the order, by `order cancel-form`: no more signatures.
    #[arg(long, conflicts_with_all = ["file", "reason", "prepare", "sign_with"])]
    form: bool,
    #[command(flatten)]
    terms: Terms,
    #[command(flatten)]
    road: Road,
}

impl Update {
    pub(super) async fn run(self, cx: &Cx) -> Result<()> {
        let connection = cx.connect().await?;
        let Some(id) = &self.id else { return self.road.send_file(cx, &connection).await };
        let (earlier, envelope) = earlier(&connection, id).await?;
        let mut next = following(&connection, &earlier, &envelope, ReferenceKind::Update).await?;
        // The earlier order's selector may mean more endpoints by now; an update is for those too.
        let selector = if self.recipients.units.is_empty() {
            order::selector_to_message(&earlier.audience.selector)
        } else {
            self.recipients.selector()
        };
        let resolved = resolve(&connection, selector, earlier.handling).await?;
        let audience = resolved.audience.as_ref().context("the server resolved no audience")?;
        next.audience = order::audience_from_message(audience)?;
        if let Some(title) = &self.title {
            next.title = content::one_line(title);
        }
        if let Some(body) = &self.body {
            next.body = content::body(body)?;
        }
        if self.needs.station.is_some() {
            next.station = self.needs.station();
        }
        let requirements = self.needs.requirements();
        if !requirements.is_empty() {
            next.requirements = requirements;
        }
        set_terms(&mut next, &self.terms);
        self.road.go(cx, &connection, next).await
    }
}

impl Cancel {
    pub(super) async fn run(self, cx: &Cx) -> Result<()> {
        let connection = cx.connect().await?;
        if let (Some(id), true) = (&self.id, self.form) {
            return use_form(cx, &connection, id).await;
        }
        let (Some(id), Some(reason)) = (&self.id, &self.reason) else {
            return self.road.send_file(cx, &connection).await;
        };
        let (earlier, envelope) = earlier(&connection, id).await?;
        let mut next = cancel_of(&connection, &earlier, &envelope, reason).await?;
        set_terms(&mut next, &self.terms);
        // A cancel outlives the order it cancels, or a late device would see the order alone.
        next.not_after = next.not_after.max(earlier.not_after);
        self.road.go(cx, &connection, next).await
    }
}

/// A cancel of an order, but for its times.
pub(super) async fn cancel_of(
    connection: &Connection,
    earlier: &Order,
    envelope: &Envelope,
    reason: &str,
) -> Result<Order> {
    let mut next = following(connection, earlier, envelope, ReferenceKind::Cancel).await?;
    next.kind = OrderKind::Directive;
    next.title = format!("Hủy bỏ {}", earlier.number_text());
    next.body = content::body(reason)?;
    next.station = None;
    next.requirements = Vec::new();
    next.call_up = None;
    Ok(next)
}

/// The order to be changed, as its own bytes say.
pub(super) async fn earlier(connection: &Connection, id: &OrderId) -> Result<(Order, Envelope)> {
    let held = order_of(connection, id).await?;
    let envelope = required("envelope", held.envelope.as_ref())?;
    let order = order::read(&envelope)?;
    if order.id != *id {
        bail!("the server gave order {} for {id}: do not trust it", order.id);
    }
    Ok((order, envelope))
}

/// The next order of the same series, with the contents of the earlier one and a reference to it.
async fn following(
    connection: &Connection,
    earlier: &Order,
    envelope: &Envelope,
    kind: ReferenceKind,
) -> Result<Order> {
    let province = vec![earlier.province.to_string()];
    let selector = pb::AudienceSelector { unit_codes: province, ..pb::AudienceSelector::default() };
    let series = resolve(connection, selector, earlier.handling).await?;
    Ok(Order {
        id: OrderId::new(Uuid::now_v7()),
        epoch: series.epoch,
        series_year: series.series_year,
        number: series.next_number,
        drafted_by: connection.home.id.clone(),
        drafted_at: instant("server_time", series.server_time.as_ref())?,
        report_by: None,
        reference: Some(Reference { kind, order: earlier.id, digest: envelope.digest() }),
        ..earlier.clone()
    })
}

fn set_terms(order: &mut Order, terms: &Terms) {
    order.answer_by = order.drafted_at + terms.answer(order.urgency);
    order.report_by = terms.report_within.map(|within| order.drafted_at + within);
    order.not_after = order.drafted_at + terms.valid();
}

impl Road {
    /// Signs with the homes at hand, then sends it or writes it down.
    async fn go(&self, cx: &Cx, connection: &Connection, order: Order) -> Result<()> {
        order.validate()?;
        let bundle = connection.trust().await?;
        let mut envelope = envelope_of(&order)?;
        let seen = Seen::look(connection, &envelope, None).await?;
        check_place(&seen.order, &bundle)?;
        let beside = Beside::look(connection, (&seen.order, &envelope), &bundle).await?;
        confirm(&cx.screen, &seen, &beside, self.yes)?;
        let now = connection.now();
        // Whoever prepares what they may not sign writes it down for those who may.
        let for_others =
            self.prepare.is_some() && is_shut_out(&order, &connection.home, &bundle, now);
        if self.sign_with.is_empty() && !for_others {
            sign_with(&connection.home, &mut envelope, &order, &bundle, now)?;
        }
        for dir in &self.sign_with {
            sign_with(&OfficerHome::load(dir, &cx.secrets)?, &mut envelope, &order, &bundle, now)?;
        }
        let missing = missing(&bundle, &envelope, &order, connection.now());
        if let Some(path) = &self.prepare {
            write_new(path, envelope.to_json().as_bytes(), 0o644)?;
            let mut value = contents_json(&order, &envelope);
            value["missing"] = json!(missing);
            let file = path.display();
            return cx.screen.show(&value, || match &missing {
                None => format!("written to {file}; every signature it needs is there"),
                Some(missing) => format!(
                    "written to {file}; still missing: {missing}\n\nNext: hoatoc order sign --file {file} --as DIR"
                ),
            });
        }
        if let Some(missing) = missing {
            bail!(
                "{missing}: add homes with --sign-with DIR, or write it with --prepare FILE and have others sign it"
            );
        }
        send(cx, connection, &order, &envelope).await
    }

    async fn send_file(&self, cx: &Cx, connection: &Connection) -> Result<()> {
        let path = self.file.as_ref().context("name an order, or a file with --file")?;
        let envelope = Envelope::from_json(&read_file(path)?)
            .with_context(|| format!("{} is no order", path.display()))?;
        let order = super::view::sound(&envelope)?;
        let bundle = connection.trust().await?;
        if let Some(missing) = missing(&bundle, &envelope, &order, connection.now()) {
            bail!("{missing}: have others sign it with `order sign --file {}`", path.display());
        }
        send(cx, connection, &order, &envelope).await
    }
}

async fn send(cx: &Cx, connection: &Connection, order: &Order, envelope: &Envelope) -> Result<()> {
    let reference = order.reference.as_ref();
    let reference = reference.context("it changes no earlier order: use `order issue` for it")?;
    let (request_id, envelope) = (request_id(), Some(envelope.into()));
    let issued = match reference.kind {
        ReferenceKind::Update => {
            let ask = pb::UpdateOrderRequest { request_id, envelope };
            let reply = connection.orders().update_order(request(ask)).await.map_err(refused)?;
            reply.into_inner().order
        }
        ReferenceKind::Cancel => {
            let ask = pb::CancelOrderRequest { request_id, envelope };
            let reply = connection.orders().cancel_order(request(ask)).await.map_err(refused)?;
            reply.into_inner().order
        }
    };
    let issued = issued.context("the server gave no order")?;
    cx.screen.show(&order_json(&issued)?, || {
        let verb = match reference.kind {
            ReferenceKind::Update => "replaced",
            ReferenceKind::Cancel => "cancelled",
        };
        format!(
            "order {} is {verb} by {} ({})",
            reference.order, issued.number_text, issued.order_id
        )
    })
}
