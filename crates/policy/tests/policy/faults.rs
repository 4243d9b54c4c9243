//! Everything wrong is told, where it stands and how to mend it.

use crate::school::School;

#[test]
fn every_fault_of_a_group_is_told_at_once() {
    let school = School::new()
        .group("pupils", "title = \"Pupils\"\n[access]\nsocial = { block = \"always\", lock = true }\n[[rule]]\nname = \"locked\"\nsites = [\"l.example\"]\naction = \"block\"\nlock = true\n")
        .ks2(
            r#"packs = ["bitesiz"]
open = ["games", "educatoin"]
remove = ["locked", "nothing"]
[access]
socail = "block"
social = "allow"
proxy = "allow"
illegal-csam = "allow"
help = "allow"
video = { allow = "brakes" }
games = { allow = "breaks", block = "lessons" }
blogs = { allow = "breaks", lock = true }
news = { allow = "always", for = ["class:medai", "user:jane", "media", "clas:x"] }
shopping = "allow"
[[rule]]
name = "bad"
sites = ["https://x.example/a", "pack:nope", "category:nope", "*.com", "github.io"]
for = ["group:ks9"]
when = "lesson"
action = "allow"
lock = true
until = 2026-11-01
from = 2026-11-02
[[mode]]
id = "m"
title = "M"
kind = "word"
action = "allow"
"#,
        )
        .pack("bitesize", &["bbc.co.uk"]);
    insta::assert_debug_snapshot!(school.faults("config/groups/ks2.toml"), @r#"
    [
        "4:10 no pack `bitesiz` -> did you mean `bitesize`?",
        "5:9 `games` is not an allow-class category -> give it a word in `access`",
        "5:18 no category `educatoin` -> did you mean `education`?",
        "6:11 rule `locked` is locked and cannot be removed -> a child never loosens a lock of its parent; change the parent",
        "6:21 `nothing` is not inherited -> take the line out",
        "8:1 no category `socail` -> did you mean `social`?",
        "9:10 `social` is locked by a group that this one extends -> a child never loosens a lock of its parent; change the parent",
        "9:10 `social` asks for 13 years, and the youngest here are 7 -> keep it closed, or name single sites in a rule",
        "10:9 no policy may open `proxy` -> take the line out; the vocabulary locks it",
        "11:1 `illegal-csam` belongs to the floor, which is closed always -> take the line out",
        "12:1 `help` opens, and has no word of its own -> name it in `open`",
        "13:19 no schedule `brakes` -> did you mean `breaks`?",
        "14:9 more than one word is written -> write one of allow, monitor, warn, permission, block, such as `{ allow = \"breaks\" }`",
        "15:36 `allow` cannot be locked -> a lock closes: only `block` takes it",
        "16:35 no class `medai` -> did you mean `media`?",
        "16:50 `user:jane` can never apply, for nothing says who the users are -> switch the identity feed on in network.toml, or name devices or a class",
        "16:63 `media` does not say whom it means -> write `group:media`, `class:media`, `device:media` or the like",
        "16:72 `clas:` is not a kind of people or devices -> did you mean `class`?",
        "17:12 `shopping` asks for 18 years, and the youngest here are 7 -> keep it closed, or name single sites in a rule",
        "20:10 `https://x.example/a` is an address line, not a site -> write `x.example/a`",
        "20:33 no pack `nope` -> name a file of `blocklists/packs`",
        "20:46 no category `nope` -> name a category of categories.toml",
        "20:63 `*.com` reaches a whole top-level domain -> name the sites",
        "20:72 `github.io` does not reach the sites below it, for each belongs to somebody else -> write `=github.io` for it alone, or `*.github.io` for all below",
        "21:8 no group `ks9` -> did you mean `ks2`?",
        "22:8 no schedule `lesson` -> did you mean `lessons`?",
        "24:8 rule `bad` locks `allow` -> a lock closes: write `action = \"block\"`",
        "25:9 rule `bad` never applies: it ends before it begins -> let `until` be the last day",
        "31:10 mode `m` would open everything -> write `block` or `permission`; open single categories in `access`",
    ]
    "#);
}

#[test]
fn a_circle_of_groups_is_told_and_cut() {
    let school = School::new()
        .group("a", "title = \"A\"\nextends = \"b\"\n")
        .group("b", "title = \"B\"\nextends = \"a\"\n")
        .group("c", "title = \"C\"\nextends = \"ks22\"\n");
    assert!(school.faults("config/groups/a.toml")[0].contains("extends itself"));
    assert!(school.faults("config/groups/b.toml")[0].contains("extends itself"));
    assert!(school.faults("config/groups/c.toml")[0].contains("did you mean `ks2`?"));
}

// AGE-02
#[test]
fn one_policy_for_staff_and_pupils_is_refused() {
    let same = "unknown = \"allow\"\nliteral_addresses = \"allow\"\nsafe_search = \"off\"\nyoutube = \"off\"\n[access]\n\
                social = \"block\"\ngames = \"block\"\nvideo = \"block\"\nshopping = \"block\"\nblogs = \"block\"\n";
    let school = School::new()
        .staff(same)
        .group("ks3", &format!("title = \"KS3\"\n{same}"));
    let (policy, _) = school.read();
    assert!(policy.is_none());
    let faults = school.faults("config/groups/ks3.toml");
    assert!(
        faults[0].contains("staff and pupils must differ"),
        "{faults:?}"
    );
}

#[test]
fn staff_policy_on_a_classroom_display_is_told() {
    let school = School::new().zone("class-displays", model::NetworkAccess::Full, false, "staff");
    let (policy, _) = school.read();
    let warnings: Vec<String> = policy
        .unwrap()
        .warnings()
        .iter()
        .map(|fault| fault.what.clone())
        .collect();
    assert_eq!(
        warnings,
        ["zone `class-displays` shows a class what the staff group `staff` may see"]
    );
}

#[test]
fn a_zone_with_a_group_that_no_file_is_for_is_refused() {
    let school = School::new().zone("z", model::NetworkAccess::Full, false, "ks22");
    let (policy, faults) = school.read();
    assert!(policy.is_none());
    assert!(
        faults.to_string().contains("did you mean `ks2`?"),
        "{faults}"
    );
}

#[test]
fn a_missing_or_broken_vocabulary_is_none() {
    let mut faults = model::Faults::default();
    assert!(policy::vocabulary(&model::Files::default(), &mut faults).is_none());
    assert_eq!(faults.errors(), 1);
    let mut files = model::Files::default();
    files.insert("blocklists/categories.toml", *b"[[categories]]\nid = \"illegal-jokes\"\ntitle = \"x\"\nwords = \"x\"\ntheme = \"x\"\nclass = \"floor\"\n");
    let mut faults = model::Faults::default();
    assert!(policy::vocabulary(&files, &mut faults).is_none());
    assert!(faults.to_string().contains("claims the floor"), "{faults}");
}

#[test]
fn what_is_not_text_is_told() {
    let mut school = School::new();
    school
        .files
        .insert("config/groups/x.toml", [0xff, 0xfe].as_slice());
    school
        .files
        .insert("config/groups/Bad Name.toml", *b"title = \"x\"");
    assert!(school.faults("config/groups/x.toml")[0].contains("not UTF-8"));
    assert!(school.faults("config/groups/Bad Name.toml")[0].contains("no id of a group"));
}

#[test]
fn a_policy_with_a_fault_is_not_used() {
    let (policy, faults) = School::new().ks2("nonsense = 1\n").read();
    assert!(policy.is_none());
    assert_eq!(faults.errors(), 1);
}
