//! `hoatoc check`: rereads everything a stopped server holds and compares it three ways: the store
//! with itself, the ledger with its invariants, the registry's records with the ledger's word of them.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::json;

use super::{DataDir, is_serving, open_store};
use crate::cli::Cx;
use crate::config::ServerConfig;
use crate::config::home::ServerHome;
use crate::domain::world::{Event, RecordKind};
use crate::engine::recovery::{Recovered, recover};
use crate::evidence::key::PublicKey;
use crate::evidence::seal::{Belongs, Sealer};
use crate::index::stored::kind_name;
use crate::limits;
use crate::store::{Store, keys};
use crate::wire::entry;

/// Problems after which looking for more ends: a person has seen enough.
const PROBLEMS_MAX: usize = 1_000;

/// Rereads and compares everything a stopped server holds.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hoatoc check --data-dir /srv/hoatoc\n\n\
    A running server is checked through its OperationService.")]
pub(in crate::cli) struct Check {
    #[command(flatten)]
    data_dir: DataDir,
}

/// The newest version of each record, as the ledger says.
type Said = BTreeMap<(RecordKind, [u8; 16]), (u64, [u8; 32])>;

impl Check {
    pub(in crate::cli) fn run(self, cx: &Cx) -> Result<()> {
        let dir = &self.data_dir.path;
        let config = ServerConfig::load_in(dir)?;
        let store = match open_store(dir, &config) {
            Err(failure) if is_serving(&failure) => {
                return Err(
                    failure.context("stop the server before its store is checked from here")
                );
            }
            other => other?,
        };
        let keys = ServerHome::load(dir);
        let mut problems: Vec<String> = Vec::new();
        let report = store.check()?;
        for problem in &report.problems {
            problems
                .push(format!("{} at byte {}: {}", problem.path, problem.offset, problem.reason));
        }
        let recovered = recover(&store).context("the ledger does not hold a sound state")?;
        let sealer = match &keys {
            Ok(home) => {
                check_ledger_key(&recovered, &home.ledger_key.public(), &mut problems);
                Some(Sealer::new(&home.master_key))
            }
            Err(missing) => {
                cx.screen.note(&format!("records are compared by version only: {missing}"));
                None
            }
        };
        let records = check_records(&store, sealer.as_ref(), &mut problems)?;
        let (entries, root) = (recovered.world.ledger_size(), hex::encode(recovered.tree.root().0));
        let value = json!({
            "sound": problems.is_empty(),
            "batches": report.stamp.seq,
            "ledger_entries": entries,
            "ledger_root": root,
            "records": records,
            "records_opened": sealer.is_some(),
            "epoch": recovered.world.epoch(),
            "problems": problems,
        });
        cx.screen.show(&value, || {
            let mut text = format!(
                "batches         {}\nledger entries  {entries}\nledger root     {root}\nrecords         {records}\n",
                report.stamp.seq
            );
            for problem in &problems {
                text.push_str(&format!("problem         {problem}\n"));
            }
            if problems.is_empty() {
                text.push_str("all is sound");
            }
            text
        })?;
        if problems.is_empty() {
            Ok(())
        } else {
            bail!(
                "{} problems were found: keep this directory as it is and restore from a backup",
                problems.len()
            )
        }
    }
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
) -> Result<u64> {
    let mut said = said_by_ledger(store)?;
    let mut count = 0;
    for kind in [RecordKind::Reservist, RecordKind::Equipment] {
        let mut after = Vec::new();
        loop {
            let page = store.scan(keys::records(kind), &after, limits::SCAN_PAGE_LEN)?;
            let Some((last, _value)) = page.last() else { break };
            after.clone_from(last);
            for (key, value) in page {
                count += 1;
                let fault = match keys::record_id(kind, &key) {
                    None => Some("has a key of no record".to_owned()),
                    Some(id) => compare(kind, &id, &value, said.remove(&(kind, id)), sealer),
                };
                if let Some(fault) = fault {
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

fn compare(
    kind: RecordKind,
    id: &[u8; 16],
    value: &[u8],
    said: Option<(u64, [u8; 32])>,
    sealer: Option<&Sealer>,
) -> Option<String> {
    let Some((said_version, commitment)) = said else {
        return Some("is in the store and not in the ledger".into());
    };
    let Some((head, sealed)) = value.split_first_chunk::<8>() else {
        return Some("is cut off".into());
    };
    let version = u64::from_be_bytes(*head);
    if version != said_version {
        return Some(format!("has version {version}, the ledger says {said_version}"));
    }
    let sealer = sealer?;
    let belongs = Belongs { record_id: id, kind: kind_name(kind), version };
    match sealer.open(&belongs, sealed) {
        Err(fault) => Some(format!("does not open: {fault}")),
        Ok(body) if sealer.commitment(id, version, &body) == commitment => None,
        Ok(_other) => Some("has other content than the ledger vouches for".into()),
    }
}

fn said_by_ledger(store: &dyn Store) -> Result<Said> {
    let (mut said, mut after) = (Said::new(), Vec::new());
    loop {
        let page = store.scan(keys::LEDGER, &after, limits::SCAN_PAGE_LEN)?;
        let Some((last, _leaf)) = page.last() else { return Ok(said) };
        after.clone_from(last);
        for (_key, leaf) in page {
            if let Event::RecordsPut { kind, records } = entry::decode(&leaf)?.event {
                said.extend(records.iter().map(|r| ((kind, r.id), (r.version, r.commitment))));
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
            [&version.to_be_bytes()[..], &sealed].concat()
        };
        let said = Some((2, sealer.commitment(&id, 2, b"as it is")));
        let ask = |value: &[u8], said| compare(kind, &id, value, said, Some(&sealer));
        assert_eq!(ask(&value(2, b"as it is"), said), None);
        let found = |fault: Option<String>| fault.expect("a fault is found");
        assert!(found(ask(&value(2, b"changed"), said)).contains("other content"));
        assert!(found(ask(&value(1, b"as it is"), said)).contains("version 1"));
        assert!(found(ask(&value(2, b"as it is"), None)).contains("not in the ledger"));
        assert!(found(ask(&[0; 7], said)).contains("cut off"));
        let mut bent = value(2, b"as it is");
        *bent.last_mut().expect("bytes") ^= 1;
        assert!(found(ask(&bent, said)).contains("does not open"));
    }
}
