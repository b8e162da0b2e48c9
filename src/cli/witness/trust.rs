//! `hoatoc witness trust`: whose cosignatures count, and how many are asked for. A new trust bundle,
//! signed by the root holders.

use anyhow::{Result, bail};
use clap::Args;
use serde_json::json;

use crate::cli::Cx;
use crate::cli::identity::bundle::Roots;
use crate::cli::identity::bundle::publish_changed;
use crate::evidence::note::NoteKey;

#[derive(Debug, Args)]
pub(in crate::cli) struct Change {
    /// Witnesses to add: the line that `witness init` showed, `name+hash+base64`.
    #[arg(value_name = "KEY")]
    add: Vec<NoteKey>,
    /// A witness that counts no more, by its name; repeat it for several.
    #[arg(long, value_name = "NAME")]
    remove: Vec<String>,
    /// How many witnesses must have cosigned a head; 0 asks for none. As it was, if not given.
    #[arg(long, value_name = "N")]
    threshold: Option<u32>,
    #[command(flatten)]
    roots: Roots,
}

impl Change {
    pub(super) async fn run(self, cx: &Cx) -> Result<()> {
        let connection = cx.connect().await?;
        let Self { add, remove, threshold, roots } = self;
        let Some((bundle, ledger_index)) =
            publish_changed(cx, &connection, &roots, move |bundle| {
                let witnesses = &mut bundle.witnesses;
                for name in &remove {
                    let before = witnesses.keys.len();
                    witnesses.keys.retain(|key| key.name() != name);
                    if witnesses.keys.len() == before {
                        bail!("there is no witness `{name}` in the trust bundle");
                    }
                }
                witnesses.keys.extend(add);
                witnesses.threshold = threshold.unwrap_or(witnesses.threshold);
                Ok(witnesses.check()?)
            })
            .await?
        else {
            return Ok(());
        };
        let keys: Vec<String> = bundle.witnesses.keys.iter().map(ToString::to_string).collect();
        let (version, need) = (bundle.version, bundle.witnesses.threshold);
        let value = json!({
            "trust_bundle_version": version, "ledger_index": ledger_index, "witnesses": keys,
            "witness_threshold": need,
        });
        cx.screen.show(&value, || {
            format!(
                "trust bundle {version}: {need} of these witnesses are asked for\n{}",
                keys.join("\n")
            )
        })
    }
}
