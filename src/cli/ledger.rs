//! `hoatoc ledger`: what was recorded, heads, proofs, exports and a full replay. Nothing the server says is
//! believed: the checkpoint's signature is checked against the trust bundle kept in the officer's home,
//! proofs against the checkpoint, and leaves against both.

pub(in crate::cli) mod export;
mod list;
pub(in crate::cli) mod verify;
mod vietnamese;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;
use serde_json::json;

use crate::audit::heads::{ledger_key, open_with};
use crate::cli::Cx;
use crate::cli::connection::{Connection, refused, request};
use crate::config::whole::{Present, write_whole};
use crate::evidence::checkpoint::Checkpoint;
use crate::evidence::key::PublicKey;
use crate::evidence::note::SignedNote;
use crate::evidence::proof::{ConsistencyProof, InclusionProof};
use crate::evidence::tree::{Hash, Tree, leaf_hash};
use crate::wire::{array, pb};
use crate::witness::request::AddCheckpoint;

/// Entries asked for at once; the server gives fewer when they are large.
const PAGE_LEN: u32 = 500;

#[derive(Debug, Subcommand)]
pub(super) enum Ledger {
    /// Lists what was recorded, the newest last: who did or read what, and when. Names no person.
    #[command(
        after_help = "Examples:\n  hoatoc ledger list --kind records_read --by clerk --since 2026-03-01 --as ~/auditor\n  \
        hoatoc ledger list --record 01936f5e-0000-7000-8000-000000000000 --export readings.xlsx --as ~/auditor"
    )]
    List(list::List),
    /// Shows the newest signed checkpoint.
    #[command(after_help = "Examples:\n  hoatoc ledger head --as ~/auditor > checkpoint.txt\n  \
        hoatoc ledger head --for-witness 1200 --out request.txt --as ~/auditor")]
    Head {
        /// Write a request to cosign it, for a witness that cosigned the head of this size last; 0 for
        /// one that has seen none.
        #[arg(long, value_name = "SIZE", requires = "out")]
        for_witness: Option<u64>,
        /// The request's new file.
        #[arg(long, value_name = "FILE", requires = "for_witness")]
        out: Option<PathBuf>,
    },
    /// Shows the key that signs checkpoints, as a witness is told it.
    #[command(after_help = "Example:\n  hoatoc ledger key --as ~/auditor")]
    Key,
    /// Proves that an entry is in the ledger, and that an earlier ledger is the beginning of it.
    #[command(after_help = "Examples:\n  hoatoc ledger prove --index 17 --as ~/auditor\n  \
        hoatoc ledger prove --index 17 --consistency 12 --as ~/auditor")]
    Prove {
        /// The entry, from 0.
        #[arg(long)]
        index: u64,
        /// The size of the tree to prove in; the newest by default.
        #[arg(long, default_value_t = 0, hide_default_value = true)]
        size: u64,
        /// Also prove that the ledger of this size is the beginning.
        #[arg(long, value_name = "OLD")]
        consistency: Option<u64>,
    },
    /// Writes the ledger into one file that anybody can check, with no server in reach.
    #[command(after_help = "Examples:\n  hoatoc ledger export ledger.hoatoc --as ~/auditor\n  \
        hoatoc ledger export begin.hoatoc --to 1200 --as ~/auditor")]
    Export(export::Export),
    /// Checks a whole ledger, from a file or from the server, with no trust in either; exit status 0
    /// only if all of it is as it must be.
    ///
    /// Every root is recomputed, every signature judged by the keys and rules in force at its place, and the
    /// whole state replayed: orders, receipts, answers, terminals, roles.
    #[command(after_help = "Examples:\n  hoatoc ledger verify --as ~/auditor\n  \
        hoatoc ledger verify ledger.hoatoc --trust trust-bundle.json\n  \
        hoatoc ledger verify ledger.hoatoc --roots FINGERPRINT --since checkpoint.txt")]
    Verify(verify::Verify),
}

impl Ledger {
    pub(super) async fn run(self, cx: &Cx) -> Result<ExitCode> {
        match self {
            Self::List(list) => list.run(cx).await?,
            Self::Head { for_witness: Some(old), out: Some(out) } => {
                for_witness(cx, old, &out).await?;
            }
            Self::Head { .. } => head(cx).await?,
            Self::Key => key(cx).await?,
            Self::Prove { index, size, consistency } => prove(cx, index, size, consistency).await?,
            Self::Export(export) => export.run(cx).await?,
            Self::Verify(verify) => return verify.run(cx).await,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The head in a checkpoint, if the ledger's key signed it.
fn open_checkpoint(text: &str, key: PublicKey) -> Result<Checkpoint> {
    Ok(open_with(text, key)?.0)
}

async fn signed_head(connection: &Connection, key: PublicKey) -> Result<(Checkpoint, String)> {
    let reply = connection.ledger().get_head(request(pb::GetHeadRequest {})).await;
    let text = reply.map_err(refused)?.into_inner().checkpoint;
    let head =
        open_checkpoint(&text, key).context("the server's checkpoint is not to be trusted")?;
    Ok((head, text))
}

async fn head(cx: &Cx) -> Result<()> {
    let connection = cx.connect().await?;
    let key = connection.trust().await?.ledger_key;
    let (head, text) = signed_head(&connection, key).await?;
    let value = json!({
        "origin": head.origin, "size": head.size, "root": hex::encode(head.root.0), "checkpoint": text,
    });
    cx.screen.show(&value, || text.clone())
}

/// The newest head with the proof that it continues what a witness cosigned last.
async fn for_witness(cx: &Cx, old: u64, out: &Path) -> Result<()> {
    let connection = cx.connect().await?;
    let key = connection.trust().await?.ledger_key;
    let (head, text) = signed_head(&connection, key).await?;
    if old > head.size {
        bail!(
            "the ledger has {} entries: a witness that has seen {old} saw another one",
            head.size
        );
    }
    let ask = pb::ProveConsistencyRequest { old_size: old, new_size: head.size };
    let said = connection.ledger().prove_consistency(request(ask)).await.map_err(refused)?;
    let proof = hashes(&said.into_inner().path)?;
    let note = SignedNote::parse(&text)?;
    let asked = AddCheckpoint { old, proof, note }.text();
    write_whole(out, asked.as_bytes(), 0o644, Present::Stays)
        .with_context(|| format!("failed to write {}", out.display()))?;
    let value = json!({ "file": out, "old_size": old, "size": head.size });
    cx.screen.show(&value, || {
        format!("a request to cosign {} entries is in {}", head.size, out.display())
    })
}

async fn key(cx: &Cx) -> Result<()> {
    let connection = cx.connect().await?;
    let key = connection.trust().await?.ledger_key;
    let (head, _text) = signed_head(&connection, key).await?;
    let line = ledger_key(&head.origin, key)?.to_string();
    let value = json!({ "origin": head.origin, "key": line });
    cx.screen.show(&value, || line.clone())
}

/// Hashes as they came.
pub(in crate::cli) fn hashes(path: &[prost::bytes::Bytes]) -> Result<Vec<Hash>> {
    Ok(path.iter().map(|hash| array("path", hash).map(Hash)).collect::<Result<_, _>>()?)
}

async fn prove(cx: &Cx, index: u64, size: u64, consistency: Option<u64>) -> Result<()> {
    let connection = cx.connect().await?;
    let key = connection.trust().await?.ledger_key;
    let ask = pb::ProveInclusionRequest { index, size };
    let said = connection.ledger().prove_inclusion(request(ask)).await.map_err(refused)?;
    let said = said.into_inner();
    let newest = open_checkpoint(&said.checkpoint, key)?;
    if said.size > newest.size || (size != 0 && said.size != size) {
        bail!("the server's proof is for a tree of {} entries, which was not asked for", said.size);
    }
    let leaf = Hash(array("leaf_hash", &said.leaf_hash)?);
    // A proof in an older tree needs that tree's root, and the root needs a proof of its own.
    let root = root_at(&connection, said.size, &newest).await?;
    let proof = InclusionProof { index, size: said.size, path: hashes(&said.path)? };
    proof.verify(&leaf, &root)?;
    if let Some(old) = consistency {
        root_at(&connection, old, &newest).await?;
    }
    let path: Vec<String> = proof.path.iter().map(|hash| hex::encode(hash.0)).collect();
    let value = json!({
        "index": index,
        "size": said.size,
        "leaf_hash": hex::encode(leaf.0),
        "root": hex::encode(root.0),
        "path": path,
        "consistent_with": consistency,
        "checkpoint": said.checkpoint,
    });
    cx.screen.show(&value, || {
        let mut text = format!(
            "entry {index} with hash {} is in the ledger of {} entries under root {}",
            hex::encode(leaf.0),
            said.size,
            hex::encode(root.0)
        );
        if let Some(old) = consistency {
            text.push_str(&format!("\nthe ledger of {old} entries is the beginning of it"));
        }
        text
    })
}

/// The root when the ledger had `size` entries: recomputed from its leaves, and proved to be the
/// beginning of the signed head.
async fn root_at(connection: &Connection, size: u64, newest: &Checkpoint) -> Result<Hash> {
    if size == newest.size {
        return Ok(newest.root);
    }
    if size > newest.size {
        bail!("the ledger has {} entries: give a size up to that", newest.size);
    }
    let mut tree = Tree::new();
    each_leaf(connection, size, |leaf| {
        tree.push(leaf_hash(leaf));
        Ok(())
    })
    .await?;
    let root = tree.root();
    let ask = pb::ProveConsistencyRequest { old_size: size, new_size: newest.size };
    let said = connection.ledger().prove_consistency(request(ask)).await.map_err(refused)?;
    let path = hashes(&said.into_inner().path)?;
    ConsistencyProof { old: size, new: newest.size, path }.verify(&root, &newest.root)?;
    Ok(root)
}

/// Hands on the bytes of the first `size` leaves, in order.
async fn each_leaf(
    connection: &Connection,
    size: u64,
    mut take: impl FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    let mut client = connection.ledger();
    let mut next = 0;
    while next < size {
        let ask = pb::ListEntriesRequest { start_index: next, page_size: PAGE_LEN };
        let page = client.list_entries(request(ask)).await.map_err(refused)?.into_inner();
        if page.entries.is_empty() {
            bail!("the server gives no entry {next} of {size}: do not trust this ledger");
        }
        for leaf in page.entries {
            if next == size {
                break;
            }
            take(&leaf)?;
            next += 1;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::key::SigningKey;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed(&[seed; 32]).expect("a key")
    }

    #[test]
    fn a_checkpoint_of_another_key_is_not_opened() {
        let head = Checkpoint {
            origin: "hoatoc/11/a".into(),
            size: 0,
            root: Hash::of_nothing(),
            extensions: Vec::new(),
        };
        let text = head.sign(&key(1)).expect("signed").to_string();
        assert_eq!(open_checkpoint(&text, key(1).public()).expect("its own"), head);
        assert!(open_checkpoint(&text, key(2).public()).is_err());
        let forged = text.replacen("\n0\n", "\n9\n", 1);
        assert!(open_checkpoint(&forged, key(1).public()).is_err());
    }
}
