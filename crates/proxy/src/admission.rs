use crate::Settings;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Counts open connections over all workers and turns away what is too much.
#[derive(Debug)]
pub(crate) struct Admission {
    most: u32,
    most_per_client: u32,
    open: AtomicU32,
    clients: Mutex<HashMap<IpAddr, u32>>,
}

/// The place of one open connection; dropping it frees the place.
#[derive(Debug)]
pub(crate) struct Place {
    admission: Arc<Admission>,
    client: IpAddr,
}

impl Admission {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            most: settings.max_connections,
            most_per_client: settings.max_connections_per_client,
            open: AtomicU32::new(0),
            clients: Mutex::default(),
        }
    }

    /// Takes a place for a client; `None` when all, or all of this client, are taken.
    pub(crate) fn admit(self: &Arc<Self>, client: IpAddr) -> Option<Place> {
        if self.open.fetch_add(1, Ordering::Relaxed) >= self.most {
            self.open.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        let client = neighbourhood(client);
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let count = clients.entry(client).or_insert(0);
        if *count >= self.most_per_client {
            self.open.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        *count += 1;
        Some(Place {
            admission: Arc::clone(self),
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
        self.admission.open.fetch_sub(1, Ordering::Relaxed);
        let clients = self.admission.clients.lock();
        let mut clients = clients.unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = clients.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                clients.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_when_its_connection_ends() {
        let settings = Settings {
            max_connections: 3,
            max_connections_per_client: 2,
            ..Settings::default()
        };
        let admission = Arc::new(Admission::new(&settings));
        let (one, two) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let first = admission.admit(one).unwrap();
        let _second = admission.admit(one).unwrap();
        assert!(admission.admit(one).is_none());
        let _third = admission.admit(two).unwrap();
        assert!(admission.admit(two).is_none());
        drop(first);
        assert!(admission.admit(two).is_some());
    }
}
