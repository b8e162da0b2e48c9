//! `hoatoc ledger verify`: a whole ledger from a file or a server, checked with trust in neither
//! ([`crate::audit`]).

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::{Value, json};

use super::each_leaf;
use super::export::heads;
use crate::audit::export::Reader;
use crate::audit::replay::Audit;
use crate::audit::report::{Closing, Report};
use crate::audit::{Anchor, Faults};
use crate::cli::Cx;
use crate::cli::homes::{read_file, read_trust};
use crate::cli::order::evidence::verify_file;
use crate::cli::output::local_time;
use crate::cli::past_trust::past;
use crate::domain::ids::KeyId;
use crate::domain::instant::Instant;
use crate::evidence::checkpoint::witness::Witnessed;

/// What a check of something that was carried away stands on.
#[derive(Debug, Args)]
pub(in crate::cli) struct Anchors {
    /// A trust bundle that came another way; the one in the officer's home by default.
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
    /// The fingerprint of the first root holders' keys, as the key ceremony printed it; repeat it for
    /// several.
    #[arg(long = "roots", value_name = "FINGERPRINT", value_parser = fingerprint)]
    roots: Vec<KeyId>,
    /// Cosignatures of the checkpoint that came another way, as `witness cosign` wrote them; repeat it
    /// for several.
    #[arg(long = "cosignature", value_name = "FILE")]
    cosignatures: Vec<PathBuf>,
}

impl Anchors {
    /// The cosignatures that were given.
    pub(in crate::cli) fn cosignatures(&self) -> Result<Vec<String>> {
        self.cosignatures.iter().map(|path| read_file(path)).collect()
    }

    /// The anchor that was given, or the bundle in the officer's home.
    pub(in crate::cli) fn anchor(&self, cx: &Cx) -> Result<Anchor> {
        let path = match (&self.trust, self.roots.is_empty(), &cx.home) {
            (Some(path), _, _) => Some(path.clone()),
            (None, true, Some(_)) => Some(cx.home()?.trust_file()),
            (None, true, None) => bail!(
                "a check must stand on something that came another way: give the fingerprint of the roots \
                 with --roots, a trust bundle with --trust FILE, or an officer's home with --as DIR"
            ),
            (None, false, _) => None,
        };
        let mut anchor = match path {
            Some(path) => {
                let (envelope, bundle) = read_trust(&path)?;
                Anchor::of_bundle(&bundle, &envelope)
            }
            None => Anchor::of_roots(Vec::new()),
        };
        if self.trust.is_none()
            && self.roots.is_empty()
            && let Some((_envelope, first)) = past(&cx.home()?.dir)?.first()
        {
            // Roots may have been exchanged since this home was made; who they were it knows itself.
            anchor.roots.push(first.roots_fingerprint());
        }
        anchor.roots.extend(&self.roots);
        Ok(anchor)
    }
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Verify {
    /// A file made by `ledger export`; the officer's server if none is given.
    file: Option<PathBuf>,
    #[command(flatten)]
    anchors: Anchors,
    /// A checkpoint kept from earlier, which must be of the same history.
    #[arg(long, value_name = "FILE", alias = "checkpoint")]
    since: Option<PathBuf>,
}

impl Verify {
    pub(super) async fn run(self, cx: &Cx) -> Result<ExitCode> {
        if let Some(file) = &self.file
            && begins_as_evidence(file)?
        {
            return verify_file(cx, file, &self.anchors);
        }
        let since = self.since.as_deref().map(read_file).transpose()?;
        let cosignatures = self.anchors.cosignatures()?;
        let beside = Closing { since, cosignatures, ..Closing::default() };
        let report = match &self.file {
            Some(file) => self.of_file(cx, file, beside)?,
            None => self.of_server(cx, beside).await?,
        };
        cx.screen.show(&value_of(&report), || words(&report))?;
        Ok(if report.is_sound() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn of_file(&self, cx: &Cx, path: &Path, beside: Closing) -> Result<Report> {
        let anchor = self.anchors.anchor(cx)?;
        let file =
            File::open(path).with_context(|| format!("failed to read {}", path.display()))?;
        let refused = || format!("{} is not to be used", path.display());
        let (mut reader, header) = Reader::open(BufReader::new(file)).with_context(refused)?;
        let closing = Closing {
            consistency: header.proofs().with_context(refused)?,
            later_bundles: header.bundles().with_context(refused)?,
            heads: header.heads,
            ..beside
        };
        let mut audit = begun(anchor, &closing);
        let bar = cx.screen.progress(header.size, "entries");
        while let Some(leaf) = reader.next_leaf().with_context(refused)? {
            audit.take(&leaf);
            bar.inc(1);
        }
        bar.finish_and_clear();
        Ok(audit.close(&closing))
    }

    async fn of_server(&self, cx: &Cx, beside: Closing) -> Result<Report> {
        let connection = cx.connect().await?;
        // A newer bundle is taken into the home first, if the one kept there vouches for it.
        connection.trust().await?;
        let anchor = self.anchors.anchor(cx)?;
        let heads = heads(&connection).await?;
        let closing = Closing { heads: heads.texts, ..beside };
        let mut audit = begun(anchor, &closing);
        let bar = cx.screen.progress(heads.size, "entries");
        each_leaf(&connection, heads.size, |leaf| {
            audit.take(leaf);
            bar.inc(1);
            Ok(())
        })
        .await?;
        bar.finish_and_clear();
        Ok(audit.close(&closing))
    }
}

/// Whether it is one order's evidence, which is JSON, and not an export.
fn begins_as_evidence(path: &Path) -> Result<bool> {
    let context = || format!("failed to read {}", path.display());
    let mut first = [0];
    let read = File::open(path).with_context(context)?.read(&mut first).with_context(context)?;
    Ok(read == 1 && first == *b"{")
}

fn begun(anchor: Anchor, closing: &Closing) -> Audit {
    let heads: Vec<&str> = closing.heads.iter().chain(&closing.since).map(String::as_str).collect();
    Audit::new(anchor, &heads)
}

fn value_of(report: &Report) -> Value {
    let counts = &report.counts;
    json!({
        "verified": report.is_sound(),
        "origin": report.origin,
        "size": report.size,
        "root": hex::encode(report.root.0),
        "head_size": report.head_size,
        "witnessed_size": report.witnessed.as_ref().map(|(size, _by)| size),
        "witnesses": report.witnessed.as_ref().map(|(_size, by)| cosigners(by)),
        "witnesses_needed": report.witnesses_needed,
        "not_cosigned": report.not_cosigned(),
        "trust_bundle_version": report.bundle_version,
        "epoch": report.epoch,
        "orders": report.orders,
        "issued": report.issued,
        "receipts": counts.receipts,
        "answers": counts.answers,
        "entries": counts.kinds,
        "kept_size": report.since,
        "faults": faults_json(&report.faults),
        "fault_count": report.faults.count,
    })
}

fn words(report: &Report) -> String {
    let counts = &report.counts;
    let kind = |name| counts.kinds.get(name).copied().unwrap_or_default();
    let mut text = format!(
        "{}: {} entries of {} hash to root {}\n\
         trust: {} bundles, the newest is version {}; {} terminals enrolled, {} certificates; epoch {}\n\
         orders: {} drafted, {} signatures, {} issued; {} receipts and {} answers of terminals\n",
        if report.is_sound() { "verified" } else { "NOT SOUND" },
        report.size,
        report.origin,
        hex::encode(report.root.0),
        kind("trust_published"),
        report.bundle_version,
        kind("terminal_enrolled"),
        kind("certificate_issued"),
        report.epoch,
        report.orders,
        kind("signature_added"),
        report.issued,
        counts.receipts,
        counts.answers,
    );
    text.push_str(&match (&report.witnessed, report.witnesses_needed) {
        (_, 0) => {
            "witnesses: the trust bundle asks for none; keep this checkpoint, and check the next \
                   ledger with --since\n"
                .to_owned()
        }
        (Some((size, by)), need) => {
            let by: Vec<String> =
                by.by.iter().map(|one| format!("{} {}", one.name, when(one.time_s))).collect();
            let behind = match report.not_cosigned() {
                None | Some(0) => String::new(),
                Some(count) => format!("; the newest {count} are NOT COSIGNED YET"),
            };
            let by = by.join(", ");
            format!("witnesses: {need} asked for; {size} entries cosigned by {by}{behind}\n")
        }
        (None, need) => format!("witnesses: {need} asked for, and no head has as many\n"),
    });
    if let Some(kept) = report.since {
        text.push_str(&format!("the checkpoint of {kept} entries is its beginning\n"));
    }
    if report.is_sound() {
        text.push_str("every signature, number and root is as it must be; every invariant holds\n");
    }
    text.push_str(&faults_words(&report.faults));
    text
}

/// A witness's time, as a person reads it.
pub(in crate::cli) fn when(time_s: u64) -> String {
    let ms = i64::try_from(time_s).ok().and_then(|seconds| seconds.checked_mul(1_000));
    ms.map_or_else(|| "?".to_owned(), |ms| local_time(Instant::from_millis(ms)))
}

/// Who cosigned, for programs.
pub(in crate::cli) fn cosigners(witnessed: &Witnessed) -> Value {
    let one = |one: &crate::evidence::checkpoint::witness::Cosignature| json!({ "name": one.name, "time_s": one.time_s });
    witnessed.by.iter().map(one).collect()
}

/// The faults, for programs.
pub(in crate::cli) fn faults_json(faults: &Faults) -> Value {
    let one = |fault: &crate::audit::Fault| json!({ "index": fault.index, "reason": fault.reason, "text": fault.text });
    faults.told.iter().map(one).collect()
}

/// The faults, for a person; nothing if there are none.
pub(in crate::cli) fn faults_words(faults: &Faults) -> String {
    let mut text = String::new();
    for fault in &faults.told {
        text.push_str(&format!("fault: {fault}\n"));
    }
    let told = u64::try_from(faults.told.len()).unwrap_or(u64::MAX);
    if faults.count > told {
        text.push_str(&format!("and {} more faults\n", faults.count - told));
    }
    text
}

fn fingerprint(text: &str) -> Result<KeyId, String> {
    let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let mut id = [0; 32];
    hex::decode_to_slice(&digits, &mut id)
        .map_err(|_no_more_to_say| "write all 64 hex digits, as `init` printed them".to_owned())?;
    Ok(KeyId(id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::report::Counts;
    use crate::evidence::checkpoint::witness::Cosignature;
    use crate::evidence::tree::Hash;

    #[test]
    fn entries_that_are_not_cosigned_yet_are_told_where_witnesses_are_asked_for() {
        let said = |need, cosigned: Option<u64>| {
            let by = vec![Cosignature { name: "kv1.example".to_owned(), time_s: 1_780_300_000 }];
            let report = Report {
                origin: "a ledger".to_owned(),
                size: 360,
                root: Hash([1; 32]),
                head_size: Some(360),
                witnessed: cosigned.map(|size| (size, Witnessed { by, need })),
                witnesses_needed: need,
                since: None,
                bundle_version: 1,
                epoch: 1,
                orders: 0,
                issued: 0,
                counts: Counts::default(),
                faults: Faults::default(),
            };
            (value_of(&report)["not_cosigned"].clone(), words(&report))
        };
        let (count, text) = said(1, Some(358));
        assert_eq!(count, 2);
        assert!(text.contains("358 entries cosigned by kv1.example"), "{text}");
        assert!(text.contains("; the newest 2 are NOT COSIGNED YET\n"), "{text}");
        for (need, cosigned, count) in [
            (1, Some(360), json!(0)),
            // A beginning of a larger ledger.
            (1, Some(400), json!(0)),
            (1, None, json!(360)),
            (0, None, Value::Null),
        ] {
            let (found, text) = said(need, cosigned);
            assert_eq!(found, count, "{need} {cosigned:?}");
            assert!(!text.contains("NOT COSIGNED YET"), "{text}");
        }
    }
}
