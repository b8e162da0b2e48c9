//! `hoatoc order draft`: resolves the audience, makes the payload bytes once, lays them down.
//!
//! Another author may take the number meanwhile; then audience and number are asked for again, and a
//! new draft is made. Bytes that were laid down are never made again.

use std::path::PathBuf;

use anyhow::{Context as _, Result, anyhow, bail};
use clap::Args;
use uuid::Uuid;

use super::call_up::{CallUpTerms, Selected, Source};
use super::content::{self, Needs, Recipients, Terms};
use super::view::{Seen, order_json};
use crate::cli::Cx;
use crate::cli::connection::{Connection, reason_of, refused, request, request_id};
use crate::config::home::write_new;
use crate::domain::ids::OrderId;
use crate::domain::order::handling::Handling;
use crate::domain::order::{AssemblyStation, LegalGround, Order, OrderKind, Urgency};
use crate::domain::world::OrderFile;
use crate::evidence::envelope::Envelope;
use crate::wire::{instant, order, parse, pb};

/// How often a number that another author took is asked for anew.
const NUMBER_TRIES_MAX: usize = 5;

#[derive(Debug, Args)]
pub(in crate::cli) struct Draft {
    /// How it is meant: actual, exercise or test.
    #[arg(long)]
    handling: Handling,
    /// What it asks for: personnel-call-up, equipment, industrial, disaster-response,
    /// readiness-change, stand-down or directive.
    #[arg(long, value_parser = content::kind)]
    kind: OrderKind,
    /// Its mark: normal, urgent, very-urgent or flash.
    #[arg(long, default_value = "normal", value_parser = content::urgency)]
    urgency: Urgency,
    /// The legal ground of an actual order: mobilization, martial-law, security-threat or disaster.
    #[arg(long, value_parser = content::ground)]
    ground: Option<LegalGround>,
    /// One line.
    #[arg(long)]
    title: String,
    /// The text, or @FILE.
    #[arg(long, value_name = "TEXT|@FILE")]
    body: String,
    #[command(flatten)]
    recipients: Recipients,
    #[command(flatten)]
    terms: Terms,
    #[command(flatten)]
    needs: Needs,
    #[command(flatten)]
    call_up: CallUpTerms,
    /// Also write the unsigned envelope to this new file.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

impl Draft {
    pub(super) async fn run(self, cx: &Cx) -> Result<()> {
        if self.recipients.units.is_empty() {
            bail!("nobody would get it: name units with --to, \"11\" for the whole province");
        }
        let body = content::body(&self.body)?;
        let connection = cx.connect().await?;
        let id = OrderId::new(Uuid::now_v7());
        let selected = match &self.call_up.source {
            None => None,
            Some(source) => {
                let asked = self.call_up.ask(source, &self.needs)?;
                let recipients = self.recipients.selector();
                Some(Selected::make(&connection, &id, recipients, self.handling, asked).await?)
            }
        };
        let station = self.station(&connection).await?;
        for _try in 0..NUMBER_TRIES_MAX {
            let resolved = resolve(&connection, self.recipients.selector(), self.handling).await?;
            let text = (body.as_str(), station.clone());
            let order = self.order(&connection, &resolved, (id, selected.as_ref()), text)?;
            let envelope = envelope_of(&order)?;
            let seen = Seen::look(&connection, &envelope, selected.as_ref()).await?;
            let ask = pb::DraftOrderRequest {
                request_id: request_id(),
                payload_type: envelope.payload_type().as_str().to_owned(),
                payload: pb::Envelope::from(&envelope).payload,
                call_up_id: selected.as_ref().map(|own| own.id.clone()).unwrap_or_default(),
            };
            match connection.orders().draft_order(request(ask)).await {
                Ok(reply) => {
                    let laid = reply.into_inner().order.context("the server gave no order")?;
                    return self.tell(cx, &laid, &envelope, &seen);
                }
                Err(status) if reason_of(&status).as_deref() == Some("NUMBER_TAKEN") => {}
                Err(status) => return Err(refused(status)),
            }
        }
        Err(anyhow!("other authors took {NUMBER_TRIES_MAX} numbers meanwhile: try again"))
    }

    /// Where to gather: what the author says, else what the called plan says.
    async fn station(&self, connection: &Connection) -> Result<Option<AssemblyStation>> {
        let said = self.needs.station();
        let Some(Source::Plan(code)) = self.call_up.source.as_ref().filter(|_plan| said.is_none())
        else {
            return Ok(said);
        };
        let ask = pb::GetReserveUnitRequest { code: code.to_string() };
        let reply = connection.plan().get_reserve_unit(request(ask)).await.map_err(refused)?;
        let station = reply.into_inner().reserve_unit.map(|unit| unit.assembly_station);
        let station = station.filter(|name| !name.trim().is_empty());
        Ok(station.map(|name| AssemblyStation { name: content::one_line(&name), unit: None }))
    }

    fn order(
        &self,
        connection: &Connection,
        resolved: &pb::ResolveAudienceResponse,
        (id, selected): (OrderId, Option<&Selected>),
        (body, station): (&str, Option<AssemblyStation>),
    ) -> Result<Order> {
        // The server's clock: an author's old machine may stand wrong, and times are under signatures.
        let now = instant("server_time", resolved.server_time.as_ref())?;
        let ground = match (self.ground, self.handling) {
            (Some(ground), _) => ground,
            (None, Handling::Exercise | Handling::Test) => LegalGround::Drill,
            (None, Handling::Actual) => {
                bail!("an actual order needs a legal ground: give --ground")
            }
        };
        let audience = resolved.audience.as_ref().context("the server resolved no audience")?;
        let order = Order {
            id,
            handling: self.handling,
            kind: self.kind,
            urgency: self.urgency,
            ground,
            province: parse("province_code", &resolved.province_code)?,
            epoch: resolved.epoch,
            series_year: resolved.series_year,
            number: resolved.next_number,
            drafted_by: connection.home.id.clone(),
            drafted_at: now,
            title: content::one_line(&self.title),
            body: body.to_owned(),
            station,
            requirements: self.needs.requirements(),
            answer_by: now + self.terms.answer(self.urgency),
            report_by: self.terms.report_within.map(|within| now + within),
            not_after: now + self.terms.valid(),
            audience: order::audience_from_message(audience)?,
            reference: None,
            call_up: selected.map(|own| own.call_up.clone()),
        };
        order.validate()?;
        Ok(order)
    }

    fn tell(self, cx: &Cx, laid: &pb::Order, envelope: &Envelope, seen: &Seen) -> Result<()> {
        if let Some(path) = &self.file {
            write_new(path, envelope.to_json().as_bytes(), 0o644)?;
        }
        cx.screen.show(&order_json(laid)?, || {
            format!(
                "{}\nLaid down as {}; still missing: {}\n\nNext: hoatoc order sign {} --as DIR",
                seen.text(&cx.screen),
                laid.order_id,
                laid.missing,
                laid.order_id
            )
        })
    }
}

/// Resolves recipients, and asks for the next number of a series.
pub(super) async fn resolve(
    connection: &Connection,
    selector: pb::AudienceSelector,
    handling: Handling,
) -> Result<pb::ResolveAudienceResponse> {
    let ask = pb::ResolveAudienceRequest {
        selector: Some(selector),
        handling: pb::Handling::from(handling).into(),
    };
    let reply = connection.orders().resolve_audience(request(ask)).await.map_err(refused)?;
    Ok(reply.into_inner())
}

/// The bytes of an order, made here and nowhere else, in an envelope that nobody has signed.
pub(super) fn envelope_of(order: &Order) -> Result<Envelope> {
    Envelope::new(OrderFile::payload_type(order), order::encode(order))
        .context("the order is too large: shorten its text or its list of needs")
}
