use crate::school::{School, moment};
use model::{ScheduleIndex, Schedules};
use policy::Draft;

struct Year {
    asking: crate::school::Asking,
    draft: Draft,
}

impl Year {
    fn of(calendar: &str) -> Self {
        let school = School::new().file("config/calendar.toml", calendar);
        let mut faults = model::Faults::default();
        let vocabulary = policy::vocabulary(&school.files, &mut faults).expect("a vocabulary");
        let draft = Draft::read(&school.files, &vocabulary, &mut faults);
        assert_eq!(faults.errors(), 0, "{faults}");
        Self {
            asking: school.open(),
            draft,
        }
    }

    fn place(&self, id: &str) -> ScheduleIndex {
        self.draft.find_schedule(id).expect("a schedule")
    }

    fn at(&self, at: &str) -> Schedules {
        self.asking.policy.schedules(moment(at))
    }

    fn runs(&self, id: &str, at: &str) -> bool {
        self.at(at).running.contains(self.place(id))
    }

    fn edge(&self, id: &str, at: &str) -> Option<String> {
        self.at(at).edges[usize::from(self.place(id).0)].map(|edge| edge.to_string())
    }
}

const TERMS: &str = "[[terms]]\nname = \"t\"\nstart = 2026-09-02\nend = 2027-07-20\n";

fn schedule(id: &str, rest: &str) -> String {
    format!("[[schedules]]\nid = \"{id}\"\ntitle = \"{id}\"\n{rest}\n")
}

#[test]
fn windows_are_half_open() {
    let year = Year::of(&format!(
        "{TERMS}{}",
        schedule("s", "from = \"09:00\"\nto = \"15:15\"")
    ));
    assert!(!year.runs("s", "2026-11-23T08:59:59.999Z"));
    assert!(year.runs("s", "2026-11-23T09:00:00Z"));
    assert!(year.runs("s", "2026-11-23T15:14:59.999Z"));
    assert!(!year.runs("s", "2026-11-23T15:15:00Z"));
    assert_eq!(
        year.edge("s", "2026-11-23T09:00:00Z").as_deref(),
        Some("2026-11-23T15:15:00Z")
    );
    // Friday afternoon: the next edge is on Monday.
    assert_eq!(
        year.edge("s", "2026-11-27T15:15:00Z").as_deref(),
        Some("2026-11-30T09:00:00Z")
    );
}

// SCH-05: 2026-10-25 and 2027-10-31, when 01:00 to 02:00 is shown twice.
#[test]
fn in_autumn_a_time_that_comes_twice_counts_once() {
    let calendar = format!(
        "{TERMS}{}{}{}",
        schedule(
            "before",
            "on = \"every-day\"\nfrom = \"00:30\"\nto = \"01:30\""
        ),
        schedule(
            "after",
            "on = \"every-day\"\nfrom = \"01:30\"\nto = \"02:30\""
        ),
        schedule(
            "night",
            "on = \"every-day\"\nfrom = \"21:00\"\nto = \"06:30\""
        ),
    );
    let year = Year::of(&calendar);
    for (day, eve) in [("2026-10-25", "2026-10-24"), ("2027-10-31", "2027-10-30")] {
        assert_eq!(
            year.edge("before", &format!("{eve}T23:45:00Z")),
            Some(format!("{day}T00:30:00Z"))
        );
        // Windows that touch on the clock touch in truth, and none runs twice.
        assert!(year.runs("after", &format!("{day}T00:30:00Z")));
        assert!(year.runs("after", &format!("{day}T01:15:00Z")));
        assert!(!year.runs("before", &format!("{day}T01:15:00Z")));
        assert_eq!(
            year.edge("after", &format!("{day}T01:00:00Z")),
            Some(format!("{day}T02:30:00Z"))
        );
        // The night is an hour longer: 21:00 in summer time to 06:30 in winter time.
        assert_eq!(
            year.edge("night", &format!("{eve}T19:00:00Z")),
            Some(format!("{eve}T20:00:00Z"))
        );
        assert_eq!(
            year.edge("night", &format!("{eve}T20:00:00Z")),
            Some(format!("{day}T06:30:00Z"))
        );
    }
}

// SCH-05: 2026-03-29 and 2027-03-28, when 01:00 to 02:00 is skipped.
#[test]
fn in_spring_a_time_that_never_comes_is_the_moment_of_the_jump() {
    let calendar = format!(
        "{TERMS}{}{}{}{}",
        schedule(
            "over",
            "on = \"every-day\"\nfrom = \"00:30\"\nto = \"01:30\""
        ),
        schedule(
            "from",
            "on = \"every-day\"\nfrom = \"01:30\"\nto = \"03:00\""
        ),
        schedule(
            "inside",
            "on = \"every-day\"\nfrom = \"01:10\"\nto = \"01:50\""
        ),
        schedule(
            "night",
            "on = \"every-day\"\nfrom = \"21:00\"\nto = \"06:30\""
        ),
    );
    let year = Year::of(&calendar);
    for (day, eve) in [("2026-03-29", "2026-03-28"), ("2027-03-28", "2027-03-27")] {
        assert_eq!(
            year.edge("over", &format!("{day}T00:45:00Z")),
            Some(format!("{day}T01:00:00Z"))
        );
        assert!(year.runs("from", &format!("{day}T01:00:00Z")));
        assert_eq!(
            year.edge("from", &format!("{day}T01:00:00Z")),
            Some(format!("{day}T02:00:00Z"))
        );
        for minute in ["00:59", "01:00", "01:10", "01:30"] {
            assert!(
                !year.runs("inside", &format!("{day}T{minute}:00Z")),
                "{minute}"
            );
        }
        assert_eq!(
            year.edge("night", &format!("{eve}T21:00:00Z")),
            Some(format!("{day}T05:30:00Z"))
        );
    }
}

#[test]
fn a_window_over_midnight_belongs_to_the_day_it_begins_on() {
    let year = Year::of(&format!(
        "{TERMS}{}",
        schedule(
            "s",
            "on = \"every-day\"\ndays = [\"fri\"]\nfrom = \"22:00\"\nto = \"02:00\""
        )
    ));
    assert!(year.runs("s", "2026-11-27T23:30:00Z"));
    assert!(year.runs("s", "2026-11-28T01:59:00Z"));
    assert!(!year.runs("s", "2026-11-28T02:00:00Z"));
    assert!(!year.runs("s", "2026-11-27T01:00:00Z"));
}

// SCH-02
#[test]
fn the_school_year_knows_its_days() {
    let calendar = format!(
        "inset = [2026-10-23]\nbank_holidays = [2027-05-03]\nhalf_days = [{{ date = 2026-12-18, ends = \"13:00\" }}]\n\
         [[terms]]\nname = \"a\"\nstart = 2026-09-02\nend = 2026-12-18\n[[terms]]\nname = \"b\"\nstart = 2027-04-12\nend = 2027-07-20\n{}{}{}{}",
        schedule("day", "from = \"09:00\"\nto = \"15:00\""),
        schedule(
            "staff-day",
            "on = \"inset-days\"\nfrom = \"09:00\"\nto = \"15:00\""
        ),
        schedule("holiday", "on = \"holidays\""),
        schedule("weekend", "on = \"weekends\""),
    );
    let year = Year::of(&calendar);
    let running = |at: &str| -> Vec<&str> {
        ["day", "staff-day", "holiday", "weekend"]
            .into_iter()
            .filter(|id| year.runs(id, at))
            .collect()
    };
    assert_eq!(running("2026-10-22T10:00:00Z"), ["day"]);
    assert_eq!(running("2026-10-23T10:00:00Z"), ["staff-day"]);
    assert_eq!(running("2026-10-24T10:00:00Z"), ["weekend"]);
    assert_eq!(running("2027-05-03T10:00:00Z"), ["holiday"]);
    assert_eq!(running("2027-05-04T10:00:00Z"), ["day"]);
    assert_eq!(running("2026-12-21T10:00:00Z"), ["holiday"]);
    // The half day ends at its hour.
    assert_eq!(running("2026-12-18T12:59:59Z"), ["day"]);
    assert_eq!(running("2026-12-18T13:00:00Z"), Vec::<&str>::new());
    // Summer: the next school day lies beyond the files, so no edge is in sight.
    assert_eq!(year.edge("day", "2027-07-20T15:00:00Z"), None);
}

#[test]
fn a_schedule_is_made_of_others() {
    let year = Year::of(crate::school::CALENDAR);
    assert!(year.runs("lessons", "2026-11-23T10:00:00Z"));
    assert!(!year.runs("lessons", "2026-11-23T10:30:00Z"));
    assert!(year.runs("lessons", "2026-11-23T10:45:00Z"));
    assert_eq!(
        year.edge("lessons", "2026-11-23T10:45:00Z").as_deref(),
        Some("2026-11-23T12:00:00Z")
    );
}

#[test]
fn a_state_asked_again_is_the_same() {
    let year = Year::of(crate::school::CALENDAR);
    let fresh = |at: &str| Year::of(crate::school::CALENDAR).at(at);
    for at in [
        "2026-11-23T10:44:00Z",
        "2026-11-23T10:30:00Z",
        "2026-11-23T10:44:59Z",
        "2026-11-23T10:45:00Z",
    ] {
        let (kept, fresh) = (year.at(at), fresh(at));
        assert_eq!(
            (kept.at, kept.running, kept.edges),
            (fresh.at, fresh.running, fresh.edges),
            "{at}"
        );
    }
}

#[test]
fn faults_of_the_calendar_are_told_with_their_place() {
    let school = School::new().file(
        "config/calendar.toml",
        "time_zone = \"Europe/Londn\"\n[[schedules]]\nid = \"a\"\ntitle = \"a\"\nincludes = [\"b\"]\n\
         [[schedules]]\nid = \"b\"\ntitle = \"b\"\nexcept = [\"a\"]\n\
         [[schedules]]\nid = \"c\"\ntitle = \"c\"\nfrom = \"9:00\"\nto = \"10:00\"\n\
         [[schedules]]\nid = \"d\"\ntitle = \"d\"\ndays = [\"sat\"]\nincludes = [\"e\"]\nfrom = \"09:00\"\nto = \"10:00\"\n",
    );
    let faults = school.faults("config/calendar.toml");
    insta::assert_debug_snapshot!(faults, @r#"
    [
        "1:13 time zone `Europe/Londn` is not known -> write a name of the IANA database, such as \"Europe/London\"",
        "3:6 schedule `a` is made of itself -> take it out of `includes` and `except` on the way round",
        "3:6 schedule `a` never runs -> write the `terms`",
        "7:6 schedule `b` never runs -> write the `terms`",
        "11:6 schedule `c` never runs -> write the `terms`",
        "13:8 `from` must be a time such as \"09:00\" -> write a time such as \"09:00\"",
        "16:6 schedule `d` never runs -> write the `terms`",
        "19:13 no schedule `e` -> did you mean `a`?",
    ]
    "#);
}
