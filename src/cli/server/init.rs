//! `hoatoc init`: a province from nothing: keys, authority, configuration, the ledger's first
//! entries, and the homes of the root holder and the first administrator.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Args;
use ring::rand::SystemRandom;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::json;

use super::ceremony::{self, Founded, Held, Holders, Plan};
use super::{DataDir, open_store};
use crate::cli::homes::{NewOfficer, OfficerFile, OfficerHome, RootHome};
use crate::cli::identity::bundle::{BUNDLE_DAYS, DAY_MS, sign_bundle};
use crate::cli::identity::officer::OPEN_KEYS;
use crate::cli::keys::Keeping;
use crate::cli::keys::secrets::NewKeys;
use crate::cli::{Cx, wait};
use crate::clock::Clock;
use crate::config::home::{self, NewHome, ServerHome, claim};
use crate::domain::authority::{Role, default_rules};
use crate::domain::ids::UnitCode;
use crate::domain::instant::Instant;
use crate::domain::world::{Actor, Command, Request, Trust, World};
use crate::engine::{Engine, Parts};
use crate::evidence::checkpoint::witness::Witnesses;
use crate::evidence::key::Passphrase;
use crate::evidence::key::Signer;
use crate::evidence::trust::{TrustBundle, TrustedOfficer};
use crate::index::Registry;
use crate::limits;
use crate::pki::identity::{Identity, PeerIdentity};
use crate::store::journaled::SledStore;
use crate::tasks::Tasks;
use crate::telemetry::Metrics;

/// How long the engine may take to end after its last request: one commit, and some.
const ENGINE_STOP_MAX: Duration = Duration::from_secs(30);

/// Makes a province: the server's data directory, the root home and the first administrator's home.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    hoatoc init --data-dir /srv/hoatoc --server-name hoatoc.example --root /media/usb/root\n  \
    hoatoc init --data-dir demo --listen 127.0.0.1:7443 --server-name localhost\n  \
    hoatoc init --data-dir /srv/hoatoc --server-name hoatoc.example --ceremony --roots 3 --threshold 2\n\n\
    The root home signs who may issue orders: keep it off the server, in a safe.")]
pub(in crate::cli) struct Init {
    #[command(flatten)]
    data_dir: DataDir,
    #[command(flatten)]
    holders: Holders,
    /// The home of the first administrator; DATA-DIR with `-admin` after it by default.
    #[arg(long, value_name = "DIR")]
    admin: Option<PathBuf>,
    /// The province's unit code.
    #[arg(long, value_name = "CODE", default_value = "11")]
    province: UnitCode,
    /// Name and post of the administrator, as shown beside what they do.
    #[arg(long, default_value = "Quản trị hệ thống")]
    name: String,
    /// Where the server shall listen.
    #[arg(long, value_name = "ADDRESS", default_value = "0.0.0.0:7443")]
    listen: SocketAddr,
    /// Every name or address that terminals and officers dial; the first goes into the homes.
    #[arg(long = "server-name", value_name = "NAME", default_value = "localhost")]
    server_names: Vec<String>,
    /// Where the metrics page shall listen, in plain HTTP.
    #[arg(long, value_name = "ADDRESS")]
    metrics: Option<SocketAddr>,
    /// What the first authority rules rest on.
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "Luật Lực lượng dự bị động viên số 53/2019/QH14, Điều 24"
    )]
    legal_basis: String,
    #[command(flatten)]
    new_keys: NewKeys,
}

/// What a founding leaves.
struct Made {
    home: ServerHome,
    bundle: TrustBundle,
    record: Option<(PathBuf, String)>,
}

impl Init {
    pub(in crate::cli) fn run(self, cx: &Cx) -> Result<()> {
        let data_dir = self.data_dir.path.clone();
        let admin_dir = self.admin.clone().unwrap_or_else(|| beside(&data_dir, "-admin"));
        let plan = self.holders.plan(cx, beside(&data_dir, "-root"))?;
        let dirs =
            || [&data_dir, &admin_dir].into_iter().chain(plan.holders.iter().map(|one| &one.dir));
        // What stands in the way is told before anybody chooses a passphrase; and a passphrase that will
        // not do leaves nothing half made.
        dirs().filter(|dir| dir.exists()).try_for_each(|dir| claim(dir))?;
        let passphrases = plan.passphrases(cx, &self.new_keys)?;
        dirs().try_for_each(|dir| claim(dir))?;
        let made = self.make(cx, &data_dir, (&plan, passphrases), &admin_dir);
        let made = made.with_context(|| {
            format!("{} is not finished: remove it and start again", data_dir.display())
        })?;
        if self.new_keys.is_plain() {
            cx.screen.note(&format!("keys without a passphrase: {OPEN_KEYS}"));
        }
        let root_dirs: Vec<&PathBuf> = plan.holders.iter().map(|one| &one.dir).collect();
        let value = json!({
            "province": made.home.province().as_str(),
            "data_dir": data_dir,
            "root": root_dirs.first(),
            "roots": root_dirs,
            "root_threshold": plan.threshold,
            "admin": admin_dir,
            "listen": made.home.config.server.listen,
            "authority_fingerprint": made.home.authority.fingerprint().to_string(),
            "roots_fingerprint": made.bundle.roots_fingerprint().to_string(),
            "record": made.record.as_ref().map(|(path, _text)| path),
        });
        cx.screen.show(&value, || told(&data_dir, &plan, &admin_dir, &made))
    }

    fn make(
        &self,
        cx: &Cx,
        data: &Path,
        (plan, passphrases): (&Plan, Vec<Option<Passphrase>>),
        admin: &Path,
    ) -> Result<Made> {
        let now = cx.clock.now();
        let new = NewHome {
            province: self.province.clone(),
            listen: self.listen,
            names: self.server_names.clone(),
            metrics: self.metrics,
        };
        let home = home::create(data, &new, now, &SystemRandom::new())?;
        let held = plan.make(cx, passphrases)?;
        let (officer_home, officer, csr) = self.first_officer(cx, &home, plan, admin)?;
        let trust = self.first_bundle(cx, &home, &held, plan.threshold, officer)?;
        let bundle = trust.bundle.clone();
        for one in &held {
            RootHome::load(&one.holder.dir, &cx.secrets)?.keep_known(&trust.envelope)?;
        }
        let id = officer_home.id.clone();
        let identity = Identity::Officer { province: self.province.clone(), officer: id.clone() };
        let certificate =
            home.authority.sign_csr(csr.as_bytes(), &identity, limits::HOLDER_VALIDITY, now)?;
        let peer =
            PeerIdentity::from_der(&CertificateDer::from_pem_slice(certificate.as_bytes())?)?;
        officer_home.keep_certificate(&certificate)?;
        officer_home.begin_trust(&trust.envelope)?;
        std::fs::create_dir(home.store_dir())
            .with_context(|| format!("failed to create {}", home.store_dir().display()))?;
        let store = open_store(data, &home.config)?;
        let ledger = hex::encode(&home.ledger_key.id().0[..4]);
        let commands = vec![
            Command::Found {
                province: self.province.clone(),
                origin: format!("hoatoc/{}/{ledger}", self.province),
            },
            Command::PublishTrust(Arc::new(trust)),
            Command::RecordCertificate {
                officer: id,
                digest: peer.fingerprint.0,
                not_after: peer.not_after,
                serial: peer.serial.parse().ok(),
            },
        ];
        carry_out(store, Arc::clone(&cx.clock), commands, |_world, _now| ())?;
        let authority = home.authority.fingerprint().to_string();
        let founded = Founded { bundle: &bundle, authority };
        let record =
            plan.is_ceremony.then(|| ceremony::record(data, &held, &founded)).transpose()?;
        Ok(Made { home, bundle, record })
    }

    /// The administrator's home: its passphrase comes after those of the root holders.
    fn first_officer(
        &self,
        cx: &Cx,
        home: &ServerHome,
        plan: &Plan,
        dir: &Path,
    ) -> Result<(OfficerHome, TrustedOfficer, String)> {
        let first = self.server_names.first().map_or("localhost", String::as_str);
        let host = if first.contains(':') { format!("[{first}]") } else { first.to_owned() };
        let file = OfficerFile {
            id: "admin".to_owned(),
            server: format!("{host}:{}", self.listen.port()),
            server_name: first.to_owned(),
            signer: None,
        };
        let person = NewOfficer {
            id: file.id.parse()?,
            name: self.name.clone(),
            unit: self.province.clone(),
            roles: vec![Role::Administrator, Role::Registrar, Role::Auditor],
        };
        let chosen = self.new_keys.choose(&cx.secrets, plan.holders.len(), &self.name)?;
        let (authority_pem, now) = (home.authority.certificate_pem(), cx.clock.now());
        let keeping = Keeping::File(chosen);
        OfficerHome::create(dir, file, &person, authority_pem, &keeping, &cx.secrets, now)
    }

    fn first_bundle(
        &self,
        cx: &Cx,
        home: &ServerHome,
        held: &[Held],
        root_threshold: u32,
        admin: TrustedOfficer,
    ) -> Result<Trust> {
        let now = cx.clock.now();
        let bundle = TrustBundle {
            version: 1,
            epoch: 1,
            province: self.province.clone(),
            issued_at: now,
            expires_at: now.offset_by(BUNDLE_DAYS * DAY_MS),
            officers: vec![admin],
            rules: default_rules(now, &self.legal_basis),
            delegations: Vec::new(),
            ledger_key: home.ledger_key.public(),
            roots: held.iter().map(|one| one.key.public()).collect(),
            root_threshold,
            authority_cert_pem: home.authority.certificate_pem().to_owned(),
            witnesses: Witnesses::default(),
        };
        let keys: Vec<&dyn Signer> = held.iter().map(|one| one.key.as_ref()).collect();
        sign_bundle(bundle, &keys)
    }
}

fn told(data: &Path, plan: &Plan, admin: &Path, made: &Made) -> String {
    let (data, admin) = (data.display(), admin.display());
    let (threshold, count) = (plan.threshold, plan.holders.len());
    let mut text = format!("Province {} is founded.\n\n  server   {data}\n", made.home.province());
    let (mut safes, mut flags) = (Vec::new(), String::new());
    for (index, one) in plan.holders.iter().enumerate() {
        text.push_str(&format!("  root     {}  {}\n", one.dir.display(), one.name));
        safes.push(one.dir.display().to_string());
        if u32::try_from(index).is_ok_and(|index| index < threshold) {
            flags.push_str(&format!(" --root {}", one.dir.display()));
        }
    }
    text.push_str(&format!(
        "  admin    {admin}\n\n{threshold} of {count} root holders sign who may issue orders."
    ));
    text.push_str(match (&made.record, count) {
        (Some(_record), _) => "\n",
        (None, _one) => {
            " Whoever has that one key decides alone: found\nwith --ceremony for several, or take others in \
             later with `trust draft --add-root`.\n"
        }
    });
    text.push_str(&format!(
        "\nRoots fingerprint, to be compared over another line:\n  {}\n\n\
         Next:\n  \
         1. Take {} off this machine and put it in a safe.\n  \
         2. hoatoc serve --data-dir {data}\n  \
         3. hoatoc unit import units.csv --as {admin}\n  \
         4. hoatoc endpoint add --all-communes --areas --as {admin}\n  \
         5. hoatoc officer add --request FILE --out GRANT --as {admin}{flags}",
        made.bundle.roots_fingerprint(),
        safes.join(", "),
    ));
    if let Some((path, record)) = &made.record {
        text.push_str(&format!("\n\nPrint and sign {}:\n\n{record}", path.display()));
    }
    text
}

/// Has an engine of its own carry out commands of the server itself, and closes the store. Returns what
/// is seen of the world afterwards.
pub(super) fn carry_out<T>(
    store: SledStore,
    clock: Arc<dyn Clock>,
    commands: Vec<Command>,
    look: impl FnOnce(&World, Instant) -> T,
) -> Result<T> {
    let store = Arc::new(store);
    let kept = Arc::clone(&store);
    wait(async move {
        let tasks = Tasks::new();
        let parts = Parts {
            store,
            clock,
            ledger_key: None,
            // Only the registry's own commands look at it, and none of them is given here.
            registry: Registry::default(),
            metrics: Metrics::noop(),
        };
        let engine = Engine::start(parts, &tasks)?;
        for command in commands {
            engine.submit(Request { actor: Actor::Server, id: None, command }).await?;
        }
        let seen = look(&engine.world(), engine.now());
        // The owner ends with the last of its handles.
        drop(engine);
        tasks.stop(ENGINE_STOP_MAX).await?;
        kept.checkpoint()?;
        Ok(seen)
    })?
}

/// A directory beside another: `hoatoc-data` and `hoatoc-data-root`.
fn beside(dir: &Path, ending: &str) -> PathBuf {
    let mut name = dir.file_name().unwrap_or_default().to_owned();
    name.push(ending);
    dir.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_homes_lie_beside_the_data_directory() {
        assert_eq!(beside(Path::new("/srv/hoatoc"), "-root"), Path::new("/srv/hoatoc-root"));
        assert_eq!(beside(Path::new("data/"), "-admin"), Path::new("data-admin"));
    }
}
