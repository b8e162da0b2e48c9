//! `hoatoc order verify`: judges an order from a file, with no server in reach: what a terminal does
//! before it shows one.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, anyhow};
use clap::Args;
use serde_json::json;

use super::view::{contents_json, words};
use crate::cli::Cx;
use crate::cli::homes::{read_file, read_trust};
use crate::cli::output::local_time;
use crate::domain::ids::{EndpointNo, OfficerId};
use crate::domain::instant::Instant;
use crate::domain::order::{Order, OrderError};
use crate::domain::world::OrderFile;
use crate::evidence::authority::{AuthorityError, check_signatures};
use crate::evidence::envelope::{Envelope, PayloadType};
use crate::evidence::trust::TrustBundle;
use crate::wire::{WireError, order};

#[derive(Debug, Args)]
pub(in crate::cli) struct Verify {
    /// The signed envelope, as `order show --file` writes it.
    file: PathBuf,
    /// The trust bundle to judge by; the one in the officer's home by default.
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
    /// Also ask whether it is for this endpoint.
    #[arg(long, value_name = "N")]
    endpoint: Option<u32>,
    /// Judge as of this time, such as 2026-11-21T07:00:00Z; now by default.
    #[arg(long, value_name = "TIME", value_parser = time)]
    at: Option<Instant>,
}

/// Why an order is not to be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Invalid {
    /// Not an order.
    #[error("it is no order but `{found}`")]
    NotAnOrder {
        /// What it is.
        found: PayloadType,
    },
    /// The bytes do not say what they must.
    #[error("its bytes cannot be read: {0}")]
    Unreadable(#[from] WireError),
    /// The contents contradict each other.
    #[error("it contradicts itself: {0}")]
    Unsound(#[from] OrderError),
    /// The type around the bytes is another than they say.
    #[error("the envelope says `{found}` and its contents `{expected}`")]
    TypeMismatch {
        /// The envelope's type.
        found: PayloadType,
        /// What the contents demand.
        expected: PayloadType,
    },
    /// The signatures are not enough.
    #[error("{0}")]
    Signatures(#[from] AuthorityError),
    /// Another province's, or of an epoch that is over.
    #[error(
        "it is of province {province} and epoch {epoch}, which the trust bundle does not cover"
    )]
    OtherPlace {
        /// The order's province.
        province: String,
        /// The order's epoch.
        epoch: u64,
    },
    /// Past its end.
    #[error("it was void after {ended}")]
    Expired {
        /// When.
        ended: String,
    },
    /// For others.
    #[error("it is not for endpoint {endpoint}")]
    NotAddressed {
        /// Who asked.
        endpoint: u32,
    },
}

/// Judges an order by a trust bundle: what it says and who signed it, or why it is not valid. The
/// signatures are judged before anything else that the bytes say is believed.
pub(super) fn verdict(
    envelope: &Envelope,
    bundle: &TrustBundle,
    endpoint: Option<EndpointNo>,
    at: Instant,
) -> Result<(Order, Vec<OfficerId>), Invalid> {
    let found = envelope.payload_type();
    let handling = found.handling().ok_or(Invalid::NotAnOrder { found })?;
    // Which rule counts the signatures depends on what the bytes claim; nothing else is used yet.
    let order = order::read(envelope)?;
    let expected = OrderFile::payload_type(&order);
    if found != expected {
        return Err(Invalid::TypeMismatch { found, expected });
    }
    let (act, kind) = (OrderFile::act_of(&order), order.kind.as_str());
    let drafter = Some(&order.drafted_by);
    let signers = check_signatures(bundle, envelope, handling, act, kind, drafter, at)?;
    order.validate()?;
    if order.province != bundle.province || order.epoch < bundle.epoch {
        let province = order.province.to_string();
        return Err(Invalid::OtherPlace { province, epoch: order.epoch });
    }
    if at > order.not_after {
        return Err(Invalid::Expired { ended: local_time(order.not_after) });
    }
    match endpoint {
        Some(no) if !order.audience.contains(no) => {
            Err(Invalid::NotAddressed { endpoint: no.number() })
        }
        Some(_) | None => Ok((order, signers)),
    }
}

impl Verify {
    pub(super) fn run(&self, cx: &Cx) -> Result<ExitCode> {
        let envelope = Envelope::from_json(&read_file(&self.file)?)
            .with_context(|| format!("{} is no signed order", self.file.display()))?;
        let bundle = match (&self.trust, &cx.home) {
            (Some(path), _) => read_trust(path)?.1,
            (None, Some(_home)) => cx.home()?.trust()?,
            (None, None) => {
                return Err(anyhow!(
                    "no trust bundle is named: give one with --trust FILE, or an officer's home with --as DIR"
                ));
            }
        };
        let at = self.at.unwrap_or_else(|| cx.clock.now());
        let endpoint = self.endpoint.map(EndpointNo::new);
        match verdict(&envelope, &bundle, endpoint, at) {
            Ok((order, signers)) => {
                let signers: Vec<&str> = signers.iter().map(OfficerId::as_str).collect();
                let mut value = contents_json(&order, &envelope);
                value["valid"] = json!(true);
                value["signed_by"] = json!(signers);
                value["trust_bundle_version"] = json!(bundle.version);
                cx.screen.show(&value, || {
                    let said = words(&order, &envelope.digest(), &cx.screen);
                    let (number, roots) = (order.number_text(), bundle.roots_fingerprint());
                    format!(
                        "{said}valid: {number} ({}) is signed by {} under trust bundle {}\nroots {roots}",
                        order.handling,
                        signers.join(" and "),
                        bundle.version,
                    )
                })?;
                Ok(ExitCode::SUCCESS)
            }
            Err(invalid) => {
                let value = json!({ "valid": false, "reason": invalid.to_string() });
                cx.screen.show(&value, || format!("not valid: {invalid}"))?;
                Ok(ExitCode::FAILURE)
            }
        }
    }
}

fn time(text: &str) -> Result<Instant, String> {
    let time: jiff::Timestamp =
        text.parse().map_err(|_syntax| "write it like 2026-11-21T07:00:00Z".to_owned())?;
    Ok(Instant::from_millis(time.as_millisecond()))
}

#[cfg(test)]
mod tests;
