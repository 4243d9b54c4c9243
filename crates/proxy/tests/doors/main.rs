//! The proxy doors as a client meets them: over loopback, with stub origins and a stub resolver.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod connect;
mod hello;
mod http;
mod limits;
mod smuggling;
mod stage;
mod warning;
mod within;
