//! Everything that is written is read back as it was, and sizes at their bounds fit.

use proptest::prelude::*;
use prost::Message;

use super::samples;
use crate::domain::endpoint::ENDPOINTS_MAX;
use crate::domain::order::audience::{Audience, AudienceSelector, SELECTOR_UNITS_MAX};
use crate::domain::order::handling::Handling;
use crate::domain::order::{
    BODY_CHARS_MAX, Order, REQUIRED_MAX, REQUIREMENTS_MAX, Requirement, RequirementKind,
    TITLE_CHARS_MAX,
};
use crate::domain::world::tests::support::Province;
use crate::evidence::envelope::Envelope;
use crate::wire::{answer, entry, order, pb, trust};

proptest! {
    #![proptest_config(samples::cases(300))]

    #[test]
    fn an_order_is_read_back_as_written(order in samples::orders()) {
        let envelope = samples::order_envelope(&order);
        prop_assert_eq!(order::read(&envelope), Ok(order));
    }

    #[test]
    fn an_answer_is_read_back_as_written(answer in samples::answers()) {
        prop_assert_eq!(answer::read(&samples::answer_envelope(&answer)), Ok(answer));
    }

    #[test]
    fn a_trust_bundle_is_read_back_as_written(bundle in samples::bundles()) {
        prop_assert_eq!(trust::read(&samples::bundle_envelope(&bundle)), Ok(bundle));
    }

    #[test]
    fn a_ledger_entry_is_read_back_as_written(own in samples::entries()) {
        let leaf = entry::encode(&own);
        let read = entry::decode(&leaf);
        prop_assert_eq!(read.as_ref(), Ok(&own));
        prop_assert_eq!(entry::encode(&own), leaf);
    }

    #[test]
    fn an_envelope_is_read_back_as_written(answer in samples::answers()) {
        let envelope = samples::answer_envelope(&answer);
        let bytes = pb::Envelope::from(&envelope).encode_to_vec();
        let message = pb::Envelope::decode(&bytes[..]).expect("our own");
        prop_assert_eq!(Envelope::try_from(&message), Ok(envelope));
    }
}

/// The largest texts and lists, to as many separate runs of endpoints as asked.
fn large(runs: u32, texts: bool) -> Order {
    let mut order = Province::new().order(Handling::Exercise);
    let highest = u32::try_from(ENDPOINTS_MAX).expect("small");
    let numbers = (0..runs).map(|n| highest - 2 * n);
    let selector = AudienceSelector {
        units: (0..SELECTOR_UNITS_MAX)
            .map(|n| format!("{n:016}").parse().expect("16 digits"))
            .collect(),
        ..AudienceSelector::default()
    };
    order.audience = Audience { endpoints: numbers.collect(), digest: [255; 32], selector };
    if texts {
        order.title = "ự".repeat(TITLE_CHARS_MAX);
        order.body = "ự".repeat(BODY_CHARS_MAX);
        let line = |n| Requirement {
            code: format!("{n:016}").parse().expect("16 digits"),
            kind: RequirementKind::Equipment,
            count: REQUIRED_MAX,
        };
        order.requirements = (0..REQUIREMENTS_MAX).map(line).collect();
    }
    order.validate().expect("at the bounds");
    order
}

#[test]
fn orders_at_their_bounds_fit_their_envelope() {
    for order in [large(10_000, false), large(4_000, true)] {
        let payload = order::encode(&order);
        let kind = crate::domain::world::OrderFile::payload_type(&order);
        let envelope = Envelope::new(kind, payload).expect("fits");
        assert_eq!(order::read(&envelope), Ok(order));
    }
}
