use crate::school::School;
use policy::{Meaning, Proof};

const CONDUCT: &str = r#"
[[tables]]
id = "communication"
title = "Communication technologies"
[tables.meanings]
"allowed" = "open"
"at certain times" = "at-times"
"for selected staff" = "nominated"
"with staff permission" = "permission"
"not allowed" = "closed"
[[tables.subjects]]
id = "staff"
title = "Staff and other adults"
columns = ["allowed", "at certain times", "for selected staff", "not allowed"]
groups = ["staff"]
[[tables.subjects]]
id = "pupils"
title = "Pupils"
columns = ["allowed", "at certain times", "with staff permission", "not allowed"]
groups = ["ks2", "ks2-y6"]
[[tables.rows]]
title = "blogs"
enforced = { categories = ["blogs"] }
marks = { staff = "at certain times", pupils = "with staff permission" }
[[tables.rows]]
title = "video"
enforced = { categories = ["video"] }
marks = { staff = "for selected staff", pupils = "not allowed" }
[[tables.rows]]
title = "social media"
enforced = { categories = ["social"] }
marks = { staff = "not allowed", pupils = "not allowed" }
[[tables.rows]]
title = "mobile phones brought to school"
enforced = "conduct"
marks = { staff = "allowed", pupils = { mark = "not allowed", note = "handed in at the office" } }

[[tables]]
id = "unsuitable"
title = "Unsuitable activities"
meanings = { "acceptable at certain times" = "at-times", "unacceptable and illegal" = "floor" }
[[tables.subjects]]
id = "users"
title = "Users"
groups = ["staff", "ks2"]
[[tables.rows]]
title = "child sexual abuse images"
enforced = { categories = ["illegal-csam"] }
marks = { users = "unacceptable and illegal" }
[[tables.rows]]
title = "social media"
enforced = { categories = ["social"] }
marks = { users = "acceptable at certain times" }

[[tables]]
id = "devices"
title = "Devices"
meanings = { "yes" = "open", "-" = "nothing" }
[[tables.subjects]]
id = "school"
title = "school owned"
device_classes = ["class-of-rooms"]
[[tables.subjects]]
id = "phone"
title = "pupil owned"
device_classes = ["phones"]
[[tables.rows]]
title = "full network access"
enforced = { network = "full" }
marks = { school = "yes", phone = "-" }
"#;

fn school() -> School {
    School::new()
        .file("config/conduct.toml", CONDUCT)
        .staff("[access]\nblogs = { allow = \"breaks\" }\nsocial = \"block\"\nvideo = { allow = \"always\", for = [\"class:media\"] }\n")
        .ks2("[access]\nblogs = \"permission\"\n")
}

#[test]
fn every_mark_is_held_against_the_policy() {
    let asking = school().open();
    let proofs: Vec<Proof> = asking
        .policy
        .conduct()
        .cells()
        .iter()
        .map(|cell| asking.policy.prove(cell))
        .collect();
    assert_eq!(
        proofs.iter().filter(|proof| **proof == Proof::Held).count(),
        9
    );
    assert_eq!(
        proofs
            .iter()
            .filter(|proof| **proof == Proof::Conduct)
            .count(),
        2
    );
    assert_eq!(
        proofs
            .iter()
            .filter(|proof| **proof == Proof::Nobody)
            .count(),
        1
    );
    assert_eq!(proofs.len(), 12);
}

#[test]
fn of_marks_that_disagree_the_stricter_is_enforced_and_told() {
    let school = school();
    let asking = school.open();
    let overruled: Vec<_> = asking
        .policy
        .conduct()
        .cells()
        .iter()
        .filter(|cell| cell.effective != cell.meaning)
        .map(|cell| (cell.meaning, cell.effective))
        .collect();
    assert_eq!(overruled, [(Meaning::AtTimes, Meaning::Closed)]);
    let faults = school.faults("config/conduct.toml");
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].contains("the stricter is enforced"), "{faults:?}");
}

#[test]
fn a_mark_that_the_policy_does_not_keep_is_a_fault() {
    let school = school().ks2("[access]\nblogs = \"permission\"\nvideo = { warn = \"breaks\" }\n");
    let (policy, faults) = school.read();
    assert!(policy.is_none());
    let told: Vec<String> = faults
        .iter()
        .filter(|fault| fault.severity == model::Severity::Error)
        .map(|fault| fault.what.clone())
        .collect();
    insta::assert_debug_snapshot!(told, @r#"
    [
        "`video` is marked `not allowed`, but `ks2` gets `video` as block or warn",
    ]
    "#);
}
