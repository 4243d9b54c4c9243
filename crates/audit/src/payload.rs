use crate::entry::take;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// One record of the payload file: the key of an entry and what it commits to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Payload<'a> {
    pub(crate) index: u64,
    pub(crate) content: Content<'a>,
    /// How many bytes the record takes in the file.
    pub(crate) length: usize,
}

/// What a record of the payload file still holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content<'a> {
    Held {
        key: &'a [u8; 32],
        payload: &'a [u8],
    },
    Erased,
}

/// Writes one record; see `FORMAT.md`.
pub(crate) fn encode(index: u64, key: &[u8; 32], payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(FRAME + payload.len());
    bytes.push(HELD);
    bytes.extend_from_slice(&index.to_be_bytes());
    // INVARIANT: `Entry::PAYLOAD_LIMIT` is far below the range of the length.
    bytes.extend_from_slice(
        &u32::try_from(payload.len())
            .unwrap_or(u32::MAX)
            .to_be_bytes(),
    );
    bytes.extend_from_slice(key);
    bytes.extend_from_slice(payload);
    bytes
}

/// Reads the first record; `None` when it is cut short or not one.
pub(crate) fn decode(bytes: &[u8]) -> Option<Payload<'_>> {
    let mut rest = bytes;
    let [state] = take(&mut rest)?;
    let index = u64::from_be_bytes(take(&mut rest)?);
    let size = usize::try_from(u32::from_be_bytes(take(&mut rest)?)).ok()?;
    let (key, rest) = rest.split_first_chunk::<32>()?;
    let payload = rest.get(..size)?;
    let content = match state {
        HELD => Content::Held { key, payload },
        ERASED if key.iter().chain(payload).all(|&byte| byte == 0) => Content::Erased,
        _ => return None,
    };
    Some(Payload {
        index,
        content,
        length: FRAME + size,
    })
}

/// The record of a destroyed payload of this many bytes.
pub(crate) fn erased(index: u64, size: usize) -> Vec<u8> {
    let mut bytes = encode(index, &[0; 32], &vec![0; size]);
    bytes[0] = ERASED;
    bytes
}

/// The number and the length of the first record, whatever it holds; `None` when it is cut short.
///
/// Erasure leaves both as they are, so records can be told apart even half way through it.
pub(crate) fn frame(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut rest = bytes.get(1..)?;
    let index = u64::from_be_bytes(take(&mut rest)?);
    let size = usize::try_from(u32::from_be_bytes(take(&mut rest)?)).ok()?;
    let length = FRAME.checked_add(size)?;
    (length <= bytes.len()).then_some((index, length))
}

/// The commitment of a leaf to its payload.
pub(crate) fn commitment(key: &[u8; 32], payload: &[u8]) -> [u8; 32] {
    // HMAC itself pads a short key with zeros to a block of the hash.
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    Hmac::<Sha256>::new(&block.into())
        .chain_update(payload)
        .finalize()
        .into_bytes()
        .into()
}

/// State, index, length and key.
pub(crate) const FRAME: usize = 1 + 8 + 4 + 32;

const HELD: u8 = 1;
pub(crate) const ERASED: u8 = 2;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_commitment_is_hmac_sha256() {
        // RFC 4231, test case 2, its key padded with zeros as HMAC itself does.
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        let tag = commitment(&key, b"what do ya want for nothing?");
        assert_eq!(
            model::Digest(tag).to_string(),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    proptest! {
        #[test]
        fn a_record_reads_its_own_bytes(index: u64, key: [u8; 32], payload: Vec<u8>, after: Vec<u8>) {
            let mut bytes = encode(index, &key, &payload);
            let length = bytes.len();
            bytes.extend_from_slice(&after);
            let content = Content::Held { key: &key, payload: &payload };
            prop_assert_eq!(decode(&bytes), Some(Payload { index, content, length }));
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes: Vec<u8>) {
            if let Some(found) = decode(&bytes) {
                prop_assert!(found.length <= bytes.len());
            }
        }
    }
}
