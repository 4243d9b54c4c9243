use crate::counters::Counters;
use crate::framing::{Broken, Framing};
use crate::head::HeadLimits;
use crate::watch::Watch;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// The client's connection as the HTTP engine sees it: every byte has passed [`Framing`] first.
///
/// At a refused head the engine is given a byte that no head may have, so that it answers 400
/// after the answers that are still due, and closes. At a refused chunk reading fails.
#[derive(Debug)]
pub(crate) struct Guarded {
    inner: TcpStream,
    framing: Framing,
    /// Bytes read before this door was chosen, then what ends a refused head.
    replay: Vec<u8>,
    replayed: usize,
    over: bool,
    watch: Rc<Watch>,
    counters: Arc<Counters>,
}

impl Guarded {
    pub(crate) fn new(
        inner: TcpStream,
        first: Vec<u8>,
        limits: HeadLimits,
        watch: Rc<Watch>,
        counters: Arc<Counters>,
    ) -> Self {
        let mut guarded = Self {
            inner,
            framing: Framing::new(limits),
            replay: first,
            replayed: 0,
            over: false,
            watch,
            counters,
        };
        if let Err(broken) = guarded.framing.follow(&guarded.replay) {
            guarded.replay.truncate(broken.good);
            guarded.refuse(broken);
        }
        guarded
    }

    fn refuse(&mut self, broken: Broken) {
        self.counters.malformed.add(1);
        self.over = true;
        if broken.in_head {
            self.replay.extend_from_slice(NO_HEAD);
        }
    }

    fn replay(&mut self, buffer: &mut ReadBuf<'_>) -> bool {
        let left = self.replay.get(self.replayed..).unwrap_or_default();
        if left.is_empty() {
            return false;
        }
        let count = left.len().min(buffer.remaining());
        buffer.put_slice(left.get(..count).unwrap_or_default());
        self.replayed += count;
        if self.replayed == self.replay.len() {
            self.replay = Vec::new();
            self.replayed = 0;
        }
        true
    }
}

impl AsyncRead for Guarded {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.replay(buffer) || this.over {
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        match Pin::new(&mut this.inner).poll_read(context, buffer) {
            Poll::Ready(Ok(())) => {}
            other => return other,
        }
        let fresh = buffer.filled().get(before..).unwrap_or_default();
        if fresh.is_empty() {
            return Poll::Ready(Ok(()));
        }
        if let Err(broken) = this.framing.follow(fresh) {
            buffer.set_filled(before + broken.good);
            this.refuse(broken);
            if broken.in_head {
                this.replay(buffer);
            } else if broken.good == 0 {
                return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
            }
            return Poll::Ready(Ok(()));
        }
        // A head that trickles in does not count as movement: it has one limit of time.
        if !this.framing.is_in_head() {
            this.watch.touch();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Guarded {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.inner).poll_write(context, bytes);
        if let Poll::Ready(Ok(_)) = result {
            this.watch.touch();
        }
        result
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.inner).poll_write_vectored(context, slices);
        if let Poll::Ready(Ok(_)) = result {
            this.watch.touch();
        }
        result
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(context)
    }
}

/// No method, field name or field value may hold the first of these bytes.
const NO_HEAD: &[u8] = b"\0\r\n\r\n";
