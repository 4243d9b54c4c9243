use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How often each device did something lately.
///
/// Its memory is bounded: when many devices come at once the one that was quiet the longest is
/// forgotten. A child who has something to tell is never refused because others are busy.
#[derive(Debug)]
pub(crate) struct Rate {
    most: u32,
    window: Duration,
    seen: Mutex<HashMap<IpAddr, Seen>>,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    began: Duration,
    count: u32,
}

impl Rate {
    /// Lets a device do it so often in a window.
    pub(crate) fn new(most: u32, window: Duration) -> Self {
        Self {
            most,
            window,
            seen: Mutex::default(),
        }
    }

    /// Whether the device may do it once more, `shared` times as often where many share it;
    /// counts it.
    pub(crate) fn takes(&self, client: IpAddr, shared: u32, now: Duration) -> bool {
        let client = network(client);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= MOST_CLIENTS && !seen.contains_key(&client) {
            let over = |held: &Seen| now.saturating_sub(held.began) >= self.window;
            seen.retain(|_, held| !over(held));
            if seen.len() >= MOST_CLIENTS {
                let oldest = seen.iter().min_by_key(|(_, held)| held.began);
                if let Some(oldest) = oldest.map(|(client, _)| *client) {
                    seen.remove(&oldest);
                }
            }
        }
        let held = seen.entry(client).or_insert(Seen {
            began: now,
            count: 0,
        });
        if now.saturating_sub(held.began) >= self.window {
            *held = Seen {
                began: now,
                count: 0,
            };
        }
        held.count = held.count.saturating_add(1);
        held.count <= self.most.saturating_mul(shared)
    }
}

/// A device has as many IPv6 addresses as it likes, of one network.
fn network(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V4(client) => IpAddr::V4(client),
        IpAddr::V6(client) => {
            let [a, b, c, d, ..] = client.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

const MOST_CLIENTS: usize = 8_192;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_waits_for_the_next_window_and_the_next_device_does_not() {
        let rate = Rate::new(2, Duration::from_secs(60));
        let (one, other) = ("10.20.0.5".parse().unwrap(), "10.20.0.6".parse().unwrap());
        let at = Duration::from_secs;
        assert!(rate.takes(one, 1, at(0)) && rate.takes(one, 1, at(1)));
        assert!(!rate.takes(one, 1, at(59)));
        assert!(rate.takes(one, 2, at(59)), "two share it");
        assert!(rate.takes(other, 1, at(59)));
        assert!(rate.takes(one, 1, at(60)));
    }

    #[test]
    fn the_addresses_of_one_device_count_together() {
        let rate = Rate::new(1, Duration::from_secs(60));
        assert!(rate.takes("2001:db8::1".parse().unwrap(), 1, Duration::ZERO));
        assert!(!rate.takes("2001:db8::2".parse().unwrap(), 1, Duration::ZERO));
        assert!(rate.takes("2001:db8:0:1::2".parse().unwrap(), 1, Duration::ZERO));
    }

    #[test]
    fn a_flood_of_devices_shuts_nobody_out() {
        let rate = Rate::new(1, Duration::from_secs(60));
        for number in 0..=MOST_CLIENTS as u32 {
            let client = IpAddr::V4(std::net::Ipv4Addr::from(0x0a00_0000 + number));
            assert!(rate.takes(client, 1, Duration::from_millis(u64::from(number))));
        }
        assert!(rate.seen.lock().unwrap().len() <= MOST_CLIENTS);
    }
}
