//! A terminal against a scripted server, over real TLS on loopback.

mod enrol;
mod farewell;
mod link;
#[path = "../support/spans.rs"]
mod spans;
mod support;
