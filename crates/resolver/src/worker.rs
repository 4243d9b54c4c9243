use crate::batch::{Batch, Peer, Socket};
use crate::counters::{Count, Counters};
use crate::listeners::IDLE;
use crate::question::NameText;
use crate::reply::Carrier;
use crate::responder::{Responder, Step};
use crate::shaped::{Now, Shaped};
use crate::shutdown::Shutdown;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::Sender;

/// One UDP thread: takes questions in batches, answers what it can, hands on the rest.
pub(crate) struct Worker {
    pub(crate) number: usize,
    pub(crate) socket: Socket,
    pub(crate) responder: Responder,
    pub(crate) counters: Arc<Counters>,
    /// Questions for the runtime.
    pub(crate) misses: Sender<Miss>,
    /// Answers that the runtime shaped for this thread.
    pub(crate) shaped: Receiver<Arc<Shaped>>,
    pub(crate) waiting: Waiting,
    pub(crate) shutdown: Shutdown,
}

/// A question that somebody must be asked about.
pub(crate) struct Miss {
    pub(crate) packet: Box<[u8]>,
    pub(crate) peer: Peer,
    /// The thread whose socket the answer leaves by.
    pub(crate) worker: usize,
    pub(crate) ticket: Ticket,
}

/// Counts the questions that wait for upstreams, and turns away what is too much.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    count: Arc<AtomicUsize>,
    most: usize,
}

/// One place among those that wait; given back when dropped.
#[derive(Debug)]
pub(crate) struct Ticket(Arc<AtomicUsize>);

impl Waiting {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            count: Arc::default(),
            most,
        }
    }

    /// Takes a place, where there is one.
    pub(crate) fn ticket(&self) -> Option<Ticket> {
        let ticket = Ticket(Arc::clone(&self.count));
        let before = self.count.fetch_add(1, Ordering::Relaxed);
        (before < self.most).then_some(ticket)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Worker {
    /// Works until the word to stop.
    pub(crate) fn run(mut self) {
        let mut batch = Batch::new();
        let mut text = NameText::new();
        let mut flushed = Instant::now();
        while !self.shutdown.is_triggered() {
            match batch.receive(&self.socket) {
                Ok(count) => {
                    // A panic must not end the thread: the kernel would go on to hand its socket
                    // a share of all questions. What it was about to answer is asked again.
                    let work = AssertUnwindSafe(|| self.answer(&mut batch, count, &mut text));
                    if catch_unwind(work).is_err() {
                        tracing::error!("a DNS thread dropped a batch after a panic");
                    }
                }
                Err(error) if is_quiet(&error) => {}
                Err(error) => {
                    // The socket itself is at fault; without a pause this would spin.
                    tracing::warn!(%error, "a DNS socket could not be read");
                    std::thread::sleep(IDLE);
                }
            }
            if flushed.elapsed() >= FLUSH {
                self.responder.session.flush();
                flushed = Instant::now();
            }
        }
        self.responder.session.flush();
    }

    fn answer(&mut self, batch: &mut Batch, count: usize, text: &mut NameText) {
        let now = Now::of(&**self.responder.session.gate().clock());
        for shaped in self.shaped.try_iter().take(MOST_KEPT) {
            self.responder.keep(&shaped, now);
        }
        for place in 0..count {
            let Some((packet, peer, room)) = batch.take(place) else {
                self.counters.add(Count::Malformed);
                continue;
            };
            let source = peer.address.ip();
            if !self.responder.admits(source, now) {
                continue;
            }
            let mut step = self
                .responder
                .step(packet, source, Carrier::Udp, now, room, text);
            if step == Step::Ask {
                step = self.hand_on(packet, peer, room);
            }
            if let Step::Answer(length) = step {
                batch.answer(place, length, &peer);
            }
        }
        let unsent = batch.send(&self.socket);
        if unsent > 0 {
            self.counters.add_many(Count::Unsent, unsent as u64);
        }
    }

    /// Hands a question to the runtime; when too many wait it is answered at once, for a queue
    /// would only grow old.
    fn hand_on(&mut self, packet: &[u8], peer: Peer, room: &mut [u8]) -> Step {
        let sent = self.waiting.ticket().is_some_and(|ticket| {
            let miss = Miss {
                packet: packet.into(),
                peer,
                worker: self.number,
                ticket,
            };
            self.misses.try_send(miss).is_ok()
        });
        if sent {
            return Step::Silence;
        }
        self.counters.add(Count::Overloaded);
        self.responder.fail(packet, room)
    }
}

fn is_quiet(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted
    )
}

/// How often decisions are handed over at least.
const FLUSH: Duration = Duration::from_millis(100);

/// Answers taken from the runtime before a batch.
const MOST_KEPT: usize = 256;
