//! What stands beside an order that is to be signed: the earlier one that it changes, the other open
//! ones, and who has signed so far. Asked of the server, for whom it does not hold: the earlier order is
//! the very one whose digest is signed.

use anyhow::{Result, bail};

use super::changes::differences;
use super::clash::{self, Other};
use super::{local_time, printable};
use crate::cli::connection::Connection;
use crate::cli::order::follow::newest;
use crate::cli::order::order_of;
use crate::domain::ids::OfficerId;
use crate::domain::instant::Instant;
use crate::domain::order::{Order, ReferenceKind};
use crate::evidence::envelope::Envelope;
use crate::evidence::trust::TrustBundle;
use crate::wire::{envelope::required, order, pb};

/// Most orders that are looked at for clashes, the newest first: months of a busy province.
const OTHERS_MAX: usize = 200;

/// Where a server would have been asked.
const NOT_ASKED: &str = "unknown: no server was asked; let a second officer look, who is connected";

/// What stands beside an order.
#[derive(Debug)]
pub(in crate::cli::order) struct Beside {
    pub(super) others: Vec<Other>,
    pub(super) earlier: Option<Order>,
    /// Whether the earlier one is out: what cancels it before that is a form for later.
    pub(super) is_earlier_out: bool,
    pub(super) signed_by: Vec<OfficerId>,
    pub(super) now: Instant,
    /// Whether no server was asked.
    pub(super) is_alone: bool,
}

impl Beside {
    /// Asks the server.
    pub(in crate::cli::order) async fn look(
        connection: &Connection,
        (order, envelope): (&Order, &Envelope),
        bundle: &TrustBundle,
    ) -> Result<Self> {
        let mut others = Vec::new();
        for held in newest(connection, OTHERS_MAX).await? {
            let envelope = required("envelope", held.envelope.as_ref())?;
            others.push(Other {
                order: order::read(&envelope)?,
                is_open: held.state() == pb::OrderState::Issued,
                is_issued: held.issued_time.is_some(),
            });
        }
        let mut is_earlier_out = false;
        let earlier = match &order.reference {
            None => None,
            Some(reference) => {
                let held = order_of(connection, &reference.order).await?;
                is_earlier_out = held.issued_time.is_some();
                let envelope = required("envelope", held.envelope.as_ref())?;
                if envelope.digest() != reference.digest {
                    bail!(
                        "the order that it changes has other bytes than it names: do not sign it"
                    );
                }
                Some(order::read(&envelope)?)
            }
        };
        let alone = Self::alone(envelope, bundle, connection.now());
        Ok(Self { others, earlier, is_earlier_out, is_alone: false, ..alone })
    }

    /// With no server in reach: who has signed so far, and nothing else.
    pub(in crate::cli::order) fn alone(
        envelope: &Envelope,
        bundle: &TrustBundle,
        now: Instant,
    ) -> Self {
        let signed =
            envelope.verified_signers(|id| bundle.holder_of(&id).map(|(_officer, own)| own.key));
        let named = |id| bundle.holder_of(id).map(|(officer, _own)| officer.id.clone());
        let signed_by = signed.iter().filter_map(named).collect();
        let (others, earlier) = (Vec::new(), None);
        Self { others, earlier, is_earlier_out: false, signed_by, now, is_alone: true }
    }

    /// What changed since the draft was laid down, or since the order that it changes.
    pub(super) fn changed(&self, order: &Order) -> Vec<String> {
        if self.is_alone && order.reference.is_some() {
            return vec![NOT_ASKED.to_owned()];
        }
        let Some(earlier) = &self.earlier else {
            let minutes = self.now.millis_since(order.drafted_at) / 60_000;
            return vec![format!(
                "nothing since the draft of {}, {minutes} min ago: the same bytes, the same endpoints",
                local_time(order.drafted_at)
            )];
        };
        let number = earlier.number_text();
        let title = printable(&earlier.title);
        if order.reference.as_ref().is_some_and(|own| own.kind == ReferenceKind::Cancel) {
            let count = earlier.audience.count();
            return vec![if self.is_earlier_out {
                format!("it CANCELS {number} `{title}`, sent to {count} endpoints")
            } else {
                format!(
                    "a FORM: kept by the server, it can cancel {number} `{title}` once that is in \
                     force, and nothing else; nothing is sent to its {count} endpoints now"
                )
            }];
        }
        let mut changed = differences(earlier, order);
        if changed.is_empty() {
            changed.push(format!("nothing since {number}, which it replaces"));
        } else {
            changed.insert(0, format!("since {number}, which it replaces:"));
        }
        changed
    }

    /// What it clashes with.
    pub(super) fn clashes(&self, order: &Order) -> Vec<String> {
        if self.is_alone {
            return vec![NOT_ASKED.to_owned()];
        }
        clash::clashes(order, &self.others, self.now)
    }

    /// Who has signed so far.
    pub(super) fn signed_by(&self) -> String {
        let names: Vec<&str> = self.signed_by.iter().map(OfficerId::as_str).collect();
        if names.is_empty() { "nobody so far".to_owned() } else { names.join(", ") }
    }
}
