//! `hoatoc order print`: an order on paper, from the server or from a file; and what a print on a
//! commune's machine shares with it.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use clap::Args;
use serde_json::json;

use super::order_of;
use super::view::{sound, units_of};
use crate::cli::Cx;
use crate::cli::homes::{OfficerHome, read_file, read_trust};
use crate::cli::past_trust::past;
use crate::config::home::write_new;
use crate::domain::ids::{EndpointNo, OrderId};
use crate::domain::order::Order;
use crate::domain::unit::Units;
use crate::evidence::envelope::Envelope;
use crate::evidence::fingerprint;
use crate::evidence::trust::TrustBundle;
use crate::paper::{Letterhead, OrderPaper, SheetPaper, Worth};
use crate::terminal::print::{Print as Printed, signers};
use crate::terminal::verify::day::{Day, days_bundle};
use crate::terminal::verify::verify_order;
use crate::wire::order::call_up::{file, proven_sheet, read_sheet};
use crate::wire::{envelope::required, pb};

/// Whose paper it is.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct Head {
    /// The command above the one that issues, such as 'Quân khu 2'; left out by default.
    #[arg(long, value_name = "NAME", default_value = "")]
    superior: String,
    /// The command that issues, where it is not known from the server's units.
    #[arg(long, value_name = "NAME", default_value = "")]
    issuer: String,
    /// Where it is, for place and date, such as 'Điện Biên'.
    #[arg(long, value_name = "NAME", default_value = "")]
    place: String,
}

impl Head {
    /// With the issuer's name, where the person did not say one.
    pub(in crate::cli) fn letterhead(&self, issuer: &str) -> Letterhead {
        let issuer = if self.issuer.is_empty() { issuer } else { &self.issuer };
        Letterhead {
            superior: self.superior.clone(),
            issuer: issuer.to_owned(),
            place: self.place.clone(),
        }
    }
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Print {
    /// The order's id, on the server.
    #[arg(required_unless_present = "file", conflicts_with = "file")]
    id: Option<OrderId>,
    /// Print the envelope of this file, with no server in reach.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// With --file: the trust bundle to judge it by; the one in the officer's home by default.
    #[arg(long, value_name = "FILE", requires = "file")]
    trust: Option<PathBuf>,
    /// With --file: print this page of a call-up sheet instead, a file of `terminal verify
    /// --sheet-file`. It holds names.
    #[arg(long, value_name = "FILE", requires = "file")]
    sheet: Option<PathBuf>,
    /// Leave out names and numbers, for whoever may not see them; the codes then hold the proof alone.
    #[arg(long, requires = "sheet")]
    masked: bool,
    /// A new file for the PDF.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    head: Head,
}

/// The bundles that a home has seen, the oldest first.
fn history_of(home: &OfficerHome) -> Result<Vec<(Envelope, TrustBundle)>> {
    let mut history = past(&home.dir)?;
    history.push(read_trust(&home.trust_file())?);
    Ok(history)
}

impl Print {
    pub(super) async fn run(self, cx: &Cx) -> Result<()> {
        match (&self.id, &self.file) {
            (Some(id), _) => self.on_server(cx, id).await,
            (None, Some(path)) => self.in_file(cx, path),
            (None, None) => bail!("name an order, or a file with --file"),
        }
    }

    async fn on_server(&self, cx: &Cx, id: &OrderId) -> Result<()> {
        let connection = cx.connect().await?;
        connection.trust().await?;
        let history = history_of(&connection.home)?;
        let held = order_of(&connection, id).await?;
        let envelope = required("envelope", held.envelope.as_ref())?;
        let order = sound(&envelope)?;
        if order.id != *id {
            bail!("the server gave order {} for {id}: do not print it", order.id);
        }
        let units = units_of(&connection).await?;
        let worth = match held.state() {
            pb::OrderState::Unspecified | pb::OrderState::Drafted | pb::OrderState::Signed => {
                Worth::Draft
            }
            pb::OrderState::Cancelled => Worth::Cancelled,
            pb::OrderState::Superseded => Worth::Replaced,
            pb::OrderState::Expired => Worth::Expired,
            pb::OrderState::Issued => Worth::InForce,
        };
        let issuer = units.province().map(|unit| unit.name.clone()).unwrap_or_default();
        self.print(cx, (&envelope, &order), &history, (worth, named(&order, &units)), &issuer)
    }

    fn in_file(&self, cx: &Cx, path: &Path) -> Result<()> {
        let envelope = Envelope::from_json(&read_file(path)?)
            .with_context(|| format!("{} is no signed order", path.display()))?;
        let history = match &self.trust {
            Some(path) => vec![read_trust(path)?],
            None => history_of(&cx.home()?)?,
        };
        let order = sound(&envelope)?;
        let is_over = order.not_after < cx.clock.now();
        let worth = if is_over { Worth::Expired } else { Worth::InForce };
        self.print(cx, (&envelope, &order), &history, (worth, Vec::new()), "")
            .with_context(|| format!("{} is not printed", path.display()))
    }

    fn print(
        &self,
        cx: &Cx,
        (envelope, order): (&Envelope, &Order),
        history: &[(Envelope, TrustBundle)],
        (worth, recipients): (Worth, Vec<String>),
        issuer: &str,
    ) -> Result<()> {
        // Never on the server's word: whoever holds the paper reads it as signed. By the bundle of its
        // day, if this home saw it: whoever has left since did sign.
        let (_signed, newest) = history.last().context("no trust bundle is at hand")?;
        let own = days_bundle(envelope, history, Day::Claimed, cx.clock.now());
        let (bundle, at) = own.map_or((newest, order.drafted_at), |own| (own.bundle, own.at));
        let judged = verify_order(envelope, bundle, None, at);
        let counted = match (judged, worth) {
            (Ok(good), _) => good.counted,
            (Err(_lacking), Worth::Draft) => Vec::new(),
            (Err(fault), _) => bail!("the order is not printed: {fault}"),
        };
        let signers = signers(bundle, &counted);
        let letterhead = self.head.letterhead(issuer);
        let trust_version = bundle.version;
        let paper = OrderPaper {
            envelope,
            order,
            signers: &signers,
            trust_version,
            letterhead,
            recipients,
            worth,
        };
        let fingerprint = fingerprint(&envelope.digest());
        let pdf = match &self.sheet {
            None => paper.to_pdf()?,
            Some(path) => self.sheet(path, paper)?,
        };
        let print = Printed { pdf, number: order.number_text(), fingerprint };
        written(cx, &self.out, &print)
    }
}

impl Print {
    fn sheet(&self, path: &Path, order: OrderPaper<'_>) -> Result<Vec<u8>> {
        let delivery = file::from_json(&read_file(path)?)
            .with_context(|| format!("{} is no call-up sheet", path.display()))?;
        let own = read_sheet(&delivery.sheet).ok();
        let first = own.as_ref().and_then(|sheet| sheet.endpoint_numbers.first().copied());
        let endpoint = EndpointNo::new(first.unwrap_or_default());
        let sheet = proven_sheet(&delivery, order.order.call_up.as_ref(), endpoint);
        let sheet =
            sheet.map_err(|fault| anyhow!("the sheet is not printed: {}", fault.reason()))?;
        let (unit, is_masked) = (String::new(), self.masked);
        Ok(SheetPaper { order, delivery: &delivery, sheet: &sheet, unit, is_masked }.to_pdf()?)
    }
}

/// Puts a PDF where it was asked for, and says so.
pub(in crate::cli) fn written(cx: &Cx, out: &Path, print: &Printed) -> Result<()> {
    // Names may stand in it: for its owner's eyes, as everything that holds them.
    write_new(out, &print.pdf, 0o600)?;
    let (number, fingerprint) = (&print.number, &print.fingerprint);
    let value = json!({
        "file": out.display().to_string(),
        "number": number,
        "fingerprint": fingerprint,
        "bytes": print.pdf.len(),
    });
    cx.screen.show(&value, || {
        format!("{number} is printed to {}\n  fingerprint {fingerprint}", out.display())
    })
}

/// The units that were asked for, by name.
fn named(order: &Order, units: &Units) -> Vec<String> {
    let name =
        |code| units.get(code).map_or_else(|| format!("mã {code}"), |unit| unit.name.clone());
    order.audience.selector.units.iter().map(name).collect()
}
