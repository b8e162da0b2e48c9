//! What signatures are weighed for: the facts of an order that rules and delegations speak about.

use std::collections::BTreeSet;

use super::OrderAct;
use crate::domain::ids::{OfficerId, UnitCode};
use crate::domain::order::handling::Handling;
use crate::domain::order::{LegalGround, Order};

/// The facts of one order or cancel, as its own signed bytes say them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Matter<'a> {
    /// How it is meant.
    pub handling: Handling,
    /// Whether it is sent out or calls one back.
    pub act: OrderAct,
    /// The code of its kind.
    pub kind: &'a str,
    /// Its ground in law.
    pub ground: LegalGround,
    /// The units that its audience was asked for by; none in payloads that never said.
    pub units: &'a BTreeSet<UnitCode>,
    /// Who wrote it; none where the payload does not say.
    pub drafter: Option<&'a OfficerId>,
}

impl<'a> From<&'a Order> for Matter<'a> {
    fn from(order: &'a Order) -> Self {
        Self {
            handling: order.handling,
            act: if order.is_cancel() { OrderAct::Cancel } else { OrderAct::Issue },
            kind: order.kind.as_str(),
            ground: order.ground,
            units: &order.audience.selector.units,
            drafter: Some(&order.drafted_by),
        }
    }
}
