use super::*;
use proptest::prelude::*;

fn packet(flags: u16, counts: [u16; 4], rest: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x12, 0x34];
    bytes.extend(flags.to_be_bytes());
    for count in counts {
        bytes.extend(count.to_be_bytes());
    }
    bytes.extend(rest);
    bytes
}

fn refused(packet: &[u8]) -> Refusal {
    Question::parse(packet, &mut NameText::new()).unwrap_err()
}

const WWW: &[u8] = b"\x03wWw\x04Test\x00\x00\x01\x00\x01";

// CIR-23
#[test]
fn the_case_is_kept_for_the_answer_and_folded_for_the_gate() {
    let packet = packet(RD, [1, 0, 0, 0], WWW);
    let mut text = NameText::new();
    let question = Question::parse(&packet, &mut text).unwrap();
    assert_eq!(question.name, b"\x03wWw\x04Test\x00");
    assert_eq!(text.plain(), Some("www.test"));
    assert_eq!(
        (question.id, question.kind, question.edns),
        (0x1234, 1, None)
    );
    assert!(question.recursion_desired);
}

#[test]
fn an_opt_record_tells_size_and_dnssec() {
    let mut rest = WWW.to_vec();
    rest.extend(b"\x00\x00\x29\x10\x00\x00\x00\x80\x00\x00\x04\x00\x0a\x00\x00");
    let packet = packet(RD, [1, 0, 0, 1], &rest);
    let edns = Question::parse(&packet, &mut NameText::new()).unwrap().edns;
    assert_eq!(
        edns,
        Some(Edns {
            dnssec_ok: true,
            size: 4096
        })
    );
}

#[test]
fn what_is_no_question_is_refused_as_the_standards_say() {
    assert_eq!(refused(&[0; 11]), Refusal::Drop);
    assert_eq!(refused(&packet(QR, [1, 0, 0, 0], WWW)), Refusal::Drop);
    assert_eq!(refused(&packet(0x2800, [1, 0, 0, 0], WWW)), error(NOTIMP));
    assert_eq!(refused(&packet(0, [0, 0, 0, 0], b"")), error(FORMERR));
    assert_eq!(refused(&packet(0, [2, 0, 0, 0], WWW)), error(FORMERR));
    let chaos = b"\x03www\x04test\x00\x00\x10\x00\x03";
    assert_eq!(refused(&packet(0, [1, 0, 0, 0], chaos)), error(REFUSED));
    let pointer = b"\xc0\x0c\x00\x01\x00\x01";
    assert_eq!(refused(&packet(0, [1, 0, 0, 0], pointer)), error(FORMERR));
    let mut version = WWW.to_vec();
    version.extend(b"\x00\x00\x29\x10\x00\x00\x01\x00\x00\x00\x00");
    assert_eq!(
        refused(&packet(0, [1, 0, 0, 1], &version)),
        Refusal::Error {
            rcode: BADVERS,
            edns: true
        }
    );
    let mut two = WWW.to_vec();
    two.extend(b"\x00\x00\x29\x10\x00\x00\x00\x00\x00\x00\x00");
    two.extend(b"\x00\x00\x29\x10\x00\x00\x00\x00\x00\x00\x00");
    assert_eq!(refused(&packet(0, [1, 0, 0, 2], &two)), error(FORMERR));
}

#[test]
fn a_name_with_odd_bytes_is_judged_by_its_plain_parent() {
    let mut text = NameText::new();
    let wire = b"\x03a b\x06closed\x04test\x00";
    assert_eq!(text.read(wire), Some(wire.len()));
    assert!(!text.is_plain());
    assert_eq!(text.host().unwrap().to_string(), "closed.test");
    assert_eq!(text.read(b"\x03x.y\x00"), Some(5));
    assert_eq!(text.host(), Err(HostError::Empty));
}

#[test]
fn the_root_and_the_longest_name_are_read() {
    let mut text = NameText::new();
    assert_eq!(text.read(b"\x00"), Some(1));
    assert_eq!(text.bytes(), b"");
    let mut long = Vec::new();
    for length in [63u8, 63, 63, 61] {
        long.push(length);
        long.extend(std::iter::repeat_n(b'a', length.into()));
    }
    long.push(0);
    assert_eq!(long.len(), 255);
    assert_eq!(text.read(&long), Some(255));
    assert_eq!(text.bytes().len(), 253);
    long.insert(0, 1);
    long.insert(1, b'a');
    assert_eq!(text.read(&long), None);
}

proptest! {
    #[test]
    fn a_hostile_packet_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = Question::parse(&bytes, &mut NameText::new());
    }

    #[test]
    fn a_hostile_tail_never_panics(tail in proptest::collection::vec(any::<u8>(), 0..80), counts in any::<[u16; 3]>()) {
        let mut rest = WWW.to_vec();
        rest.extend(tail);
        let packet = packet(RD, [1, counts[0], counts[1], counts[2]], &rest);
        let _ = Question::parse(&packet, &mut NameText::new());
    }
}
