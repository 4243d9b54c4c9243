use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

/// Any JSON, with the keys and words that payloads really have among it.
fn payload() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "C-0001",
        "C-0002",
        "R-0001",
        "override",
        "pause",
        "expired",
        "revoked",
        "begun",
        "ended",
        "at-once",
        "decide",
        "headteacher",
        "technician",
        "allow",
        "2026-11-23T10:15:00Z",
        "00000000000000000000000000000001",
        "00000000000000000000000000000002",
        "0000000000000000000000000000000000000000000000000000000000000000",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        word.prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    let key = prop::sample::select(vec![
        "matter",
        "id",
        "by",
        "change",
        "kind",
        "reason",
        "route",
        "how",
        "ratify",
        "review",
        "digest",
        "approved",
        "words",
        "seen",
        "part",
        "measure",
        "opens",
        "account",
        "person",
        "role",
        "shown",
        "state",
        "ends",
        "request",
        "site",
        "ask",
        "bundle",
        "artefact",
        "tag",
        "what",
        "temporary",
        "second_factor",
        "upto",
        "feed",
        "hold",
        "release",
        "until",
        "done",
        "for",
        "sites",
        "action",
        "start",
        "end",
        "name",
        "standing",
        "entries",
        "witnessed",
        "accepted",
        "root",
        "social",
        "effect",
        "concerns",
    ]);
    leaf.prop_recursive(4, 64, 12, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..10)
                .prop_map(|map| Value::from_iter(map.into_iter().map(|(k, v)| (k.to_owned(), v)))),
        ]
    })
}

fn heard(entry: u64, kind: EntryKind, payload: &Value) -> Heard<'_> {
    Heard {
        entry,
        at: Moment::from_millis(1_000 * i64::try_from(entry).unwrap()),
        kind: Some(kind),
        actor: Actor::Gateway,
        version: None,
        payload: Some(payload),
    }
}

proptest! {
    #[test]
    fn no_payload_makes_the_fold_fail(
        entries in prop::collection::vec((prop::sample::select(EntryKind::ALL), payload()), 0..24)
    ) {
        let mut register = Register::default();
        for (place, (kind, payload)) in (0..).zip(&entries) {
            register.hear(&heard(place, *kind, payload));
        }
        prop_assert_eq!(register.lines.len(), entries.len());
        let _any = register.overlay(Moment::from_millis(0), true);
    }
}

fn who(person: u8, role: &str) -> Value {
    json!({
        "account": format!("{person:032x}"), "person": format!("{person:032x}"),
        "role": role, "shown": "Somebody",
    })
}

fn proposed(route: &Value) -> Value {
    json!({
        "matter": "C-0001", "by": who(1, "technician"), "route": route, "effect": null,
        "digest": Digest::of(b"seen"), "reason": "history",
        "change": {
            "kind": "override", "id": "", "for": ["group:ks2"], "sites": ["museum.test"],
            "action": "allow", "start": "1970-01-01T00:00:00Z", "end": "2030-01-01T00:00:00Z",
            "reason": "history",
        },
    })
}

fn began() -> Value {
    json!({
        "matter": "C-0001", "opens": true,
        "part": {
            "measure": "override", "id": "C-0001", "for": ["group:ks2"], "sites": ["museum.test"],
            "action": "allow", "start": "1970-01-01T00:00:00Z", "end": "2030-01-01T00:00:00Z",
            "reason": "history",
        },
    })
}

fn fold(entries: &[(EntryKind, Value)]) -> Register {
    let mut register = Register::default();
    for (place, (kind, payload)) in (0..).zip(entries) {
        register.hear(&heard(place, *kind, payload));
    }
    register
}

fn opens(register: &Register) -> bool {
    !register
        .overlay(Moment::from_millis(0), false)
        .overrides
        .is_empty()
}

#[test]
fn what_the_ledger_does_not_say_was_approved_is_not_in_force() {
    let waits = json!({ "how": "decide", "by": ["coordinator"], "why": "one site" });
    let yes = |person| {
        json!({
            "matter": "C-0001", "by": who(person, "coordinator"), "approved": true, "words": "yes",
            "seen": Digest::of(b"seen"),
        })
    };
    let first = (EntryKind::Proposed, proposed(&waits));
    let start = (EntryKind::OverlayActivated, began());
    let unapproved = fold(&[first.clone(), start.clone()]);
    assert!(!opens(&unapproved));
    assert_eq!(unapproved.impossible, [1]);
    let own = fold(&[first.clone(), (EntryKind::Decided, yes(1)), start.clone()]);
    assert!(!opens(&own), "approved by who proposed it");
    let approved = fold(&[first.clone(), (EntryKind::Decided, yes(2)), start.clone()]);
    assert!(opens(&approved));
    let ended = json!({ "id": "C-0001", "how": "expired" });
    let again = fold(&[
        first,
        (EntryKind::Decided, yes(2)),
        start.clone(),
        (EntryKind::OverlayEnded, ended),
        start,
    ]);
    assert!(!opens(&again), "what ended is not begun again");
}

#[test]
fn commissioning_begins_once_and_lasts_fourteen_days_at_most() {
    let begun = |ends: &str| json!({ "state": "begun", "ends": ends });
    let year = "1971-01-01T00:00:00Z";
    let register = fold(&[
        (EntryKind::Commissioning, begun(year)),
        (
            EntryKind::Commissioning,
            json!({ "state": "ended", "ends": year }),
        ),
        (EntryKind::Commissioning, begun(year)),
    ]);
    assert_eq!(register.commissioning(Moment::from_millis(1)), None);
    assert_eq!(register.impossible, [2]);
    let register = fold(&[(EntryKind::Commissioning, begun(year))]);
    let days = |days: i64| Moment::from_millis(days * 86_400_000);
    assert!(register.commissioning(days(13)).is_some());
    assert_eq!(register.commissioning(days(14)), None);
}
