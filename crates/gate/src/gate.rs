use crate::recorder::Recorder;
use crate::{Counters, Session, State};
use arc_swap::ArcSwap;
use identity::{Binding, Bindings};
use matcher::Artefact;
use model::{Chance, Clock};
use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The place where all doors ask.
///
/// It is made with a state, so nothing is ever answered before policy and lists are in force.
pub struct Gate {
    state: ArcSwap<State>,
    generation: AtomicU64,
    swapping: Mutex<()>,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
    counters: Arc<Counters>,
    recorder: Recorder,
}

impl Gate {
    /// Opens the gate on its first state.
    pub fn new(
        state: State,
        clock: Arc<dyn Clock>,
        chance: Arc<dyn Chance>,
        recorder: Recorder,
    ) -> Arc<Self> {
        let counters = Arc::clone(recorder.counters());
        Arc::new(Self {
            generation: AtomicU64::new(state.generation),
            state: ArcSwap::from_pointee(state),
            swapping: Mutex::new(()),
            clock,
            chance,
            counters,
            recorder,
        })
    }

    /// A session for one worker.
    pub fn session(self: &Arc<Self>) -> Session {
        Session::new(Arc::clone(self))
    }

    /// Counts swaps; a door that remembers an answer compares it.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// What decides now.
    pub fn state(&self) -> Arc<State> {
        self.state.load_full()
    }

    /// The clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// The source of chance.
    pub fn chance(&self) -> &Arc<dyn Chance> {
        &self.chance
    }

    /// What was counted.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// What the journal has done.
    pub fn journal(&self) -> audit::JournalCounts {
        self.recorder.journal()
    }

    pub(crate) const fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// Swaps policy and lists whole; identities stay.
    ///
    /// For `change` alone, which holds the proof that the state was approved.
    pub fn swap(&self, mut next: State) {
        let _one_at_a_time = self.hold();
        next.bindings = Arc::clone(&self.state.load().bindings);
        self.put(next);
    }

    /// Swaps the lists alone.
    ///
    /// For `change` alone, which writes the activation down first.
    pub fn swap_lists(&self, artefact: Arc<Artefact>) {
        let _one_at_a_time = self.hold();
        let state = self.state.load();
        let next = self.successor(&state, Arc::clone(&state.bindings), artefact);
        self.put(next);
    }

    /// Takes in what a feed says of an address.
    pub fn bind(&self, binding: Binding) {
        self.rebind(|bindings| bindings.bind(binding));
    }

    /// Takes in all that a feed says at once.
    pub fn bind_all(&self, said: Vec<Binding>) {
        self.rebind(|bindings| said.into_iter().for_each(|binding| bindings.bind(binding)));
    }

    /// Drops what a feed said of an address.
    pub fn release(&self, address: IpAddr, source: &str) {
        self.rebind(|bindings| bindings.release(address, source));
    }

    fn rebind(&self, alter: impl FnOnce(&mut Bindings)) {
        let _one_at_a_time = self.hold();
        let state = self.state.load();
        let mut bindings = Bindings::clone(&state.bindings);
        bindings.expire(self.clock().now());
        alter(&mut bindings);
        let next = self.successor(&state, Arc::new(bindings), Arc::clone(&state.artefact));
        self.put(next);
    }

    fn successor(&self, state: &State, bindings: Arc<Bindings>, artefact: Arc<Artefact>) -> State {
        State {
            compiled: Arc::clone(&state.compiled),
            artefact,
            phrases: Arc::clone(&state.phrases),
            bindings,
            school: Arc::clone(&state.school),
            generation: state.generation,
        }
    }

    /// INVARIANT: called with `swapping` held. The state is seen before its generation, so a
    /// session that sees the new generation also loads the new state.
    fn put(&self, mut next: State) {
        let generation = self.generation.load(Ordering::Acquire) + 1;
        next.generation = generation;
        self.state.store(Arc::new(next));
        self.generation.store(generation, Ordering::Release);
        self.counters.add_swap();
    }

    fn hold(&self) -> MutexGuard<'_, ()> {
        // A panic while swapping leaves the last good state in place; the next swap may go on.
        self.swapping.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate")
            .field("generation", &self.generation())
            .finish_non_exhaustive()
    }
}
