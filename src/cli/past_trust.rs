//! The trust bundles that a home has seen and that are in force no more: what an order of an earlier
//! day is judged by. Kept beside the newest, which alone says who may sign today.
//!
//! Written when a newer bundle takes the place of an older one; read by whoever verifies old papers.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::homes::{read_trust, replace};
use crate::evidence::envelope::Envelope;
use crate::evidence::trust::TrustBundle;

/// The directory in a home; a file for each version.
const PAST: &str = "trust-past";
/// Most that are read: a bundle a week for ten years.
const PAST_MAX: usize = 520;

/// Keeps a bundle that is about to be replaced.
pub(crate) fn keep(home: &Path, version: u64, envelope: &Envelope) -> Result<()> {
    let dir = home.join(PAST);
    fs::create_dir_all(&dir).with_context(|| format!("failed to create {}", dir.display()))?;
    replace(&dir.join(format!("{version}.json")), envelope.to_json().as_bytes())
}

/// The bundles kept in a home, the oldest first; each is signed by a threshold of its own roots.
/// Whether one led to the next is for whoever judges by them to ask.
pub(crate) fn past(home: &Path) -> Result<Vec<(Envelope, TrustBundle)>> {
    let dir = home.join(PAST);
    if !dir.exists() {
        return Ok(Vec::new());
    }
    let context = || format!("failed to read {}", dir.display());
    let mut found = Vec::new();
    for file in fs::read_dir(&dir).with_context(context)?.take(PAST_MAX) {
        let path = file.with_context(context)?.path();
        if path.extension().is_some_and(|ending| ending == "json") {
            found.push(read_trust(&path)?);
        }
    }
    found.sort_by_key(|(_envelope, bundle)| bundle.version);
    Ok(found)
}
