//! The commands, one file each.

pub(crate) mod account;
pub(crate) mod audit;
pub(crate) mod check;
pub(crate) mod demo;
pub(crate) mod explain;
pub(crate) mod handed_out;
pub(crate) mod identity;
pub(crate) mod init;
pub(crate) mod lists;
pub(crate) mod make_lists;
pub(crate) mod overrides;
pub(crate) mod policy;
pub(crate) mod run;
pub(crate) mod schema;
pub(crate) mod status;
