//! What a person sees in a real browser when a page is refused, at three reading levels.
//!
//! The pictures are left in `target/block-pages` for somebody to look at.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use schoolgate_tests::{Gateway, Installation, Relay, Wiring, program, root};
use std::net::IpAddr;
use std::path::Path;
use tempfile::TempDir;

/// Group, a client of it, and the title of what it sees.
const READERS: [(&str, &str); 3] = [
    ("ks1", "127.10.0.20"),
    ("ks3", "127.30.0.20"),
    ("staff", "127.60.0.20"),
];

fn chromium(profile: &Path, relay: &Relay, words: &[&str]) -> String {
    let profile = format!("--user-data-dir={}", profile.display());
    let proxy = format!("--proxy-server=http://{}", relay.address());
    let mut all = vec![
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable",
        "--no-first-run",
        "--hide-scrollbars",
        "--window-size=900,1100",
        &profile,
        &proxy,
    ];
    all.extend_from_slice(words);
    let said = program("chromium", &all);
    assert!(!said.err.contains("Page load failed"), "{}", said.err);
    said.done()
}

// UKSIC, WCAG: a page for the one who reads it.
#[test]
fn each_reading_level_has_its_own_page_in_a_real_browser() {
    let installation = Installation::new(&Wiring::default());
    let gateway = Gateway::start(&installation);
    let pictures = root().join("target/block-pages");
    std::fs::create_dir_all(&pictures).unwrap();
    let mut pages = Vec::new();
    for (group, client) in READERS {
        let profile = TempDir::new().unwrap();
        let relay = Relay::start(client.parse::<IpAddr>().unwrap(), gateway.proxy());
        let url = "http://www.32red.com/";
        let page = chromium(profile.path(), &relay, &["--dump-dom", url]);
        assert!(page.contains("<h1"), "{group}: {page}");
        assert!(page.contains("lang=\"en"), "{group}: {page}");
        assert!(
            !page.contains("<script"),
            "{group}: the page needs no script"
        );
        assert!(
            page.contains("the school office"),
            "{group}: nobody to ask is named: {page}"
        );
        assert!(page.len() < 15_000, "{group}: {} bytes", page.len());

        let picture = pictures.join(format!("{group}.png"));
        let _ = std::fs::remove_file(&picture);
        let shot = format!("--screenshot={}", picture.display());
        chromium(profile.path(), &relay, &[&shot, url]);
        let drawn = std::fs::read(&picture).unwrap();
        assert!(
            drawn.starts_with(b"\x89PNG") && drawn.len() > 5_000,
            "{group}: nothing was drawn"
        );
        pages.push(page);
    }
    assert!(
        pages[0] != pages[1] && pages[1] != pages[2],
        "two levels read the same"
    );
    let heading = |page: &str| {
        let from = page.find("<h1").unwrap();
        page[from..page[from..].find("</h1>").unwrap() + from].to_owned()
    };
    assert_ne!(
        heading(&pages[0]),
        heading(&pages[2]),
        "a child reads what an adult reads"
    );
}
