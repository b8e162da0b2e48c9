//! Generated code of `proto/hoatoc/v1`, and nothing else but the `Debug`s that hide people.
#![expect(
    unused_qualifications,
    clippy::all,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::too_many_lines,
    reason = "generated code; the proto files carry the documentation"
)]

use std::fmt;

tonic::include_proto!("hoatoc.v1");

/// The descriptor set of all proto files, for reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/hoatoc.v1.descriptors"));

impl fmt::Debug for Reservist {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reservist({} v{})", self.reservist_id, self.version)
    }
}

impl fmt::Debug for Equipment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Equipment({} v{})", self.equipment_id, self.version)
    }
}

impl fmt::Debug for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Driver(masked)")
    }
}

impl fmt::Debug for CalledPerson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CalledPerson({})", self.number)
    }
}

impl fmt::Debug for CalledEquipment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CalledEquipment({})", self.number)
    }
}

impl fmt::Debug for CallUpSheetDelivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallUpSheetDelivery(masked)")
    }
}

impl fmt::Debug for StoredCallUpLeaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoredCallUpLeaf(masked)")
    }
}
