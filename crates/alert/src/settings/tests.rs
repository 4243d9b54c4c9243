use super::*;

fn mail() -> MailSettings {
    MailSettings {
        host: "smtp.oakfield.test".to_owned(),
        port: None,
        tls: MailTls::Implicit,
        user: None,
        password_file: None,
        from: "schoolgate@oakfield.test".to_owned(),
    }
}

fn faults(change: impl FnOnce(&mut Settings)) -> Vec<String> {
    let mut settings = Settings::default();
    change(&mut settings);
    settings.faults()
}

#[test]
fn the_default_has_no_fault() {
    assert_eq!(Settings::default().faults(), Vec::<String>::new());
    assert!(faults(|it| it.mail = Some(mail())).is_empty());
}

#[test]
fn mail_in_the_clear_is_for_this_machine_alone() {
    let clear = |host: &str| {
        let mail = MailSettings {
            tls: MailTls::None,
            host: host.to_owned(),
            ..mail()
        };
        faults(|it| it.mail = Some(mail)).len()
    };
    assert_eq!(["127.0.0.1", "::1", "localhost"].map(clear), [0, 0, 0]);
    let outside = ["192.0.2.7", "localhost.test", "smtp.oakfield.test"];
    assert_eq!(outside.map(clear), [1, 1, 1]);
}

#[test]
fn a_webhook_in_the_clear_is_for_this_machine_alone() {
    let fault = |url: &str| {
        let webhook = WebhookSettings {
            url: url.to_owned(),
            secret_file: "secret".to_owned(),
        };
        faults(|it| it.webhook = Some(webhook)).len()
    };
    let fine = [
        "https://records.test/x",
        "http://127.0.0.1:80/",
        "http://[::1]:80",
    ];
    assert_eq!(fine.map(fault), [0, 0, 0]);
    let bad = [
        "http://records.test/",
        "http://127.0.0.1@records.test/",
        "ftp://records.test/",
        "https://a b/",
    ];
    assert_eq!(bad.map(fault), [1, 1, 1, 1]);
}

#[test]
fn every_fault_says_what_and_how_to_mend() {
    let found = faults(|it| {
        it.console = "gateway".to_owned();
        it.digest_hour = 24;
        it.unread_after = Span::of_seconds(1);
        it.mail = Some(MailSettings {
            host: String::new(),
            user: Some("u".to_owned()),
            from: "nobody\r\nBcc: all@oakfield.test".to_owned(),
            ..mail()
        });
    });
    insta::assert_snapshot!(found.join("\n"), @"
    `console` must be an `https://` address without spaces, not `gateway`
    `digest_hour` must be from 0 to 23, not 24
    `unread_after` must be a minute or more, not `1s`
    `mail.host` is no name: ``
    `mail.from` is no mail address: `nobodyBcc: all@oakfield.test`
    `mail.user` and `mail.password_file` go together; give both
    ");
}

#[test]
fn quiet_hours_may_run_over_midnight() {
    let night = Quiet {
        from_hour: 20,
        until_hour: 7,
    };
    let held: Vec<u8> = (0..24).filter(|&hour| !night.holds(hour)).collect();
    assert_eq!(held, (7..20).collect::<Vec<u8>>());
    let never = Quiet {
        from_hour: 7,
        until_hour: 7,
    };
    assert!((0..24).all(|hour| !never.holds(hour)));
}
