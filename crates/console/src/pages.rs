//! The pages and actions, a file each. None decides anything: they ask the desk and show its words.

pub(crate) mod accounts;
pub(crate) mod break_glass;
pub(crate) mod changes;
pub(crate) mod fixed;
pub(crate) mod health;
pub(crate) mod matter;
pub(crate) mod password;
pub(crate) mod propose;
pub(crate) mod refused;
pub(crate) mod requests;
pub(crate) mod second_factor;
pub(crate) mod sign_in;
pub(crate) mod today;

#[cfg(test)]
mod tests;
