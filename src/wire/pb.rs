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

macro_rules! masked {
    ($($name:ident)+) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(masked)"))
            }
        }
    )+};
}

masked!(Driver Deferral Exemption MilitiaRole Transfer MilitiaBase Enterprise FieldChange
    CalledPerson CalledEquipment CallUpSheetDelivery StoredCallUpLeaf);
