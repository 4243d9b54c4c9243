use crate::address::{Member, parse_network};
use crate::identifier::{Assigned, Identifier, KnownClass, KnownDevice, KnownSet, KnownZone};
use crate::settings::{ALWAYS, ClassesFile, NetworkFile, OnFailure};
use model::{
    Document, Faults, Files, GroupIndex, Host, HostBuffer, NameTable, Roster, ScheduleIndex, Step,
    ZoneFacts, ZoneKind, nearest,
};

/// The network files as they were read, before groups and schedules are known.
#[derive(Debug)]
pub struct Draft {
    network: NetworkFile,
    network_document: Document,
    classes: ClassesFile,
    classes_document: Document,
    roster: Roster,
}

impl Draft {
    /// Reads `config/network.toml` and `config/classes.toml`; the second may be absent.
    pub fn read(files: &Files, faults: &mut Faults) -> Self {
        let (network_document, network) = read(files, "config/network.toml", true, faults);
        let (classes_document, classes) = read(files, "config/classes.toml", false, faults);
        let network: NetworkFile = network.unwrap_or_default();
        let classes: ClassesFile = classes.unwrap_or_default();
        let mut draft = Self {
            network,
            network_document,
            classes,
            classes_document,
            roster: Roster::default(),
        };
        draft.enrol(faults);
        draft
    }

    /// Who there is, for `policy`.
    pub const fn roster(&self) -> &Roster {
        &self.roster
    }

    /// The network file as it was read.
    pub const fn network(&self) -> &NetworkFile {
        &self.network
    }

    /// Joins the files with the groups and schedules of the policy.
    pub fn compile(
        &self,
        groups: &NameTable<GroupIndex>,
        find_schedule: impl Fn(&str) -> Option<ScheduleIndex>,
        faults: &mut Faults,
    ) -> Option<Identifier> {
        let before = faults.errors();
        let mut made = Identifier::empty(self.roster.clone(), groups.clone());
        self.zones(groups, &mut made, faults);
        self.devices(groups, &mut made, faults);
        self.assignments(groups, &find_schedule, &mut made, faults);
        self.classes(&mut made, faults);
        made.sort();
        (faults.errors() == before).then_some(made)
    }

    /// Gives every id its place.
    fn enrol(&mut self, faults: &mut Faults) {
        let document = &self.network_document;
        let twice =
            |faults: &mut Faults, document: &Document, table: &str, place: usize, id: &str| {
                let steps = [table.into(), place.into(), "id".into()];
                let fault = document.fault(&steps, format!("`{id}` stands twice in `{table}`"));
                faults.push(fault.mend("give one of the two another id"));
            };
        for (place, zone) in self.network.zones.iter().enumerate() {
            if self.roster.zones.find(&zone.id).is_some() {
                twice(faults, document, "zones", place, &zone.id);
            }
            self.roster.zones.insert(&zone.id);
            let class = self
                .network
                .device_classes
                .iter()
                .find(|class| class.id == zone.device_class);
            if class.is_none() {
                let known = self
                    .network
                    .device_classes
                    .iter()
                    .map(|class| class.id.as_str());
                let steps = [Step::from("zones"), place.into(), "device_class".into()];
                faults.push(unknown(
                    document,
                    &steps,
                    "device class",
                    &zone.device_class,
                    known,
                ));
            }
            self.roster.zone_facts.push(ZoneFacts {
                device_class: zone.device_class.clone(),
                network: class.map_or(model::NetworkAccess::None, |class| class.network),
                certificate: class.is_some_and(|class| class.certificate),
                kind: zone.kind,
                unidentified: zone.unidentified.clone(),
            });
        }
        for (place, device) in self.network.devices.iter().enumerate() {
            if self.roster.devices.find(&device.id).is_some() {
                twice(faults, document, "devices", place, &device.id);
            }
            self.roster.devices.insert(&device.id);
        }
        for (place, set) in self.network.device_sets.iter().enumerate() {
            if self.roster.sets.find(&set.id).is_some() {
                twice(faults, document, "device_sets", place, &set.id);
            }
            self.roster.sets.insert(&set.id);
        }
        if self.roster.sets.len() > MOST_SETS {
            let fault = document.key_fault(&["device_sets".into()], "more than 64 device sets");
            faults.push(fault.mend("join sets that are always in the same group"));
        }
        for (place, class) in self.classes.classes.iter().enumerate() {
            if self.roster.classes.find(&class.id).is_some() {
                twice(faults, &self.classes_document, "classes", place, &class.id);
            }
            self.roster.classes.insert(&class.id);
            for user in &class.users {
                self.roster.users.insert(user);
            }
        }
        self.roster.feeds = self.network.identity.feed;
        for (place, server) in self.network.local_servers.iter().enumerate() {
            let mut buffer = HostBuffer::new();
            match Host::normalise(&server.name, &mut buffer) {
                Ok(Host::Name(name)) => self.roster.local_names.push(name.as_str().to_owned()),
                Ok(Host::Address(_)) | Err(_) => {
                    let steps = [Step::from("local_servers"), place.into(), "name".into()];
                    let what = format!("`{}` is no host name", server.name);
                    let mend = "write a name such as \"intranet.school.example\"";
                    faults.push(document.fault(&steps, what).mend(mend));
                }
            }
        }
    }

    fn zones(&self, groups: &NameTable<GroupIndex>, made: &mut Identifier, faults: &mut Faults) {
        let document = &self.network_document;
        if self.network.zones.is_empty() {
            let fault = document.fault(&[], "no zone is given, so every client would be refused");
            faults.push(fault.mend("add a `[[zones]]` table for each of the school's networks"));
        }
        let mut seen: Vec<(ipnet::IpNet, &str)> = Vec::new();
        for (place, zone) in self.network.zones.iter().enumerate() {
            let at = |key| [Step::from("zones"), place.into(), Step::Key(key)];
            let group = find_group(document, &at("group"), groups, &zone.group, faults);
            let unidentified = find_group(
                document,
                &at("unidentified"),
                groups,
                &zone.unidentified,
                faults,
            );
            if zone.on_failure == OnFailure::Open && zone.kind != ZoneKind::Things {
                let what = "only a zone of things may stay open when the gateway cannot decide";
                let mend =
                    "set `on_failure = \"shut\"`, or `kind = \"things\"` if no person uses it";
                faults.push(document.fault(&at("on_failure"), what).mend(mend));
            }
            let mut networks = Vec::new();
            for (number, text) in zone.networks.iter().enumerate() {
                let steps = [
                    Step::from("zones"),
                    place.into(),
                    "networks".into(),
                    number.into(),
                ];
                let Some(network) = parse_network(text) else {
                    let what = format!("`{text}` is no network");
                    let mend = "write it in CIDR form, such as \"10.20.0.0/16\"";
                    faults.push(document.fault(&steps, what).mend(mend));
                    continue;
                };
                if network.trunc() != network {
                    let what = format!("`{text}` has bits set past its length");
                    let mend = format!("write \"{}\"", network.trunc());
                    faults.push(document.fault(&steps, what).mend(mend));
                }
                if let Some((_, other)) = seen.iter().find(|(held, _)| *held == network) {
                    let what = format!("`{text}` belongs to zone `{other}` already");
                    faults.push(
                        document
                            .fault(&steps, what)
                            .mend("leave it in one of the two"),
                    );
                }
                seen.push((network, &zone.id));
                networks.push(network);
            }
            if zone.networks.is_empty() {
                let what = format!("zone `{}` has no network", zone.id);
                faults.push(
                    document
                        .fault(&at("networks"), what)
                        .mend("name its networks"),
                );
            }
            if let (Some(group), Some(unidentified), Some(zone_index)) =
                (group, unidentified, made.roster().zones.find(&zone.id))
            {
                made.add_zone(
                    networks,
                    KnownZone {
                        zone: zone_index,
                        kind: zone.kind,
                        group,
                        unidentified,
                    },
                );
            }
        }
    }

    fn devices(&self, groups: &NameTable<GroupIndex>, made: &mut Identifier, faults: &mut Faults) {
        let document = &self.network_document;
        for (place, device) in self.network.devices.iter().enumerate() {
            let group = device.group.as_ref().and_then(|group| {
                let steps = [Step::from("devices"), place.into(), "group".into()];
                find_group(document, &steps, groups, group, faults)
            });
            let mut members = Vec::new();
            for (number, text) in device.addresses.iter().enumerate() {
                let steps = [
                    Step::from("devices"),
                    place.into(),
                    "addresses".into(),
                    number.into(),
                ];
                match text.parse() {
                    Ok(member @ (Member::Hardware(_) | Member::Network(_))) => members.push(member),
                    Ok(Member::Device(_) | Member::Set(_)) | Err(_) => {
                        let what = format!("`{text}` is neither an IP nor a hardware address");
                        let mend =
                            "write an address such as \"10.60.0.10\" or \"02:00:5e:00:53:01\"";
                        faults.push(document.fault(&steps, what).mend(mend));
                    }
                }
            }
            if let Some(index) = made.roster().devices.find(&device.id) {
                made.devices.push(KnownDevice {
                    device: index,
                    group,
                    members,
                });
            }
        }
        for (place, set) in self.network.device_sets.iter().enumerate() {
            let way = [Step::from("device_sets"), place.into(), "devices".into()];
            let members = self.members(document, &way, &set.devices, faults);
            if let Some(index) = made.roster().sets.find(&set.id) {
                made.sets.push(KnownSet {
                    set: index,
                    members,
                });
            }
        }
    }

    fn assignments(
        &self,
        groups: &NameTable<GroupIndex>,
        find_schedule: &impl Fn(&str) -> Option<ScheduleIndex>,
        made: &mut Identifier,
        faults: &mut Faults,
    ) {
        let document = &self.network_document;
        for (place, assignment) in self.network.assignments.iter().enumerate() {
            let at = |key| [Step::from("assignments"), place.into(), Step::Key(key)];
            let group = find_group(document, &at("group"), groups, &assignment.group, faults);
            let schedule = match assignment.when.as_str() {
                ALWAYS => Some(None),
                when => match find_schedule(when) {
                    Some(schedule) => Some(Some(schedule)),
                    None => {
                        let none = std::iter::empty();
                        faults.push(unknown(document, &at("when"), "schedule", when, none));
                        None
                    }
                },
            };
            let roster = made.roster();
            let mut set = None;
            let mut device = None;
            if let Some(id) = &assignment.device_set {
                set = roster.sets.find(id);
                if set.is_none() {
                    let known = roster.sets.iter().map(|(_, id)| id);
                    faults.push(unknown(
                        document,
                        &at("device_set"),
                        "device set",
                        id,
                        known,
                    ));
                }
            }
            if let Some(id) = &assignment.device {
                device = roster.devices.find(id);
                if device.is_none() {
                    let known = roster.devices.iter().map(|(_, id)| id);
                    faults.push(unknown(document, &at("device"), "device", id, known));
                }
            }
            if assignment.device_set.is_none() && assignment.device.is_none() {
                let fault = document.fault(&at("group"), "the assignment names no device");
                faults.push(fault.mend("add `device_set` or `device`"));
            }
            if let (Some(group), Some(schedule)) = (group, schedule) {
                made.assignments.push(Assigned {
                    set,
                    device,
                    group,
                    schedule,
                });
            }
        }
    }

    fn classes(&self, made: &mut Identifier, faults: &mut Faults) {
        let document = &self.classes_document;
        for (place, class) in self.classes.classes.iter().enumerate() {
            let way = [Step::from("classes"), place.into(), "devices".into()];
            let members = self.members(document, &way, &class.devices, faults);
            if !class.users.is_empty() && !self.network.identity.feed {
                let steps = [Step::from("classes"), place.into(), "users".into()];
                let what = "a class names users, but nothing feeds identities";
                let mend =
                    "set `feed = true` under `[identity]` in config/network.toml, or name devices";
                faults.push(document.fault(&steps, what).mend(mend));
            }
            let roster = made.roster();
            let users = class
                .users
                .iter()
                .filter_map(|user| roster.users.find(user))
                .collect();
            if let Some(index) = roster.classes.find(&class.id) {
                made.classes.push(KnownClass {
                    class: index,
                    members,
                    users,
                });
            }
        }
    }

    fn members(
        &self,
        document: &Document,
        way: &[Step<'_>],
        texts: &[String],
        faults: &mut Faults,
    ) -> Vec<Member> {
        let mut members = Vec::new();
        for (number, text) in texts.iter().enumerate() {
            let steps: Vec<Step<'_>> = way.iter().copied().chain([number.into()]).collect();
            match text.parse::<Member>() {
                Ok(Member::Device(id)) if self.roster.devices.find(&id).is_none() => {
                    let known = self.roster.devices.iter().map(|(_, id)| id);
                    faults.push(unknown(document, &steps, "device", &id, known));
                }
                Ok(Member::Set(id)) if self.roster.sets.find(&id).is_none() => {
                    let known = self.roster.sets.iter().map(|(_, id)| id);
                    faults.push(unknown(document, &steps, "device set", &id, known));
                }
                Ok(member) => members.push(member),
                Err(error) => {
                    let mend = "write an address, a network, \"device:<id>\" or \"set:<id>\"";
                    faults.push(
                        document
                            .fault(&steps, format!("`{text}`: {error}"))
                            .mend(mend),
                    );
                }
            }
        }
        members
    }
}

fn read<T: serde::de::DeserializeOwned + schemars::JsonSchema>(
    files: &Files,
    path: &str,
    required: bool,
    faults: &mut Faults,
) -> (Document, Option<T>) {
    let text = match files
        .content(path)
        .map(|content| std::str::from_utf8(content))
    {
        Some(Ok(text)) => text,
        Some(Err(_)) => {
            faults.push(model::Fault::of_file(
                path,
                "the file is not UTF-8",
                "save it as UTF-8",
            ));
            ""
        }
        None => {
            if required {
                let mend = "run `schoolgate init`, or write the file";
                faults.push(model::Fault::of_file(path, "the file is missing", mend));
            }
            ""
        }
    };
    Document::parse(path, text, faults)
}

fn find_group(
    document: &Document,
    steps: &[Step<'_>],
    groups: &NameTable<GroupIndex>,
    id: &str,
    faults: &mut Faults,
) -> Option<GroupIndex> {
    let found = groups.find(id);
    if found.is_none() {
        let known = groups.iter().map(|(_, id)| id);
        faults.push(unknown(document, steps, "group", id, known));
    }
    found
}

fn unknown<'a>(
    document: &Document,
    steps: &[Step<'_>],
    kind: &str,
    id: &str,
    known: impl Iterator<Item = &'a str>,
) -> model::Fault {
    let known: Vec<&str> = known.collect();
    let mend = match nearest(id, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            if known.is_empty() {
                format!("define {kind} `{id}`, or take it out")
            } else {
                format!("known: {}", known.join(", "))
            }
        }
    };
    document
        .fault(steps, format!("unknown {kind} `{id}`"))
        .mend(mend)
}

/// A subject holds its sets as 64 bits.
const MOST_SETS: usize = 64;
