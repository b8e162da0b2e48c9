//! `hoatoc ledger`: what was recorded, heads, proofs and a full replay. Nothing the server says is believed: the
//! checkpoint's signature is checked against the trust bundle kept in the officer's home, proofs
//! against the checkpoint, and leaves against both.

mod list;
mod vietnamese;

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;
use serde_json::json;

use crate::cli::Cx;
use crate::cli::connection::{Connection, refused, request};
use crate::cli::homes::read_file;
use crate::domain::world::World;
use crate::evidence::checkpoint::Checkpoint;
use crate::evidence::key::PublicKey;
use crate::evidence::note::{NoteAlgorithm, NoteKey, SignedNote};
use crate::evidence::proof::{ConsistencyProof, InclusionProof};
use crate::evidence::tree::{Hash, Tree, leaf_hash};
use crate::wire::{array, entry, pb};

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
    #[command(after_help = "Example:\n  hoatoc ledger head --as ~/auditor > checkpoint.txt")]
    Head,
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
    /// Reads every entry, recomputes the root, checks the checkpoint's signature, and replays the
    /// whole state.
    #[command(
        after_help = "Example:\n  hoatoc ledger verify --checkpoint checkpoint.txt --as ~/auditor"
    )]
    Verify {
        /// A checkpoint kept from earlier, which must be part of this ledger.
        #[arg(long, value_name = "FILE")]
        checkpoint: Option<PathBuf>,
    },
}

impl Ledger {
    pub(super) async fn run(self, cx: &Cx) -> Result<()> {
        match self {
            Self::List(list) => list.run(cx).await,
            Self::Head => head(cx).await,
            Self::Prove { index, size, consistency } => prove(cx, index, size, consistency).await,
            Self::Verify { checkpoint } => verify(cx, checkpoint).await,
        }
    }
}

/// The head in a checkpoint, if the ledger's key signed it. The ledger's name is the one it gives:
/// the key decides whose it is.
fn open_checkpoint(text: &str, key: PublicKey) -> Result<Checkpoint> {
    let note = SignedNote::parse(text)?;
    let origin = note.text().lines().next().unwrap_or_default().to_owned();
    let ledger = NoteKey::new(&origin, NoteAlgorithm::Ed25519, key)?;
    Ok(Checkpoint::open(&note, &ledger)?)
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

fn hashes(path: &[prost::bytes::Bytes]) -> Result<Vec<Hash>> {
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

async fn verify(cx: &Cx, kept: Option<PathBuf>) -> Result<()> {
    let connection = cx.connect().await?;
    let key = connection.trust().await?.ledger_key;
    let kept = match kept {
        Some(path) => {
            let open = read_file(&path).and_then(|text| open_checkpoint(&text, key));
            Some(open.with_context(|| format!("{} is not to be trusted", path.display()))?)
        }
        None => None,
    };
    let (head, _text) = signed_head(&connection, key).await?;
    let bar = cx.screen.progress(head.size, "entries");
    let (mut tree, mut world) = (Tree::new(), World::default());
    each_leaf(&connection, head.size, |leaf| {
        let index = tree.push(leaf_hash(leaf));
        let entry = entry::decode(leaf).with_context(|| format!("entry {index} cannot be read"))?;
        world.apply(&entry);
        bar.inc(1);
        Ok(())
    })
    .await?;
    bar.finish_and_clear();
    judge(&tree, &world, &head, kept.as_ref(), key)?;
    let (size, root) = (head.size, hex::encode(head.root.0));
    let orders = world.orders().count();
    let value = json!({
        "verified": true, "origin": head.origin, "size": size, "root": root, "orders": orders,
        "epoch": world.epoch(), "kept_size": kept.as_ref().map(|kept| kept.size),
    });
    cx.screen.show(&value, || {
        let mut text = format!(
            "verified: {size} entries of {} hash to the signed root {root}\nreplayed: {orders} orders, {} endpoints, {} units, epoch {}; every invariant holds",
            head.origin,
            world.endpoints().len(),
            world.units().len(),
            world.epoch()
        );
        if let Some(kept) = &kept {
            text.push_str(&format!("\nthe checkpoint of {} entries is its beginning", kept.size));
        }
        text
    })
}

/// Whether leaves, signed head, kept checkpoint and replayed state agree.
fn judge(
    tree: &Tree,
    world: &World,
    head: &Checkpoint,
    kept: Option<&Checkpoint>,
    key: PublicKey,
) -> Result<()> {
    if tree.root() != head.root || tree.len() != head.size {
        bail!(
            "the entries do not hash to the signed root: keep what you have, and do not trust this server"
        );
    }
    if let Some(kept) = kept {
        if kept.origin != head.origin {
            bail!("the checkpoint is of ledger `{}`, this is `{}`", kept.origin, head.origin);
        }
        if kept.size > head.size || tree.root_at(kept.size)? != kept.root {
            bail!(
                "the ledger does not continue the checkpoint of {} entries: entries were changed or taken out",
                kept.size
            );
        }
    }
    if world.origin() != head.origin {
        bail!("the ledger was founded as `{}` and signs as `{}`", world.origin(), head.origin);
    }
    if world.trust().is_none_or(|trust| trust.bundle.ledger_key != key) {
        bail!("the trust bundle in the ledger names another ledger key than the one kept here");
    }
    match world.check().into_iter().next() {
        Some(violation) => bail!("the replayed state breaks an invariant: {violation}"),
        None => Ok(()),
    }
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

    #[test]
    fn entries_that_do_not_make_the_signed_root_are_told() {
        let mut tree = Tree::new();
        tree.push(leaf_hash(b"one"));
        let head =
            |root| Checkpoint { origin: String::new(), size: 1, root, extensions: Vec::new() };
        let public = key(1).public();
        let judged = |root, kept: Option<&Checkpoint>| {
            judge(&tree, &World::default(), &head(root), kept, public)
                .expect_err("this world has no trust bundle")
                .to_string()
        };
        assert!(judged(leaf_hash(b"two"), None).contains("do not hash"));
        let kept = head(leaf_hash(b"two"));
        assert!(judged(leaf_hash(b"one"), Some(&kept)).contains("does not continue"));
        assert!(judged(leaf_hash(b"one"), None).contains("trust bundle"));
    }
}
