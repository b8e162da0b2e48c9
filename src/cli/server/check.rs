//! `hoatoc check`: rereads everything a stopped server holds and compares it five ways: the store
//! with itself, the ledger with its invariants and with the head that was published, the registry's
//! records with the ledger's word of them, and call-up sheets with the roots that are signed. It changes nothing: what it reads is a copy of the store.

mod call_ups;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::json;

use super::{DataDir, examine_store, is_serving};
use crate::cli::Cx;
use crate::config::ServerConfig;
use crate::config::home::ServerHome;
use crate::domain::world::{Event, RecordKind};
use crate::engine::recovery::{Recovered, check_published, recover};
use crate::engine::upkeep::{UpkeepError, compare_published};
use crate::evidence::key::PublicKey;
use crate::evidence::seal::keyring::KeepKeys as _;
use crate::evidence::seal::{Belongs, SealError, Sealer};
use crate::index::stored::kind_name;
use crate::limits;
use crate::store::journaled::ExaminedStore;
use crate::store::{Store, keys};
use crate::wire::entry;

/// Problems after which looking for more ends: a person has seen enough.
const PROBLEMS_MAX: usize = 1_000;

/// Rereads and compares everything a stopped server holds, and changes nothing.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hoatoc check --data-dir /srv/hoatoc\n\n\
    A running server is checked through its OperationService.")]
pub(in crate::cli) struct Check {
    #[command(flatten)]
    data_dir: DataDir,
}

/// The newest version of each record, as the ledger says.
type Said = BTreeMap<(RecordKind, [u8; 16]), (u64, [u8; 32])>;

/// How many records there are, and how many of them are erased: their content stays in a backup that was
/// restored, and no key opens it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counted {
    records: u64,
    erased: u64,
}

/// What was read, and what is wrong with it.
struct Findings {
    batches: u64,
    unfinished: Option<u64>,
    recovered: Recovered,
    records: Counted,
    records_opened: bool,
    problems: Vec<String>,
    // Whether all of them are the index's, which can be built again.
    only_index: bool,
    // Whether all of them are the head file's, which the next start makes anew.
    only_head: bool,
}

impl Check {
    pub(in crate::cli) fn run(self, cx: &Cx) -> Result<()> {
        let dir = &self.data_dir.path;
        let config = ServerConfig::load_in(dir)?;
        let examined = match examine_store(dir, &config) {
            Err(failure) if is_serving(&failure) => {
                return Err(
                    failure.context("stop the server before its store is checked from here")
                );
            }
            other => other?,
        };
        let findings = look(cx, dir, &examined)?;
        findings.show(cx)?;
        let found = match findings.problems.len() {
            0 => return Ok(()),
            1 => "1 problem was found".to_owned(),
            more => format!("{more} problems were found"),
        };
        if findings.only_index {
            bail!(
                "{found}, in the index alone: nothing confirmed is lost; look at the disk, move {} away, and the next start builds it again",
                config.store.dir.under(dir).join("index").display()
            )
        }
        if findings.only_head {
            bail!(
                "{found}, in the head file alone: what is here is whole, but whether the newest entries are missing cannot be told; compare the {} entries with the last head that a witness, an export or paper has, and start the server, which makes the file anew; restore only if some are missing",
                findings.recovered.world.ledger_size()
            )
        }
        bail!(
            "{found}: keep this directory as it is and do what stands there, or restore from a backup"
        )
    }
}

fn look(cx: &Cx, dir: &Path, examined: &ExaminedStore) -> Result<Findings> {
    let report = examined.check()?;
    let mut problems: Vec<String> = report
        .problems
        .iter()
        .map(|it| format!("{} at byte {}: {}", it.path, it.offset, it.reason))
        .collect();
    let of_index = report.problems.iter().filter(|it| examined.is_of_index(it)).count();
    let of_head = report.problems.iter().filter(|it| examined.is_of_head(it)).count();
    let store = examined.content();
    let recovered = recover(store).context("the ledger does not hold a sound state")?;
    check_head(dir, &recovered, &mut problems)?;
    let sealer = match ServerHome::load(dir) {
        Ok(home) => {
            check_ledger_key(&recovered, &home.ledger_key.public(), &mut problems);
            Some(Arc::clone(home.keys.sealer()))
        }
        Err(missing) => {
            cx.screen.note(&format!("records are compared by version only: {missing}"));
            None
        }
    };
    let records = check_records(store, sealer.as_deref(), &mut problems)?;
    call_ups::check(store, sealer.as_deref(), &recovered.world, &mut problems)?;
    Ok(Findings {
        batches: report.stamp.seq,
        unfinished: examined.unfinished(),
        recovered,
        records,
        records_opened: sealer.is_some(),
        only_index: of_index == problems.len(),
        only_head: of_head == problems.len(),
        problems,
    })
}

impl Findings {
    fn show(&self, cx: &Cx) -> Result<()> {
        let Self { batches, records, problems, .. } = self;
        let world = &self.recovered.world;
        let (entries, root) = (world.ledger_size(), hex::encode(self.recovered.tree.root().0));
        let value = json!({
            "sound": problems.is_empty(),
            "batches": batches,
            "ledger_entries": entries,
            "ledger_root": root,
            "records": records.records,
            "records_erased": records.erased,
            "records_opened": self.records_opened,
            "epoch": world.epoch(),
            "unfinished_append_bytes": self.unfinished,
            "problems": problems,
        });
        cx.screen.show(&value, || {
            let mut text = format!(
                "batches         {batches}\nledger entries  {entries}\nledger root     {root}\nrecords         {}\n",
                records.records
            );
            if records.erased > 0 {
                text.push_str(&format!(
                    "erased          {} of them: a restored backup still has what no key opens any more\n",
                    records.erased
                ));
            }
            if let Some(len) = self.unfinished {
                text.push_str(&format!(
                    "unfinished      {len} bytes of an append that was never confirmed; the next start cuts them off\n"
                ));
            }
            for problem in problems {
                text.push_str(&format!("problem         {problem}\n"));
            }
            if problems.is_empty() {
                text.push_str("all is sound");
            }
            text
        })
    }
}

/// The ledger against the head that was last published, as the server does at its start.
fn check_head(dir: &Path, recovered: &Recovered, problems: &mut Vec<String>) -> Result<()> {
    let Some(trust) = recovered.world.trust() else { return Ok(()) };
    let (origin, key) = (recovered.world.origin(), trust.bundle.ledger_key);
    let compared =
        compare_published(dir, |text| check_published(text, origin, key, &recovered.tree));
    match compared {
        Err(UpkeepError::Published(fault)) => problems.push(fault.to_string()),
        other => other?,
    }
    Ok(())
}

fn check_ledger_key(recovered: &Recovered, key: &PublicKey, problems: &mut Vec<String>) {
    match recovered.world.trust() {
        Some(trust) if trust.bundle.ledger_key == *key => {}
        Some(_other) => problems.push(
            "keys/ledger.key is not the ledger key of the trust bundle: put back the copy from the safe".into(),
        ),
        None => problems.push("the ledger has no trust bundle".into()),
    }
}

/// Compares every record with what the ledger says of it; returns how many there are.
fn check_records(
    store: &dyn Store,
    sealer: Option<&Sealer>,
    problems: &mut Vec<String>,
) -> Result<Counted> {
    let mut said = said_by_ledger(store)?;
    let mut count = Counted::default();
    for kind in RecordKind::ALL {
        let mut after = Vec::new();
        loop {
            let page = store.scan(keys::records(kind), &after, limits::SCAN_PAGE_LEN)?;
            let Some((last, _value)) = page.last() else { break };
            after.clone_from(last);
            for (key, value) in page {
                count.records += 1;
                let found = match keys::record_id(kind, &key) {
                    None => Found::Fault("has a key of no record".to_owned()),
                    Some(id) => compare(kind, &id, &value, said.remove(&(kind, id)), sealer),
                };
                count.erased += u64::from(found == Found::Erased);
                if let Found::Fault(fault) = found {
                    let id = hex::encode(&key[1..key.len().min(17)]);
                    problems.push(format!("{} {id} {fault}", kind_name(kind)));
                }
                if problems.len() >= PROBLEMS_MAX {
                    return Ok(count);
                }
            }
        }
    }
    let missing = said.keys().take(PROBLEMS_MAX);
    problems.extend(missing.map(|(kind, id)| {
        format!("{} {} is in the ledger and not in the store", kind_name(*kind), hex::encode(id))
    }));
    Ok(count)
}

/// What a record of the store is found to be.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Found {
    /// What the ledger vouches for.
    Sound,
    /// Closed for good: its key was cut out of the keyring.
    Erased,
    /// Something else.
    Fault(String),
}

fn compare(
    kind: RecordKind,
    id: &[u8; 16],
    value: &[u8],
    said: Option<(u64, [u8; 32])>,
    sealer: Option<&Sealer>,
) -> Found {
    let Some((said_version, commitment)) = said else {
        return Found::Fault("is in the store and not in the ledger".into());
    };
    let Some((head, sealed)) = value.split_first_chunk::<8>() else {
        return Found::Fault("is cut off".into());
    };
    let version = u64::from_be_bytes(*head);
    if version != said_version {
        return Found::Fault(format!("has version {version}, the ledger says {said_version}"));
    }
    let Some(sealer) = sealer else { return Found::Sound };
    let belongs = Belongs { record_id: id, kind: kind_name(kind), version };
    match sealer.open_committed(&belongs, sealed) {
        // A backup of before was restored.
        Err(SealError::Erased) => Found::Erased,
        Err(fault) => Found::Fault(format!("does not open: {fault}")),
        Ok(opened) if opened.commitment == commitment => Found::Sound,
        Ok(_other) => Found::Fault("has other content than the ledger vouches for".into()),
    }
}

fn said_by_ledger(store: &dyn Store) -> Result<Said> {
    let (mut said, mut after) = (Said::new(), Vec::new());
    loop {
        let page = store.scan(keys::LEDGER, &after, limits::SCAN_PAGE_LEN)?;
        let Some((last, _leaf)) = page.last() else { return Ok(said) };
        after.clone_from(last);
        for (_key, leaf) in page {
            match entry::decode(&leaf)?.event {
                Event::RecordsPut { kind, records }
                | Event::RecordsResealed { kind, records, .. } => {
                    said.extend(records.iter().map(|r| ((kind, r.id), (r.version, r.commitment))));
                }
                Event::RecordErased { kind, id, .. } => {
                    said.remove(&(kind, id));
                }
                _not_of_records => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ring::rand::SystemRandom;

    use super::*;

    #[test]
    fn a_record_that_is_not_what_the_ledger_vouches_for_is_found() {
        let sealer = Sealer::new(&[7; 32]);
        let (kind, id) = (RecordKind::Reservist, [3; 16]);
        let value = |version: u64, body: &[u8]| {
            let belongs = Belongs { record_id: &id, kind: kind_name(kind), version };
            let sealed = sealer.seal(&belongs, body, &SystemRandom::new()).expect("sealed");
            ([&version.to_be_bytes()[..], &sealed.bytes].concat(), sealed.commitment)
        };
        let said = Some((2, value(2, b"as it is").1));
        let value = |version, body| value(version, body).0;
        let ask = |value: &[u8], said| compare(kind, &id, value, said, Some(&sealer));
        assert_eq!(ask(&value(2, b"as it is"), said), Found::Sound);
        let found = |found: Found| match found {
            Found::Fault(fault) => fault,
            other => panic!("{other:?}"),
        };
        assert!(found(ask(&value(2, b"changed"), said)).contains("other content"));
        assert!(found(ask(&value(1, b"as it is"), said)).contains("version 1"));
        assert!(found(ask(&value(2, b"as it is"), None)).contains("not in the ledger"));
        assert!(found(ask(&[0; 7], said)).contains("cut off"));
        let mut bent = value(2, b"as it is");
        *bent.last_mut().expect("bytes") ^= 1;
        assert!(found(ask(&bent, said)).contains("does not open"));
    }
}
