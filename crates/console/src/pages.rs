//! The pages and actions, a file each. None decides anything: they ask the desk and show its words.

pub(crate) mod accounts;
pub(crate) mod activity;
pub(crate) mod block;
pub(crate) mod break_glass;
pub(crate) mod changes;
pub(crate) mod fixed;
pub(crate) mod health;
pub(crate) mod incident;
pub(crate) mod incident_evidence;
pub(crate) mod incidents;
pub(crate) mod lesson;
pub(crate) mod matter;
pub(crate) mod password;
pub(crate) mod policy;
pub(crate) mod propose;
pub(crate) mod refused;
pub(crate) mod reports;
pub(crate) mod requests;
pub(crate) mod reviews;
pub(crate) mod second_factor;
pub(crate) mod settings;
pub(crate) mod sign_in;
pub(crate) mod social;
pub(crate) mod today;
pub(crate) mod try_address;

#[cfg(test)]
mod incident_tests;
#[cfg(test)]
mod record_tests;
#[cfg(test)]
mod tests;
