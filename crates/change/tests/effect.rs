//! What a change opens and closes: one test for each of the ways in which a change may open the
//! filter without looking like it, held against the example school.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "effect_stage/school.rs"]
mod school;

use change::{Direction, Effect, Part, Side, compare};
use model::{Access, Moment};
use policy::{EmergencyBlock, ModeSwitch, Overlay, Override, Pause};
use school::School;

const NOW: &str = "2026-11-22T05:00:00Z";

fn effect(before: &School, after: &School) -> Effect {
    let states = [before.state(), after.state()];
    let [old, new] = [(before, &states[0]), (after, &states[1])].map(|(school, state)| Side {
        state,
        files: &school.files,
        overlay: &school.overlay,
    });
    compare(&old, &new, NOW.parse().unwrap())
}

/// What an edit of the example does, and what undoing it does.
fn both(after: &School) -> [Effect; 2] {
    let before = School::example();
    [effect(&before, after), effect(after, &before)]
}

#[track_caller]
fn opens(effect: &Effect, part: Part) {
    assert_eq!(effect.direction, Direction::Opens, "{effect:#?}");
    assert!(
        effect
            .lines
            .iter()
            .any(|line| line.part == part && line.direction == Direction::Opens),
        "{effect:#?}"
    );
}

#[track_caller]
fn closes(effect: &Effect) {
    assert_eq!(effect.direction, Direction::Closes, "{effect:#?}");
}

fn words(effect: &Effect) -> String {
    let lines = effect.lines.iter();
    lines
        .map(|line| format!("{:?}: {}\n", line.direction, line.words))
        .collect()
}

fn moment(text: &str) -> Moment {
    text.parse().unwrap()
}

#[test]
fn nothing_changes_without_a_change() {
    let same = School::example();
    assert_eq!(effect(&same, &same).direction, Direction::Nothing);
}

#[test]
fn another_layout_and_other_comments_change_nothing() {
    let text = School::example().text("config/groups/ks2.toml");
    let spaced = text
        .replace(" = ", "   =  ")
        .replace('\n', "\n# a comment\n");
    let mut after = School::example();
    // A comment cannot stand within a list that goes over several lines, so only the end differs.
    let commented = format!("# looked through in November\n{text}\n# the end\n");
    after
        .files
        .insert("config/groups/ks2.toml", commented.into_bytes());
    assert_eq!(
        both(&after).map(|effect| effect.direction),
        [Direction::Nothing; 2]
    );
    after
        .files
        .insert("config/groups/ks2.toml", spaced.into_bytes());
    assert_eq!(
        both(&after).map(|effect| effect.direction),
        [Direction::Nothing; 2]
    );
}

#[test]
fn a_key_moved_to_where_it_is_inherited_from_changes_nothing() {
    let after = School::example().append(
        "config/groups/ks2.toml",
        "gambling = { block = \"always\", lock = true }\n",
    );
    assert_eq!(
        both(&after).map(|effect| effect.direction),
        [Direction::Nothing; 2]
    );
}

#[test]
fn a_category_that_is_opened_opens_and_one_that_is_closed_closes() {
    let after = School::example().edit(
        "config/groups/ks2.toml",
        "news              = \"permission\"",
        "news              = \"allow\"",
    );
    let [there, back] = both(&after);
    opens(&there, Part::Access);
    closes(&back);
    assert_eq!(there.lines[0].groups, ["ks2"]);
    insta::assert_snapshot!(words(&there), @"Opens: Key Stage 2 may now reach sites of “News”; until now closed until a member of staff opens it.");
    insta::assert_snapshot!(words(&back), @"Closes: Key Stage 2 now have sites of “News” closed until a member of staff opens it; until now open.");
}

#[test]
fn a_subnet_moved_to_staff_opens() {
    let after = School::example().edit(
        "config/network.toml",
        "networks     = [\"10.60.0.0/16\"",
        "networks     = [\"10.30.8.0/24\", \"10.60.0.0/16\"",
    );
    let there = effect(&School::example(), &after);
    opens(&there, Part::Identity);
    insta::assert_snapshot!(words(&there), @"Opens: Devices in “Staff” now count as Staff in place of Key Stage 3: they may now reach sites of “Blogs” on school days, between 07:30 to 08:45 and 15:15 to 18:00, and at other times; until now closed until a member of staff opens it; may now reach sites of “Comics” on many days, and at other times; until now closed.");
}

#[test]
fn a_stretched_schedule_opens_and_a_shortened_one_closes() {
    let after = School::example().edit(
        "config/calendar.toml",
        "id    = \"lunch-ks2\"\ntitle = \"Lunch, Key Stage 2\"\nfrom  = \"12:15\"",
        "id    = \"lunch-ks2\"\ntitle = \"Lunch, Key Stage 2\"\nfrom  = \"12:00\"",
    );
    let there = effect(&School::example(), &after);
    opens(&there, Part::Access);
    insta::assert_snapshot!(words(&there), @r"
    Opens: Key Stage 2 may now reach sites of “Educational games” and “Sport” on school days, 12:00 to 12:15; until now closed.
    Closes: Key Stage 2 can no longer reach sites of “Video” on school days, 12:00 to 12:15; until now open.
    ");
}

#[test]
fn a_lower_safe_search_opens() {
    let after = School::example().edit(
        "config/groups/pupils.toml",
        "safe_search       = \"strict\"",
        "safe_search       = \"moderate\"",
    );
    let [there, back] = both(&after);
    opens(&there, Part::SafeSearch);
    closes(&back);
    insta::assert_snapshot!(words(&there), @"Opens: Pupils now search with the safe mode moderate.");
}

#[test]
fn less_inspection_opens() {
    let full = School::example().append("config/groups/ks2-y56.toml", "");
    let text = full.text("config/groups/ks2-y56.toml");
    let mut full = full;
    full.files.insert(
        "config/groups/ks2-y56.toml",
        format!("inspect = \"full\"\n{text}").into_bytes(),
    );
    let there = effect(&full, &School::example());
    opens(&there, Part::Inspection);
    // Pages that a rule names can be told apart by full inspection alone, so raising it opens too.
    opens(&effect(&School::example(), &full), Part::Inspection);
    let mut some = School::example();
    some.files.insert(
        "config/groups/ks2-y56.toml",
        format!("inspect = \"block-page\"\n{text}").into_bytes(),
    );
    closes(&effect(&School::example(), &some));
}

#[test]
fn an_exception_opens() {
    let after = School::example().append(
        "blocklists/exceptions.toml",
        "\n[[exceptions]]\nname = \"games.example\"\nreason = \"a test\"\n",
    );
    let there = effect(&School::example(), &after);
    opens(&there, Part::Exception);
    insta::assert_snapshot!(words(&there), @"Opens: Lists that others write can no longer close games.example.");
}

#[test]
fn a_guarded_name_opens() {
    let after = School::example().append("blocklists/guard.txt", "games.example\n");
    opens(&effect(&School::example(), &after), Part::Exception);
}

#[test]
fn an_essential_host_opens_and_fewer_close() {
    let after = School::example().append(
        "config/essential.toml",
        "\n[[essential]]\nname = \"register.example\"\nreason = \"a test\"\n",
    );
    let [there, back] = both(&after);
    opens(&there, Part::Essential);
    assert!(
        back.concerns(Part::Essential),
        "two people are needed for either"
    );
}

#[test]
fn a_list_that_loses_a_name_opens() {
    let list = "blocklists/starter/gambling.txt";
    let text = School::example().text(list);
    let name = text
        .lines()
        .rfind(|line| !line.starts_with('#') && !line.is_empty())
        .unwrap()
        .to_owned();
    let mut after = School::example();
    let fewer: String = text
        .lines()
        .filter(|line| *line != name)
        .map(|line| format!("{line}\n"))
        .collect();
    after.files.insert(list, fewer.into_bytes());
    let [there, back] = both(&after);
    opens(&there, Part::List);
    assert_eq!(there.lines[0].sites.len(), 1, "{there:#?}");
    closes(&back);
}

/// The example with a list of the school's own in some format.
fn own_list(format: &str, keys: &str, text: &str) -> School {
    let mut school = School::example().append(
        "blocklists/sources.toml",
        &format!(
            "\n[[sources]]\nid = \"own-pages\"\ntitle = \"Our own list\"\nfile = \"own/pages.txt\"\n\
             format = \"{format}\"\ncategory = \"gambling\"\nlicence = \"MIT\"\nthird_party = false\n{keys}"
        ),
    );
    school
        .files
        .insert("blocklists/own/pages.txt", text.as_bytes().to_vec());
    school
}

#[test]
fn a_list_of_any_format_that_loses_an_entry_opens() {
    for (format, more, fewer) in [
        (
            "urls",
            "a.example/odds\nb.example/odds\n",
            "b.example/odds\n",
        ),
        ("expressions", "casino[0-9]+\npoker\n", "poker\n"),
        ("adblock", "||a.example^\n||b.example^\n", "||b.example^\n"),
        (
            "adblock",
            "||a.example^\n",
            "||a.example^\n@@||a.example^\n",
        ),
        (
            "hosts",
            "0.0.0.0 a.example b.example\n",
            "0.0.0.0 b.example\n",
        ),
        ("addresses", "192.0.2.0/28\n192.0.2.99\n", "192.0.2.99\n"),
    ] {
        let (old, new) = (own_list(format, "", more), own_list(format, "", fewer));
        opens(&effect(&old, &new), Part::List);
        closes(&effect(&new, &old));
    }
}

// CHG-01: what a list includes is as much of it as its own lines.
#[test]
fn a_file_that_a_list_includes_opens_when_it_loses_an_entry() {
    let listed = |included: &str| {
        let mut school = own_list(
            "e2guardian-sites",
            "",
            "a.example\n.Include</etc/lists/more/sites>\n",
        );
        let text = included.as_bytes().to_vec();
        school.files.insert("blocklists/own/more/sites", text);
        school
    };
    let (more, fewer) = (listed("b.example\nc.example\n"), listed("c.example\n"));
    opens(&effect(&more, &fewer), Part::List);
    let state = more.state();
    let mut lists = state.artefact().lists().iter();
    let own = lists.find(|list| &*list.id == "own-pages").unwrap();
    assert_eq!(own.entries, 3, "the included file is read");
}

#[test]
fn a_list_that_is_read_in_another_way_opens() {
    let text = "a.example\n";
    let plain = own_list("plain", "", text);
    for keys in ["charset = \"koi8-r\"\n", "covers = \"name\"\n"] {
        opens(&effect(&plain, &own_list("plain", keys, text)), Part::List);
    }
    let named = own_list("plain", "recommended = true\n", text);
    assert_eq!(effect(&plain, &named).direction, Direction::Nothing);
}

#[test]
fn a_list_of_a_category_that_is_open_opens_what_was_on_no_list() {
    let list = "blocklists/starter/games-educational.txt";
    let after = School::example().append(list, "sums.example\n");
    opens(&effect(&School::example(), &after), Part::List);
}

#[test]
fn a_rule_that_allows_opens_and_one_that_blocks_closes() {
    let rule = |action: &str| {
        School::example().append(
            "config/groups/ks2.toml",
            &format!("\n[[rule]]\nname = \"Friends\"\nsites = [\"friends.test\"]\naction = \"{action}\"\nwhen = \"friday-last-lesson\"\n"),
        )
    };
    let [there, back] = both(&rule("allow"));
    opens(&there, Part::Site);
    closes(&back);
    insta::assert_snapshot!(words(&there), @"Opens: Key Stage 2 may now reach friends.test on Fridays, 14:00 to 15:00, by the rule “Friends”.");
    let [there, back] = both(&rule("block"));
    closes(&there);
    opens(&back, Part::Site);
    let there = effect(&rule("block"), &rule("warn"));
    opens(&there, Part::Site);
    closes(&effect(&rule("allow"), &rule("warn")));
}

#[test]
fn an_allowance_opens() {
    let after = School::example().append("config/groups/ks1.toml", "");
    let text = after.text("config/groups/ks1.toml");
    let mut after = after;
    after.files.insert(
        "config/groups/ks1.toml",
        format!("literal_addresses = \"allow\"\n{text}").into_bytes(),
    );
    let [there, back] = both(&after);
    opens(&there, Part::Allowance);
    closes(&back);
    let after = School::example().append("config/schoolgate.toml", "\n");
    let text = after.text("config/schoolgate.toml");
    let mut after = after;
    let tunnels = text.replacen("[proxy]", "[proxy]\nno_sni = \"allow\"", 1);
    assert_ne!(text, tunnels);
    after
        .files
        .insert("config/schoolgate.toml", tunnels.into_bytes());
    opens(&effect(&School::example(), &after), Part::Allowance);
}

#[test]
fn another_upstream_opens() {
    let after = School::example().edit(
        "config/schoolgate.toml",
        "address  = \"1.1.1.3\"",
        "address  = \"1.1.1.1\"",
    );
    opens(&effect(&School::example(), &after), Part::Upstream);
}

#[test]
fn another_time_zone_opens() {
    let after = School::example().edit("config/calendar.toml", "Europe/London", "Europe/Paris");
    opens(&effect(&School::example(), &after), Part::Schedule);
}

// CHG-30
#[test]
fn another_alert_route_opens() {
    let after = School::example().append(
        "config/schoolgate.toml",
        "\n[alert.mail]\nhost = \"mail.example\"\n",
    );
    opens(&effect(&School::example(), &after), Part::Alert);
}

// CHG-30
#[test]
fn what_is_written_down_opens_whichever_way_it_goes() {
    let after = School::example().append("config/schoolgate.toml", "\n[retention]\nblock = 7\n");
    opens(&effect(&School::example(), &after), Part::Logging);
}

#[test]
fn a_setting_that_nobody_understands_opens() {
    let after = School::example().append("config/schoolgate.toml", "\n[wormhole]\nopen = false\n");
    opens(&effect(&School::example(), &after), Part::Setting);
    let mut after = School::example();
    after
        .files
        .insert("config/wormhole.toml", *b"open = false\n");
    opens(&effect(&School::example(), &after), Part::Setting);
}

// CHG-30
#[test]
fn another_identity_feed_opens_whichever_way_it_goes() {
    let text = School::example().text("config/network.toml");
    assert!(text.contains("feed = true"));
    let after = School::example().append(
        "config/network.toml",
        "\n[[devices]]\nid = \"new-laptop\"\naddresses = [\"10.30.3.3\"]\ngroup = \"staff\"\n",
    );
    let [there, back] = both(&after);
    opens(&there, Part::Identity);
    assert!(back.concerns(Part::Identity));
}

fn unblock(access: Access) -> Override {
    Override {
        id: "o1".to_owned(),
        whom: vec!["class:year-6".to_owned()],
        sites: vec!["friends.test".to_owned()],
        action: access,
        start: moment("2026-11-23T09:00:00Z"),
        end: moment("2026-11-23T10:00:00Z"),
        reason: "history lesson".to_owned(),
        trial: None,
    }
}

fn with(alter: impl FnOnce(&mut Overlay)) -> School {
    let mut school = School::example();
    alter(&mut school.overlay);
    school
}

#[test]
fn an_unblock_opens_and_its_revocation_closes() {
    let given = with(|overlay| overlay.overrides.push(unblock(Access::Allow)));
    let [there, back] = both(&given);
    opens(&there, Part::Override);
    closes(&back);
    insta::assert_snapshot!(words(&there), @"Opens: “Year 6” may now reach friends.test on 23 November 2026, 09:00 to 10:00, by the unblock “history lesson”.");
    insta::assert_snapshot!(words(&back), @"Closes: “Year 6” no longer have friends.test open on 23 November 2026, 09:00 to 10:00, now without the unblock “history lesson”.");
    let longer = with(|overlay| {
        overlay.overrides.push(Override {
            end: moment("2026-11-23T10:30:00Z"),
            ..unblock(Access::Allow)
        });
    });
    opens(&effect(&given, &longer), Part::Override);
    closes(&effect(&longer, &given));
    let wider = with(|overlay| {
        overlay.overrides.push(Override {
            whom: vec!["class:year-6".to_owned(), "class:media".to_owned()],
            ..unblock(Access::Allow)
        });
    });
    opens(&effect(&given, &wider), Part::Override);
    closes(&effect(&wider, &given));
}

#[test]
fn a_block_that_is_revoked_or_ends_sooner_opens() {
    let given = with(|overlay| overlay.overrides.push(unblock(Access::Block)));
    let [there, back] = both(&given);
    closes(&there);
    opens(&back, Part::Override);
    let emergency = |end: &str| {
        with(|overlay| {
            overlay.blocks.push(EmergencyBlock {
                id: "b1".to_owned(),
                sites: vec!["friends.test".to_owned()],
                whom: Vec::new(),
                start: moment(NOW),
                end: moment(end),
                reason: "reported by a pupil".to_owned(),
            });
        })
    };
    let (short, long) = (
        emergency("2026-11-23T05:00:00Z"),
        emergency("2026-11-25T05:00:00Z"),
    );
    closes(&effect(&School::example(), &short));
    closes(&effect(&short, &long));
    opens(&effect(&long, &short), Part::Emergency);
    opens(&effect(&short, &School::example()), Part::Emergency);
}

#[test]
fn what_is_over_neither_opens_nor_closes() {
    let over = with(|overlay| {
        overlay.overrides.push(Override {
            start: moment("2026-11-20T09:00:00Z"),
            end: moment("2026-11-20T10:00:00Z"),
            ..unblock(Access::Block)
        });
    });
    assert_eq!(
        both(&over).map(|effect| effect.direction),
        [Direction::Nothing; 2]
    );
}

#[test]
fn a_pause_closes_and_its_end_opens() {
    let paused = with(|overlay| {
        overlay.pauses.push(Pause {
            id: "p1".to_owned(),
            whom: vec!["device:head-laptop".to_owned()],
            start: moment(NOW),
            end: moment("2026-11-24T05:00:00Z"),
            reason: "as agreed".to_owned(),
        });
    });
    let [there, back] = both(&paused);
    closes(&there);
    opens(&back, Part::Pause);
    insta::assert_snapshot!(words(&back), @"Opens: “Headteacher's laptop” can reach the web again from 22 November 2026, 05:00, until 24 November 2026, 05:00, now without the pause of web access “as agreed”.");
}

#[test]
fn a_mode_that_is_switched_off_opens() {
    let exam = with(|overlay| {
        overlay.modes.push(ModeSwitch {
            mode: "exam".to_owned(),
            whom: vec!["class:exam-room".to_owned()],
            start: moment(NOW),
            end: moment("2026-11-24T05:00:00Z"),
        });
    });
    let [there, back] = both(&exam);
    assert!(there.concerns(Part::Mode));
    opens(&back, Part::Mode);
}

#[test]
fn a_lock_that_is_taken_away_opens() {
    let after = School::example().edit(
        "config/groups/pupils.toml",
        "gambling        = { block = \"always\", lock = true }",
        "gambling        = \"block\"",
    );
    let [there, back] = both(&after);
    opens(&there, Part::Lock);
    closes(&back);
}

#[test]
fn a_test_of_the_school_that_is_taken_out_opens() {
    let mut after = School::example();
    after.files.insert("config/expectations.toml", *b"");
    let [there, back] = both(&after);
    opens(&there, Part::Check);
    assert_eq!(back.direction, Direction::Nothing);
}

#[test]
fn a_raised_limit_for_the_text_of_pages_opens() {
    let after = School::example().edit("config/groups/ks2.toml", "limit = 50", "limit = 100");
    let [there, back] = both(&after);
    opens(&there, Part::Access);
    closes(&back);
}

#[test]
fn phrases_that_change_are_not_proved_to_close() {
    let after =
        School::example().edit("blocklists/phrases/gambling.toml", "\"casino bonus\", ", "");
    for effect in both(&after) {
        assert_eq!(effect.direction, Direction::Opens);
    }
}
