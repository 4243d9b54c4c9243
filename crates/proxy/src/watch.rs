use crate::asked::Asked;
use gate::{Client, Facts, Judgement};
use std::cell::{Cell, RefCell};
use std::net::IpAddr;
use std::rc::Rc;
use std::time::Instant;
use tokio::sync::Notify;

/// What a worker keeps of one open connection, so that one coarse tick can time and judge all.
///
/// One timer a connection and phase would cost a timer call for each request; a number that is
/// compared once a second costs nothing.
#[derive(Debug)]
pub(crate) struct Watch {
    pub(crate) source: IpAddr,
    clock: Rc<Cell<u32>>,
    /// The tick at which a byte last moved.
    moved: Cell<u32>,
    /// Ticks without movement after which the connection is closed.
    limit: Cell<u32>,
    /// Set while an origin is waited for: then being late is its fault, and is answered.
    pub(crate) waits: Cell<bool>,
    pub(crate) overdue: Notify,
    cut: Notify,
    /// What is being carried, once it was judged.
    pub(crate) carried: RefCell<Option<Carried>>,
}

/// One judged query whose answer is being carried.
#[derive(Debug)]
pub(crate) struct Carried {
    pub(crate) asked: Asked,
    pub(crate) client: Client,
    pub(crate) judgement: Judgement,
    pub(crate) facts: Facts,
    /// The addresses that its host led to, once one was reached.
    pub(crate) addresses: Rc<[IpAddr]>,
    pub(crate) began: Instant,
    pub(crate) began_tick: u32,
    /// Set when a row was written before the end.
    pub(crate) written: bool,
}

impl Watch {
    pub(crate) fn touch(&self) {
        self.moved.set(self.clock.get());
    }

    pub(crate) fn allow_idle(&self, seconds: u32) {
        self.limit.set(seconds.max(1));
        self.touch();
    }

    pub(crate) fn cut(&self) {
        self.cut.notify_one();
    }

    /// Waits until the connection is to end.
    pub(crate) async fn is_cut(&self) {
        self.cut.notified().await;
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.clock.get().wrapping_sub(self.moved.get()) > self.limit.get()
    }

    pub(crate) fn add_bytes(&self, count: u64) {
        if let Some(carried) = &mut *self.carried.borrow_mut() {
            carried.facts.bytes += count;
        }
    }
}

/// All open connections of one worker.
#[derive(Debug, Default)]
pub(crate) struct Watches {
    clock: Rc<Cell<u32>>,
    watches: RefCell<Vec<Option<Rc<Watch>>>>,
    free: RefCell<Vec<usize>>,
}

impl Watches {
    /// Watches one more connection; `leave` ends it.
    pub(crate) fn enter(&self, source: IpAddr, seconds: u32) -> (usize, Rc<Watch>) {
        let watch = Rc::new(Watch {
            source,
            clock: Rc::clone(&self.clock),
            moved: Cell::new(self.clock.get()),
            limit: Cell::new(seconds.max(1)),
            waits: Cell::new(false),
            overdue: Notify::new(),
            cut: Notify::new(),
            carried: RefCell::new(None),
        });
        let mut watches = self.watches.borrow_mut();
        let place = self.free.borrow_mut().pop().unwrap_or(watches.len());
        match watches.get_mut(place) {
            Some(slot) => *slot = Some(Rc::clone(&watch)),
            None => watches.push(Some(Rc::clone(&watch))),
        }
        (place, watch)
    }

    pub(crate) fn leave(&self, place: usize) {
        let gone = self
            .watches
            .borrow_mut()
            .get_mut(place)
            .and_then(Option::take);
        if gone.is_some() {
            self.free.borrow_mut().push(place);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.watches.borrow().len() == self.free.borrow().len()
    }

    pub(crate) fn tick(&self) -> u32 {
        self.clock.set(self.clock.get().wrapping_add(1));
        self.clock.get()
    }

    pub(crate) fn now(&self) -> u32 {
        self.clock.get()
    }

    /// The open connections, to be looked at one by one.
    pub(crate) fn each(&self, mut look: impl FnMut(&Watch)) {
        for watch in self.watches.borrow().iter().flatten() {
            look(watch);
        }
    }
}
