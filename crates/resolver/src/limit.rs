use std::net::IpAddr;

/// A bucket of tokens for each client of one thread.
///
/// A fixed table of four places a set: the bucket that was used longest ago makes room. IPv6
/// clients count by their /64, for one host has as many addresses in it as it likes.
#[derive(Debug)]
pub(crate) struct Limit {
    /// Questions a second; 0 for no limit.
    rate: u32,
    sets: Box<[[Bucket; WAYS]]>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Bucket {
    client: u64,
    /// In thousandths of a question.
    tokens: u32,
    /// In milliseconds of the clock that never runs backwards, cut to 32 bits.
    touched: u32,
}

impl Limit {
    pub(crate) fn new(rate: u32) -> Self {
        Self {
            rate,
            sets: if rate == 0 {
                Box::default()
            } else {
                vec![[Bucket::default(); WAYS]; SETS].into()
            },
        }
    }

    /// Whether this client may ask one question more.
    pub(crate) fn admits(&mut self, source: IpAddr, millis: u64) -> bool {
        if self.rate == 0 {
            return true;
        }
        let client = number(source);
        let now = millis as u32;
        let full = self.rate.saturating_mul(1000 * BURST_SECONDS);
        let set = &mut self.sets[(client.wrapping_mul(FACTOR) >> 40) as usize % SETS];
        let place = set.iter().position(|bucket| bucket.client == client);
        let bucket = match place {
            Some(place) => &mut set[place],
            None => {
                let oldest = (0..WAYS)
                    .max_by_key(|&way| now.wrapping_sub(set[way].touched))
                    .unwrap_or(0);
                set[oldest] = Bucket {
                    client,
                    tokens: full,
                    touched: now,
                };
                &mut set[oldest]
            }
        };
        let passed = u64::from(now.wrapping_sub(bucket.touched));
        let gained = passed.saturating_mul(u64::from(self.rate));
        let tokens = u64::from(bucket.tokens)
            .saturating_add(gained)
            .min(u64::from(full));
        bucket.touched = now;
        let admitted = tokens >= 1000;
        let left = if admitted { tokens - 1000 } else { tokens };
        bucket.tokens = u32::try_from(left).unwrap_or(u32::MAX);
        admitted
    }
}

/// A number for the client; never 0, which is an empty bucket.
fn number(source: IpAddr) -> u64 {
    match source.to_canonical() {
        IpAddr::V4(v4) => u64::from(v4.to_bits()) | 1 << 32,
        IpAddr::V6(v6) => (v6.to_bits() >> 64) as u64 | 1 << 63,
    }
}

const WAYS: usize = 4;
const SETS: usize = 1024;
/// A bucket holds this many seconds of the rate.
const BURST_SECONDS: u32 = 2;
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_asks_too_often_waits_and_others_do_not() {
        let mut limit = Limit::new(10);
        let (greedy, other) = ([10, 0, 0, 1].into(), [10, 0, 0, 2].into());
        let taken = (0..100).filter(|_| limit.admits(greedy, 5_000)).count();
        assert_eq!(taken, 20);
        assert!(limit.admits(other, 5_000));
        assert!(!limit.admits(greedy, 5_050));
        assert!(limit.admits(greedy, 5_100));
    }

    #[test]
    fn addresses_of_one_ipv6_network_share_a_bucket() {
        let mut limit = Limit::new(1);
        let at = |last: u16| IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, last]);
        assert!(limit.admits(at(1), 0));
        assert!(limit.admits(at(2), 0));
        assert!(!limit.admits(at(3), 0));
    }

    #[test]
    fn no_rate_is_no_limit() {
        let mut limit = Limit::new(0);
        assert!((0..10_000).all(|_| limit.admits([10, 0, 0, 1].into(), 0)));
    }
}
