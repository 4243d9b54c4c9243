use super::*;
use proptest::prelude::*;

const LEVELS: [Reading; 5] = [
    Reading::Pictures,
    Reading::Simple,
    Reading::Plain,
    Reading::Older,
    Reading::Professional,
];

fn words(reading: Reading) -> Words {
    Words {
        group: "ks2".to_owned(),
        group_title: "Key Stage 2".to_owned(),
        reading,
        pupil: reading != Reading::Professional,
        category: Some("gambling".to_owned()),
        category_title: Some("Gambling".to_owned()),
        category_words: Some("Betting, casinos, lotteries.".to_owned()),
        sentence: "Key Stage 2 may not reach gambling.".to_owned(),
        rung: Rung::Category,
        school: "Example Primary School".to_owned(),
        floor: false,
        help: false,
        ede_text: "gambling: Gambling".to_owned(),
    }
}

fn request(action: Action) -> PageRequest<'static> {
    PageRequest {
        action,
        address: "bets.example.test/odds",
        reference: Some("3F7K-90QZ"),
        console: "https://gateway.school.example:8443",
        contact: "the school office",
        floor_words: "",
        go_on: None,
    }
}

/// What a text browser shows, a line a block.
fn shown(page: &str) -> String {
    let body = page.split_once("<main").unwrap().1;
    let mut text = String::new();
    let mut inside = true;
    for character in body.chars() {
        match character {
            '<' => inside = true,
            '>' => inside = false,
            _ if !inside => text.push(character),
            _ => {}
        }
    }
    let text = text.replace("&#39;", "'");
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_page_in_pictures_says_two_things() {
    insta::assert_snapshot!(shown(&render(&words(Reading::Pictures), &request(Action::Block))), @r"
    This page is closed
    You can tell the school office
    Tell a grown-up
    Tell a grown-up
    Somebody to talk to
    Childline: free, private, day and night. Call 0800 1111.
    Your school looks at the pages you ask for, to keep you safe.
    Example Primary School. Reference: 3F7K-90QZ
    ");
}

#[test]
fn the_page_in_simple_words() {
    insta::assert_snapshot!(shown(&render(&words(Reading::Simple), &request(Action::Block))), @r"
    This page is closed
    Your school keeps some pages closed. You are not in trouble if you came here by mistake.
    You asked for: bets.example.test/odds
    Do you need this page?
    What do you need it for? (you may leave this empty)
    Ask for this page
    You can ask the school office
    Did something worry you?
    Tell a grown-up you trust. You can also tell us here. Staff read it on school days. If you need help now, tell a grown-up near you.
    Tell a grown-up
    Somebody to talk to
    Childline: free, private, day and night. Call 0800 1111.
    The school keeps a list of the pages you ask for, also the closed ones. Staff may look at it to keep everyone safe.
    Example Primary School. Reference: 3F7K-90QZ
    ");
}

#[test]
fn the_page_in_plain_words() {
    insta::assert_snapshot!(shown(&render(&words(Reading::Plain), &request(Action::Permission))), @r"
    This page needs a member of staff
    It is closed, but a member of staff can unlock it for a lesson. Ask them.
    You asked for: bets.example.test/odds
    What kind of page it is: Gambling
    Key Stage 2 may not reach gambling.
    Do you need this page?
    What do you need it for? (you may leave this empty)
    Ask for this page
    You can ask the school office
    Did something worry you?
    Tell an adult you trust, or use this button. Staff read these messages on school days. If you are in danger now, tell an adult near you or call 999.
    Tell an adult
    Somebody to talk to
    Childline: free, private, day and night. Call 0800 1111.
    The school records the pages you ask for. Attempts to open closed pages are recorded too, and staff may look at them to keep people safe.
    Example Primary School. Reference: 3F7K-90QZ
    ");
}

#[test]
fn the_page_for_older_pupils() {
    insta::assert_snapshot!(shown(&render(&words(Reading::Older), &request(Action::Block))), @r"
    This page is blocked
    The school's policy keeps this kind of page closed for your group.
    You asked for: bets.example.test/odds
    What kind of page it is: Gambling
    Key Stage 2 may not reach gambling.
    Need this page?
    What do you need it for? (you may leave this empty)
    Ask for this page
    You can ask the school office
    Worried about something you saw?
    Tell an adult you trust, or use this button; the staff who look after safeguarding read it on school days. In an emergency call 999.
    Tell an adult
    Somebody to talk to
    Childline: free, private, day and night. Call 0800 1111.
    Use of the school's network is monitored and can be traced to you. Attempts to open blocked pages are recorded and may be looked at by staff.
    Example Primary School. Reference: 3F7K-90QZ
    ");
}

#[test]
fn the_page_for_staff() {
    insta::assert_snapshot!(shown(&render(&words(Reading::Professional), &request(Action::Block))), @r"
    This page is blocked
    The school's filtering policy closes it for your group.
    You asked for: bets.example.test/odds
    What kind of page it is: Gambling
    Key Stage 2 may not reach gambling.
    Ask for an unblock
    What do you need it for? (you may leave this empty)
    Ask for this page
    Contact: the school office
    Report a concern
    A report goes to the safeguarding lead and is read on school days.
    Report a concern
    Use of the school's network is monitored and can be traced to the individual. Attempts to open blocked pages are recorded.
    Example Primary School. Reference: 3F7K-90QZ
    ");
}

// ILL-09
#[test]
fn the_floor_shows_no_address_and_takes_no_request() {
    for reading in LEVELS {
        let words = Words {
            floor: true,
            rung: Rung::Floor,
            category: Some("illegal-csam".to_owned()),
            category_title: Some("Child sexual abuse".to_owned()),
            ..words(reading)
        };
        let page = render(&words, &request(Action::Block));
        assert!(!page.contains("bets.example.test"), "{reading:?}");
        assert!(!page.contains(ASK_PATH), "{reading:?}");
        assert!(!page.contains("Child sexual abuse"), "{reading:?}");
        let adult = !matches!(reading, Reading::Pictures | Reading::Simple);
        assert_eq!(page.contains("0808 1000 900"), adult, "{reading:?}");
        let agreed = PageRequest {
            floor_words: "Agreed <words>.",
            ..request(Action::Block)
        };
        assert_eq!(
            render(&words, &agreed).contains("Agreed &lt;words&gt;."),
            adult
        );
    }
}

// OPS-17, MON-04, CIR-25
#[test]
fn every_page_of_a_pupil_names_help_and_says_that_it_is_recorded() {
    for reading in LEVELS {
        for action in [Action::Block, Action::Permission, Action::Warn] {
            let words = Words {
                pupil: true,
                ..words(reading)
            };
            let page = render(&words, &request(action));
            assert!(page.contains("0800 1111"), "{reading:?}");
            assert!(
                page.contains("https://gateway.school.example:8443/tell"),
                "{reading:?}"
            );
            let level = ENGLISH.level(reading);
            assert!(!level.recorded.is_empty() && page.contains(&escaped(level.recorded)));
            assert!(page.contains("3F7K-90QZ"));
        }
    }
}

// CIR-32
#[test]
fn a_pupil_is_not_told_which_tool_was_recognised() {
    for reading in LEVELS {
        let words = Words {
            pupil: true,
            category: Some("proxy".to_owned()),
            category_title: Some("Filter bypass".to_owned()),
            sentence: "Rule `no ExampleVPN 9` closes it.".to_owned(),
            ..words(reading)
        };
        assert!(
            !render(&words, &request(Action::Block)).contains("ExampleVPN"),
            "{reading:?}"
        );
    }
}

#[test]
fn without_a_console_the_page_says_who_to_ask() {
    for reading in LEVELS {
        let request = PageRequest {
            console: "",
            ..request(Action::Block)
        };
        let page = render(&words(reading), &request);
        assert!(!page.contains("<form"), "{reading:?}");
        assert!(page.contains("the school office"), "{reading:?}");
    }
}

// ACC-01, ACC-02, ACC-04
#[test]
fn the_page_stands_alone_and_is_small() {
    for reading in LEVELS {
        for rung in Rung::ALL {
            for help in [false, true] {
                let words = Words {
                    rung,
                    help,
                    floor: rung == Rung::Floor,
                    ..words(reading)
                };
                let page = render(&words, &request(Action::Block));
                assert!(page.len() < 15_000, "{} bytes", page.len());
                for banned in [
                    "<script",
                    "javascript:",
                    "<img",
                    "<link",
                    "@import",
                    "url(",
                    " style=",
                    " on",
                ] {
                    let markup = page.split("<style>").next().unwrap().to_owned()
                        + page.split("</style>").nth(1).unwrap();
                    let tags = tags(&markup);
                    assert!(!tags.contains(banned), "{banned} {reading:?}");
                }
                assert_eq!(page.matches("<h1>").count(), 1);
                assert!(page.contains("<html lang=\"en-GB\" dir=\"ltr\">"));
                assert_eq!(
                    page.matches("<form").count(),
                    page.matches("</form>").count()
                );
                assert_eq!(
                    page.matches("<textarea").count(),
                    page.matches("<label for=\"note\"").count()
                );
                assert!(!page.contains("<h2></h2>") && !page.contains("<p></p>"));
            }
        }
    }
}

// ACC-04: 4.5:1 at least, light and dark.
#[test]
fn text_stands_out_from_its_ground() {
    for (ink, paper) in [
        ("1b1c20", "ffffff"),
        ("1b1c20", "f1f3f6"),
        ("0b4f9e", "ffffff"),
        ("f2f3f5", "16181d"),
        ("f2f3f5", "23262d"),
        ("9cc7ff", "16181d"),
        ("0b1a2b", "9cc7ff"),
    ] {
        assert!(
            contrast(ink, paper) >= 7.0,
            "{ink} on {paper}: {}",
            contrast(ink, paper)
        );
    }
    for (edge, paper) in [("6b7280", "ffffff"), ("9aa3b2", "16181d")] {
        assert!(contrast(edge, paper) >= 3.0);
    }
}

proptest! {
    #[test]
    fn nothing_that_was_asked_becomes_markup(text in "[ -~\u{80}-\u{2fff}]{0,300}", level in 0usize..5) {
        let hostile = format!("<script>alert(1)</script>\"'{text}");
        let plain = render(&words(LEVELS[level]), &request(Action::Block));
        let page = render(
            &Words {
                sentence: hostile.clone(),
                category_title: Some(hostile.clone()),
                school: hostile.clone(),
                ..words(LEVELS[level])
            },
            &PageRequest {
                address: &hostile,
                contact: &hostile,
                reference: Some(&hostile),
                ..request(Action::Block)
            },
        );
        prop_assert_eq!(outline(&page), outline(&plain));
        prop_assert!(!page.contains("<script"));
    }
}

// CAT-30
#[test]
fn a_warning_lets_readers_of_sentences_go_on_and_the_young_ask() {
    let warned = PageRequest {
        go_on: Some("/.well-known/schoolgate/continue?until=1&code=0&page=/"),
        ..request(Action::Warn)
    };
    for reading in LEVELS {
        let words = words(reading);
        let page = render(&words, &warned);
        let older = !matches!(reading, Reading::Pictures | Reading::Simple);
        assert_eq!(page.contains("I understand"), older, "{reading:?}");
        assert_eq!(page.contains("continue?until=1&amp;code"), older);
        let shut = render(&words, &request(Action::Warn));
        assert!(!shut.contains("I understand"), "{reading:?}");
    }
    assert!(content_policy("", true).contains("form-action 'self';"));
}

#[test]
fn the_policy_of_the_page_lets_nothing_be_fetched() {
    insta::assert_snapshot!(content_policy("https://gateway.school.example:8443/", false), @r"default-src 'none'; style-src 'sha256-vWuT4dDCD7ZAOHBRfwQKqqfiXv2hyG0xz72k8PzrX0o='; form-action https://gateway.school.example:8443; base-uri 'none'; frame-ancestors 'none'");
    assert!(content_policy("https://a;script-src *", false).contains("form-action 'none'"));
}

fn escaped(text: &str) -> String {
    text.replace('\'', "&#39;")
}

/// The tags of a page without what stands between them or in their quoted values.
fn tags(page: &str) -> String {
    let mut out = String::new();
    let (mut inside, mut quoted) = (false, false);
    for character in page.chars() {
        match character {
            '<' => inside = true,
            '"' if inside => quoted = !quoted,
            '>' => {
                inside = false;
                out.push('>');
            }
            _ => {}
        }
        if inside && !quoted {
            out.push(character);
        }
    }
    out
}

fn outline(page: &str) -> String {
    tags(page)
}

fn contrast(one: &str, other: &str) -> f64 {
    let (a, b) = (luminance(one), luminance(other));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn luminance(colour: &str) -> f64 {
    let channel = |at: usize| {
        let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.04045 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * channel(0) + 0.7152 * channel(2) + 0.0722 * channel(4)
}

#[test]
fn a_page_without_a_button_does_not_speak_of_one() {
    for reading in LEVELS {
        let page = render(
            &words(reading),
            &PageRequest {
                console: "",
                ..request(Action::Block)
            },
        );
        let shown = shown(&page);
        assert!(
            !shown.contains("button") && !shown.contains("tell us here"),
            "{shown}"
        );
    }
}
