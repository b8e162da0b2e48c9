//! What the world allows and refuses, one sentence a test, and a model that it must agree with.

mod answers;
mod audience;
mod epochs;
mod forms;
mod handling;
mod identity;
mod model;
mod orders;
mod races;
mod requests;
mod signing;
pub(crate) mod support;
mod units;
