use super::*;
use crate::stand_in::{contact, letter, monday, school};
use crate::{Letter, NoticeId, Role};
use proptest::prelude::*;

const HEAD: &str = "oakfield.test/ledger\n12\nAAAA\n\n\u{2014} oakfield.test/ledger BBBB\n";

fn held(letter: Letter) -> Held {
    Held::new(NoticeId(12), letter)
}

fn write(notices: &[Held], console: &str) -> Mail {
    let settings = Settings {
        console: console.to_owned(),
        ..Settings::default()
    };
    let writer = Writer {
        school: &school(),
        settings: &settings,
        head: Some(HEAD),
    };
    let to = contact("head", Role::Headteacher);
    writer.write(&to, &notices.iter().collect::<Vec<_>>())
}

fn of_kind(kind: NoticeKind) -> Letter {
    let mut letter = letter(Role::Headteacher, "Year 5 asks for one site").kind(kind);
    letter.notice.words = "A. Teacher asks for scratch.test until 15:15 today.".to_owned();
    letter.link("/requests/7")
}

#[test]
fn a_request_is_shown_and_decides_nothing_by_itself() {
    let letter = of_kind(NoticeKind::Approval);
    let mail = write(&[held(letter)], "https://gateway.oakfield.test:8443/");
    insta::assert_snapshot!(format!("Subject: {}\n\n{}", mail.subject, mail.body), @"
    Subject: Oakfield Primary: something waits for your decision

    For The head, Headteacher

    Somebody asked for a change, and you are the one to decide.

    Year 5 asks for one site
      Monday 23 November 2026, 10:15

    A. Teacher asks for scratch.test until 15:15 today.

    Sign in and look: https://gateway.oakfield.test:8443/requests/7

    This mail decides nothing: you sign in, see all of it, and decide.

    Proof of the change log; keep this mail:

    oakfield.test/ledger
    12
    AAAA

    — oakfield.test/ledger BBBB

    -- 
    Notice 12
    ");
}

#[test]
fn a_digest_lists_what_happened() {
    let mut burst = held(of_kind(NoticeKind::Approval));
    burst.count = 3;
    let mail = write(&[burst, held(of_kind(NoticeKind::Approval))], "");
    insta::assert_snapshot!(format!("Subject: {}\n\n{}", mail.subject, mail.body), @"
    Subject: Oakfield Primary: something waits for your decision (4)

    For The head, Headteacher

    Somebody asked for a change, and you are the one to decide.

    * Year 5 asks for one site
      Monday 23 November 2026, 10:15
      and 2 more of the same, the last on Monday 23 November 2026, 10:15

    A. Teacher asks for scratch.test until 15:15 today.

    Sign in to the web filter and open: requests 7

    * Year 5 asks for one site
      Monday 23 November 2026, 10:15

    A. Teacher asks for scratch.test until 15:15 today.

    Sign in to the web filter and open: requests 7

    This mail decides nothing: you sign in, see all of it, and decide.

    Proof of the change log; keep this mail:

    oakfield.test/ledger
    12
    AAAA

    — oakfield.test/ledger BBBB

    -- 
    Notice 12, 12
    ");
}

// ILL-12
#[test]
fn mail_of_illegal_content_bears_no_address() {
    let mut letter = of_kind(NoticeKind::Illegal).link("/incidents/31");
    letter.notice.title = "Incident 31: a page of bad.test".to_owned();
    letter.notice.words =
        "ipad-7 asked for http://bad.test/x, see www.bad.test and bad.test/y; list: starter"
            .to_owned();
    let mail = write(&[held(letter)], "https://gateway.oakfield.test");
    let text = format!("{}\n{}", mail.subject, mail.body).replace(HEAD, "");
    assert!(
        !text.contains("bad.test") && !text.contains("://"),
        "{text}"
    );
    assert!(text.contains("open: incidents 31"), "{text}");
    assert!(text.contains("list: starter"), "{text}");
}

#[test]
fn no_subject_bears_personal_data() {
    for kind in [
        NoticeKind::General,
        NoticeKind::Approval,
        NoticeKind::Change,
        NoticeKind::Safeguarding,
        NoticeKind::Illegal,
        NoticeKind::Staff,
        NoticeKind::Technical,
        NoticeKind::Report,
        NoticeKind::Witness,
    ] {
        let subject = write(&[held(of_kind(kind))], "").subject;
        let title = ["Year", "Teacher", "scratch"];
        assert!(
            title.iter().all(|word| !subject.contains(word)),
            "{subject}"
        );
    }
}

#[test]
fn the_head_of_the_ledger_is_in_every_mail() {
    let mail = write(&[held(of_kind(NoticeKind::General))], "");
    assert!(mail.body.contains(HEAD.trim_end()));
}

#[test]
fn a_link_leads_to_the_console_and_nowhere_else() {
    for link in [
        "//bad.test/",
        "https://bad.test/",
        "/x\nhttps://bad.test/",
        "/x y",
        "javascript:alert(1)",
    ] {
        let letter = of_kind(NoticeKind::General).link(link);
        let mail = write(&[held(letter)], "https://gateway.oakfield.test");
        assert!(!mail.body.contains("Sign in"), "{link}: {}", mail.body);
    }
}

proptest! {
    #[test]
    fn no_text_of_strangers_makes_a_second_line_of_the_subject(
        title in any::<String>(), words in any::<String>(), name in any::<String>(),
    ) {
        let mut letter = of_kind(NoticeKind::Safeguarding);
        letter.notice.title = title;
        letter.notice.words = words;
        letter.notice.at = monday();
        let mut to = contact("lead", Role::SafeguardingLead);
        to.name = name;
        let settings = Settings::default();
        let writer = Writer { school: &school(), settings: &settings, head: None };
        let mail = writer.write(&to, &[&held(letter)]);
        prop_assert!(!mail.subject.contains(char::is_control));
        prop_assert!(!mail.body.replace('\n', "").contains(char::is_control));
    }
}
