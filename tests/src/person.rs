use crate::{Demo, Said};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use totp_rs::{Builder, Secret, Totp};

/// Somebody with an account, and what only that person has: a password and a telephone.
#[derive(Clone, Debug)]
pub struct Person {
    /// The sign-in name.
    pub name: String,
    /// The password.
    pub password: String,
    telephone: Totp,
}

impl Person {
    /// Opens one of the first accounts and signs in for the first time, at the command line.
    pub fn found(demo: &Demo, name: &str, role: &str, more: &[&str]) -> Self {
        let mut words = vec!["account", "found", name, "--role", role, "--json"];
        words.extend(more);
        let handed = demo.command(&words).done();
        let handed: serde_json::Value = serde_json::from_str(&handed).expect("JSON");
        let temporary = handed["password"].as_str().expect("a password").to_owned();
        Self::enrol(demo, name, &temporary)
    }

    /// Signs in for the first time: chooses a password, enrols a telephone.
    pub fn enrol(demo: &Demo, name: &str, temporary: &str) -> Self {
        let password = format!("{} stones in the brook", name.len() * 1_000);
        let (old, new) = (
            demo.path(&format!("{name}.old")),
            demo.path(&format!("{name}.new")),
        );
        std::fs::write(&old, temporary).expect("the folder is ours");
        std::fs::write(&new, &password).expect("the folder is ours");
        let mut child = Command::new(crate::schoolgate())
            .args(["account", "enrol", "--as", name])
            .arg("--secret-file")
            .arg(&old)
            .arg("--new-secret-file")
            .arg(&new)
            .arg("--state")
            .arg(demo.path("state"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program runs");
        let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        out.read_line(&mut line).expect("it says the secret");
        let secret: String = line
            .trim_start_matches("secret")
            .chars()
            .filter(|c| !c.is_whitespace())
            .collect();
        let person = Self {
            name: name.to_owned(),
            password,
            telephone: telephone(&secret),
        };
        let code = demo.code(&person);
        let mut input = child.stdin.take().expect("a pipe");
        writeln!(input, "{code}").expect("it reads the code");
        drop(input);
        let mut rest = String::new();
        out.read_to_string(&mut rest).expect("it says the rest");
        let ended = child.wait().expect("it is our child");
        assert!(ended.success(), "{name} could not enrol: {line}{rest}");
        person
    }

    /// The code at a second since 1970.
    pub fn code(&self, seconds: i64) -> String {
        let seconds = u64::try_from(seconds).expect("after 1970");
        self.telephone.generate(seconds).to_string()
    }

    /// Runs a command in this person's name.
    pub fn command(&self, demo: &Demo, words: &[&str]) -> Said {
        let ended = self.spawn(demo, words).wait_with_output();
        ended.expect("it is our child").into()
    }

    /// Starts a command in this person's name.
    pub fn spawn(&self, demo: &Demo, words: &[&str]) -> Child {
        let file = demo.path(&format!("{}.secret", self.name));
        std::fs::write(&file, &self.password).expect("the folder is ours");
        let code = demo.code(self);
        let file = file.to_str().expect("a plain path");
        let mut all = words.to_vec();
        all.extend(["--as", &self.name, "--secret-file", file, "--code", &code]);
        demo.spawn(&all)
    }
}

fn telephone(secret: &str) -> Totp {
    let secret = Secret::try_from_base32(secret).expect("base 32");
    Builder::new()
        .with_secret(secret)
        .with_account_name("account")
        .build()
        .expect("RFC 6238's defaults")
}
