use super::*;
use crate::stand_in::{letter, monday, school_people};
use crate::{Role, Urgency};
use proptest::prelude::*;

fn at(seconds: u64) -> Moment {
    monday().after(Duration::from_secs(seconds))
}

fn made_at(mut letter: Letter, moment: Moment) -> Letter {
    letter.notice.at = moment;
    letter
}

fn opened(folder: &tempfile::TempDir) -> Queue {
    Queue::open(folder.path()).unwrap()
}

fn sent_at(moment: Moment) -> Sent {
    Sent {
        to: "head".into(),
        at: moment,
        message: "<1@oakfield.test>".to_owned(),
        count: 1,
    }
}

#[test]
fn what_was_pushed_waits_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let letter = letter(Role::Headteacher, "first").duty().topic("t");
    opened(&folder).push(letter.clone()).unwrap();
    let waiting = opened(&folder).waiting();
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].letter, letter);
}

// REP-04
#[test]
fn a_burst_of_five_hundred_is_the_first_and_a_count() {
    let folder = tempfile::tempdir().unwrap();
    let queue = opened(&folder);
    let mut ids = Vec::new();
    for number in 0..500 {
        let letter = letter(Role::SafeguardingLead, &format!("visit {number}")).topic("pupil-7");
        ids.push(queue.push(made_at(letter, at(number))).unwrap());
    }
    assert!(ids.iter().all(|id| *id == ids[0]));
    for queue in [queue, opened(&folder)] {
        let waiting = queue.waiting();
        assert_eq!(waiting.len(), 1);
        assert_eq!(waiting[0].count, 500);
        assert_eq!(waiting[0].notice().title, "visit 0");
        assert_eq!(waiting[0].also.len(), 20);
    }
}

#[test]
fn after_an_hour_or_an_answer_the_same_topic_is_a_new_notice() {
    let folder = tempfile::tempdir().unwrap();
    let queue = opened(&folder);
    let letter = letter(Role::SafeguardingLead, "visit").topic("pupil-7");
    let first = queue.push(letter.clone()).unwrap();
    let second = queue.push(made_at(letter.clone(), at(3600))).unwrap();
    assert_ne!(first, second);
    queue.acknowledge(second, &"lead".into(), at(3601)).unwrap();
    let third = queue.push(made_at(letter, at(3602))).unwrap();
    assert_ne!(second, third);
}

#[test]
fn a_more_urgent_notice_is_never_lost_in_a_lesser_one() {
    let folder = tempfile::tempdir().unwrap();
    let queue = opened(&folder);
    let mut quiet = letter(Role::SafeguardingLead, "background").topic("pupil-7");
    quiet.notice.urgency = Urgency::Digest;
    let first = queue.push(quiet).unwrap();
    let urgent = letter(Role::SafeguardingLead, "page").topic("pupil-7");
    assert_ne!(queue.push(urgent.clone()).unwrap(), first);
    let duty = urgent.duty();
    assert_eq!(queue.waiting().len(), 2);
    queue.push(duty).unwrap();
    assert_eq!(queue.waiting().len(), 3, "a duty stands alone");
}

// CHG-32
#[test]
fn an_undelivered_duty_is_overdue_until_somebody_was_told() {
    let folder = tempfile::tempdir().unwrap();
    let queue = opened(&folder);
    let hour = Duration::from_secs(3600);
    queue.push(letter(Role::Headteacher, "news")).unwrap();
    assert_eq!(queue.undelivered_since(), None);
    let id = queue
        .push(made_at(letter(Role::Headteacher, "duty").duty(), at(5)))
        .unwrap();
    assert_eq!(queue.undelivered_since(), Some(at(5)));
    assert!(queue.overdue(at(3604), hour).is_empty());
    assert_eq!(queue.overdue(at(3605), hour).len(), 1);
    assert_eq!(opened(&folder).overdue(at(3605), hour).len(), 1);
    queue.record_sent(id, sent_at(at(4000))).unwrap();
    assert!(queue.overdue(at(9999), hour).is_empty());
    assert_eq!(opened(&folder).undelivered_since(), None);
}

// REP-26
#[test]
fn who_read_it_and_how_long_it_took_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let queue = opened(&folder);
    let id = queue.push(letter(Role::SafeguardingLead, "x")).unwrap();
    queue.take_on(id, &"lead".into(), at(60)).unwrap();
    assert_eq!(queue.waiting().len(), 1, "an owner is no answer");
    queue.acknowledge(id, &"lead".into(), at(90)).unwrap();
    queue.acknowledge(id, &"head".into(), at(95)).unwrap();
    let held = opened(&folder).find(id).unwrap();
    assert_eq!(held.time_to_acknowledge(), Some(Duration::from_secs(90)));
    assert!(opened(&folder).waiting().is_empty());
}

#[test]
fn nobody_settles_a_notice_about_themselves() {
    let folder = tempfile::tempdir().unwrap();
    let queue = opened(&folder);
    let about = letter(Role::Headteacher, "x").concerning(["lead".into()]);
    let id = queue.push(about).unwrap();
    for refused in [
        queue.acknowledge(id, &"lead".into(), at(1)),
        queue.take_on(id, &"lead".into(), at(1)),
    ] {
        assert!(matches!(refused, Err(QueueError::Concerned { .. })));
    }
    assert_eq!(queue.waiting().len(), 1);
}

#[test]
fn a_notice_waits_for_those_who_were_told_so_far() {
    let folder = tempfile::tempdir().unwrap();
    let queue = opened(&folder);
    let id = queue.push(letter(Role::SafeguardingLead, "x")).unwrap();
    let waits = |person: &str| {
        let person = Person::from(person);
        queue.waiting_for(&person, &school_people(), at(1)).len()
    };
    assert_eq!(["lead", "second-lead", "technician"].map(waits), [1, 0, 0]);
    queue.record_escalated(id, 1, at(600)).unwrap();
    assert_eq!(["lead", "second-lead", "technician"].map(waits), [1, 1, 0]);
}

#[test]
fn compacting_loses_nothing_that_waits_and_no_number_is_used_twice() {
    let folder = tempfile::tempdir().unwrap();
    let queue = opened(&folder);
    let settled = queue.push(letter(Role::Headteacher, "old")).unwrap();
    queue.acknowledge(settled, &"head".into(), at(1)).unwrap();
    let kept = queue
        .push(letter(Role::Headteacher, "kept").duty())
        .unwrap();
    let last = queue.push(letter(Role::Headteacher, "last")).unwrap();
    queue.acknowledge(last, &"head".into(), at(1)).unwrap();
    let before = queue.find(kept).unwrap();
    queue.compact(at(36 * 86_400)).unwrap();
    for queue in [queue, opened(&folder)] {
        assert_eq!(queue.all(), std::slice::from_ref(&before));
    }
    let next = opened(&folder)
        .push(letter(Role::Headteacher, "new"))
        .unwrap();
    assert!(next > last);
}

#[test]
fn a_line_that_cannot_be_read_is_kept_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE);
    std::fs::write(&path, "{\"what\":\"of a later version\"}\n").unwrap();
    let queue = opened(&folder);
    assert_eq!(queue.unreadable(), 1);
    queue.push(letter(Role::Headteacher, "x")).unwrap();
    queue.compact(at(0)).unwrap();
    assert_eq!(opened(&folder).unreadable(), 1);
    assert_eq!(opened(&folder).waiting().len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    // CHG-32: a crash at any byte loses nothing that was acknowledged before it.
    #[test]
    fn a_file_cut_anywhere_keeps_every_whole_line(cut in 0usize..4000) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let queue = opened(&folder);
        for number in 0..4 {
            let id = queue.push(letter(Role::Headteacher, &format!("{number}"))).unwrap();
            queue.record_sent(id, sent_at(at(1))).unwrap();
        }
        let content = std::fs::read(&path).unwrap();
        let cut = cut.min(content.len());
        let whole = content[..cut].split_inclusive(|&byte| byte == b'\n');
        let whole = whole.filter(|line| line.ends_with(b"\n")).count();
        std::fs::write(&path, &content[..cut]).unwrap();
        let queue = opened(&folder);
        prop_assert_eq!(queue.unreadable(), 0);
        prop_assert_eq!(queue.all().len(), whole.div_ceil(2));
        queue.push(letter(Role::Headteacher, "after")).unwrap();
        prop_assert_eq!(opened(&folder).all().len(), whole.div_ceil(2) + 1);
    }
}
