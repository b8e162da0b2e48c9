//! wire
pub mod pb;
