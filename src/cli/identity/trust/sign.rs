//! `hoatoc trust sign`: a root holder reads what a draft changes, and only then their key signs it.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::json;

use super::draft::DraftFile;
use super::words::{changes, days_left, officer_words};
use crate::cli::Cx;
use crate::cli::homes::{RootHome, read_trust};
use crate::domain::instant::Instant;
use crate::evidence::fingerprint;
use crate::evidence::trust::{BundleError, accept_bundle};

#[derive(Debug, Args)]
pub(in crate::cli) struct Sign {
    /// The draft; the signature is added to it.
    #[arg(value_name = "FILE")]
    draft: PathBuf,
    /// The root holder's home.
    #[arg(long, value_name = "DIR")]
    root: PathBuf,
    /// The bundle in force as it came another way: the draft must start from that one.
    #[arg(long, value_name = "FILE")]
    current: Option<PathBuf>,
    /// Sign this one although another of the same version was signed here: that one was given up.
    #[arg(long)]
    instead: bool,
    /// Do not ask; for those who have read it.
    #[arg(long)]
    yes: bool,
}

impl Sign {
    pub(super) fn run(self, cx: &Cx) -> Result<()> {
        let home = RootHome::load(&self.root, &cx.secrets)?;
        let mut draft = DraftFile::read(&self.draft)?;
        self.must_start_from_present(&draft, &home)?;
        check(&draft, cx.clock.now())?;
        let key = home.public()?;
        if !draft.present.1.roots.contains(&key) && !draft.next.1.roots.contains(&key) {
            bail!("root key {} signs neither this bundle nor the one before", key.id());
        }
        if !self.instead {
            home.must_be_first(&draft.next.1, &draft.next.0)?;
        }
        let version = draft.next.1.version;
        cx.screen.note(&told(&draft, cx.clock.now()));
        if !self.yes {
            let phrase = format!("version {version}");
            let typed = cx.screen.ask(&format!("To sign, type `{phrase}`: "))?;
            if typed != phrase {
                bail!(
                    "nothing was signed: `{phrase}` was not typed; those who have read it may use --yes"
                );
            }
        }
        draft.next.0.sign(home.key()?.as_ref())?;
        // First the note: whoever signs a second one later must know of this one.
        home.keep_signed(&draft.next.0)?;
        draft.replace(&self.draft)?;
        if let Err(failure) = home.keep_known(&draft.present.0) {
            cx.screen.note(&format!("{failure:#}"));
        }
        let missing = draft.missing();
        let value = json!({
            "draft": self.draft,
            "version": version,
            "fingerprint": fingerprint(&draft.next.0.digest()),
            "root": key.id().to_string(),
            "missing": missing,
        });
        cx.screen.show(&value, || match &missing {
            None => format!(
                "signed; enough root holders have. Next: hoatoc trust publish {} --as ADMIN",
                self.draft.display()
            ),
            Some(missing) => format!("signed; {missing}"),
        })
    }

    fn must_start_from_present(&self, draft: &DraftFile, home: &RootHome) -> Result<()> {
        let (envelope, present) = &draft.present;
        accept_bundle(None, present, envelope, present.issued_at)
            .context("what the draft calls the bundle in force is not sound")?;
        if let Some(path) = &self.current
            && read_trust(path)?.0.digest() != envelope.digest()
        {
            bail!(
                "the draft does not start from the bundle in {}: have it made again",
                path.display()
            );
        }
        home.must_follow(present, envelope)
    }
}

/// Whether all but the signatures is as the terminals will want it.
pub(super) fn check(draft: &DraftFile, now: Instant) -> Result<()> {
    let ((_old, present), (envelope, next)) = (&draft.present, &draft.next);
    match accept_bundle(Some(present), next, envelope, now) {
        Ok(()) | Err(BundleError::OldRoots { .. } | BundleError::NewRoots { .. }) => Ok(()),
        Err(fault) => Err(fault.into()),
    }
}

fn told(draft: &DraftFile, now: Instant) -> String {
    let ((_old, present), (envelope, next)) = (&draft.present, &draft.next);
    let mut text = format!(
        "Trust bundle {} of province {}, for {} days, changes from version {}:\n  {}\n",
        next.version,
        next.province,
        days_left(next.expires_at, now),
        present.version,
        changes(present, next).join("\n  ")
    );
    for signed in &draft.requests {
        let officer = next.officer(&signed.request().id).map_or_else(String::new, officer_words);
        text.push_str(&format!(
            "Request of {officer}\n  its fingerprint: {}\n",
            fingerprint(&signed.digest())
        ));
    }
    text.push_str(&format!(
        "Roots fingerprint of the bundle in force, as it stands in the record of the ceremony:\n  {}\n",
        present.roots_fingerprint()
    ));
    text.push_str(&format!(
        "Fingerprint of all this, the same at every root holder's:\n  {}",
        fingerprint(&envelope.digest())
    ));
    text
}
