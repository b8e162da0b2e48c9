//! A terminal against a scripted server, over real TLS on loopback.

mod enrol;
mod link;
mod support;
