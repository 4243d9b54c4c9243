use crate::conduct::Proof;
use crate::draft::{Draft, suggestion};
use crate::policy::Policy;
use crate::settings::GroupKind;
use model::{Fault, Faults, GroupIndex, HostBuffer, Moment, Step, Target, ViewId};

/// Looks at the compiled policy as a whole.
pub(super) fn policy(draft: &Draft, policy: &Policy, faults: &mut Faults) {
    blanket(draft, policy, faults);
    displays(draft, policy, faults);
    zones(draft, policy, faults);
    conduct(draft, policy, faults);
    for gap in policy.gaps() {
        let mend = "write `inspect = \"none\"` for the group, or mend the cause";
        faults.push(Fault::of_file("config/network.toml", gap, mend).warning());
    }
}

/// Tests must name somebody, and something that can be asked for.
pub(super) fn expectations(draft: &Draft, faults: &mut Faults) {
    for (place, expectation) in draft.expectations.settings.expect.iter().enumerate() {
        let mut fault = |key: &str, what: String, mend: String| {
            let steps: [Step<'_>; 3] = ["expect".into(), place.into(), key.into()];
            faults.push(draft.expectations.document.fault(&steps, what).mend(mend));
        };
        match (&expectation.group, &expectation.client) {
            (Some(id), None) if draft.names.find(id).is_none() => {
                let known = draft.names.iter().map(|(_, name)| name);
                fault(
                    "group",
                    format!("no group `{id}`"),
                    suggestion(id, known, "name a file of `config/groups`"),
                );
            }
            (Some(_), None) | (None, Some(_)) => {}
            (Some(_), Some(_)) | (None, None) => {
                fault(
                    "target",
                    "a test is for a group or for a client".to_owned(),
                    "write `group` or `client`, one of them".to_owned(),
                );
            }
        }
        if let Err(error) = Target::parse(&expectation.target, &mut HostBuffer::new()) {
            fault(
                "target",
                format!("`{}`: {error}", expectation.target),
                "write a host, or a URL".to_owned(),
            );
        }
    }
}

/// AGE-02: one policy for staff and pupils is refused.
fn blanket(draft: &Draft, policy: &Policy, faults: &mut Faults) {
    let samples: Vec<_> = policy
        .calendar
        .samples()
        .iter()
        .copied()
        .chain([Moment::from_millis(0)])
        .map(|at| policy.schedules(at))
        .collect();
    let of_kind = |kind: GroupKind| -> Vec<(GroupIndex, Vec<ViewId>)> {
        policy
            .names
            .iter()
            .filter(|(group, _)| policy.group(*group).is_some_and(|facts| facts.kind == kind))
            .map(|(group, _)| {
                // In one place, so that the zone makes no difference.
                let mut subject = policy.subject_of(group);
                subject.zone =
                    model::ZoneIndex(u16::try_from(policy.zone_facts.len()).unwrap_or(u16::MAX));
                let views = samples
                    .iter()
                    .map(|schedules| policy.view(&subject, schedules).id());
                (group, views.collect())
            })
            .collect()
    };
    let pupils = of_kind(GroupKind::Pupils);
    for (staff, views) in of_kind(GroupKind::Staff) {
        for (pupil, _) in pupils.iter().filter(|(_, other)| *other == views) {
            let name = |group: GroupIndex| policy.names.name(group).unwrap_or("?");
            let what = format!(
                "`{}` and `{}` are one policy: staff and pupils must differ",
                name(staff),
                name(*pupil)
            );
            let Some(held) = draft.group(*pupil) else {
                continue;
            };
            let fault = held.document.fault(&["title".into()], what);
            faults.push(fault.mend("give pupils words of their own in `[access]`"));
        }
    }
}

/// A policy of staff on a screen that a class looks at is most likely a slip.
fn displays(draft: &Draft, policy: &Policy, faults: &mut Faults) {
    for (group, id) in policy.names.iter() {
        let staff = policy
            .group(group)
            .is_some_and(|facts| facts.kind == GroupKind::Staff);
        if !staff {
            continue;
        }
        let zone = policy.zones.iter().find(|(zone, name)| {
            policy
                .zone_facts
                .get(usize::from(zone.0))
                .is_some_and(|facts| {
                    facts.unidentified == id
                        && (name.contains(DISPLAY) || facts.device_class.contains(DISPLAY))
                })
        });
        let what = match zone {
            Some((_, zone)) => {
                format!("zone `{zone}` shows a class what the staff group `{id}` may see")
            }
            None if id.contains(DISPLAY) => format!("`{id}` shows a class what staff may see"),
            None => continue,
        };
        let Some(held) = draft.group(group) else {
            continue;
        };
        let fault = held.document.fault(&["title".into()], what);
        faults.push(
            fault
                .mend("give displays a group of `kind = \"pupils\"`")
                .warning(),
        );
    }
}

/// Every zone's clients must have a policy.
fn zones(draft: &Draft, policy: &Policy, faults: &mut Faults) {
    for (zone, id) in policy.zones.iter() {
        let Some(facts) = policy.zone_facts.get(usize::from(zone.0)) else {
            continue;
        };
        if draft.names.find(&facts.unidentified).is_none() {
            let what = format!(
                "zone `{id}` names the group `{}`, which no file is for",
                facts.unidentified
            );
            let known = draft.names.iter().map(|(_, name)| name);
            let mend = suggestion(&facts.unidentified, known, "name a file of `config/groups`");
            faults.push(Fault::of_file("config/network.toml", what, mend));
        }
    }
}

/// What the school's tables say must be what is enforced.
fn conduct(draft: &Draft, policy: &Policy, faults: &mut Faults) {
    for cell in policy.conduct().cells() {
        let Proof::Broken(why) = policy.prove(cell) else {
            continue;
        };
        let row = policy
            .conduct()
            .tables()
            .get(cell.table)
            .and_then(|table| table.rows.get(cell.row));
        let title = row.map_or("?", |row| row.title.as_str());
        let steps: [Step<'_>; 5] = [
            "tables".into(),
            cell.table.into(),
            "rows".into(),
            cell.row.into(),
            "title".into(),
        ];
        let fault = draft.conduct.document.fault(
            &steps,
            format!("`{title}` is marked `{}`, but {why}", cell.mark),
        );
        faults.push(fault.mend("change the group's `[access]`, or the mark"));
    }
}

const DISPLAY: &str = "display";
