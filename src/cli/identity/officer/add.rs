//! `hoatoc officer add`: takes an officer in, by the request that they made on their own machine, or
//! with a home made right here.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::json;

use super::{OPEN_KEYS, certify, grant::Grant};
use crate::cli::Cx;
use crate::cli::connection::Connection;
use crate::cli::days::day;
use crate::cli::homes::{NewOfficer, OfficerFile, OfficerHome, read_file, read_trust};
use crate::cli::identity::bundle::{Roots, publish_changed, successor};
use crate::cli::identity::trust::{edit, words};
use crate::cli::keys::Keeping;
use crate::cli::keys::secrets::NewKeys;
use crate::domain::authority::Role;
use crate::domain::ids::{OfficerId, UnitCode};
use crate::domain::instant::Instant;
use crate::evidence::fingerprint;
use crate::evidence::request::SignedRequest;
use crate::evidence::trust::TrustBundle;

#[derive(Debug, Args)]
pub(in crate::cli) struct Add {
    /// A short name, never reused: letters, digits, `-`, `_`, `.`.
    #[arg(required_unless_present = "request", conflicts_with = "request")]
    id: Option<OfficerId>,
    /// The request that the officer made with `officer request`.
    #[arg(long, value_name = "FILE", requires = "out")]
    request: Option<PathBuf>,
    /// Where the grant for the officer is written: a new file, to be carried back.
    #[arg(long, value_name = "FILE", requires = "request")]
    out: Option<PathBuf>,
    /// Until when the old keys of somebody who serves already count, the day included; by default they
    /// end at once.
    #[arg(long, value_name = "DATE", requires = "request", value_parser = day)]
    old_keys_until: Option<jiff::civil::Date>,
    /// Do not ask; for those who have compared the fingerprint.
    #[arg(long, requires = "request")]
    yes: bool,
    /// Name and post, as shown beside a signature.
    #[arg(long, required_unless_present = "request", conflicts_with = "request")]
    name: Option<String>,
    /// The unit served in; rights end at what lies under it.
    #[arg(
        long,
        value_name = "CODE",
        required_unless_present = "request",
        conflicts_with = "request"
    )]
    unit: Option<UnitCode>,
    /// What the officer may do; repeat it for several: drafter, signer, political-commissar, approver, duty-officer,
    /// registrar, area-officer, commune-officer, exercise-director, evaluator, auditor,
    /// administrator.
    #[arg(
        long = "role",
        value_name = "ROLE",
        required_unless_present = "request",
        conflicts_with = "request"
    )]
    roles: Vec<Role>,
    /// The officer's new home; it goes to the officer's own machine.
    #[arg(
        long,
        value_name = "DIR",
        required_unless_present = "request",
        conflicts_with = "request"
    )]
    home: Option<PathBuf>,
    #[command(flatten)]
    new_keys: NewKeys,
    #[command(flatten)]
    roots: Roots,
}

impl Add {
    pub(super) async fn run(self, cx: &Cx) -> Result<()> {
        self.roots.must_be_here(
            "have the officer `officer request`, then `trust draft --add-request FILE`",
        )?;
        let connection = cx.connect().await?;
        let known = connection.trust().await?;
        match (&self.request, &self.out, &self.id, &self.name, &self.unit, &self.home) {
            (Some(request), Some(out), ..) => {
                if out.exists() {
                    bail!("{} is there already: choose another file", out.display());
                }
                let signed = SignedRequest::from_json(&read_file(request)?)
                    .with_context(|| format!("{} is not taken", request.display()))?;
                self.by_request(cx, &connection, &known, &signed, out).await
            }
            (_, _, Some(id), Some(name), Some(unit), Some(home)) => {
                let person = NewOfficer {
                    id: id.clone(),
                    name: crate::domain::text::clean(name),
                    unit: unit.clone(),
                    roles: self.roles.clone(),
                };
                self.right_here(cx, &connection, &known, &person, home).await
            }
            _incomplete => bail!("name the officer, or give a request with --request"),
        }
    }

    async fn by_request(
        &self,
        cx: &Cx,
        connection: &Connection,
        known: &TrustBundle,
        signed: &SignedRequest,
        out: &PathBuf,
    ) -> Result<()> {
        let request = signed.request();
        must_be_open(connection, known, &request.unit).await?;
        let until = end_of(self.old_keys_until);
        let take_in = |bundle: &mut TrustBundle| {
            let until = until.unwrap_or(bundle.issued_at);
            edit::take_in(bundle, request, until)
        };
        let mut preview = successor(known, connection.now());
        take_in(&mut preview)?;
        show_request(cx, known, &preview, signed);
        if !self.yes {
            let typed = cx.screen.ask(
                "Call the officer. If they read out the same fingerprint, type its last group: ",
            )?;
            let print = fingerprint(&signed.digest());
            if print.rsplit(' ').next() != Some(typed.as_str()) {
                bail!("nobody was added: the fingerprint was not confirmed");
            }
        }
        // The certificate may be all that went missing the last time.
        let (bundle, ledger_index) = if edit::has_all(known, request) {
            (known.clone(), None)
        } else {
            let published = publish_changed(cx, connection, &self.roots, take_in).await?;
            let (bundle, index) = published.context("nothing was published")?;
            (bundle, Some(index))
        };
        let certificate = certify(connection, &request.id, request.csr_pem.clone()).await;
        let certificate = certificate.with_context(|| {
            "the officer is in the trust bundle, only the certificate is missing: give the request again"
        })?;
        let envelope = read_trust(&connection.home.trust_file())?.0;
        Grant::new(request.id.as_str(), &connection.home, &envelope, certificate)?.write(out)?;
        let value = json!({
            "officer": request.id.as_str(),
            "grant": out,
            "trust_bundle_version": bundle.version,
            "ledger_index": ledger_index,
            "roots_fingerprint": bundle.roots_fingerprint().to_string(),
        });
        cx.screen.show(&value, || {
            format!(
                "{} is in trust bundle {}; carry {} back to the officer, and read out the roots fingerprint:\n  {}",
                request.id,
                bundle.version,
                out.display(),
                bundle.roots_fingerprint()
            )
        })
    }

    async fn right_here(
        &self,
        cx: &Cx,
        connection: &Connection,
        known: &TrustBundle,
        person: &NewOfficer,
        dir: &PathBuf,
    ) -> Result<()> {
        let id = &person.id;
        if known.officer(id).is_some() {
            bail!("officer {id} is there already: choose another id, or use `officer certify`");
        }
        // Before any key is made: the server would refuse the bundle.
        must_be_open(connection, known, &person.unit).await?;
        let admin = &connection.home;
        let file = OfficerFile {
            id: id.to_string(),
            server: admin.file.server.clone(),
            server_name: admin.file.server_name.clone(),
            signer: None,
        };
        let authority = admin.authority_pem()?;
        let keeping = self.new_keys.choose(&cx.secrets, 0, id.as_str()).map(Keeping::File)?;
        let now = connection.now();
        let made = OfficerHome::create(dir, file, person, &authority, &keeping, &cx.secrets, now)?;
        let (home, officer, csr) = made;
        let published = publish_changed(cx, connection, &self.roots, move |bundle| {
            bundle.officers.push(officer);
            Ok(())
        })
        .await
        .with_context(|| format!("{} holds unused keys: remove it", dir.display()))?;
        let (bundle, ledger_index) = published.context("nothing was published")?;
        home.begin_trust(&read_trust(&connection.home.trust_file())?.0)?;
        let certificate = certify(connection, id, csr).await.with_context(|| {
            format!("the officer is added, only the certificate is missing: run `officer certify --home {}`", dir.display())
        })?;
        home.keep_certificate(&certificate)?;
        if self.new_keys.is_plain() {
            cx.screen.note(&format!("keys without a passphrase: {OPEN_KEYS}"));
        }
        let value = json!({
            "officer": id.as_str(),
            "home": dir,
            "trust_bundle_version": bundle.version,
            "ledger_index": ledger_index,
        });
        cx.screen.show(&value, || {
            format!(
                "{id} is added with trust bundle {}; take {} to the officer's own machine and remove it here",
                bundle.version,
                dir.display()
            )
        })
    }
}

/// The first moment after a day in Vietnam.
pub(in crate::cli::identity) fn end_of(day: Option<jiff::civil::Date>) -> Option<Instant> {
    let next = day?.tomorrow().ok()?;
    let start = next.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(7))).ok()?;
    Some(Instant::from_millis(start.timestamp().as_millisecond()))
}

/// What a request asks for, and what it would change.
fn show_request(cx: &Cx, known: &TrustBundle, next: &TrustBundle, signed: &SignedRequest) {
    let request = signed.request();
    let kind = match known.officer(&request.id) {
        Some(_serving) => "asks for OTHER KEYS; officer",
        None => "asks to be taken in as officer",
    };
    let lines = words::changes(known, next);
    cx.screen.note(&format!(
        "{} {kind} {}\n\n  {}\n\nFingerprint of the request:\n  {}",
        request.name,
        request.id,
        lines.join("\n  "),
        fingerprint(&signed.digest())
    ));
}

async fn must_be_open(connection: &Connection, known: &TrustBundle, unit: &UnitCode) -> Result<()> {
    if *unit == known.province {
        return Ok(());
    }
    let units = connection.units().await?;
    if units.iter().any(|open| open.code == unit.as_str() && open.valid_to.is_empty()) {
        return Ok(());
    }
    bail!("unit {unit} is unknown or closed: check the code, or import it first with `unit import`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_last_day_counts_to_its_end_in_vietnam() {
        let day = jiff::civil::date(2026, 1, 31);
        // 2026-02-01T00:00:00+07:00.
        assert_eq!(end_of(Some(day)), Some(Instant::from_millis(1_769_878_800_000)));
        assert_eq!(end_of(None), None);
    }
}
