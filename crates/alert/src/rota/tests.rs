use super::*;
use crate::held::Sent;
use crate::stand_in::{letter, monday, school, school_people};
use crate::{By, Letter, Role};

fn at(seconds: u64) -> Moment {
    monday().after(Duration::from_secs(seconds))
}

fn held(id: u64, letter: Letter) -> Held {
    Held::new(NoticeId(id), letter)
}

fn urgency(mut letter: Letter, urgency: Urgency) -> Letter {
    letter.notice.urgency = urgency;
    letter
}

fn told(held: &mut Held, person: &str, at: Moment) {
    held.sent.push(Sent {
        to: person.into(),
        at,
        message: String::new(),
        count: held.count,
    });
}

/// Who gets mail now, with the numbers of the notices in it.
fn due(all: &[Held], now: Moment) -> Vec<String> {
    let (directory, settings, school) = (school_people(), Settings::default(), school());
    let rota = Rota {
        directory: &directory,
        settings: &settings,
        school: &school,
        now,
    };
    let show = |errand: &Errand<'_>| {
        let ids = errand.notices.iter().map(|held| held.id.to_string());
        format!("{} {}", errand.to.person, ids.collect::<Vec<_>>().join("+"))
    };
    rota.plan(all).errands.iter().map(show).collect()
}

fn goes_on(all: &[Held], now: Moment) -> Vec<(NoticeId, u32)> {
    let (directory, settings, school) = (school_people(), Settings::default(), school());
    let rota = Rota {
        directory: &directory,
        settings: &settings,
        school: &school,
        now,
    };
    rota.escalations(all)
}

// CHG-32: at most one approvals mail an hour, urgent ones apart.
#[test]
fn approvals_are_gathered_into_one_mail_an_hour() {
    let approval = || urgency(letter(Role::Headteacher, "x"), Urgency::Digest);
    let approval = |id| held(id, approval().kind(NoticeKind::Approval));
    let mut all = vec![approval(1), approval(2)];
    assert_eq!(due(&all, at(0)), ["head 1+2"]);
    for held in &mut all {
        told(held, "head", at(0));
    }
    all.push(approval(3));
    all.push(held(
        4,
        letter(Role::Headteacher, "urgent").kind(NoticeKind::Approval),
    ));
    assert_eq!(due(&all, at(3599)), ["head 4"]);
    assert_eq!(due(&all, at(3600)), ["head 4", "head 3"]);
}

#[test]
fn news_goes_out_with_the_digest_of_the_day() {
    let all = [held(
        1,
        urgency(letter(Role::Headteacher, "x"), Urgency::Digest),
    )];
    assert!(due(&all, "2026-11-23T15:59:59Z".parse().unwrap()).is_empty());
    assert_eq!(
        due(&all, "2026-11-23T16:00:00Z".parse().unwrap()),
        ["head 1"]
    );
}

// REP-27
#[test]
fn at_night_only_what_is_immediate_is_mailed() {
    let night = "2026-11-23T23:00:00Z".parse().unwrap();
    let all = [
        held(
            1,
            urgency(letter(Role::SafeguardingLead, "x"), Urgency::Soon),
        ),
        held(2, letter(Role::SafeguardingLead, "x")),
    ];
    assert_eq!(due(&all, night)[..1], ["lead 2"]);
    assert!(!due(&all, night).contains(&"lead 1".to_owned()));
    let morning = "2026-11-24T07:00:00Z".parse().unwrap();
    assert!(due(&all, morning).contains(&"lead 1".to_owned()));
}

// REP-26
#[test]
fn what_stays_unread_for_ten_minutes_goes_to_the_next() {
    let mut all = [held(1, letter(Role::SafeguardingLead, "x"))];
    told(&mut all[0], "lead", at(1));
    assert!(goes_on(&all, at(599)).is_empty());
    assert_eq!(goes_on(&all, at(600)), [(NoticeId(1), 1)]);
    all[0].step = 1;
    all[0].step_since = at(600);
    assert_eq!(due(&all, at(600)), ["second-lead 1"]);
    assert!(goes_on(&all, at(1199)).is_empty());
    all[0].owner = Some(By {
        person: "second-lead".into(),
        at: at(700),
    });
    assert!(
        goes_on(&all, at(9999)).is_empty(),
        "somebody looks after it"
    );
}

#[test]
fn at_the_end_of_the_line_it_stays_with_the_last() {
    let mut all = [held(1, letter(Role::SafeguardingLead, "x"))];
    all[0].step = 4;
    assert!(goes_on(&all, at(99_999)).is_empty());
}

// REP-04
#[test]
fn the_count_of_a_burst_follows_when_its_hour_is_over() {
    let mut all = [held(1, letter(Role::SafeguardingLead, "x").topic("t"))];
    told(&mut all[0], "lead", at(0));
    all[0].count = 500;
    assert!(due(&all, at(3599)).is_empty());
    assert_eq!(due(&all, at(3600)), ["lead 1"]);
    told(&mut all[0], "lead", at(3600));
    assert!(due(&all, at(9999)).is_empty());
}

#[test]
fn those_who_were_passed_by_while_mail_was_down_are_told_too() {
    let mut all = [held(1, letter(Role::SafeguardingLead, "x"))];
    all[0].step = 1;
    assert_eq!(due(&all, at(900)), ["lead 1", "second-lead 1"]);
}

#[test]
fn a_clock_that_was_set_back_delays_no_retry() {
    let mut all = [held(1, letter(Role::SafeguardingLead, "x"))];
    all[0].failed = Some(crate::Failed {
        at: at(90_000),
        since: at(90_000),
        why: String::new(),
        tries: 1,
        next: at(90_060),
    });
    assert_eq!(due(&all, at(0)), ["lead 1"]);
    assert!(due(&all, at(90_000)).is_empty());
}

#[test]
fn a_role_that_nobody_holds_is_said() {
    let (settings, school) = (Settings::default(), school());
    let all = [held(1, letter(Role::Headteacher, "x"))];
    let directory = Directory::default();
    let rota = Rota {
        directory: &directory,
        settings: &settings,
        school: &school,
        now: at(0),
    };
    let plan = rota.plan(&all);
    assert!(plan.errands.is_empty());
    assert_eq!(plan.unaddressed.len(), 1);
}
