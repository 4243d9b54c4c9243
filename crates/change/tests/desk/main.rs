//! The desk on a real disk: what is in force is what the ledger says, whatever happened between.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod around;
mod commissioning;
mod entrance;
mod erase;
mod evidence;
mod holds;
mod ledger;
mod lists;
mod routes;
mod school;
mod unblock;
