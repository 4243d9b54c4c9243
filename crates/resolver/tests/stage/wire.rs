//! Messages for the wire path without sockets.

/// A question for the address of a name, with an OPT record.
pub(crate) fn question(name: &str) -> Vec<u8> {
    let mut packet = vec![0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1];
    for label in name.split('.') {
        packet.push(u8::try_from(label.len()).unwrap());
        packet.extend(label.bytes());
    }
    packet.extend(b"\x00\x00\x01\x00\x01");
    packet.extend(b"\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x00");
    packet
}

/// An upstream's answer to it.
pub(crate) fn answer(question: &[u8]) -> Vec<u8> {
    let mut packet = question[..question.len() - 11].to_vec();
    packet[2] = 0x81;
    packet[3] = 0x80;
    packet[7] = 1;
    packet[11] = 0;
    packet.extend(b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x01\x2c\x00\x04\xc0\x00\x02\x0a");
    packet
}
