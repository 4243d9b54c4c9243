use crate::incident::{Incident, IncidentId, IncidentKind, Recorded};
use crate::plain::{line, lines};
use crate::watch::Desk;
use crate::{
    Duty, IncidentError, Letter, Notice, NoticeKind, OnDuty, Person, QueueError, Role, Urgency,
};
use model::Moment;
use std::time::Duration;

/// What a pupil or a member of staff reports: what they saw, where, and when (REP-10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Telling {
    /// When it was sent.
    pub at: Moment,
    /// Who tells.
    pub by: Teller,
    /// The teller's name on the network, where known.
    pub who: Option<String>,
    /// The teller's device or its address.
    pub device: String,
    /// The teller's group.
    pub group: Option<String>,
    /// The address of the page, as the teller wrote it or the block page knew it.
    pub address: String,
    /// What was there, in the teller's words.
    pub content: String,
    /// Persons whom it concerns, where the teller named some.
    pub concerns: Vec<Person>,
}

/// Who tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Teller {
    /// A child tells an adult.
    Pupil,
    /// A member of staff reports a page that should not be open, or is wrongly closed.
    Staff,
}

/// What became of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The incident that was opened.
    pub incident: IncidentId,
    /// Who is on duty; where nobody is, the teller must be told so, with the
    /// [help lines](crate::HELP_LINES).
    pub duty: Duty,
}

/// A report could not be taken in; the teller must be told to find somebody.
#[derive(Debug, thiserror::Error)]
pub enum TellError {
    /// The incident could not be kept.
    #[error(transparent)]
    Incident(#[from] IncidentError),
    /// The notice could not be kept; the incident was.
    #[error(transparent)]
    Notice(#[from] QueueError),
    /// One device sent more reports than anybody could read.
    #[error("this device sent {MOST_AN_HOUR} reports within an hour; find an adult and tell them")]
    TooMany,
}

impl OnDuty {
    /// Takes in a report and tells who is on duty: incident first, then notice, both on the disk.
    ///
    /// When nobody is on duty the safeguarding lead gets the notice all the same, for the morning
    /// or the phone in the pocket. Unread for as long as the settings say, it goes on to the next.
    ///
    /// # Errors
    ///
    /// Fails when it could not be written; nothing may then be promised to the teller.
    pub fn tell(&self, telling: &Telling, to: Desk<'_>) -> Result<Told, TellError> {
        let whose = telling.who.as_deref().unwrap_or(&telling.device);
        let topic = format!("tell/{}", line(whose, 100));
        if count(&to.incidents.all(), &topic, telling.at) >= MOST_AN_HOUR {
            return Err(TellError::TooMany);
        }
        let kind = match telling.by {
            Teller::Pupil => IncidentKind::PupilReport,
            Teller::Staff => IncidentKind::StaffReport,
        };
        let mut incident = Incident::new(kind, telling.at, lines(&telling.content, MOST_CONTENT));
        incident.topic = Some(topic.clone());
        incident.who = telling.who.as_deref().map(|who| line(who, 100));
        incident.device = Some(line(&telling.device, 100));
        incident.group = telling.group.as_deref().map(|group| line(group, 100));
        incident.host = Some(line(&telling.address, MOST_ADDRESS));
        incident.concerns.clone_from(&telling.concerns);
        let id = match self.same(&incident, to) {
            Some(id) => id,
            None => to.incidents.record(incident)?,
        };
        let duty = self.on_duty(telling.at, to.directory, &telling.concerns);
        let (role, first) = match (&duty, telling.by) {
            (_, Teller::Staff) => (Role::Coordinator, None),
            (Duty::Somebody { role, first, .. }, Teller::Pupil) => (*role, first.clone()),
            (Duty::Nobody, Teller::Pupil) => (Role::SafeguardingLead, None),
        };
        let urgency = match telling.by {
            Teller::Pupil => Urgency::Immediate,
            Teller::Staff => Urgency::Soon,
        };
        let title = match telling.by {
            Teller::Pupil => format!("Incident {id}: a pupil told an adult"),
            Teller::Staff => format!("Incident {id}: staff reported a page"),
        };
        let mut letter = Letter::from(Notice {
            at: telling.at,
            to: role,
            urgency,
            title,
            // What a child wrote goes through no mail server; it is read behind a sign-in.
            words: WHERE_IT_IS.to_owned(),
            entry: None,
        })
        .kind(NoticeKind::Safeguarding)
        .concerning(telling.concerns.iter().cloned())
        .topic(topic)
        .link(format!("/incidents/{id}"));
        if telling.by == Teller::Staff {
            letter = letter.kind(NoticeKind::General);
        }
        letter.first = first;
        to.queue.push(letter)?;
        Ok(Told { incident: id, duty })
    }
}

impl OnDuty {
    /// The open incident that a report adds to: the same teller about the same page, minutes ago.
    ///
    /// It is counted there, and what was written besides is noted; where that cannot be, the
    /// report becomes an incident of its own, for none may be lost.
    fn same(&self, report: &Incident, to: Desk<'_>) -> Option<IncidentId> {
        let topic = report.topic.as_deref()?;
        let known = to.incidents.same_within_hour(topic, report.at)?;
        let first = &known.incident;
        let same = first.kind == report.kind
            && first.host == report.host
            && first.concerns == report.concerns
            && known.last.until(report.at) < MINUTES;
        if !same {
            return None;
        }
        if first.words != report.words {
            let whose = report.who.as_deref().or(report.device.as_deref());
            let by = Person::new(whose.unwrap_or("not known").to_owned());
            let noted = to.incidents.note(known.id, &by, report.at, &report.words);
            noted.ok()?;
        }
        to.incidents.again(known.id, report.at, 1).ok()?;
        Some(known.id)
    }
}

/// How many reports of a topic came within the last hour.
fn count(all: &[Recorded], topic: &str, at: Moment) -> u64 {
    let hour = Duration::from_secs(3600);
    let of_topic = |it: &&Recorded| it.incident.topic.as_deref() == Some(topic);
    all.iter()
        .filter(of_topic)
        .filter(|it| it.last.until(at) < hour)
        .map(|it| it.incident.count)
        .sum()
}

const MOST_CONTENT: usize = 4_000;
const MOST_ADDRESS: usize = 500;
const MOST_AN_HOUR: u64 = 20;
const MINUTES: Duration = Duration::from_secs(600);
const WHERE_IT_IS: &str =
    "What they saw and what they wrote is in the incident; sign in to read it.";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stand_in::{monday, school, school_people};
    use crate::{DutyDay, DutyHours, Incidents, Queue};

    struct Stage {
        _folder: tempfile::TempDir,
        incidents: Incidents,
        queue: Queue,
        directory: crate::Directory,
        on_duty: OnDuty,
    }

    fn stage() -> Stage {
        let folder = tempfile::tempdir().unwrap();
        let hours = DutyHours {
            days: vec![DutyDay::Mon],
            hours: "08:30-15:30".to_owned(),
            role: Role::SafeguardingLead,
            person: Some("second-lead".to_owned()),
        };
        Stage {
            incidents: Incidents::open(folder.path()).unwrap(),
            queue: Queue::open(folder.path()).unwrap(),
            directory: school_people(),
            on_duty: OnDuty::new(vec![hours], school()),
            _folder: folder,
        }
    }

    impl Stage {
        fn tell(&self, telling: &Telling) -> Result<Told, TellError> {
            let desk = Desk {
                incidents: &self.incidents,
                queue: &self.queue,
                directory: &self.directory,
            };
            self.on_duty.tell(telling, desk)
        }
    }

    fn telling(at: Moment) -> Telling {
        Telling {
            at,
            by: Teller::Pupil,
            who: Some("p.upil".to_owned()),
            device: "ipad-7".to_owned(),
            group: Some("ks2".to_owned()),
            address: "https://odd.test/page".to_owned(),
            content: "a man asked where I live".to_owned(),
            concerns: Vec::new(),
        }
    }

    // REP-10
    #[test]
    fn what_a_pupil_tells_reaches_who_is_on_duty_with_its_three_fields() {
        let stage = stage();
        let told = stage.tell(&telling(monday())).unwrap();
        let Duty::Somebody { people, .. } = told.duty else {
            panic!("somebody is on duty");
        };
        assert_eq!(people[0].person, "second-lead".into());
        let waiting = stage.queue.waiting();
        assert_eq!(waiting[0].notice().urgency, Urgency::Immediate);
        assert_eq!(waiting[0].letter.first, Some("second-lead".into()));
        let incident = stage.incidents.find(told.incident).unwrap().incident;
        assert_eq!(incident.host.as_deref(), Some("https://odd.test/page"));
        assert_eq!(incident.words, "a man asked where I live");
        assert_eq!(incident.at, monday());
    }

    #[test]
    fn when_nobody_is_on_duty_it_is_said_and_told_all_the_same() {
        let stage = stage();
        let evening = "2026-11-23T20:00:00Z".parse().unwrap();
        let told = stage.tell(&telling(evening)).unwrap();
        assert_eq!(told.duty, Duty::Nobody);
        let waiting = stage.queue.waiting();
        assert_eq!(waiting[0].notice().to, Role::SafeguardingLead);
        assert_eq!(waiting[0].notice().urgency, Urgency::Immediate);
        assert!(
            crate::HELP_LINES
                .iter()
                .any(|line| line.reach == "0800 1111")
        );
    }

    // REP-10
    #[test]
    fn the_same_told_twice_within_minutes_is_one_incident_with_two_reports() {
        let stage = stage();
        let first = stage.tell(&telling(monday())).unwrap();
        let more = Telling {
            content: "he asked again".to_owned(),
            ..telling(monday().after(Duration::from_secs(60)))
        };
        assert_eq!(stage.tell(&more).unwrap().incident, first.incident);
        let kept = stage.incidents.find(first.incident).unwrap();
        assert_eq!(kept.incident.count, 2);
        assert_eq!(kept.notes[0].2, "he asked again", "nothing is lost");
        let elsewhere = Telling {
            address: "https://another.test/".to_owned(),
            ..telling(monday())
        };
        let later = telling(monday().after(Duration::from_secs(1_200)));
        for other in [elsewhere, later] {
            assert_ne!(stage.tell(&other).unwrap().incident, first.incident);
        }
    }

    // REP-10
    #[test]
    fn what_a_child_wrote_goes_through_no_mail() {
        let stage = stage();
        stage.tell(&telling(monday())).unwrap();
        let waiting = stage.queue.waiting();
        let notice = waiting[0].notice();
        for secret in ["where I live", "odd.test", "p.upil", "ipad-7"] {
            let text = format!("{} {}", notice.title, notice.words);
            assert!(!text.contains(secret), "{text}");
        }
    }

    // REP-11
    #[test]
    fn what_staff_report_goes_to_the_coordinator() {
        let stage = stage();
        let by_staff = Telling {
            by: Teller::Staff,
            ..telling(monday())
        };
        stage.tell(&by_staff).unwrap();
        assert_eq!(stage.queue.waiting()[0].notice().to, Role::Coordinator);
    }

    #[test]
    fn one_device_fills_neither_the_record_nor_the_queue() {
        let stage = stage();
        for _ in 0..MOST_AN_HOUR {
            stage.tell(&telling(monday())).unwrap();
        }
        assert!(matches!(
            stage.tell(&telling(monday())),
            Err(TellError::TooMany)
        ));
        let kept = stage.incidents.all();
        assert_eq!((kept.len(), kept[0].incident.count), (1, MOST_AN_HOUR));
        let waiting = stage.queue.waiting();
        assert_eq!((waiting.len(), waiting[0].count), (1, 20));
        let other = Telling {
            who: Some("q.upil".to_owned()),
            ..telling(monday())
        };
        assert!(stage.tell(&other).is_ok());
    }
}
