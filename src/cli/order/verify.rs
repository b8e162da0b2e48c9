//! `hoatoc order verify`: judges an order from a file or from pictures of its print, with no server in
//! reach: what a terminal does before it shows one, question by question.

pub(in crate::cli) mod verdict;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::Args;

use self::verdict::{Chosen, Judged, unreadable};
use crate::cli::Cx;
use crate::cli::homes::{read_file, read_trust};
use crate::cli::identity::offline;
use crate::cli::past_trust::past;
use crate::domain::ids::EndpointNo;
use crate::domain::instant::Instant;
use crate::domain::order::Order;
use crate::evidence::envelope::Envelope;
use crate::evidence::trust::TrustBundle;
use crate::paper::code::{PICTURE_LEN_MAX, from_texts, read_picture};
use crate::terminal::inbox::Inbox;
use crate::terminal::verify::day::Day;
use crate::terminal::verify::examine::{Grounds, examine};
use crate::terminal::verify::signed_by_known;
use crate::wire::order::call_up::file;
use crate::wire::order::printed::{Printed, PrintedSheet};

/// Most pictures of one print.
const PICTURES_MAX: usize = 128;
/// Most trust bundles.
const BUNDLES_MAX: usize = 520;
/// Most files with cancels and updates.
const CANCELS_MAX: usize = 256;

#[derive(Debug, Args)]
pub(in crate::cli) struct Verify {
    /// The signed envelope, as `order show --file` writes it.
    #[arg(required_unless_present = "qr", conflicts_with = "qr")]
    file: Option<PathBuf>,
    /// Read it from photographs or scans (PNG, JPEG) of a printed order or call-up sheet: every code
    /// of it, in as many pictures as that takes.
    #[arg(long, value_name = "IMAGE", num_args = 1..)]
    qr: Vec<PathBuf>,
    /// The trust bundle to judge by, and those before it for an order of their day; those in the
    /// officer's home by default.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    trust: Vec<PathBuf>,
    /// Judge who signed by the bundle that was in force on the day that the order claims. Nobody but
    /// its signers vouches for that day; `order evidence` proves it.
    #[arg(long)]
    on_its_day: bool,
    /// A terminal's directory: judge by its trust bundle, as its endpoint, and by the cancels and
    /// updates in its inbox.
    #[arg(long, value_name = "DIR", conflicts_with = "trust")]
    home: Option<PathBuf>,
    /// Also ask whether it is for this endpoint.
    #[arg(long, value_name = "N")]
    endpoint: Option<u32>,
    /// Also ask whether this page of a call-up sheet is under the root that the order signs; a file of
    /// `terminal verify --sheet-file`.
    #[arg(long, value_name = "FILE", conflicts_with = "qr")]
    sheet: Option<PathBuf>,
    /// Envelopes of cancels and updates that are at hand: whether one of them changes the order.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    cancels: Vec<PathBuf>,
    /// Show the names on the call-up sheet, once it is proved.
    #[arg(long)]
    names: bool,
    /// Judge as of this time, such as 2026-11-21T07:00:00Z; now by default.
    #[arg(long, value_name = "TIME", value_parser = time)]
    at: Option<Instant>,
}

impl Verify {
    pub(super) fn run(&self, cx: &Cx) -> Result<ExitCode> {
        let printed = match (&self.file, &self.qr[..]) {
            (Some(path), _) => Printed { envelope: read_envelope(path)?, sheet: self.sheet()? },
            (None, pictures) => match photographed(pictures)? {
                Ok(printed) => printed,
                Err((reason, text)) => return unreadable(cx, reason, &text),
            },
        };
        let home = self.home.as_deref().map(|dir| offline(cx, dir)).transpose()?;
        let inbox = home.as_ref().map(|(_place, terminal)| terminal.inbox());
        let history = match inbox {
            Some(inbox) => inbox.bundles()?,
            None => self.history(cx)?,
        };
        let own = home.as_ref().map(|(place, _terminal)| place.endpoint);
        // A clock that was set back must not make what is over live again.
        let known = history.iter().map(|(_signed, bundle)| bundle.issued_at).max();
        let clock = || inbox.map_or_else(|| cx.clock.now(), now_of(cx));
        let now = self.at.unwrap_or_else(|| known.map_or_else(clock, |known| known.max(clock())));
        let came = inbox.and_then(|inbox| came_on(inbox, &printed.envelope, &history));
        let claims = self.on_its_day.then_some(Day::Claimed);
        let chosen = Chosen::of(
            &printed.envelope,
            &history,
            (came.or(claims), inbox.map(|_inbox| came.is_some())),
            now,
        )?;
        if let (Some(at), Some(order)) = (self.at, read_known(&printed.envelope, chosen.bundle))
            && at < order.drafted_at
        {
            bail!("it was drafted at {}: judge it as of a time from then on", order.drafted_at);
        }
        let mut others = self.others()?;
        // Of what nobody known signed, nothing in the inbox bears on it.
        let order = read_known(&printed.envelope, chosen.bundle);
        let mut remembered = None;
        if let (Some(inbox), Some(order)) = (inbox, &order) {
            others.extend(inbox.changers(order.id)?);
            remembered = Some(inbox.remembered(order)?);
        }
        let grounds = Grounds {
            bundle: chosen.bundle,
            day: chosen.at,
            endpoint: self.endpoint.map(EndpointNo::new).or(own),
            now,
            others: &others,
            remembered,
            sheet: printed.sheet.as_ref(),
        };
        let done = examine(&printed.envelope, &grounds);
        Judged { envelope: &printed.envelope, chosen: &chosen, done: &done, names: self.names }
            .tell(cx)
    }

    /// The bundles at hand, the oldest first.
    fn history(&self, cx: &Cx) -> Result<Vec<(Envelope, TrustBundle)>> {
        let mut history = Vec::new();
        if self.trust.len() > BUNDLES_MAX {
            bail!("{} trust bundles: give at most {BUNDLES_MAX}", self.trust.len());
        }
        for path in &self.trust {
            history.push(read_trust(path)?);
        }
        if history.is_empty() {
            if cx.home.is_none() {
                bail!(
                    "no trust bundle is named: give one with --trust FILE, an officer's home with --as DIR, or a terminal's with --home DIR"
                );
            }
            let home = cx.home()?;
            history = past(&home.dir)?;
            history.push(read_trust(&home.trust_file())?);
        }
        history.sort_by_key(|(_envelope, bundle)| bundle.version);
        Ok(history)
    }

    fn sheet(&self) -> Result<Option<PrintedSheet>> {
        let Some(path) = &self.sheet else { return Ok(None) };
        let delivery = file::from_json(&read_file(path)?)
            .with_context(|| format!("{} is no call-up sheet", path.display()))?;
        Ok(Some(PrintedSheet::new(&delivery, false)))
    }

    fn others(&self) -> Result<Vec<Envelope>> {
        if self.cancels.len() > CANCELS_MAX {
            bail!("{} files with cancels: give at most {CANCELS_MAX}", self.cancels.len());
        }
        self.cancels.iter().map(|path| read_envelope(path)).collect()
    }
}

/// What an order says, if anybody known signed it; else it is not read.
fn read_known(envelope: &Envelope, bundle: &TrustBundle) -> Option<Order> {
    let is_known = signed_by_known(envelope, bundle) > 0;
    is_known.then(|| crate::wire::order::read(envelope).ok()).flatten()
}

/// When this terminal took an order that it has in its inbox.
fn came_on(inbox: &Inbox, envelope: &Envelope, history: &[(Envelope, TrustBundle)]) -> Option<Day> {
    // Nothing is read that nobody known has ever signed.
    let is_known =
        |(_signed, bundle): &(Envelope, TrustBundle)| signed_by_known(envelope, bundle) > 0;
    let order = history.iter().any(is_known).then(|| crate::wire::order::read(envelope).ok())??;
    inbox.came_on(&order, &envelope.digest()).map(Day::Recorded)
}

/// The best known time at a terminal: never before anything that was signed.
fn now_of(cx: &Cx) -> impl FnOnce(&Inbox) -> Instant + use<'_> {
    |inbox| inbox.not_before_known(cx.clock.now())
}

fn read_envelope(path: &Path) -> Result<Envelope> {
    Envelope::from_json(&read_file(path)?)
        .with_context(|| format!("{} is no signed order", path.display()))
}

/// What the codes in these pictures hold; or why they are not taken: the stable reason, and in words.
fn photographed(pictures: &[PathBuf]) -> Result<Result<Printed, (&'static str, String)>> {
    if pictures.len() > PICTURES_MAX {
        bail!("{} pictures: give at most {PICTURES_MAX}", pictures.len());
    }
    let mut texts = Vec::new();
    for path in pictures {
        let context = || format!("failed to read {}", path.display());
        let len = fs::metadata(path).with_context(context)?.len();
        if usize::try_from(len).map_or(true, |len| len > PICTURE_LEN_MAX) {
            bail!(
                "{} has {len} bytes: give a picture of at most {PICTURE_LEN_MAX}",
                path.display()
            );
        }
        match read_picture(&fs::read(path).with_context(context)?) {
            Ok(found) => texts.extend(found),
            Err(fault) => {
                return Ok(Err((fault.reason(), format!("{}: {fault}", path.display()))));
            }
        }
    }
    Ok(from_texts(&texts).map_err(|fault| (fault.reason(), fault.to_string())))
}

fn time(text: &str) -> Result<Instant, String> {
    let time: jiff::Timestamp =
        text.parse().map_err(|_syntax| "write it like 2026-11-21T07:00:00Z".to_owned())?;
    Ok(Instant::from_millis(time.as_millisecond()))
}
