use crate::counters::Count;
use crate::desk::Desk;
use crate::reply::Carrier;
use crate::shutdown::Shutdown;
use crate::worker::Waiting;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::spawn_local;
use tokio::time::{sleep, timeout};

/// The TCP door: framed questions (RFC 7766), several at a time on one connection.
#[derive(Clone)]
pub(crate) struct Tcp {
    pub(crate) desk: Rc<Desk>,
    pub(crate) waiting: Waiting,
    pub(crate) connections: Rc<Connections>,
    pub(crate) idle: Duration,
}

/// The connections that are open, in all and by client.
#[derive(Debug)]
pub(crate) struct Connections {
    open: Cell<usize>,
    clients: RefCell<HashMap<IpAddr, usize>>,
    most: usize,
    most_per_client: usize,
}

/// One open connection; given back when dropped.
struct Place {
    connections: Rc<Connections>,
    client: IpAddr,
}

impl Connections {
    pub(crate) fn new(most: usize, most_per_client: usize) -> Self {
        Self {
            open: Cell::new(0),
            clients: RefCell::default(),
            most,
            most_per_client,
        }
    }

    fn admit(self: &Rc<Self>, client: IpAddr) -> Option<Place> {
        let client = neighbourhood(client);
        let mut clients = self.clients.borrow_mut();
        let own = clients.get(&client).copied().unwrap_or(0);
        if self.open.get() >= self.most || own >= self.most_per_client {
            return None;
        }
        clients.insert(client, own + 1);
        self.open.set(self.open.get() + 1);
        Some(Place {
            connections: Rc::clone(self),
            client,
        })
    }
}

/// A device has a whole IPv6 /64 to draw addresses from, and one place in the count.
fn neighbourhood(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> 64 << 64).into()),
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut clients = self.connections.clients.borrow_mut();
        self.connections.open.set(self.connections.open.get() - 1);
        if let Some(own) = clients.get_mut(&self.client) {
            *own -= 1;
            if *own == 0 {
                clients.remove(&self.client);
            }
        }
    }
}

impl Tcp {
    /// Takes connections until the word to stop.
    pub(crate) async fn run(self, listener: TcpListener, shutdown: Shutdown) {
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = shutdown.triggered() => return,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // No descriptors left, most likely: taking the next one at once would spin.
                    tracing::warn!(%error, "a DNS connection could not be taken");
                    sleep(PAUSE).await;
                    continue;
                }
            };
            let client = peer.ip().to_canonical();
            // Past the limits the connection is closed unread; the client goes back to UDP.
            let Some(place) = self.connections.admit(client) else {
                continue;
            };
            self.desk
                .responder
                .borrow()
                .counters
                .add(Count::Connections);
            let tcp = self.clone();
            spawn_local(async move {
                let _place = place;
                // A connection that breaks ends here and concerns nobody else.
                let _broken = tcp.serve(stream, client).await;
            });
        }
    }

    async fn serve(&self, stream: TcpStream, client: IpAddr) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let (reader, writer) = stream.into_split();
        let (answers, queue) = mpsc::channel(MOST_IN_FLIGHT);
        let idle = self.idle;
        let writing = spawn_local(write_answers(writer, queue, idle));
        let read = self.read_questions(reader, client, &answers).await;
        // The writer ends when the last question on its way is answered.
        drop(answers);
        let _ended = writing.await;
        read
    }

    async fn read_questions(
        &self,
        reader: OwnedReadHalf,
        client: IpAddr,
        answers: &mpsc::Sender<Vec<u8>>,
    ) -> io::Result<()> {
        let mut reader = BufReader::with_capacity(1024, reader);
        let in_flight = Arc::new(Semaphore::new(MOST_IN_FLIGHT));
        loop {
            let length = timeout(self.idle, reader.read_u16()).await??;
            if usize::from(length) > MOST_QUESTION {
                return Ok(());
            }
            let mut packet = vec![0; length.into()];
            timeout(self.idle, reader.read_exact(&mut packet)).await??;
            // A client that asks faster than it reads waits here, in its own connection.
            let Ok(permit) = Arc::clone(&in_flight).acquire_owned().await else {
                return Ok(());
            };
            let desk = Rc::clone(&self.desk);
            let now = desk.now();
            if !desk.responder.borrow_mut().admits(client, now) {
                continue;
            }
            let waiting = self.waiting.clone();
            let answers = answers.clone();
            spawn_local(async move {
                let _permit = permit;
                if let Some(answer) = answer(&desk, &waiting, &packet, client).await {
                    // The connection may be gone by now.
                    let _gone = answers.send(answer).await;
                }
            });
        }
    }
}

async fn answer(desk: &Desk, waiting: &Waiting, packet: &[u8], client: IpAddr) -> Option<Vec<u8>> {
    let Some(_ticket) = waiting.ticket() else {
        let mut room = vec![0; crate::reply::SMALL_ROOM];
        let mut responder = desk.responder.borrow_mut();
        responder.counters.add(Count::Overloaded);
        let crate::responder::Step::Answer(length) = responder.fail(packet, &mut room) else {
            return None;
        };
        room.truncate(length);
        return Some(room);
    };
    Some(desk.respond(packet, client, Carrier::Tcp).await?.bytes)
}

async fn write_answers(
    mut writer: OwnedWriteHalf,
    mut queue: mpsc::Receiver<Vec<u8>>,
    idle: Duration,
) {
    while let Some(answer) = queue.recv().await {
        let Ok(length) = u16::try_from(answer.len()) else {
            continue;
        };
        let mut framed = Vec::with_capacity(answer.len() + 2);
        framed.extend(length.to_be_bytes());
        framed.extend(answer);
        // A client that does not read is let go.
        match timeout(idle, writer.write_all(&framed)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return,
        }
    }
}

/// Questions of one connection that are answered at a time.
const MOST_IN_FLIGHT: usize = 32;

/// The longest question that is read.
const MOST_QUESTION: usize = 4096;

const PAUSE: Duration = Duration::from_millis(100);
