//! A whole server over real TLS, spoken to as officers and terminals speak to it.

#[path = "../support/mod.rs"]
mod support;

mod services;
