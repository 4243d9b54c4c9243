use crate::Source;
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use model::Digest;

/// Says what is wrong with the signature of a list; `None` where it is its publisher's.
///
/// A signature is Ed25519 over the bytes as they were fetched: 64 bytes, or their 128
/// hexadecimal digits.
pub(crate) fn unsigned(source: &Source, bytes: &[u8], signature: Option<&[u8]>) -> Option<String> {
    let signer = source.signed_by.as_deref()?;
    let Ok(key) = signer.trim().parse::<Digest>() else {
        return Some("`signed_by` is no key of 64 hexadecimal digits".to_owned());
    };
    let Some(signature) = signature else {
        return Some("it is not signed".to_owned());
    };
    let raw = digits(signature).unwrap_or_else(|| signature.to_vec());
    let key = UnparsedPublicKey::new(&ED25519, &key.0);
    match key.verify(bytes, &raw) {
        Ok(()) => None,
        Err(_) => Some("its signature is not that of its publisher".to_owned()),
    }
}

fn digits(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?.trim();
    if text.len() != 128 || !text.is_ascii() {
        return None;
    }
    let byte = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    (0..128).step_by(2).map(byte).collect()
}
