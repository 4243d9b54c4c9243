use super::*;
use crate::{Binding, Draft};
use model::{Faults, Files, ScheduleSet};

const NETWORK: &str = r#"
[identity]
feed = true

[[device_classes]]
id = "school-shared"
title = "school owned, shared"
network = "full"

[[zones]]
id = "ks2-rooms"
networks = ["10.20.0.0/16", "2001:db8:20::/48"]
device_class = "school-shared"
group = "ks2"
unidentified = "guest"

[[zones]]
id = "ks2-corner"
networks = ["10.20.9.0/24"]
device_class = "school-shared"
group = "ks1"
unidentified = "ks1"

[[zones]]
id = "terminals"
networks = ["10.90.0.0/24"]
kind = "shared"
device_class = "school-shared"
group = "staff"
unidentified = "staff"

[[devices]]
id = "head-laptop"
addresses = ["10.20.0.10", "02:00:5e:00:53:09"]
group = "staff"

[[device_sets]]
id = "trolley"
devices = ["02:00:5e:00:53:01", "10.20.5.0/26"]

[[assignments]]
device_set = "trolley"
group = "ks1"
when = "mornings"

[[assignments]]
device_set = "trolley"
group = "ks2"
when = "afternoons"
"#;

const CLASSES: &str = r#"
[[classes]]
id = "media"
devices = ["10.20.6.0/24", "set:trolley"]
users = ["pupil-7"]
"#;

const NOON: Moment = Moment::from_millis(1_795_000_000_000);

fn groups() -> NameTable<GroupIndex> {
    ["guest", "ks1", "ks2", "staff"].into_iter().collect()
}

fn identifier() -> Identifier {
    let mut files = Files::default();
    files.insert("config/network.toml", NETWORK.as_bytes());
    files.insert("config/classes.toml", CLASSES.as_bytes());
    let mut faults = Faults::default();
    let draft = Draft::read(&files, &mut faults);
    let find = |id: &str| match id {
        "mornings" => Some(ScheduleIndex(0)),
        "afternoons" => Some(ScheduleIndex(1)),
        _ => None,
    };
    let made = draft.compile(&groups(), find, &mut faults);
    assert!(faults.is_empty(), "{faults}");
    made.unwrap()
}

fn schedules(running: u128) -> Schedules {
    let edge = NOON.after(std::time::Duration::from_secs(3600));
    Schedules {
        at: NOON,
        running: ScheduleSet(running),
        edges: vec![Some(edge), None],
    }
}

fn group(
    identifier: &Identifier,
    source: &str,
    running: u128,
    bindings: &Bindings,
) -> Option<String> {
    let subject =
        identifier.identify(source.parse().unwrap(), &schedules(running), bindings, NOON)?;
    groups().name(subject.group).map(str::to_owned)
}

fn binding(address: &str, user: Option<&str>, source: &str) -> Binding {
    Binding {
        address: address.parse().unwrap(),
        hardware: None,
        user: user.map(str::to_owned),
        group: None,
        classes: Vec::new(),
        source: source.to_owned(),
        certainty: Certainty::Binding,
        expires: NOON.after(std::time::Duration::from_secs(60)),
    }
}

// IDN-10, AGE-15
#[test]
fn a_client_is_its_zones_unidentified_until_known_better() {
    let made = identifier();
    let none = Bindings::default();
    assert_eq!(
        group(&made, "10.20.1.1", 0, &none).as_deref(),
        Some("guest")
    );
    assert_eq!(
        group(&made, "10.20.9.1", 0, &none).as_deref(),
        Some("ks1"),
        "the longest prefix wins"
    );
    assert_eq!(
        group(&made, "10.20.0.10", 0, &none).as_deref(),
        Some("staff")
    );
    assert_eq!(
        group(&made, "192.0.2.1", 0, &none),
        None,
        "outside every zone"
    );
}

#[test]
fn a_mapped_address_is_its_ipv4_address() {
    assert_eq!(
        group(&identifier(), "::ffff:10.20.9.1", 0, &Bindings::default()).as_deref(),
        Some("ks1")
    );
}

#[test]
fn a_trolley_is_ks1_in_the_morning_and_ks2_in_the_afternoon() {
    let made = identifier();
    let none = Bindings::default();
    assert_eq!(group(&made, "10.20.5.3", 1, &none).as_deref(), Some("ks1"));
    assert_eq!(group(&made, "10.20.5.3", 2, &none).as_deref(), Some("ks2"));
    let subject = made
        .identify("10.20.5.3".parse().unwrap(), &schedules(1), &none, NOON)
        .unwrap();
    assert_eq!(
        subject.valid_until,
        schedules(1).edges[0],
        "the next edge of its assignments"
    );
    assert!(subject.classes.contains(ClassIndex(0)));
}

// IDN-03
#[test]
fn feeds_that_disagree_leave_the_client_unidentified() {
    let made = identifier();
    let mut bindings = Bindings::default();
    bindings.bind(binding("10.20.1.1", Some("pupil-7"), "radius"));
    let subject = made
        .identify("10.20.1.1".parse().unwrap(), &schedules(0), &bindings, NOON)
        .unwrap();
    assert!(subject.user.is_some() && subject.classes.contains(ClassIndex(0)));
    assert_eq!(
        group(&made, "10.20.1.1", 0, &bindings).as_deref(),
        Some("ks2")
    );
    bindings.bind(binding("10.20.1.1", Some("teacher-1"), "dhcp"));
    assert_eq!(
        group(&made, "10.20.1.1", 0, &bindings).as_deref(),
        Some("guest")
    );
}

// IDN-03
#[test]
fn a_binding_ends_at_its_expiry() {
    let made = identifier();
    let mut bindings = Bindings::default();
    bindings.bind(binding("10.20.1.1", Some("pupil-7"), "radius"));
    let later = NOON.after(std::time::Duration::from_secs(60));
    let subject = made
        .identify(
            "10.20.1.1".parse().unwrap(),
            &schedules(0),
            &bindings,
            later,
        )
        .unwrap();
    assert_eq!((subject.user, subject.certainty), (None, Certainty::Zone));
}

#[test]
fn a_shared_address_never_yields_a_person() {
    let made = identifier();
    let mut bindings = Bindings::default();
    bindings.bind(binding("10.90.0.1", Some("pupil-7"), "radius"));
    let subject = made
        .identify("10.90.0.1".parse().unwrap(), &schedules(0), &bindings, NOON)
        .unwrap();
    assert_eq!((subject.user, subject.certainty), (None, Certainty::Zone));
}

// IDN-07
#[test]
fn an_unknown_hardware_address_is_no_named_device() {
    let made = identifier();
    let mut bindings = Bindings::default();
    let mut known = binding("10.20.1.1", None, "dhcp");
    known.hardware = Some("02:00:5e:00:53:09".to_owned());
    bindings.bind(known.clone());
    assert_eq!(
        group(&made, "10.20.1.1", 0, &bindings).as_deref(),
        Some("staff")
    );
    known.hardware = Some("02:00:5e:00:53:aa".to_owned());
    bindings.bind(known);
    let subject = made
        .identify("10.20.1.1".parse().unwrap(), &schedules(0), &bindings, NOON)
        .unwrap();
    assert_eq!(subject.device, None);
}

#[test]
fn every_fault_of_the_network_is_reported() {
    let mut files = Files::default();
    let broken = NETWORK
        .replace("10.90.0.0/24", "10.90.0.0/33")
        .replace(
            "group = \"staff\"\nunidentified = \"staff\"",
            "group = \"stuff\"\nunidentified = \"staff\"\non_failure = \"open\"",
        )
        .replace("\"mornings\"", "\"morning\"");
    files.insert("config/network.toml", broken.as_bytes());
    let mut faults = Faults::default();
    let draft = Draft::read(&files, &mut faults);
    let made = draft.compile(
        &groups(),
        |id| (id == "afternoons").then_some(ScheduleIndex(1)),
        &mut faults,
    );
    assert!(made.is_none());
    let text = faults.to_string();
    for expected in [
        "`10.90.0.0/33` is no network",
        "unknown group `stuff`",
        "did you mean `staff`?",
        "unknown schedule `morning`",
        "only a zone of things",
    ] {
        assert!(text.contains(expected), "{expected} in\n{text}");
    }
}

#[test]
fn a_feed_that_saw_an_unknown_device_promotes_it_to_nothing() {
    let made = identifier();
    let mut bindings = Bindings::default();
    let mut seen = binding("10.20.1.1", Some("nobody-we-know"), "dhcp");
    seen.hardware = Some("02:00:5e:00:53:aa".to_owned());
    bindings.bind(seen);
    assert_eq!(
        group(&made, "10.20.1.1", 0, &bindings).as_deref(),
        Some("guest")
    );
}

// IDN-03
#[test]
fn feeds_that_disagree_on_the_group_leave_the_client_unidentified() {
    let made = identifier();
    let mut bindings = Bindings::default();
    for (source, group) in [("radius", "ks2"), ("dhcp", "staff")] {
        let mut known = binding("10.20.1.1", None, source);
        known.group = Some(group.to_owned());
        bindings.bind(known);
    }
    assert_eq!(
        group(&made, "10.20.1.1", 0, &bindings).as_deref(),
        Some("guest")
    );
}
