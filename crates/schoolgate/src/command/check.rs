use crate::arguments;
use crate::failure::{Failure, summary, tell};
use crate::folder::Folders;
use crate::offline::Offline;
use model::Faults;
use serde_json::json;

/// Checks a policy: every fault of every file, then the policy's own tests.
pub(crate) fn check(asked: &arguments::Check) -> Result<(), Failure> {
    let folders = Folders::new(&asked.policy.config, asked.policy.blocklists.as_deref());
    let (faults, words) = match Offline::open_with(&asked.policy, Some(&asked.state)) {
        Err(Failure::Faults(faults)) => (faults, None),
        Err(other) => return Err(other),
        Ok(offline) => {
            let mut faults = Faults::default();
            let files = folders.read(&mut Faults::default());
            offline.state.prove(&files, &mut faults);
            let words = describe(&offline);
            let mut all = offline.warnings;
            all.append(folders.rename(faults));
            (all, Some(words))
        }
    };
    let sound = faults.errors() == 0 && (!asked.strict || faults.warnings() == 0);
    if asked.json {
        say!(
            "{}",
            json!({
                "sound": sound,
                "errors": faults.errors(),
                "warnings": faults.warnings(),
                "faults": faults.iter().collect::<Vec<_>>(),
            })
        );
    } else {
        if !faults.is_empty() {
            tell(&faults);
        }
        if let (true, Some(words)) = (sound, words) {
            say!("{words}");
        }
        if !faults.is_empty() {
            tell(summary(&faults));
        }
    }
    if sound { Ok(()) } else { Err(Failure::No) }
}

fn describe(offline: &Offline) -> String {
    let policy = offline.state.policy();
    let conduct = policy.conduct();
    let kept = conduct
        .cells()
        .iter()
        .filter(|cell| policy.prove(cell) == policy::Proof::Held)
        .count();
    format!(
        "sound: policy {}, {} groups, {} zones, {} lists with {} names, {} tests met, {} of {} marks of the school's tables enforced",
        policy.version(),
        policy.groups().len(),
        offline.state.identifier().roster().zones.len(),
        offline.report.lists.len(),
        offline.report.compiled.names,
        policy.expectations().len(),
        kept,
        conduct.cells().len(),
    )
}
