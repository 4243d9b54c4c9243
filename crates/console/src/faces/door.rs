use super::front::Front;
use crate::Connection;
use crate::serve::answer;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

/// Takes connections until it is stopped.
pub(crate) async fn serve(
    listener: std::net::TcpListener,
    front: Arc<Front>,
    mut stopped: watch::Receiver<bool>,
) -> std::io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let guests = Arc::new(Guests::default());
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.wait_for(|stop| *stop) => return Ok(()),
        };
        let Ok((stream, peer)) = accepted else {
            // Out of descriptors: those in use are freed by their time limits.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let (Ok(permit), Ok(local)) = (Arc::clone(&room).try_acquire_owned(), stream.local_addr())
        else {
            continue;
        };
        let Some(guest) = Guests::enter(&guests, peer.ip().to_canonical()) else {
            continue;
        };
        let connection = Connection {
            peer,
            local,
            secure: false,
        };
        let front = Arc::clone(&front);
        tokio::spawn(async move {
            let _held = (permit, guest);
            let answering = answer(stream, move |request| {
                let front = Arc::clone(&front);
                async move { front.answer(request, connection).await }
            });
            // A connection that breaks or lingers concerns nobody but its client.
            let _ended = tokio::time::timeout(LONGEST, answering).await;
        });
    }
}

/// How many connections each device holds, so that one cannot take the room of all.
#[derive(Debug, Default)]
struct Guests(Mutex<HashMap<IpAddr, usize>>);

/// A place that is given back when the connection ends.
struct Guest {
    guests: Arc<Guests>,
    client: IpAddr,
}

impl Guests {
    fn enter(guests: &Arc<Self>, client: IpAddr) -> Option<Guest> {
        let mut held = guests.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = held.entry(client).or_default();
        // The proxy of this machine brings the requests of many.
        if *count >= MOST_OF_ONE && !client.is_loopback() {
            return None;
        }
        *count += 1;
        Some(Guest {
            guests: Arc::clone(guests),
            client,
        })
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut held = self.guests.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = held.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                held.remove(&self.client);
            }
        }
    }
}

/// Connections at once; a class that was refused the same page holds about thirty.
const MOST_CONNECTIONS: usize = 512;

/// Connections of one device at once; browsers open six.
const MOST_OF_ONE: usize = 16;

/// The longest that one connection is kept.
const LONGEST: Duration = Duration::from_secs(120);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_device_cannot_hold_the_room_of_all() {
        let guests = Arc::new(Guests::default());
        let client: IpAddr = "10.20.0.5".parse().unwrap();
        let held: Vec<_> = (0..=MOST_OF_ONE)
            .map(|_| Guests::enter(&guests, client))
            .collect();
        assert_eq!(held.iter().flatten().count(), MOST_OF_ONE);
        assert!(Guests::enter(&guests, "10.20.0.6".parse().unwrap()).is_some());
        drop(held);
        assert!(guests.0.lock().unwrap().is_empty());
    }
}
