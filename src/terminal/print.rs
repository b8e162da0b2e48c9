//! Printing what is in the inbox: an order, or a page of the commune's call-up sheet, as PDF.
//!
//! Called by the screen and by `hoatoc terminal print`. An order is judged once more before it is
//! printed, and a page is proved once more under the root that the order signs.

use std::io;
use std::path::{Path, PathBuf};

use super::inbox::{Inbox, InboxError, Standing};
use super::verify::day::{Day, days_bundle};
use super::verify::{Unverified, verify_order};
use crate::config::home::write_new;
use crate::domain::ids::OrderId;
use crate::domain::instant::Instant;
use crate::domain::order::Order;
use crate::evidence::authority::{Counted, Lent};
use crate::evidence::envelope::Envelope;
use crate::evidence::fingerprint;
use crate::evidence::trust::TrustBundle;
use crate::paper::{Letterhead, OrderPaper, PaperError, SheetPaper, Signer, Worth};
use crate::wire::order::call_up::{LeafFault, proven_sheet, read_sheet};
use crate::wire::{self, pb};

/// Why nothing was printed.
#[derive(Debug, thiserror::Error)]
pub enum PrintError {
    /// The inbox.
    #[error(transparent)]
    Inbox(#[from] InboxError),
    /// It cannot be read.
    #[error("read the order: {0}")]
    Unreadable(#[from] wire::WireError),
    /// It is not believed, under the trust bundle of today or of the day on which it came.
    #[error("the order is not printed: {0}")]
    Unverified(#[from] Unverified),
    /// There is no such page of its call-up sheet here.
    #[error("page {page} of the call-up sheet of order {order} is not here")]
    NoPage {
        /// The order.
        order: OrderId,
        /// The page.
        page: u32,
    },
    /// A page is not what the order signs.
    #[error("the sheet is not printed: {}", .0.reason())]
    Sheet(LeafFault),
    /// The paper.
    #[error(transparent)]
    Paper(#[from] PaperError),
    /// The file.
    #[error("failed to write {path}: {source}", path = path.display())]
    File {
        /// Where.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
}

/// How a call-up sheet is printed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SheetTerms {
    /// Which page, from 1.
    pub page: u32,
    /// Whether names and numbers are left out.
    pub is_masked: bool,
    /// The unit's name; empty where it is not known.
    pub unit: String,
}

/// A print.
#[derive(Clone, PartialEq, Eq)]
pub struct Print {
    /// The file's bytes. Personal data, where it is a sheet that is not masked.
    pub pdf: Vec<u8>,
    /// The order's number.
    pub number: String,
    /// The order's fingerprint, as it stands on every page.
    pub fingerprint: String,
}

impl std::fmt::Debug for Print {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Print").field("number", &self.number).finish_non_exhaustive()
    }
}

struct Found {
    envelope: Envelope,
    order: Order,
    bundle: TrustBundle,
    signers: Vec<Signer>,
    worth: Worth,
}

impl Found {
    fn look(inbox: &Inbox, id: OrderId, now: Instant) -> Result<Self, PrintError> {
        let (envelope, history) = (inbox.envelope(id)?, inbox.bundles()?);
        let summary = inbox.summary(id, now).ok_or(InboxError::UnknownOrder { order: id })?;
        let order = wire::order::read(&envelope)?;
        let endpoint = Some(inbox.endpoint());
        let (_signed, newest) = history.last().ok_or(InboxError::NoBundle)?;
        // As of its own time: one that is over by now is printed, and says so; and whoever signed and
        // has left since did sign.
        let day = inbox.came_on(&order, &envelope.digest()).map(Day::Recorded);
        let own = day.and_then(|day| days_bundle(&envelope, &history, day, now));
        let (bundle, at) = own.map_or((newest, order.drafted_at), |own| (own.bundle, own.at));
        let (good, bundle) = (verify_order(&envelope, bundle, endpoint, at)?, bundle.clone());
        let signers = signers(&bundle, &good.counted);
        let worth = match summary.standing {
            Standing::Live => Worth::InForce,
            Standing::Cancelled(_) => Worth::Cancelled,
            Standing::Superseded(_) => Worth::Replaced,
            Standing::Expired => Worth::Expired,
        };
        Ok(Self { envelope, order: good.order, bundle, signers, worth })
    }

    fn paper(&self, letterhead: Letterhead) -> OrderPaper<'_> {
        OrderPaper {
            envelope: &self.envelope,
            order: &self.order,
            signers: &self.signers,
            trust_version: self.bundle.version,
            letterhead,
            recipients: Vec::new(),
            worth: self.worth,
        }
    }

    fn print(&self, pdf: Vec<u8>) -> Print {
        let fingerprint = fingerprint(&self.envelope.digest());
        Print { pdf, number: self.order.number_text(), fingerprint }
    }
}

/// An order of the inbox.
///
/// # Errors
/// Any [`PrintError`] that is not about a sheet or a file.
pub fn order(
    inbox: &Inbox,
    id: OrderId,
    now: Instant,
    letterhead: Letterhead,
) -> Result<Print, PrintError> {
    let found = Found::look(inbox, id, now)?;
    Ok(found.print(found.paper(letterhead).to_pdf()?))
}

/// A page of the call-up sheet of an order of the inbox.
///
/// # Errors
/// Any [`PrintError`] but that of a file.
pub fn sheet(
    inbox: &Inbox,
    id: OrderId,
    now: Instant,
    (letterhead, terms): (Letterhead, SheetTerms),
) -> Result<Print, PrintError> {
    let found = Found::look(inbox, id, now)?;
    let missing = PrintError::NoPage { order: id, page: terms.page };
    let delivery = page_of(inbox, id, terms.page)?.ok_or(missing)?;
    let sheet = proven_sheet(&delivery, found.order.call_up.as_ref(), inbox.endpoint())
        .map_err(PrintError::Sheet)?;
    let paper = SheetPaper {
        order: found.paper(letterhead),
        delivery: &delivery,
        sheet: &sheet,
        unit: terms.unit,
        is_masked: terms.is_masked,
    };
    Ok(found.print(paper.to_pdf()?))
}

/// A page of an order's call-up sheets, as it came. Personal data.
///
/// # Errors
/// Those of the inbox.
pub fn page_of(
    inbox: &Inbox,
    id: OrderId,
    page: u32,
) -> Result<Option<pb::CallUpSheetDelivery>, InboxError> {
    for delivery in inbox.sheet_pages_of(id)? {
        if read_sheet(&delivery.sheet)?.page == page {
            return Ok(Some(delivery));
        }
    }
    Ok(None)
}

/// Prints an order and every page of its call-up sheet that is here into a directory, each to a file
/// of its own that only its owner reads. What was printed there before stays.
///
/// # Errors
/// Any [`PrintError`].
pub fn to_dir(
    inbox: &Inbox,
    id: OrderId,
    now: Instant,
    dir: &Path,
) -> Result<Vec<PathBuf>, PrintError> {
    let mut prints = vec![("lenh".to_owned(), order(inbox, id, now, Letterhead::default())?)];
    for page in 1..=u32::try_from(inbox.sheet_pages_of(id)?.len()).unwrap_or(u32::MAX) {
        let terms = SheetTerms { page, ..SheetTerms::default() };
        let printed = sheet(inbox, id, now, (Letterhead::default(), terms));
        prints.push((format!("danh-sach-{page}"), printed?));
    }
    let stamp = now.millis();
    let mut written = Vec::new();
    std::fs::create_dir_all(dir)
        .map_err(|source| PrintError::File { path: dir.to_owned(), source })?;
    for (what, print) in prints {
        let path = dir.join(format!("{id}-{what}-{stamp}.pdf"));
        write_new(&path, &print.pdf, 0o600).map_err(|fault| PrintError::File {
            path: path.clone(),
            source: io::Error::other(fault),
        })?;
        written.push(path);
    }
    Ok(written)
}

/// Those whose signatures count, each with the role of the place that they fill, and for whom.
pub fn signers(bundle: &TrustBundle, counted: &[Counted]) -> Vec<Signer> {
    let one = |own: &Counted| {
        let officer = bundle.officer(&own.officer);
        let name = officer.map_or_else(|| own.officer.to_string(), |known| known.name.clone());
        let name = match &own.lent {
            None => name,
            Some(Lent { from, document }) => {
                let from = bundle.officer(from).map_or(from.as_str(), |known| &known.name);
                format!("{name} (được {from} ủy quyền, {document})")
            }
        };
        Signer { id: own.officer.clone(), name, role: Some(own.role), signed_at: None }
    };
    counted.iter().map(one).collect()
}
