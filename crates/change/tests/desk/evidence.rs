//! The sealed address of an incident: two people open it, they alone read it, and each look is an
//! entry (ILL-13).

use crate::school::School;
use alert::Role;
use audit::EntryKind;
use change::{Acting, Change, EvidenceError, EvidenceState};
use std::time::Duration;

const INCIDENT: u64 = 7;
const DAY: Duration = Duration::from_secs(86_400);

fn school() -> School {
    School::with(&[
        ("lead", Role::SafeguardingLead),
        ("head", Role::Headteacher),
        ("deputy", Role::Deputy),
        ("coordinator", Role::Coordinator),
    ])
}

fn read(school: &School, acting: &Acting, sealed: &str) -> Result<String, EvidenceError> {
    school.desk.read_evidence(acting, INCIDENT, sealed)
}

#[test]
fn one_person_alone_opens_nothing_and_two_do_for_a_week() {
    let school = school();
    let sealed = school.desk.seal()("floor.test/page").unwrap();
    let (lead, head) = (school.sign_in("lead"), school.sign_in("head"));
    for acting in [&lead, &head] {
        assert!(matches!(
            read(&school, acting, &sealed),
            Err(EvidenceError::Sealed)
        ));
    }
    let matter = school.propose("lead", Change::Unseal { incident: INCIDENT });
    let state = school.desk.evidence_state(&lead, INCIDENT);
    assert_eq!(state, EvidenceState::Waiting(matter.id));
    assert!(matches!(
        read(&school, &lead, &sealed),
        Err(EvidenceError::Sealed)
    ));
    school.approve("head", matter.id);
    let before = school.kinds().len();
    for acting in [&lead, &head] {
        assert_eq!(read(&school, acting, &sealed).unwrap(), "floor.test/page");
    }
    let looks = &school.kinds()[before..];
    assert_eq!(looks, [EntryKind::Disclosure, EntryKind::Disclosure]);

    // Not to a third, nor of another incident, nor what was altered, nor after a week.
    let deputy = school.sign_in("deputy");
    let state = school.desk.evidence_state(&deputy, INCIDENT);
    assert_eq!(state, EvidenceState::OpenToOthers);
    assert!(matches!(
        read(&school, &deputy, &sealed),
        Err(EvidenceError::Sealed)
    ));
    let other = school.desk.read_evidence(&lead, INCIDENT + 1, &sealed);
    assert!(matches!(other, Err(EvidenceError::Sealed)));
    let altered = sealed.replacen('0', "1", 1);
    assert!(matches!(
        read(&school, &lead, &altered),
        Err(EvidenceError::Damaged)
    ));
    let school = school.restart();
    let head = school.sign_in("head");
    assert_eq!(read(&school, &head, &sealed).unwrap(), "floor.test/page");
    school.clock.advance(7 * DAY);
    let head = school.sign_in("head");
    assert!(matches!(
        read(&school, &head, &sealed),
        Err(EvidenceError::Sealed)
    ));
}

#[test]
fn a_role_that_may_not_name_people_reads_no_address() {
    let school = school();
    let sealed = school.desk.seal()("floor.test").unwrap();
    let coordinator = school.sign_in("coordinator");
    let refused = read(&school, &coordinator, &sealed);
    assert!(
        matches!(refused, Err(EvidenceError::Role { .. })),
        "{refused:?}"
    );
}
