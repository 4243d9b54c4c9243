use crate::batch::Socket;
use crate::counters::{Count, Counters, Totals};
use crate::desk::Desk;
use crate::gate_resolve::{GateResolve, Order};
use crate::listeners::Listeners;
use crate::plan::Plan;
use crate::reply::Carrier;
use crate::responder::Responder;
use crate::shaped::Shaped;
use crate::shutdown::Shutdown;
use crate::tcp::{Connections, Tcp};
use crate::upstream::Upstreams;
use crate::worker::{Miss, Waiting, Worker};
use gate::Gate;
use model::Resolve;
use std::io;
use std::net::TcpListener;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::{LocalSet, spawn_local};
use tokio::time::{MissedTickBehavior, interval};

/// The DNS doors at work.
#[derive(Debug)]
pub struct Running {
    threads: Vec<JoinHandle<()>>,
    counters: Vec<Arc<Counters>>,
    resolve: GateResolve,
}

/// The DNS doors could not be set to work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// A thread, a runtime or another handle to a socket could not be had.
    #[error("the DNS doors could not be set to work")]
    Start(#[from] io::Error),
}

/// Sets the DNS doors to work: a thread for each UDP socket, and one for all that waits.
///
/// # Errors
///
/// Fails when the machine gives no thread or no descriptor; what was started is stopped again.
pub fn run(
    listeners: Listeners,
    gate: &Arc<Gate>,
    shutdown: &Shutdown,
) -> Result<Running, RunError> {
    let Listeners { plan, udp, tcp, .. } = listeners;
    let waiting = Waiting::new(plan.settings.most_waiting as usize);
    let (misses, queue) = mpsc::channel(plan.settings.most_waiting as usize);
    let (resolve, orders) = GateResolve::pair(plan.settings.most_waiting as usize);
    let seed = seed(gate)?;
    let mut running = Running {
        threads: Vec::new(),
        counters: Vec::new(),
        resolve,
    };
    let mut returns = Vec::new();
    for (number, socket) in udp.into_iter().enumerate() {
        let counters = running.count();
        let (sender, shaped) = sync_channel(RETURNED);
        returns.push(Return {
            socket: socket.share()?,
            sender,
        });
        let worker = Worker {
            number,
            responder: Responder::new(gate, &plan, &counters, seed),
            socket,
            counters,
            misses: misses.clone(),
            shaped,
            waiting: waiting.clone(),
            shutdown: shutdown.clone(),
        };
        running.spawn(format!("dns-{number}"), shutdown, move || worker.run())?;
    }
    let runtime = Runtime {
        gate: Arc::clone(gate),
        counters: running.count(),
        plan,
        seed,
        returns,
        waiting,
        shutdown: shutdown.clone(),
    };
    let engine = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let engine = engine.inspect_err(|_| shutdown.trigger())?;
    running.spawn("dns-runtime".to_owned(), shutdown, move || {
        LocalSet::new().block_on(&engine, runtime.run(tcp, queue, orders));
    })?;
    Ok(running)
}

impl Running {
    /// Looks names up for the proxy, in the view of its clients.
    pub fn resolve(&self) -> Arc<dyn Resolve> {
        Arc::new(self.resolve.clone())
    }

    /// What was counted since the start.
    pub fn totals(&self) -> Totals {
        Totals::of(&self.counters)
    }

    /// Waits until all threads have ended; the word to stop must be spoken before.
    ///
    /// A worker notices it within 100 ms; connections have a second to end.
    pub fn join(self) {
        for thread in self.threads {
            if thread.join().is_err() {
                tracing::error!("a DNS thread ended in a panic");
            }
        }
    }

    fn count(&mut self) -> Arc<Counters> {
        let counters = Arc::<Counters>::default();
        self.counters.push(Arc::clone(&counters));
        counters
    }

    fn spawn(
        &mut self,
        name: String,
        shutdown: &Shutdown,
        work: impl FnOnce() + Send + 'static,
    ) -> io::Result<()> {
        let thread = std::thread::Builder::new().name(name).spawn(work);
        self.threads
            .push(thread.inspect_err(|_| shutdown.trigger())?);
        Ok(())
    }
}

/// The way back to one worker: its socket for the answer, its store for the next one.
struct Return {
    socket: Socket,
    sender: SyncSender<Arc<Shaped>>,
}

/// The thread on which all happens that waits: upstreams, TCP, look-ups for the proxy.
struct Runtime {
    gate: Arc<Gate>,
    plan: Arc<Plan>,
    counters: Arc<Counters>,
    seed: u64,
    returns: Vec<Return>,
    waiting: Waiting,
    shutdown: Shutdown,
}

impl Runtime {
    async fn run(
        self,
        listeners: Vec<TcpListener>,
        mut misses: mpsc::Receiver<Miss>,
        mut orders: mpsc::Receiver<Order>,
    ) {
        let responder = Responder::new(&self.gate, &self.plan, &self.counters, self.seed);
        let upstreams = Upstreams::new(&self.gate, &self.plan, &self.counters);
        let desk = Rc::new(Desk::new(&self.gate, responder, upstreams));
        self.listen(listeners, &desk);
        let returns = Rc::new(self.returns);
        let mut flush = interval(FLUSH);
        flush.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                Some(miss) = misses.recv() => {
                    spawn_local(answer(miss, Rc::clone(&desk), Rc::clone(&returns)));
                }
                Some(order) = orders.recv() => {
                    spawn_local(order.serve(Rc::clone(&desk)));
                }
                _ = flush.tick() => desk.responder.borrow_mut().session.flush(),
                () = self.shutdown.triggered() => break,
            }
        }
        desk.responder.borrow_mut().session.flush();
    }

    fn listen(&self, listeners: Vec<TcpListener>, desk: &Rc<Desk>) {
        let settings = &self.plan.settings;
        let tcp = Tcp {
            desk: Rc::clone(desk),
            waiting: self.waiting.clone(),
            connections: Rc::new(Connections::new(
                settings.tcp_connections as usize,
                settings.tcp_per_client as usize,
            )),
            idle: Duration::from_millis(settings.tcp_idle_ms),
        };
        for listener in listeners {
            match tokio::net::TcpListener::from_std(listener) {
                Ok(listener) => {
                    spawn_local(tcp.clone().run(listener, self.shutdown.clone()));
                }
                Err(error) => tracing::error!(%error, "DNS over TCP is not served"),
            }
        }
    }
}

/// Answers one question by the socket it came in at.
async fn answer(miss: Miss, desk: Rc<Desk>, returns: Rc<Vec<Return>>) {
    let _ticket = miss.ticket;
    let source = miss.peer.address.ip();
    let Some(response) = desk.respond(&miss.packet, source, Carrier::Udp).await else {
        return;
    };
    let Some(back) = returns.get(miss.worker) else {
        return;
    };
    if back.socket.send(&response.bytes, &miss.peer).is_err() {
        desk.responder.borrow().counters.add(Count::Unsent);
    }
    if let Some(shaped) = response.shaped {
        // A worker behind with its returns asks again, and the runtime's own store answers.
        let _full = back.sender.try_send(shaped);
    }
}

fn seed(gate: &Gate) -> io::Result<u64> {
    let mut bytes = [0; 8];
    gate.chance().fill(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}

const FLUSH: Duration = Duration::from_millis(100);

/// Shaped answers that wait for one worker.
const RETURNED: usize = 1024;
