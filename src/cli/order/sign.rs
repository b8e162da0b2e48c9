//! `hoatoc order sign`: a person reads what the bytes say, and only then their key signs them.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::json;

use super::view::{Beside, Seen, contents_json, order_json};
use super::{order_of, sign_command, unsigned};
use crate::cli::Cx;
use crate::cli::connection::{request, request_id};
use crate::cli::homes::{OfficerHome, read_file, replace};
use crate::cli::output::Screen;
use crate::domain::authority::{Matter, rule_for};
use crate::domain::ids::OrderId;
use crate::domain::instant::Instant;
use crate::domain::order::{Order, ReferenceKind};
use crate::evidence::authority::{check_signatures, key_use_for, roles_for};
use crate::evidence::envelope::{Envelope, Signature};
use crate::evidence::trust::TrustBundle;
use crate::terminal::verify::signed_by_known;
use crate::wire::{envelope::required, pb};

#[derive(Debug, Args)]
pub(in crate::cli) struct Sign {
    /// The draft's id.
    #[arg(required_unless_present = "file", conflicts_with = "file")]
    id: Option<OrderId>,
    /// Sign the envelope in this file, as `show --file`, `update --prepare` and `cancel --prepare` write it.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// With --file: ask no server, judge by the trust bundle in the home. What it clashes with stays
    /// unknown, and units are shown by number.
    #[arg(long, requires = "file")]
    offline: bool,
    /// Sign its cancel form too, with which one duty officer can cancel this one order later.
    #[arg(long, conflicts_with = "file")]
    with_cancel: bool,
    /// Do not ask; for those who have read it.
    #[arg(long)]
    yes: bool,
}

impl Sign {
    pub(super) async fn run(self, cx: &Cx) -> Result<()> {
        if let (true, Some(path)) = (self.offline, &self.file) {
            return self.sign_offline(cx, path);
        }
        let connection = cx.connect().await?;
        let bundle = connection.trust().await?;
        let mut envelope = match (&self.id, &self.file) {
            (Some(id), _) => {
                let drafted = order_of(&connection, id).await?;
                required("envelope", drafted.envelope.as_ref())?
            }
            (None, Some(path)) => read_envelope(path)?,
            (None, None) => bail!("name a draft, or a file with --file"),
        };
        let seen = Seen::look(&connection, &envelope, None).await?;
        if let Some(id) = &self.id
            && *id != seen.order.id
        {
            bail!("the server gave order {} for {id}: do not sign it", seen.order.id);
        }
        check_place(&seen.order, &bundle)?;
        let beside = Beside::look(&connection, (&seen.order, &envelope), &bundle).await?;
        confirm(&cx.screen, &seen, &beside, self.yes)?;
        let signature =
            sign_with(&connection.home, &mut envelope, &seen.order, &bundle, connection.now())?;
        match &self.file {
            Some(path) => {
                let now = connection.now();
                keep_signed(cx, path, (&envelope, &seen.order), (&connection.home, &bundle), now)
            }
            None => {
                let ask = pb::SubmitSignatureRequest {
                    request_id: request_id(),
                    order_id: seen.order.id.to_string(),
                    signature: Some((&signature).into()),
                };
                let reply = connection.orders().submit_signature(request(ask)).await;
                let reply = reply.map_err(|status| unsigned(status, &seen.order.id))?;
                let order = reply.into_inner().order.context("the server gave no order")?;
                if self.with_cancel {
                    let id = &seen.order.id;
                    return super::change::cancel_form::sign_form(
                        cx,
                        &connection,
                        id,
                        None,
                        self.yes,
                    )
                    .await;
                }
                let missing = Some(order.missing.as_str()).filter(|text| !text.is_empty());
                cx.screen.show(&order_json(&order)?, || {
                    let next = match missing {
                        None => format!("hoatoc order issue {}", order.order_id),
                        Some(_) => sign_command(&seen.order.id),
                    };
                    format!("{}\n\nNext: {next}", told(&connection.home, missing))
                })
            }
        }
    }
}

impl Sign {
    /// On a machine that reaches no server.
    fn sign_offline(&self, cx: &Cx, path: &Path) -> Result<()> {
        let (home, now) = (cx.home()?, cx.clock.now());
        let bundle = home.trust()?;
        let mut envelope = read_envelope(path)?;
        let seen = Seen::alone(&envelope)?;
        check_place(&seen.order, &bundle)?;
        let beside = Beside::alone(&envelope, &bundle, now);
        confirm(&cx.screen, &seen, &beside, self.yes)?;
        sign_with(&home, &mut envelope, &seen.order, &bundle, now)?;
        keep_signed(cx, path, (&envelope, &seen.order), (&home, &bundle), now)
    }
}

fn read_envelope(path: &Path) -> Result<Envelope> {
    Envelope::from_json(&read_file(path)?)
        .with_context(|| format!("{} is no order", path.display()))
}

/// Puts the file with one more signature in the place of the one before.
fn keep_signed(
    cx: &Cx,
    path: &Path,
    (envelope, order): (&Envelope, &Order),
    (home, bundle): (&OfficerHome, &TrustBundle),
    now: Instant,
) -> Result<()> {
    replace(path, envelope.to_json().as_bytes())?;
    let missing = missing(bundle, envelope, order, now);
    let mut value = contents_json(order, envelope);
    value["missing"] = json!(missing);
    cx.screen.show(&value, || {
        let file = path.display();
        let next = match order.reference.as_ref().map(|reference| reference.kind) {
            None => format!("hoatoc order submit {file} --as HOME"),
            Some(_) if missing.is_some() => format!("hoatoc order sign --file {file} --as HOME"),
            Some(ReferenceKind::Update) => format!("hoatoc order update --file {file} --as HOME"),
            Some(ReferenceKind::Cancel) => format!("hoatoc order cancel --file {file} --as HOME"),
        };
        format!("{}\n\nNext: {next}", told(home, missing.as_deref()))
    })
}

/// Hands in the signatures of a file under a draft that the server has: whoever made them needs no
/// connection of their own.
pub(super) async fn submit(cx: &Cx, path: &Path) -> Result<()> {
    let connection = cx.connect().await?;
    let envelope = read_envelope(path)?;
    let bundle = connection.trust().await?;
    if signed_by_known(&envelope, &bundle) == 0 {
        bail!("{} bears no signature of an officer: sign it with --file first", path.display());
    }
    let order = crate::wire::order::read(&envelope)?;
    let held = order_of(&connection, &order.id).await?;
    let held = required("envelope", held.envelope.as_ref())?;
    if held.digest() != envelope.digest() {
        bail!("the server's order {} has other bytes than {}", order.id, path.display());
    }
    let is_new =
        |own: &&Signature| held.signatures().iter().all(|known| known.key_id != own.key_id);
    let (mut carried, mut newest) = (0_usize, None);
    for signature in envelope.signatures().iter().filter(is_new) {
        let ask = pb::SubmitSignatureRequest {
            request_id: request_id(),
            order_id: order.id.to_string(),
            signature: Some(signature.into()),
        };
        let reply = connection.orders().submit_signature(request(ask)).await;
        newest = reply.map_err(|status| unsigned(status, &order.id))?.into_inner().order;
        carried += 1;
    }
    let Some(newest) = newest else {
        bail!("the server has every signature of {} already", path.display());
    };
    cx.screen.show(&order_json(&newest)?, || {
        let next = match newest.missing.as_str() {
            "" => format!(
                "every signature it needs is there\n\nNext: hoatoc order issue {}",
                order.id
            ),
            missing => format!("still missing: {missing}\n\nNext: {}", sign_command(&order.id)),
        };
        format!("{carried} signatures handed in; {next}")
    })
}

fn told(home: &OfficerHome, missing: Option<&str>) -> String {
    match missing {
        None => format!("signed by {}; every signature it needs is there", home.id),
        Some(missing) => format!("signed by {}; still missing: {missing}", home.id),
    }
}

/// Whether the order belongs to the province and epoch of the bundle.
pub(super) fn check_place(order: &Order, bundle: &TrustBundle) -> Result<()> {
    if order.province != bundle.province || order.epoch < bundle.epoch {
        bail!(
            "the order is of province {} and epoch {}, the trust bundle of {} and {}: do not sign it",
            order.province,
            order.epoch,
            bundle.province,
            bundle.epoch
        );
    }
    Ok(())
}

/// Shows everything and has the person type how the order is meant and its number, unless they said
/// that they have read it.
pub(super) fn confirm(screen: &Screen, seen: &Seen, beside: &Beside, yes: bool) -> Result<()> {
    screen.read_through(&seen.to_sign(screen, beside))?;
    if yes {
        return Ok(());
    }
    let phrase = format!("{} {}", seen.order.handling, seen.order.number);
    let typed = screen.ask(&format!("To sign, type `{phrase}`: "))?;
    if typed == phrase {
        Ok(())
    } else {
        bail!("nothing was signed: `{phrase}` was not typed; those who have read it may use --yes")
    }
}

/// Signs with the key that this handling asks for, once the bundle knows it as the officer's.
pub(super) fn sign_with(
    home: &OfficerHome,
    envelope: &mut Envelope,
    order: &Order,
    bundle: &TrustBundle,
    at: Instant,
) -> Result<Signature> {
    let key_use = key_use_for(order.handling);
    let key = home.signing_key(key_use)?;
    match bundle.holder_of(&key.id()) {
        Some((officer, own)) if officer.id == home.id && own.key_use == key_use => {}
        _other => bail!(
            "the trust bundle does not know the {key_use} key of {}: have it added before signing",
            home.id
        ),
    }
    // It would stand on a file for good, and the server would refuse the whole.
    if is_shut_out(order, home, bundle, at) {
        bail!("{} drafted this order and may not sign it: others must", home.id);
    }
    let officer = bundle.officer(&home.id).context("the trust bundle does not know the officer")?;
    if roles_for(bundle, officer, &Matter::from(order), at).is_empty() {
        bail!("{} has no part in this order: it is signed by others", home.id);
    }
    envelope.sign(key.as_ref())?;
    let signed = envelope.signatures().iter().find(|own| own.key_id == key.id());
    signed.copied().context("the signature is not on the envelope")
}

/// What an order still lacks, in words.
pub(super) fn missing(
    bundle: &TrustBundle,
    envelope: &Envelope,
    order: &Order,
    at: Instant,
) -> Option<String> {
    check_signatures(bundle, envelope, &Matter::from(order), at)
        .err()
        .map(|lacking| lacking.to_string())
}

/// Whether the rule of this order shuts out whoever drafted it.
pub(super) fn is_shut_out(
    order: &Order,
    home: &OfficerHome,
    bundle: &TrustBundle,
    at: Instant,
) -> bool {
    let rule = rule_for(&bundle.rules, &Matter::from(order), at);
    order.drafted_by == home.id && rule.is_some_and(|rule| !rule.drafter_may_sign)
}
