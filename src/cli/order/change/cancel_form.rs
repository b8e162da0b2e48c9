//! `hoatoc order cancel-form`: a cancel that is laid down and signed beside its order, before that is
//! issued, so that one duty officer can call it back later with no more signatures.

use anyhow::{Context as _, Result, bail};
use clap::Args;

use super::{cancel_of, earlier};
use crate::cli::Cx;
use crate::cli::connection::{Connection, refused, request, request_id};
use crate::cli::order::draft::envelope_of;
use crate::cli::order::order_of;
use crate::cli::order::sign::{check_place, confirm, sign_with};
use crate::cli::order::view::{Beside, Seen, order_json};
use crate::domain::ids::OrderId;
use crate::evidence::envelope::Envelope;
use crate::wire::{envelope::required, pb};

#[derive(Debug, Args)]
pub(in crate::cli) struct CancelForm {
    /// The order, drafted and not yet issued.
    id: OrderId,
    /// Why, as the communes would read it; whoever comes second signs what is written there.
    #[arg(long, value_name = "TEXT|@FILE")]
    reason: Option<String>,
    /// Do not ask; for those who have read it.
    #[arg(long)]
    yes: bool,
}

impl CancelForm {
    pub(in crate::cli::order) async fn run(self, cx: &Cx) -> Result<()> {
        let connection = cx.connect().await?;
        sign_form(cx, &connection, &self.id, self.reason.as_deref(), self.yes).await
    }
}

/// Signs the cancel form of an order; lays it down first where there is none.
pub(in crate::cli::order) async fn sign_form(
    cx: &Cx,
    connection: &Connection,
    id: &OrderId,
    reason: Option<&str>,
    yes: bool,
) -> Result<()> {
    let held = order_of(connection, id).await?;
    if !matches!(held.state(), pb::OrderState::Drafted | pb::OrderState::Signed) {
        bail!(
            "order {id} does not wait to be issued: cancel it with `order cancel {id} --reason TEXT`"
        );
    }
    let envelope = if held.cancel_form_id.is_empty() {
        lay_down(connection, id, reason).await?
    } else {
        if reason.is_some() {
            bail!(
                "a cancel form is there already, with its own reason: leave --reason out to sign it"
            );
        }
        let form = order_of(connection, &held.cancel_form_id.parse()?).await?;
        required("envelope", form.envelope.as_ref())?
    };
    let bundle = connection.trust().await?;
    let seen = Seen::look(connection, &envelope, None).await?;
    let reference = seen.order.reference.as_ref().filter(|_own| seen.order.is_cancel());
    let (_order, signed_bytes) = earlier(connection, id).await?;
    if reference.is_none_or(|own| own.order != *id || own.digest != signed_bytes.digest()) {
        bail!("the server gave another paper than the cancel form of {id}: do not sign it");
    }
    check_place(&seen.order, &bundle)?;
    let beside = Beside::look(connection, (&seen.order, &envelope), &bundle).await?;
    confirm(&cx.screen, &seen, &beside, yes)?;
    let mut envelope = envelope;
    let now = connection.now();
    let signature = sign_with(&connection.home, &mut envelope, &seen.order, &bundle, now)?;
    let ask = pb::SubmitSignatureRequest {
        request_id: request_id(),
        order_id: seen.order.id.to_string(),
        signature: Some((&signature).into()),
    };
    let reply = connection.orders().submit_signature(request(ask)).await.map_err(refused)?;
    let form = reply.into_inner().order.context("the server gave no order")?;
    cx.screen.show(&order_json(&form)?, || {
        let by = &connection.home.id;
        if form.missing.is_empty() {
            format!(
                "the cancel form of {id} is signed by {by} and ready until the order's end\n\n\
                 When it is needed: hoatoc order cancel {id} --form --as DUTY"
            )
        } else {
            format!(
                "the cancel form of {id} is signed by {by}; still missing: {}\n\n\
                 Next: hoatoc order cancel-form {id} --as HOME",
                form.missing
            )
        }
    })
}

async fn lay_down(connection: &Connection, id: &OrderId, reason: Option<&str>) -> Result<Envelope> {
    let (order, envelope) = earlier(connection, id).await?;
    let text =
        format!("Hủy bỏ {}. Mọi việc đã triển khai theo lệnh này dừng lại.", order.number_text());
    let mut form = cancel_of(connection, &order, &envelope, reason.unwrap_or(&text)).await?;
    // Nobody knows yet when it goes out: it is late only when its order is over.
    form.answer_by = order.not_after;
    form.not_after = order.not_after;
    form.validate()?;
    let envelope = envelope_of(&form)?;
    let ask = pb::DraftOrderRequest {
        request_id: request_id(),
        payload_type: envelope.payload_type().as_str().into(),
        payload: envelope.payload().to_vec().into(),
        call_up_id: String::new(),
    };
    connection.orders().draft_order(request(ask)).await.map_err(refused)?;
    Ok(envelope)
}

/// Issues the form that was signed in advance.
pub(in crate::cli::order) async fn use_form(
    cx: &Cx,
    connection: &Connection,
    id: &OrderId,
) -> Result<()> {
    let held = order_of(connection, id).await?;
    if held.cancel_form_id.is_empty() {
        bail!("no cancel form was laid down before order {id} was issued: give a --reason");
    }
    let order_id = held.cancel_form_id;
    let ask = pb::IssueOrderRequest { request_id: request_id(), order_id };
    let reply = connection.orders().issue_order(request(ask)).await.map_err(refused)?;
    let issued = reply.into_inner().order.context("the server gave no order")?;
    cx.screen.show(&order_json(&issued)?, || {
        format!("order {id} is cancelled by {} ({})", issued.number_text, issued.order_id)
    })
}
