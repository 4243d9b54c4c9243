/// Decodes `%41`, and `+` as a space where `plus` says so; what is no escape stays.
///
/// At most [`MOST`] bytes come out; bytes that are no UTF-8 are replaced.
pub(crate) fn decode(text: &str, plus: bool) -> String {
    let mut bytes = Vec::with_capacity(text.len().min(MOST));
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest
        && bytes.len() < MOST
    {
        rest = after;
        match (first, after) {
            (b'%', [high, low, behind @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => {
                    bytes.push(high << 4 | low);
                    rest = behind;
                }
                (_, _) => bytes.push(b'%'),
            },
            (b'+', _) if plus => bytes.push(b' '),
            (byte, _) => bytes.push(*byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn digit(byte: u8) -> Option<u8> {
    (byte as char).to_digit(16).map(|digit| digit as u8)
}

/// The parameters of a query, still encoded; at most [`MOST_PARAMETERS`].
pub(crate) fn parameters(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query
        .split(['&', ';'])
        .filter(|pair| !pair.is_empty())
        .take(MOST_PARAMETERS)
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// Searches and addresses are shorter.
pub(crate) const MOST: usize = 2048;
const MOST_PARAMETERS: usize = 64;
