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
use crate::domain::ids::{EndpointNo, OfficerId};
use crate::domain::instant::Instant;
use crate::evidence::envelope::Envelope;
use crate::terminal::verify::{VerifiedOrder, verify_order};

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
        match verify_order(&envelope, &bundle, endpoint, at) {
            Ok(VerifiedOrder { order, signed_by, .. }) => {
                let signers: Vec<&str> = signed_by.iter().map(OfficerId::as_str).collect();
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
                let value = json!({ "valid": false, "reason": invalid.reason(), "text": invalid.to_string() });
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
