//! `hoatoc trust draft`, and the file it writes: the bundle in force, the next one with the signatures
//! so far, and the requests that it takes in. It goes from one root holder to the next and then to an
//! administrator; nothing in it is secret, and whoever signs or publishes checks all of it again.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{edit, words};
use crate::cli::Cx;
use crate::cli::days::day;
use crate::cli::homes::{read_file, read_file_of, read_trust, replace};
use crate::cli::identity::bundle::{DAY_MS, successor, unsigned};
use crate::cli::identity::officer::end_of;
use crate::cli::keys::file::read_public;
use crate::config::home::write_new;
use crate::domain::authority::Role;
use crate::domain::ids::OfficerId;
use crate::evidence::envelope::Envelope;
use crate::evidence::fingerprint;
use crate::evidence::request::SignedRequest;
use crate::evidence::trust::TrustBundle;
use crate::wire::trust;

const FORMAT: u32 = 1;
/// Longest draft that is read, in bytes: two bundles and a page of requests.
pub(super) const DRAFT_LEN_MAX: u64 = 512 * 1024;
/// Most requests in one draft: what a root holder can compare in one sitting.
const REQUESTS_MAX: usize = 50;
/// Longest term of a bundle, in days.
const DAYS_MAX: i64 = 366;

/// A draft, read: what is in force, what shall be, who asked.
#[derive(Debug)]
pub(in crate::cli::identity) struct DraftFile {
    /// The bundle in force when it was drafted.
    pub(in crate::cli::identity) present: (Envelope, TrustBundle),
    /// The next one, with the signatures so far.
    pub(in crate::cli::identity) next: (Envelope, TrustBundle),
    /// The requests it takes in.
    pub(in crate::cli::identity) requests: Vec<SignedRequest>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    draft_format: u32,
    present: Value,
    next: Value,
    requests: Vec<Value>,
}

impl DraftFile {
    /// Whether a text says of itself that it is one.
    pub(super) fn is_one(text: &str) -> bool {
        serde_json::from_str::<Value>(text).is_ok_and(|value| !value["draft_format"].is_null())
    }

    /// From its file. The bundle in force carries its roots' signatures, the next one is sound and
    /// follows it; who signed the next one is asked where it counts.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let wrong = || format!("{} is no draft of a trust bundle", path.display());
        let file: File = serde_json::from_str(&read_file_of(path, DRAFT_LEN_MAX)?)
            .map_err(|fault| anyhow!("at line {}", fault.line()))
            .with_context(wrong)?;
        if file.draft_format != FORMAT {
            bail!("{} was made by a newer program: update this one", path.display());
        }
        let bundle = |value: &Value| -> Result<(Envelope, TrustBundle)> {
            let envelope = Envelope::from_json(&value.to_string())?;
            let bundle = trust::read(&envelope)?;
            bundle.check()?;
            Ok((envelope, bundle))
        };
        if file.requests.len() > REQUESTS_MAX {
            bail!("{} has more than {REQUESTS_MAX} requests", path.display());
        }
        let requests = file.requests.iter();
        let requests = requests
            .map(|value| SignedRequest::from_json(&value.to_string()))
            .collect::<Result<_, _>>();
        Ok(Self {
            present: bundle(&file.present).with_context(wrong)?,
            next: bundle(&file.next).with_context(wrong)?,
            requests: requests.with_context(wrong)?,
        })
    }

    fn text(&self) -> Result<String> {
        let value = |text: String| serde_json::from_str::<Value>(&text);
        let file = File {
            draft_format: FORMAT,
            present: value(self.present.0.to_json())?,
            next: value(self.next.0.to_json())?,
            requests: self
                .requests
                .iter()
                .map(|one| value(one.to_json()))
                .collect::<Result<_, _>>()?,
        };
        serde_json::to_string_pretty(&file).context("write the draft")
    }

    /// Writes it in place of the one before.
    pub(super) fn replace(&self, path: &Path) -> Result<()> {
        replace(path, self.text()?.as_bytes())
    }

    /// How many root holders still must sign, in words; none when enough have.
    pub(super) fn missing(&self) -> Option<String> {
        let (envelope, next) = &self.next;
        let lacks = |bundle: &TrustBundle| {
            let have = u32::try_from(bundle.root_signatures(envelope)).unwrap_or(u32::MAX);
            bundle.root_threshold.saturating_sub(have)
        };
        match (lacks(&self.present.1), lacks(next)) {
            (0, 0) => None,
            (old, new) if self.present.1.roots == next.roots => {
                Some(format!("{} more root holders must sign", old.max(new)))
            }
            (old, new) => Some(format!(
                "{old} more of the root holders so far and {new} more of the new ones must sign"
            )),
        }
    }
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Draft {
    /// Where the draft is written: a new file.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The bundle in force, from a file; the server's by default.
    #[arg(long, value_name = "FILE")]
    current: Option<PathBuf>,
    /// Take in the officer who made this request; repeat it for several.
    #[arg(long, value_name = "FILE")]
    add_request: Vec<PathBuf>,
    /// Until when the old keys of those who change theirs count, the day included; by default they end
    /// at once.
    #[arg(long, value_name = "DATE", value_parser = day)]
    old_keys_until: Option<jiff::civil::Date>,
    /// Retire this officer; repeat it for several.
    #[arg(long, value_name = "ID")]
    retire: Vec<OfficerId>,
    /// Give an officer these roles instead of those they have; repeat it for several.
    #[arg(long, value_name = "ID=ROLE,ROLE", value_parser = of_officer)]
    roles: Vec<(OfficerId, String)>,
    /// Have an officer serve in another unit; repeat it for several.
    #[arg(long, value_name = "ID=CODE", value_parser = of_officer)]
    unit: Vec<(OfficerId, String)>,
    /// Give an officer another name and post; repeat it for several.
    #[arg(long, value_name = "ID=NAME", value_parser = of_officer)]
    name: Vec<(OfficerId, String)>,
    /// Take in another root key, from the root.pub of its home; repeat it for several.
    #[arg(long, value_name = "FILE")]
    add_root: Vec<PathBuf>,
    /// Drop a root key, named by at least eight characters of its fingerprint or id; repeat it for several.
    #[arg(long, value_name = "KEY-ID")]
    drop_root: Vec<String>,
    /// How many root holders sign from the next bundle on.
    #[arg(long, value_name = "COUNT")]
    threshold: Option<u32>,
    /// The epoch that `restore` named; the present one by default.
    #[arg(long)]
    epoch: Option<u64>,
    /// How many days it counts.
    #[arg(long, value_name = "DAYS", default_value_t = DAYS_MAX,
        value_parser = clap::value_parser!(i64).range(1..=DAYS_MAX))]
    valid_days: i64,
}

/// Writes a draft to a new file, and says who must sign it how.
pub(in crate::cli::identity) fn drafted(cx: &Cx, out: &Path, draft: &DraftFile) -> Result<()> {
    write_new(out, draft.text()?.as_bytes(), 0o644)?;
    let changes = words::changes(&draft.present.1, &draft.next.1);
    let value = json!({
        "draft": out,
        "version": draft.next.1.version,
        "fingerprint": fingerprint(&draft.next.0.digest()),
        "changes": changes,
        "missing": draft.missing(),
    });
    cx.screen.show(&value, || {
        format!(
            "{} changes:\n  {}\n\n{}; fingerprint {}\nEach of them: hoatoc trust sign {} --root DIR\n\
             Then an administrator: hoatoc trust publish {} --as HOME",
            out.display(),
            changes.join("\n  "),
            draft.missing().unwrap_or_default(),
            fingerprint(&draft.next.0.digest()),
            out.display(),
            out.display()
        )
    })
}

fn of_officer(text: &str) -> Result<(OfficerId, String), String> {
    let (id, rest) = text.split_once('=').ok_or("write it as ID=VALUE")?;
    Ok((
        id.parse().map_err(|fault: crate::domain::ids::InvalidId| fault.to_string())?,
        rest.to_owned(),
    ))
}

impl Draft {
    pub(super) async fn run(self, cx: &Cx) -> Result<()> {
        if self.out.exists() {
            bail!("{} is there already: choose another file", self.out.display());
        }
        let present = match &self.current {
            Some(path) => read_trust(path)?,
            None => {
                let connection = cx.connect().await?;
                connection.trust().await?;
                read_trust(&connection.home.trust_file())?
            }
        };
        let requests = self.add_request.iter().map(|path| {
            SignedRequest::from_json(&read_file(path)?)
                .with_context(|| format!("{} is not taken", path.display()))
        });
        let requests: Vec<SignedRequest> = requests.collect::<Result<_>>()?;
        let mut next = successor(&present.1, cx.clock.now());
        next.expires_at = next.issued_at.offset_by(self.valid_days * DAY_MS);
        self.apply(&mut next, &requests)?;
        let envelope = unsigned(&next)?;
        drafted(cx, &self.out, &DraftFile { present, next: (envelope, next), requests })
    }

    fn apply(&self, next: &mut TrustBundle, requests: &[SignedRequest]) -> Result<()> {
        let until = end_of(self.old_keys_until).unwrap_or(next.issued_at);
        for signed in requests {
            edit::take_in(next, signed.request(), until)?;
        }
        for (id, roles) in &self.roles {
            let roles = roles.split(',').map(|role| role.trim().parse::<Role>());
            let roles: BTreeSet<Role> = roles.collect::<Result<_, _>>()?;
            let to = edit::Change { roles: Some(roles), ..edit::Change::default() };
            edit::change(next, id, &to)?;
        }
        for (id, code) in &self.unit {
            let to = edit::Change { unit: Some(code.parse()?), ..edit::Change::default() };
            edit::change(next, id, &to)?;
        }
        for (id, name) in &self.name {
            let name = Some(crate::domain::text::clean(name));
            edit::change(next, id, &edit::Change { name, ..edit::Change::default() })?;
        }
        self.retire.iter().try_for_each(|id| edit::retire(next, id))?;
        for path in &self.add_root {
            edit::add_root(next, read_public(path)?)?;
        }
        self.drop_root.iter().try_for_each(|named| edit::drop_root(next, named))?;
        next.root_threshold = self.threshold.unwrap_or(next.root_threshold);
        next.epoch = self.epoch.unwrap_or(next.epoch);
        Ok(())
    }
}
