//! What a technician sees who asks the running gateway with `curl -x`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use schoolgate_tests::{
    Gateway, Installation, Said, StubOrigin, Wiring, gateway_command, program, schoolgate,
};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

const KS2: &str = "127.20.0.20";
const STAFF: &str = "127.60.0.20";
const STRANGER: &str = "127.250.0.9";
const OPEN_NAME: &str = "www.bbc.co.uk";

fn curl(gateway: &Gateway, source: &str, words: &[&str]) -> Said {
    let proxy = format!("http://{}", gateway.proxy());
    let mut all = vec![
        "--silent",
        "--show-error",
        "--noproxy",
        "",
        "--max-time",
        "60",
    ];
    all.extend(["--interface", source, "--proxy", &proxy]);
    all.extend_from_slice(words);
    program("curl", &all)
}

/// The reference number of a block page: two groups of four.
fn reference(page: &str) -> Option<&str> {
    let plain = |text: &str| {
        text.bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    };
    page.match_indices('-').find_map(|(at, _)| {
        let found = page.get(at.checked_sub(4)?..at + 5)?;
        let whole = plain(&found[..4]) && plain(&found[5..]);
        whole.then_some(found)
    })
}

/// Bytes that no program would keep if it looked into them.
fn bytes(count: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..count).map(next).collect()
}

#[test]
fn a_refused_page_says_why_and_is_found_by_its_number() {
    let installation = Installation::new(&Wiring::default());
    let gateway = Gateway::start(&installation);

    let answer = curl(
        &gateway,
        KS2,
        &[
            "--include",
            "--header",
            "Accept: text/html",
            "http://pornhub.com/a?secret=1",
        ],
    );
    let page = answer.done();
    assert!(page.starts_with("HTTP/1.1 403"), "{page}");
    assert!(!page.contains("secret"), "a query is private: {page}");
    let number = reference(&page).unwrap_or_else(|| panic!("no reference number: {page}"));

    // CONNECT carries no page; curl reports the refusal.
    let connect = curl(&gateway, KS2, &["https://pornhub.com/"]);
    assert_ne!(connect.code, Some(0));
    assert!(connect.err.contains("403"), "{}", connect.err);
    let stranger = curl(&gateway, STRANGER, &["--include", "http://www.bbc.co.uk/"]);
    assert!(stranger.out.starts_with("HTTP/1.1 403"), "{stranger:?}");

    // LOG-01: the decision is in the journal, without the query. Stopping hands all over.
    let number = number.to_owned();
    assert_eq!(gateway.stop(), Some(0));
    let [flag, state] = installation.state();
    let found = gateway_command(&[
        "audit",
        "search",
        &flag,
        &state,
        "--reference",
        &number,
        "--json",
    ]);
    let row: serde_json::Value = serde_json::from_str(found.done().trim()).unwrap();
    assert_eq!(row["host"], "pornhub.com", "{row}");
    assert_eq!(row["group"], "ks2", "{row}");
    assert_eq!(row["action"], "block", "{row}");
    assert!(!row.to_string().contains("secret"), "{row}");
}

#[test]
fn what_is_allowed_comes_through_byte_for_byte() {
    let body = bytes(1 << 20);
    let origin = StubOrigin::start(body.clone());
    let port = origin.address().port();
    let wiring = Wiring {
        origins: vec![OPEN_NAME, "www.theguardian.com"],
        http_ports: vec![port],
        ..Wiring::default()
    };
    let installation = Installation::new(&wiring);
    let gateway = Gateway::start(&installation);
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("body");
    let output = file.to_str().unwrap();

    let url = format!("http://{OPEN_NAME}:{port}/bitesize");
    curl(&gateway, KS2, &["--fail", "--output", output, &url]).done();
    assert!(
        std::fs::read(&file).unwrap() == body,
        "the bytes were altered on their way"
    );

    // AGE-02: the same address, closed for pupils and open for staff.
    let url = format!("http://www.theguardian.com:{port}/");
    let pupil = curl(
        &gateway,
        KS2,
        &["--output", output, "--write-out", "%{http_code}", &url],
    );
    assert_eq!(pupil.done(), "403");
    let staff = curl(
        &gateway,
        STAFF,
        &["--output", output, "--write-out", "%{http_code}", &url],
    );
    assert_eq!(staff.done(), "200");
}

/// `openssl s_server` with a certificate of its own; ended when dropped.
struct TlsOrigin {
    child: Child,
    port: u16,
    folder: TempDir,
}

impl TlsOrigin {
    fn start(body: &[u8]) -> Self {
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("page"), body).unwrap();
        let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let names = format!("subjectAltName=DNS:{OPEN_NAME}");
        let subject = format!("/CN={OPEN_NAME}");
        let made = program(
            "openssl",
            &[
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-days",
                "2",
                "-subj",
                &subject,
                "-addext",
                &names,
                "-keyout",
                &at("key"),
                "-out",
                &at("cert"),
            ],
        );
        assert_eq!(made.code, Some(0), "{}", made.err);
        let mut child = Command::new("openssl")
            .args([
                "s_server",
                "-accept",
                "127.0.0.1:0",
                "-WWW",
                "-cert",
                &at("cert"),
            ])
            .args(["-key", &at("key")])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines
            .find_map(|line| line.ok()?.strip_prefix("ACCEPT 127.0.0.1:")?.parse().ok())
            .expect("openssl says where it listens");
        // Nobody reads on; it must not wait for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            child,
            port,
            folder,
        }
    }
}

impl Drop for TlsOrigin {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_tunnel_carries_tls_unread() {
    let body = bytes(200_000);
    let origin = TlsOrigin::start(&body);
    let port = origin.port;
    let wiring = Wiring {
        origins: vec![OPEN_NAME, "cdn.games.example"],
        connect_ports: vec![port],
        ..Wiring::default()
    };
    let installation = Installation::new(&wiring);
    let gateway = Gateway::start(&installation);
    let certificate = origin.folder.path().join("cert");
    let certificate = certificate.to_str().unwrap();
    let file = origin.folder.path().join("received");
    let output = file.to_str().unwrap();

    // The origin's own certificate is the only one that is trusted: nobody opened the tunnel.
    let url = format!("https://{OPEN_NAME}:{port}/page");
    let words = ["--fail", "--cacert", certificate, "--output", output, &url];
    curl(&gateway, KS2, &words).done();
    assert!(
        std::fs::read(&file).unwrap() == body,
        "the bytes were altered on their way"
    );

    // CIR-15: a tunnel to one name in which TLS asks for another is cut.
    let fronted = format!("https://pornhub.com:{port}/page");
    let detour = format!("pornhub.com:{port}:{OPEN_NAME}:{port}");
    let words = [
        "--insecure",
        "--connect-to",
        &detour,
        "--output",
        output,
        &fronted,
    ];
    let mismatch = curl(&gateway, KS2, &words);
    assert_ne!(mismatch.code, Some(0), "a fronted name got through");
}

// PAC, WPAD
#[test]
fn the_proxy_hands_out_its_own_configuration() {
    let installation = Installation::new(&Wiring::default());
    let gateway = Gateway::start(&installation);
    let url = format!("http://{}/proxy.pac", gateway.proxy());
    let script = program(
        "curl",
        &["--silent", "--noproxy", "*", "--interface", KS2, &url],
    )
    .done();
    assert!(script.contains("function FindProxyForURL"), "{script}");
    assert!(
        script.contains(&format!("PROXY {}", gateway.proxy())),
        "{script}"
    );
    assert!(schoolgate().exists());
}

#[test]
fn health_and_metrics_are_told_on_the_management_listener() {
    let installation = Installation::new(&Wiring::default());
    let gateway = Gateway::start(&installation);
    let told = |path: &str| {
        let url = format!("http://{}{path}", gateway.management());
        program("curl", &["--silent", "--fail", "--noproxy", "*", &url]).done()
    };
    assert!(!told("/readyz").is_empty());
    assert!(!told("/healthz").is_empty());
    curl(
        &gateway,
        KS2,
        &["--output", "/dev/null", "http://pornhub.com/"],
    )
    .done();
    let metrics = told("/metrics");
    assert!(metrics.contains("# TYPE schoolgate_"), "{metrics}");
}
