use crate::key::PublicKey;

/// The keys that signed a ledger's heads, the founding one first.
///
/// The head over an entry that replaces the key is the last that the older key signs, so each key
/// vouches for the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyChain {
    founding: PublicKey,
    /// Later keys, each with the size of the first head that it signs.
    later: Vec<(u64, PublicKey)>,
}

impl KeyChain {
    pub(crate) const fn new(founding: PublicKey) -> Self {
        Self {
            founding,
            later: Vec::new(),
        }
    }

    /// The key that the ledger was founded with, whose fingerprint is in the safe.
    pub const fn founding(&self) -> &PublicKey {
        &self.founding
    }

    /// The key that signs new heads.
    pub fn present(&self) -> &PublicKey {
        self.later.last().map_or(&self.founding, |(_, key)| key)
    }

    /// The key that signed the head of this size.
    pub fn at(&self, size: u64) -> &PublicKey {
        let mut earlier = self.later.iter().rev();
        earlier
            .find(|(from, _)| *from <= size)
            .map_or(&self.founding, |(_, key)| key)
    }

    /// All keys in order.
    pub fn keys(&self) -> impl Iterator<Item = &PublicKey> {
        std::iter::once(&self.founding).chain(self.later.iter().map(|(_, key)| key))
    }

    /// Whether this key signed a head of a ledger of so many entries.
    pub(crate) fn signed(&self, key: &PublicKey, entries: u64) -> bool {
        *key == self.founding
            || self
                .later
                .iter()
                .any(|(from, other)| *from <= entries && other == key)
    }

    /// Takes in what entry `entry` says about the key, if it may say so.
    pub(crate) fn follow(&mut self, entry: u64, payload: &[u8]) -> Option<()> {
        let value: serde_json::Value = serde_json::from_slice(payload).ok()?;
        let text = value.get("key")?.as_str()?;
        let key: PublicKey = text.parse().ok()?;
        // One key, one spelling; another name would be another ledger, and an old key come back
        // would speak for heads that it was replaced for.
        let new = key.to_string() == text
            && key.origin() == self.founding.origin()
            && !self.keys().any(|known| *known == key);
        new.then(|| self.later.push((entry.saturating_add(2), key)))
    }
}
