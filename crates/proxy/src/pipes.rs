use rustix::pipe::{PipeFlags, fcntl_setpipe_size, pipe_with};
use std::cell::RefCell;
use std::os::fd::OwnedFd;

/// Room for bytes on their way, lent to tunnels only while bytes are on their way.
///
/// An idle tunnel holds neither a buffer nor a pipe, which is what keeps it small.
#[derive(Debug, Default)]
pub(crate) struct Room {
    buffers: RefCell<Vec<Box<[u8]>>>,
    pipes: RefCell<Vec<Pipe>>,
}

/// An empty kernel pipe.
#[derive(Debug)]
pub(crate) struct Pipe {
    pub(crate) out: OwnedFd,
    pub(crate) into: OwnedFd,
}

impl Room {
    pub(crate) fn take_buffer(&self) -> Box<[u8]> {
        let kept = self.buffers.borrow_mut().pop();
        kept.unwrap_or_else(|| vec![0; BUFFER].into_boxed_slice())
    }

    pub(crate) fn give_buffer(&self, buffer: Box<[u8]>) {
        let mut buffers = self.buffers.borrow_mut();
        if buffers.len() < KEPT {
            buffers.push(buffer);
        }
    }

    /// A pipe; `None` when the system has none left, and the caller copies.
    pub(crate) fn take_pipe(&self) -> Option<Pipe> {
        if let Some(pipe) = self.pipes.borrow_mut().pop() {
            return Some(pipe);
        }
        let (out, into) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK).ok()?;
        // Refused past the user's share of pipe memory; the size it has will do.
        let _ = fcntl_setpipe_size(&into, PIPE);
        Some(Pipe { out, into })
    }

    /// Takes back a pipe that is empty.
    pub(crate) fn give_pipe(&self, pipe: Pipe) {
        let mut pipes = self.pipes.borrow_mut();
        if pipes.len() < KEPT {
            pipes.push(pipe);
        }
    }
}

const BUFFER: usize = 32 * 1024;
pub(crate) const PIPE: usize = 256 * 1024;
const KEPT: usize = 16;
