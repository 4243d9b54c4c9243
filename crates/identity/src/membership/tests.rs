use crate::{Binding, Bindings, Draft, Identifier};
use model::{
    Certainty, Faults, Files, GroupIndex, Moment, NameTable, ScheduleIndex, ScheduleSet, Schedules,
};
use std::time::Duration;

const NETWORK: &str = r#"
[identity]
feed = true

[[device_classes]]
id = "school-shared"
title = "school owned, shared"
network = "full"

[[zones]]
id = "ks3-rooms"
networks = ["10.30.0.0/16"]
device_class = "school-shared"
group = "ks3"
unidentified = "ks3"

[[zones]]
id = "ks4-rooms"
networks = ["10.40.0.0/16", "2001:db8:40::/48"]
device_class = "school-shared"
group = "ks4"
unidentified = "ks4"

[[zones]]
id = "corner"
networks = ["10.40.9.128/26"]
device_class = "school-shared"
group = "ks1"
unidentified = "ks1"

[[devices]]
id = "spare"
addresses = ["10.40.0.10"]
group = "staff"

[[device_sets]]
id = "trolley"
devices = ["10.30.5.0/26"]

[[assignments]]
device_set = "trolley"
group = "ks1"
when = "mornings"
"#;

const CLASSES: &str = r#"
[[classes]]
id = "chess"
devices = ["10.30.9.0/28", "2001:db8:40:9::/64"]

[[classes]]
id = "corner"
devices = ["10.40.9.0/24"]

[[classes]]
id = "trolley"
devices = ["set:trolley", "device:spare"]

[[classes]]
id = "film"
users = ["pupil-7"]

[[classes]]
id = "nobody"
devices = ["192.0.2.0/28", "02:00:5e:00:53:01"]
"#;

const NOON: Moment = Moment::from_millis(1_795_000_000_000);

fn names() -> NameTable<GroupIndex> {
    ["ks1", "ks3", "ks4", "staff"].into_iter().collect()
}

fn identifier() -> Identifier {
    let mut files = Files::default();
    files.insert("config/network.toml", NETWORK.as_bytes());
    files.insert("config/classes.toml", CLASSES.as_bytes());
    let mut faults = Faults::default();
    let draft = Draft::read(&files, &mut faults);
    let find = |id: &str| (id == "mornings").then_some(ScheduleIndex(0));
    let made = draft.compile(&names(), find, &mut faults);
    assert!(faults.is_empty(), "{faults}");
    made.unwrap()
}

fn groups(class: &str, running: u128, bindings: &Bindings) -> Vec<String> {
    let (made, names) = (identifier(), names());
    let class = made.roster().classes.find(class).unwrap();
    let schedules = Schedules {
        at: NOON,
        running: ScheduleSet(running),
        edges: vec![None],
    };
    let members = made.members(class, &schedules, bindings, NOON);
    let mut groups: Vec<String> = members
        .iter()
        .filter_map(|subject| names.name(subject.group).map(str::to_owned))
        .collect();
    groups.sort();
    groups.dedup();
    groups
}

// SCH-06
#[test]
fn a_class_has_the_groups_of_all_its_rooms() {
    let none = Bindings::default();
    assert_eq!(groups("chess", 0, &none), ["ks3", "ks4"]);
    assert_eq!(
        groups("corner", 0, &none),
        ["ks1", "ks4"],
        "a zone within the room"
    );
    assert_eq!(groups("nobody", 0, &none), [""; 0], "outside every zone");
}

#[test]
fn a_class_of_devices_has_what_they_are_assigned_now() {
    let none = Bindings::default();
    assert_eq!(groups("trolley", 1, &none), ["ks1", "staff"]);
    assert_eq!(groups("trolley", 0, &none), ["ks3", "staff"]);
}

#[test]
fn a_class_of_people_has_the_groups_of_where_they_sit() {
    assert_eq!(groups("film", 0, &Bindings::default()), [""; 0]);
    let mut bindings = Bindings::default();
    bindings.bind(Binding {
        address: "10.40.1.7".parse().unwrap(),
        hardware: None,
        user: Some("pupil-7".to_owned()),
        group: None,
        classes: Vec::new(),
        source: "radius".to_owned(),
        certainty: Certainty::Binding,
        expires: NOON.after(Duration::from_secs(60)),
    });
    assert_eq!(groups("film", 0, &bindings), ["ks4"]);
}
