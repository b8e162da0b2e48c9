//! Is this order to be believed? Answered with the terminal's own trust bundle alone, so that it
//! holds with no server in reach, and against a server that lies.
//!
//! Called by the inbox for each order that arrives, and, question by question ([`examine`]), by
//! `hoatoc order verify`. Pure: time comes in. It does not know what arrived before; repeats, cancels
//! and the epoch's high-water mark are the inbox's business.

mod asked;
pub mod day;
pub mod examine;

use crate::domain::authority::Matter;
use crate::domain::ids::{EndpointNo, OfficerId, UnitCode};
use crate::domain::instant::Instant;
use crate::domain::order::{Order, OrderError};
use crate::evidence::authority::{AuthorityError, Counted, check_signatures};
use crate::evidence::envelope::{Envelope, PayloadType};
use crate::evidence::trust::TrustBundle;
use crate::wire;
use crate::wire::WireError;

/// An order that is what it claims to be.
#[derive(Debug, Clone, PartialEq)]
pub struct VerifiedOrder {
    /// What it says.
    pub order: Order,
    /// The digest of its envelope, which every answer names.
    pub digest: [u8; 32],
    /// The officers whose signatures count, in the order of the rule's places.
    pub signed_by: Vec<OfficerId>,
    /// The same with the role of each, and by whose leave: "X for Y by document D".
    pub counted: Vec<Counted>,
}

/// Why an order is not believed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Unverified {
    /// It is not an envelope of this program.
    #[error("read the envelope: {0}")]
    Envelope(WireError),
    /// It holds something else than an order or cancel.
    #[error("the envelope holds `{found}`, not an order or cancel")]
    NotAnOrder {
        /// Its type.
        found: PayloadType,
    },
    /// No signature on it was made, over these bytes, by any key of the trust bundle: the bytes
    /// were changed, or strangers signed.
    #[error(
        "no officer of the trust bundle signed these bytes: it was forged or changed, or is of another province or another trust bundle"
    )]
    NobodySigned,
    /// An officer signed bytes that are no order.
    #[error("read the order: {0}")]
    Unreadable(WireError),
    /// The contents demand another type: a cancel in an order's envelope, a drill in an actual one.
    #[error("the envelope says `{found}`, its contents say something else")]
    TypeMismatch {
        /// What the envelope says.
        found: PayloadType,
    },
    /// The persons that the rules ask for have not signed.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// It was issued by another province.
    #[error("the order is of province `{found}`, this terminal belongs to `{own}`")]
    OtherProvince {
        /// Ours.
        own: UnitCode,
        /// The order's.
        found: UnitCode,
    },
    /// It was issued before the authority was restored or taken over.
    #[error("the order is of epoch {found}, the authority is at {least}: it is no longer in force")]
    OldEpoch {
        /// The least that is taken.
        least: u64,
        /// The order's.
        found: u64,
    },
    /// It is for others.
    #[error("the order is not addressed to endpoint {endpoint}")]
    NotAddressed {
        /// Ours.
        endpoint: EndpointNo,
    },
    /// Its contents make no sense.
    #[error(transparent)]
    Contents(#[from] OrderError),
    /// It names itself as the order that it changes.
    #[error("the order changes itself")]
    ChangesItself,
    /// It is void.
    #[error("the order was void after {not_after}")]
    Expired {
        /// Its end.
        not_after: Instant,
    },
    /// Another order with this id, but other bytes, is here.
    #[error("another order with the same id is here already")]
    IdReused,
    /// The order that it changes is here, and is another than the one it names.
    #[error("the order that it changes has other bytes or another handling")]
    ReferenceMismatch,
}

impl Unverified {
    /// Its stable reason.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Envelope(_) => "ENVELOPE_INVALID",
            Self::NotAnOrder { .. } => "NOT_AN_ORDER",
            Self::NobodySigned => "SIGNATURE_INVALID",
            Self::Unreadable(_) => "PAYLOAD_INVALID",
            Self::TypeMismatch { .. } => "PAYLOAD_TYPE_MISMATCH",
            Self::Authority(AuthorityError::BundleExpired { .. }) => "TRUST_BUNDLE_EXPIRED",
            Self::Authority(_) => "SIGNATURES_MISSING",
            Self::OtherProvince { .. } => "OTHER_PROVINCE",
            Self::OldEpoch { .. } => "OLD_EPOCH",
            Self::NotAddressed { .. } => "NOT_ADDRESSED",
            Self::Contents(_) => "CONTENTS_INVALID",
            Self::ChangesItself => "CHANGES_ITSELF",
            Self::Expired { .. } => "EXPIRED",
            Self::IdReused => "ORDER_ID_REUSED",
            Self::ReferenceMismatch => "REFERENCE_MISMATCH",
        }
    }
}

/// Whether the order in this envelope is to be believed. `endpoint` is who asks; `None` for somebody
/// who is no addressee. An empty audience is refused while the contents are read.
///
/// Signatures are judged at the latest of `now`, the bundle's making and the order's drafting: a
/// clock that stands in the past must not make an order look too early. A cancel is believed after
/// its own end too, because it outlives the order it cancels.
///
/// # Errors
/// The first [`Unverified`] found.
pub fn verify_order(
    envelope: &Envelope,
    bundle: &TrustBundle,
    endpoint: Option<EndpointNo>,
    now: Instant,
) -> Result<VerifiedOrder, Unverified> {
    let found = envelope.payload_type();
    let (PayloadType::Order(_) | PayloadType::Cancel(_)) = found else {
        return Err(Unverified::NotAnOrder { found });
    };
    // Nothing is parsed that nobody we know has signed.
    if signed_by_known(envelope, bundle) == 0 {
        return Err(Unverified::NobodySigned);
    }
    let order = read_signed(envelope)?;
    let counted = authorised(envelope, bundle, &order, now)?;
    let signed_by = counted.iter().map(|own| own.officer.clone()).collect();
    asked::province(&order, bundle)?;
    asked::epoch(&order, bundle.epoch)?;
    asked::addressed(&order, endpoint)?;
    asked::sense(&order)?;
    asked::in_time(&order, now)?;
    Ok(VerifiedOrder { order, digest: envelope.digest(), signed_by, counted })
}

/// How many signatures were made, over these bytes, by keys of the bundle: with none nothing is read.
pub fn signed_by_known(envelope: &Envelope, bundle: &TrustBundle) -> usize {
    let signed_bytes = envelope.signed_bytes();
    let known = envelope.signatures().iter().filter(|signature| {
        bundle
            .holder_of(&signature.key_id)
            .is_some_and(|(_who, own)| own.key.verify(&signed_bytes, &signature.bytes).is_ok())
    });
    known.count()
}

/// What somebody known has signed.
fn read_signed(envelope: &Envelope) -> Result<Order, Unverified> {
    let found = envelope.payload_type();
    wire::order::read(envelope).map_err(|fault| match fault.field {
        "payload_type" => Unverified::TypeMismatch { found },
        _other => Unverified::Unreadable(fault),
    })
}

/// Who signed, if those who must have.
fn authorised(
    envelope: &Envelope,
    bundle: &TrustBundle,
    order: &Order,
    now: Instant,
) -> Result<Vec<Counted>, Unverified> {
    let at = now.max(bundle.issued_at).max(order.drafted_at);
    Ok(check_signatures(bundle, envelope, &Matter::from(order), at)?)
}

#[cfg(test)]
mod tests;
