//! ClientHellos as browsers send them.

fn extension(kind: u16, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&kind.to_be_bytes()[..], &length, content].concat()
}

/// GREASE first, a key share with ML-KEM, the name, an encrypted hello where wished.
pub(crate) fn hello(name: Option<&str>, encrypted: bool) -> Vec<u8> {
    let mut extensions = [extension(0x0a0a, &[]), extension(51, &[5; 1259])].concat();
    if let Some(name) = name {
        let length = u16::try_from(name.len()).unwrap();
        let list = [
            &(length + 3).to_be_bytes()[..],
            &[0],
            &length.to_be_bytes(),
            name.as_bytes(),
        ];
        extensions.extend(extension(0, &list.concat()));
    }
    if encrypted {
        extensions.extend(extension(0xfe0d, &[6; 200]));
    }
    let total = u16::try_from(extensions.len()).unwrap().to_be_bytes();
    let body = [
        &[3, 3][..],
        &[7; 32],
        &[0],
        &[0, 2, 0x13, 1],
        &[1, 0],
        &total,
        &extensions,
    ]
    .concat();
    let size = u32::try_from(body.len()).unwrap().to_be_bytes();
    let message = [&[1][..], &size[1..], &body].concat();
    // Two records, for senders split where they like.
    let (one, two) = message.split_at(700);
    [record(one), record(two)].concat()
}

fn record(payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap().to_be_bytes();
    [&[22, 3, 1][..], &length, payload].concat()
}
