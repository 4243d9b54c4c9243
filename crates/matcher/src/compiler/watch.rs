//! How far a compilation is, and whether it should go on.

use super::report::CompileError;
use std::ops::ControlFlow;

/// How far a compilation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// How many entries or names are done in this stage.
    pub done: usize,
    /// How many there are.
    pub total: usize,
}

/// What a compilation does, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Names are hashed.
    Hash,
    /// Names get their label sets.
    Label,
    /// Names get what their parents hand down, less what exceptions take away.
    Inherit,
}

/// Tells the watcher now and then.
pub(super) struct Watch<'a> {
    each: &'a mut dyn FnMut(Progress) -> ControlFlow<()>,
    total: usize,
}

impl<'a> Watch<'a> {
    pub(super) fn new(each: &'a mut dyn FnMut(Progress) -> ControlFlow<()>, total: usize) -> Self {
        Self { each, total }
    }

    /// Sets how many names the next stages have.
    pub(super) const fn of(&mut self, total: usize) {
        self.total = total;
    }

    /// Tells that so many are done, once in some thousands and at the end.
    #[inline]
    pub(super) fn at(&mut self, stage: Stage, done: usize) -> Result<(), CompileError> {
        if !done.is_multiple_of(EVERY) && done != self.total {
            return Ok(());
        }
        let progress = Progress {
            stage,
            done,
            total: self.total,
        };
        match (self.each)(progress) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(CompileError::Stopped),
        }
    }
}

/// A few milliseconds of work.
const EVERY: usize = 1 << 14;
