use crate::admission::Admission;
use crate::core::{Core, Shared};
use crate::destination::Destinations;
use crate::door;
use crate::warnings::Warnings;
use crate::{Counters, Listeners, Settings, Shutdown};
use gate::Gate;
use model::Resolve;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

/// The proxy doors at work.
#[derive(Debug)]
pub struct Running {
    threads: Vec<JoinHandle<io::Result<()>>>,
    counters: Arc<Counters>,
    addresses: Vec<SocketAddr>,
}

/// The proxy doors could not be started.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The system gave no thread.
    #[error("the proxy got no thread; set `proxy.workers` lower or raise the limit of tasks")]
    Thread(#[source] io::Error),
}

/// A worker of the proxy did not end as it should.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// Its runtime or its sockets failed.
    #[error("a worker of the proxy failed")]
    Failed(#[source] io::Error),
    /// It broke off. The gateway should stop: a part of its doors is dead.
    #[error("a worker of the proxy broke off")]
    Panicked,
}

/// Opens the doors: one thread a worker, until the shutdown begins.
///
/// # Errors
///
/// Fails when a thread cannot be started; those already started are told to stop.
pub fn run(
    listeners: Listeners,
    gate: Arc<Gate>,
    resolve: Arc<dyn Resolve>,
    settings: Settings,
    shutdown: Shutdown,
) -> Result<Running, RunError> {
    let addresses = listeners.addresses().to_vec();
    let counters = Arc::new(Counters::default());
    let shared = Arc::new(Shared {
        counters: Arc::clone(&counters),
        warnings: Arc::new(Warnings::new(&**gate.chance())),
        gate,
        resolve,
        destinations: Arc::new(Destinations::new(&settings, addresses.clone())),
        admission: Arc::new(Admission::new(&settings)),
        settings: Arc::new(settings),
    });
    let mut threads = Vec::new();
    for (place, sockets) in listeners.into_workers().into_iter().enumerate() {
        let (shared, signal) = (Arc::clone(&shared), shutdown.clone());
        let thread = std::thread::Builder::new()
            .name(format!("proxy-{place}"))
            .spawn(move || work(sockets, &shared, &signal))
            .map_err(|error| {
                shutdown.begin();
                RunError::Thread(error)
            })?;
        threads.push(thread);
    }
    Ok(Running {
        threads,
        counters,
        addresses,
    })
}

impl Running {
    /// What the doors have done.
    pub const fn counters(&self) -> &Arc<Counters> {
        &self.counters
    }

    /// Where they listen, with the real ports.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Waits until all workers have ended; begin the shutdown first.
    ///
    /// # Errors
    ///
    /// Says that a worker failed. All are waited for even then.
    pub fn join(self) -> Result<(), JoinError> {
        let mut result = Ok(());
        for thread in self.threads {
            let ended = match thread.join() {
                Ok(Ok(())) => Ok(()),
                Ok(Err(error)) => Err(JoinError::Failed(error)),
                Err(_) => Err(JoinError::Panicked),
            };
            result = result.and(ended);
        }
        result
    }
}

/// The life of one worker thread.
fn work(sockets: Vec<TcpListener>, shared: &Shared, shutdown: &Shutdown) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let tasks = LocalSet::new();
    let core = Rc::new(Core::new(shared));
    runtime.block_on(tasks.run_until(live(sockets, Rc::clone(&core), shutdown)))?;
    core.flush();
    core.give_up();
    Ok(())
}

async fn live(sockets: Vec<TcpListener>, core: Rc<Core>, shutdown: &Shutdown) -> io::Result<()> {
    let mut accepting = Vec::new();
    for socket in sockets {
        let listener = tokio::net::TcpListener::from_std(socket)?;
        accepting.push(tokio::task::spawn_local(accept(listener, Rc::clone(&core))));
    }
    let keeper = tokio::task::spawn_local(keep(Rc::clone(&core)));
    shutdown.begun().await;
    for task in accepting {
        task.abort();
        // The socket is closed when the task is gone; nobody may wait in its queue.
        let _ = task.await;
    }
    core.begin_stop();
    drain(&core).await;
    keeper.abort();
    Ok(())
}

/// Lets finish what runs, then cuts it.
async fn drain(core: &Core) {
    let limit = core.settings.drain_limit();
    let began = Instant::now();
    let mut cut = false;
    while !core.watches.is_empty() || core.owes_journal() {
        if !cut && began.elapsed() >= limit {
            cut = true;
            core.watches.each(|watch| watch.cut());
        }
        if began.elapsed() >= limit + LAST_WORDS {
            break;
        }
        tokio::time::sleep(STEP).await;
        core.settle();
    }
}

/// Flushes the journal's buffer four times a second, and ticks once a second.
async fn keep(core: Rc<Core>) {
    let mut beat = tokio::time::interval(BEAT);
    beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut beats = 0u8;
    loop {
        beat.tick().await;
        core.flush();
        beats = (beats + 1) % BEATS_A_TICK;
        if beats == 0 {
            core.tick();
        }
    }
}

async fn accept(listener: tokio::net::TcpListener, core: Rc<Core>) {
    loop {
        match listener.accept().await {
            Ok((client, source)) => enter(&core, client, source),
            Err(error) => {
                // Out of descriptors, most likely: taking them up again at once would only spin.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

fn enter(core: &Rc<Core>, client: TcpStream, source: SocketAddr) {
    match core.admission.admit(source.ip().to_canonical()) {
        Some(place) => {
            tokio::task::spawn_local(door::serve(Rc::clone(core), client, source.ip(), place));
        }
        None => {
            core.counters.turned_away.add(1);
            // A socket that was just accepted has room for one line; if not, it just ends.
            let _ = client.try_write(FULL);
        }
    }
}

const BEAT: Duration = Duration::from_millis(250);
const BEATS_A_TICK: u8 = 4;
const PAUSE: Duration = Duration::from_millis(50);
const STEP: Duration = Duration::from_millis(10);
/// What cut connections get to write their rows.
const LAST_WORDS: Duration = Duration::from_secs(1);
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
