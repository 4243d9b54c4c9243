use crate::judgement::{Client, Facts, Judgement, Reference};
use crate::record::{Backlog, Batch};
use crate::within::Decided;
use crate::words::Words;
use crate::{Gate, State};
use model::{Door, Moment, Schedules, Target, Verdict, ViewId};
use policy::View;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

/// What one worker asks the gate with.
///
/// It holds the state it last saw, the clients it knows, and the decisions that wait to be
/// written down. It is not shared: a worker thread or a runtime of one core owns it.
#[derive(Debug)]
pub struct Session {
    gate: Arc<Gate>,
    state: Arc<State>,
    /// The state before the last swap, for rows that were judged under it.
    before: Option<Arc<State>>,
    schedules: Schedules,
    slots: Vec<Slot>,
    places: HashMap<IpAddr, u32, foldhash::fast::RandomState>,
    batch: Option<Batch>,
    tally: [[u64; 4]; 5],
}

#[derive(Debug)]
struct Slot {
    client: Client,
    view: Option<Arc<View>>,
}

impl Session {
    pub(crate) fn new(gate: Arc<Gate>) -> Self {
        let state = gate.state();
        let schedules = state.policy().schedules(gate.clock().now());
        let batch = Some(Batch::new(Arc::clone(&state)));
        Self {
            gate,
            state,
            before: None,
            schedules,
            slots: Vec::new(),
            places: HashMap::default(),
            batch,
            tally: [[0; 4]; 5],
        }
    }

    /// The gate that this session asks.
    pub const fn gate(&self) -> &Arc<Gate> {
        &self.gate
    }

    /// Who asks from an address.
    pub fn client(&mut self, source: IpAddr) -> Client {
        self.refresh();
        let now = self.gate.clock().now();
        if now < self.schedules.at {
            // The clock was set back: what was known holds for moments that are to come.
            self.forget();
        }
        let source = source.to_canonical();
        if let Some(slot) = self
            .places
            .get(&source)
            .and_then(|&place| self.slots.get(place as usize))
            && slot.client.valid_until.is_none_or(|end| now < end)
        {
            return slot.client;
        }
        self.identify(source, now)
    }

    /// What is decided of a target for a client; nothing is recorded.
    pub fn judge(&mut self, client: &Client, target: &Target<'_>) -> Judgement {
        self.judge_reached(client, target, &[])
    }

    /// Whether the addresses that a name leads to may change what is decided of it.
    ///
    /// Where they do not, nobody need look for them.
    pub fn minds_addresses(&mut self) -> bool {
        self.refresh();
        self.state.artefact.labels_answers()
    }

    /// What is decided of a target that leads to these addresses; nothing is recorded.
    pub fn judge_reached(
        &mut self,
        client: &Client,
        target: &Target<'_>,
        addresses: &[IpAddr],
    ) -> Judgement {
        let mut client = *client;
        if client.generation != self.gate.generation() || self.view(&client).is_none() {
            client = self.client(client.source);
        }
        let labels = match addresses {
            [] => self.state.artefact.label_target(target),
            addresses => self.state.artefact.label_reached(target, addresses),
        };
        let Decided { verdict, labels } = match (self.view(&client), client.subject) {
            (Some(view), Some(subject)) => self.state.decide(view, subject.group, target, labels),
            (Some(_) | None, Some(_) | None) => Decided {
                verdict: policy::Policy::outside(self.state.policy().version()),
                labels,
            },
        };
        let valid_until = [verdict.valid_until, client.valid_until]
            .into_iter()
            .flatten()
            .min();
        Judgement {
            verdict: Verdict {
                valid_until,
                ..verdict
            },
            labels,
            generation: client.generation,
        }
    }

    /// Writes a decision down.
    ///
    /// # Errors
    ///
    /// [`Backlog`] when the journal is behind; the row was not taken.
    pub fn record(
        &mut self,
        client: &Client,
        target: &Target<'_>,
        judgement: &Judgement,
        facts: Facts,
    ) -> Result<(), Backlog> {
        let (client, judgement, state) = self.judged(client, judgement);
        let fits = |batch: &Batch| !batch.is_full() && Arc::ptr_eq(&batch.state, &state);
        if !self.batch.as_ref().is_some_and(fits) {
            self.hand_over(&state)?;
        }
        let now = self.gate.clock().now();
        if let Some(batch) = &mut self.batch {
            batch.push(now, &client, target, &judgement, facts);
            let door = crate::counters::door_place(facts.door);
            self.tally[door][crate::counters::action_place(judgement.verdict.action)] += 1;
        }
        Ok(())
    }

    /// Counts a decision that the journal could not take.
    pub fn lose(&mut self) {
        self.gate.counters().add_lost(1);
    }

    /// Hands over what waits; for when the worker is idle, and at least every 250 ms.
    ///
    /// What cannot be handed over yet stays.
    pub fn flush(&mut self) {
        if self
            .batch
            .as_ref()
            .is_some_and(|batch| !batch.rows.is_empty())
        {
            let state = Arc::clone(&self.state);
            let _stays = self.hand_over(&state);
        }
    }

    /// A number for a block page.
    ///
    /// # Errors
    ///
    /// Fails when the machine gives no randomness.
    pub fn reference(&self) -> std::io::Result<Reference> {
        Reference::draw(&**self.gate.chance())
    }

    /// Words about a judgement, for a person.
    pub fn words(&mut self, client: &Client, judgement: &Judgement) -> Words {
        self.refresh();
        Words::of(&self.state, client.subject.as_ref(), judgement)
    }

    /// The state that decided last.
    pub const fn state(&self) -> &Arc<State> {
        &self.state
    }

    fn view(&self, client: &Client) -> Option<&Arc<View>> {
        let slot = self.slots.get(client.slot as usize)?;
        if slot.client.source == client.source && slot.client.generation == client.generation {
            slot.view.as_ref()
        } else {
            None
        }
    }

    fn refresh(&mut self) {
        if self.gate.generation() == self.state.generation {
            return;
        }
        self.before = Some(std::mem::replace(&mut self.state, self.gate.state()));
        self.schedules = self.state.policy().schedules(self.gate.clock().now());
        self.forget();
    }

    /// The state under which a row was judged: its indexes mean something there alone.
    ///
    /// A tunnel may outlive several swaps; its client is then identified anew, and the verdict
    /// keeps its action and rung but no rule or label of a policy that is gone.
    fn judged(
        &mut self,
        client: &Client,
        judgement: &Judgement,
    ) -> (Client, Judgement, Arc<State>) {
        let asked = judgement.generation;
        let states = [Some(&self.state), self.before.as_ref()];
        let held = states
            .into_iter()
            .flatten()
            .find(|state| state.generation == asked);
        if client.generation == asked
            && let Some(state) = held
        {
            return (*client, *judgement, Arc::clone(state));
        }
        let known = self.client(client.source);
        let mut late = *judgement;
        late.labels = model::Labels::NONE;
        late.verdict.reason.rule = None;
        late.verdict.reason.category = None;
        (known, late, Arc::clone(&self.state))
    }

    fn forget(&mut self) {
        self.slots.clear();
        self.places.clear();
    }

    fn identify(&mut self, source: IpAddr, now: Moment) -> Client {
        let edge = self.schedules.valid_until();
        if now < self.schedules.at || edge.is_some_and(|edge| now >= edge) {
            self.schedules = self.state.policy().schedules(now);
        }
        let subject =
            self.state
                .identifier()
                .identify(source, &self.schedules, &self.state.bindings, now);
        let view = subject.map(|subject| self.state.policy().view(&subject, &self.schedules));
        let ends = [
            subject.and_then(|subject| subject.valid_until),
            view.as_ref().and_then(|view| view.valid_until()),
        ];
        if self.slots.len() >= MOST_CLIENTS {
            self.forget();
        }
        let place = self.places.get(&source).copied();
        let slot = place.unwrap_or(self.slots.len() as u32);
        let client = Client {
            source,
            subject,
            view: view.as_ref().map_or(OUTSIDE, |view| view.id()),
            obligations: view
                .as_ref()
                .map(|view| view.obligations())
                .unwrap_or_default(),
            filtered: view.as_ref().is_none_or(|view| view.filtered()),
            generation: self.state.generation,
            valid_until: ends.into_iter().flatten().min(),
            slot,
        };
        let held = Slot { client, view };
        match self.slots.get_mut(slot as usize) {
            Some(place) => *place = held,
            None => {
                self.slots.push(held);
                self.places.insert(source, slot);
            }
        }
        client
    }

    fn hand_over(&mut self, next: &Arc<State>) -> Result<(), Backlog> {
        let full = self.batch.take();
        let recorder = self.gate.recorder();
        let rows = full.as_ref().map_or(0, |batch| batch.rows.len());
        if let Some(full) = full
            && rows > 0
            && let Err(back) = recorder.submit(full)
        {
            self.batch = Some(back);
            self.gate.counters().add_waited();
            return Err(Backlog);
        }
        for (door, actions) in DOORS.into_iter().zip(&mut self.tally) {
            for (action, count) in ACTIONS.into_iter().zip(actions) {
                if *count > 0 {
                    self.gate
                        .counters()
                        .add(door, action, std::mem::take(count));
                }
            }
        }
        self.batch = Some(recorder.empty(next));
        Ok(())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let rows = self.batch.as_ref().map_or(0, |batch| batch.rows.len());
        let state = Arc::clone(&self.state);
        if rows > 0 && self.hand_over(&state).is_err() {
            self.gate.counters().add_lost(rows as u64);
        }
    }
}

const DOORS: [Door; 5] = [
    Door::Dns,
    Door::Connect,
    Door::Http,
    Door::Https,
    Door::Explain,
];
const ACTIONS: [model::Action; 4] = [
    model::Action::Allow,
    model::Action::Warn,
    model::Action::Permission,
    model::Action::Block,
];

/// The view of clients outside every zone; no policy gives it out.
const OUTSIDE: ViewId = ViewId(u32::MAX);

/// A zone holds far fewer; a flood of forged sources must not fill the memory.
const MOST_CLIENTS: usize = 65_536;
