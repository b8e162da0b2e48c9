//! `hoatoc rule`: who must sign what, as a file that people read, change and check before the root
//! holders sign it. Each change is a new trust bundle.

mod file;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;
use serde_json::json;

use super::bundle::Roots;
use super::bundle::publish_changed;
use crate::cli::Cx;
use crate::cli::connection::{Connection, refused, request};
use crate::cli::homes::read_file;
use crate::cli::listing::Export;
use crate::cli::output::local_time;
use crate::cli::past_trust::past;
use crate::config::home::write_new;
use crate::domain::authority::AuthorityRule;
use crate::domain::instant::Instant;
use crate::evidence::trust::{TrustBundle, accept_bundle};
use crate::roster::sheet::{CellValue, Sheet};
use crate::wire::{envelope::required, pb, trust};
use file::{Fault, any_of, read, write};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Rule {
    /// Lists the rules in force, or those of an earlier day: for what they stand, and who must sign.
    #[command(
        after_help = "Examples:\n  hoatoc rule show --as ~/admin\n  hoatoc rule show --bundle 3 --as ~/admin"
    )]
    Show {
        /// The rules of this trust bundle, which is or was in force; the newest by default.
        #[arg(long, value_name = "VERSION")]
        bundle: Option<u64>,
        #[command(flatten)]
        export: Export,
    },
    /// Writes the rules in force to a new file, to be changed and imported.
    #[command(after_help = "Example:\n  hoatoc rule export rules.toml --as ~/admin")]
    Export {
        /// The new file.
        file: PathBuf,
    },
    /// Checks a file of rules with no server in reach, and says all that is wrong with it.
    #[command(after_help = "Example:\n  hoatoc rule check rules.toml")]
    Check {
        /// The file.
        file: PathBuf,
    },
    /// Puts the rules of a file in place of those in force, with the next trust bundle.
    #[command(
        after_help = "Example:\n  hoatoc rule import rules.toml --as ~/admin --root /media/usb/root"
    )]
    Import {
        /// The file; its rules replace all that are in force.
        file: PathBuf,
        #[command(flatten)]
        roots: Roots,
    },
}

impl Rule {
    pub(in crate::cli) async fn run(self, cx: &Cx) -> Result<()> {
        match self {
            Self::Show { bundle, export } => show(cx, bundle, &export).await,
            Self::Export { file } => {
                let bundle = cx.connect().await?.trust().await?;
                write_new(&file, write(&bundle.rules).as_bytes(), 0o644)?;
                let (count, version) = (bundle.rules.len(), bundle.version);
                let value =
                    json!({ "file": file, "rules": count, "trust_bundle_version": version });
                cx.screen.show(&value, || {
                    let file = file.display();
                    format!(
                        "{count} rules of trust bundle {version} are written to {file}\n\n\
                             Next: change it, then hoatoc rule check {file}"
                    )
                })
            }
            Self::Check { file } => {
                let rules = sound(&file, cx.clock.now())?;
                let value = json!({ "file": file, "rules": rules.len() });
                cx.screen.show(&value, || format!("{} rules, all of them sound", rules.len()))
            }
            Self::Import { file, roots } => import(cx, &file, &roots).await,
        }
    }
}

/// The rules of a file; an error names everything that is wrong, rule by rule.
fn sound(path: &Path, now: Instant) -> Result<Vec<AuthorityRule>> {
    let text = read_file(path)?;
    let faults = match read(&text, now) {
        Ok(rules) => return Ok(rules),
        Err(faults) => faults,
    };
    let told: Vec<String> = faults.iter().map(Fault::to_string).collect();
    let count =
        if told.len() == 1 { "1 fault".to_owned() } else { format!("{} faults", told.len()) };
    bail!("{} has {count}, and nothing was changed:\n{}", path.display(), told.join("\n"))
}

async fn import(cx: &Cx, path: &Path, roots: &Roots) -> Result<()> {
    let rules = sound(path, cx.clock.now())?;
    let connection = cx.connect().await?;
    let count = rules.len();
    let Some((bundle, ledger_index)) = publish_changed(cx, &connection, roots, |bundle| {
        if bundle.rules == rules {
            bail!("these very rules are in force already");
        }
        bundle.rules = rules;
        Ok(())
    })
    .await
    .context("the rules in force stay as they are")?
    else {
        return Ok(());
    };
    let version = bundle.version;
    let value = json!({
        "rules": count, "trust_bundle_version": version, "ledger_index": ledger_index,
    });
    cx.screen.show(&value, || {
        format!(
            "{count} rules are in force with trust bundle {version}; orders that were issued before \
             stay judged by the rules of their day"
        )
    })
}

/// A bundle that was in force: as this home kept it, else as the server has it, which today's roots
/// must have signed. Never the one to judge anything new by.
async fn earlier(
    connection: &Connection,
    newest: &TrustBundle,
    version: u64,
) -> Result<TrustBundle> {
    let kept = past(&connection.home.dir)?;
    if let Some((_envelope, bundle)) = kept.into_iter().find(|(_own, b)| b.version == version) {
        return Ok(bundle);
    }
    let ask = pb::GetTrustBundleRequest { version };
    let reply = connection.identity().get_trust_bundle(request(ask)).await.map_err(refused)?;
    let envelope = required("envelope", reply.into_inner().envelope.as_ref())?;
    let bundle = trust::read(&envelope)?;
    accept_bundle(None, &bundle, &envelope, bundle.issued_at)?;
    if bundle.version != version || bundle.roots_fingerprint() != newest.roots_fingerprint() {
        bail!(
            "the server's trust bundle {version} is not signed by the root holders of today: ask \
             somebody whose home kept it"
        );
    }
    Ok(bundle)
}

async fn show(cx: &Cx, version: Option<u64>, export: &Export) -> Result<()> {
    let connection = cx.connect().await?;
    let newest = connection.trust().await?;
    let bundle = match version.filter(|version| *version != newest.version) {
        Some(version) => earlier(&connection, &newest, version).await?,
        None => newest,
    };
    let mut sheet = Sheet::new(
        "",
        &["RULE", "ACT", "HANDLING", "KIND", "GROUND", "SIGNED BY", "FROM", "BASIS"],
    )
    .called("Quy định ký lệnh", "Quy định ký lệnh");
    let any = || "any".to_owned();
    for (index, rule) in bundle.rules.iter().enumerate() {
        let places: Vec<String> = rule.places.iter().map(any_of).collect();
        let mut signed_by = places.join("; ");
        if !rule.drafter_may_sign {
            signed_by.push_str("; not the author");
        }
        if let Some(echelon) = rule.echelon {
            signed_by.push_str(&format!("; of echelon {}", echelon.as_str()));
        }
        sheet.push([
            u64::try_from(index + 1)?.into(),
            rule.act.to_string().into(),
            rule.handling.map_or_else(any, |own| own.as_str().to_owned()).into(),
            rule.kind.clone().unwrap_or_else(any).into(),
            rule.ground.map_or_else(any, |own| own.as_str().to_owned()).into(),
            signed_by.into(),
            CellValue::time(local_time(rule.valid_from), Some(rule.valid_from)),
            rule.legal_basis.as_str().into(),
        ]);
    }
    let value = json!({
        "trust_bundle_version": bundle.version,
        "rules": bundle.rules.iter().map(file::value_of).collect::<Vec<_>>(),
    });
    export.show(&cx.screen, &value, &sheet, &format!("of trust bundle {}", bundle.version))
}
