use crate::State;
use model::{Document, Faults, Files, HostBuffer, Subject, Target};
use policy::{Expectation, ExpectationsSettings, Outcome, Policy, Proof};

impl State {
    /// Runs the policy's own tests and holds its tables against what is enforced.
    ///
    /// Every test that fails and every mark that is not kept is a fault.
    pub fn prove(&self, files: &Files, faults: &mut Faults) {
        self.prove_expectations(files, faults);
        self.prove_conduct(faults);
    }

    fn prove_expectations(&self, files: &Files, faults: &mut Faults) {
        let Some(text) = files
            .content(EXPECTATIONS)
            .and_then(|content| std::str::from_utf8(content).ok())
        else {
            return;
        };
        // Read again for the places alone: compiling has told of what is wrong with the file.
        let (document, settings) =
            Document::parse::<ExpectationsSettings>(EXPECTATIONS, text, &mut Faults::default());
        for (place, expectation) in settings.unwrap_or_default().expect.iter().enumerate() {
            if let Outcome::Missed(words) = self.run(expectation) {
                let fault = document.fault(&["expect".into(), place.into()], words);
                faults.push(
                    fault.mend("correct the policy, or the test if the school changed its mind"),
                );
            }
        }
    }

    /// Runs one test of the policy.
    pub fn run(&self, expectation: &Expectation) -> Outcome {
        let policy = self.policy();
        let mut buffer = HostBuffer::new();
        let target = match Target::parse(&expectation.target, &mut buffer) {
            Ok(target) => target,
            Err(error) => return Outcome::Missed(format!("`{}`: {error}", expectation.target)),
        };
        let schedules = policy.schedules(expectation.at);
        let subject: Option<Subject> = match (&expectation.group, expectation.client) {
            (Some(group), _) => policy
                .groups()
                .find(group)
                .map(|group| policy.subject_of(group)),
            (None, Some(client)) => {
                self.identifier()
                    .identify(client, &schedules, &self.bindings, expectation.at)
            }
            (None, None) => None,
        };
        let verdict = match subject {
            None => Policy::outside(policy.version()),
            Some(subject) => {
                let view = policy.view(&subject, &schedules);
                self.judge(&view, subject.group, target)
            }
        };
        expectation.compare(&verdict)
    }

    fn prove_conduct(&self, faults: &mut Faults) {
        let policy = self.policy();
        let conduct = policy.conduct();
        for cell in conduct.cells() {
            match policy.prove(cell) {
                Proof::Held | Proof::Conduct | Proof::Nobody => {}
                Proof::Broken(words) => {
                    let row = conduct
                        .tables()
                        .get(cell.table)
                        .and_then(|table| table.rows.get(cell.row));
                    let title = row.map_or("", |row| &row.title);
                    let what = format!(
                        "the mark `{}` of row `{title}` is not what is enforced: {words}",
                        cell.mark
                    );
                    let mend =
                        "correct the group's policy, or the table if the school changed its mind";
                    faults.push(model::Fault::of_file("config/conduct.toml", what, mend));
                }
            }
        }
    }
}

const EXPECTATIONS: &str = "config/expectations.toml";
