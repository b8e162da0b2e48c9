//! Certificates, the acceptor and the HTTP/2 limits, over real sockets on loopback. The service
//! behind them is the standard health service.

mod certificates;
mod enrolment;
mod flood;
mod listener;
mod matrix;
mod renewal;
mod support;
