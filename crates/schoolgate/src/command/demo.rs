//! A whole school on loopback: the gateway with the example policy, a stub upstream, stub sites,
//! and a school day of traffic from clients of every group.

mod clock;
mod day;
mod people;
mod stub_dns;
mod stub_origin;

use crate::arguments;
use crate::command::run::{Sign, signals};
use crate::control::Control;
use crate::failure::Failure;
use crate::folder::Folders;
use crate::gateway::Gateway;
use crate::settings::{Log, LogLevel, Settings};
use crate::shipped;
pub(crate) use clock::DemoClock;
use model::{Clock, Files};
use people::People;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use stub_dns::StubDns;
use stub_origin::StubOrigin;

/// Shows a whole school on loopback until it is told to stop.
pub(crate) fn demo(asked: &arguments::Demo) -> Result<(), Failure> {
    let log = Log {
        level: LogLevel::Warn,
        ..Log::default()
    };
    crate::logging::start(&log);
    let passing;
    let root = match &asked.folder {
        Some(folder) => folder.as_path(),
        None => {
            passing = tempfile::Builder::new()
                .prefix("schoolgate-demo-")
                .tempdir()?;
            passing.path()
        }
    };
    let fail = |source| Failure::File {
        path: root.to_owned(),
        done: "written",
        source,
    };
    if !root.join("config").exists() {
        shipped::write(&on_loopback(shipped::files()), root).map_err(fail)?;
    }
    let dns = StubDns::start().map_err(|error| Failure::door(&error))?;
    let origin = StubOrigin::start().map_err(|error| Failure::door(&error))?;
    let folders = Folders::new(&root.join("config"), None);
    let state = root.join("state");
    let clock = Arc::new(DemoClock::at(day::MORNING));
    if let Some(at) = asked.at {
        clock.jump(at);
    }
    let adapt = |settings: &mut Settings| adapt(settings, asked, dns.address(), origin.address());
    println!("Schoolgate demo: a school on this machine. Nothing leaves it.");
    let told: Arc<dyn Clock> = Arc::clone(&clock) as Arc<dyn Clock>;
    let gateway = Arc::new(Gateway::start_with(folders, &state, told, adapt)?);
    let (sender, signs) = channel();
    signals(sender.clone())?;
    let control = Control::start(&gateway, &state, sender, Some(Arc::clone(&clock)))?;
    gateway.say_ready();
    let stopped = match asked.at {
        Some(_) => false,
        None => play(&gateway, &clock, &signs)?,
    };
    clock.run();
    let people = match asked.no_accounts || !gateway.desk.accounts().is_empty() {
        true => None,
        false => Some(People::open(&gateway)?),
    };
    say_what_to_try(&gateway, root)?;
    if let Some(people) = people {
        people.say(&gateway)?;
        people.answer_enter(&gateway)?;
    }
    if !asked.once && !stopped {
        while let Ok(sign) = signs.recv() {
            match sign {
                Sign::Stop => break,
                Sign::Reload | Sign::Changed => gateway.reload(),
            }
        }
    }
    control.stop();
    match Arc::try_unwrap(gateway) {
        Ok(gateway) => gateway.stop(),
        Err(_) => tracing::error!("a part still holds the gateway; it ends without its last word"),
    }
    Ok(())
}

/// Plays a school day; gives back whether somebody stopped it.
fn play(gateway: &Gateway, clock: &DemoClock, signs: &Receiver<Sign>) -> Result<bool, Failure> {
    println!(
        "A school day from {} on, one step for each five minutes:",
        clock.now()
    );
    let tally = day::play(&gateway.addresses, clock, signs)?;
    println!("{tally}");
    Ok(tally.stopped)
}

/// Gives the ports of the command line, the stubs, and rates that one machine may reach.
fn adapt(settings: &mut Settings, asked: &arguments::Demo, dns: SocketAddr, origin: SocketAddr) {
    let own = |port| SocketAddr::from(([127, 0, 0, 1], port));
    settings.dns.listen = vec![own(asked.dns_port)];
    settings.dns.upstreams = vec![resolver::Upstream {
        protocol: resolver::Protocol::Udp,
        address: dns.to_string(),
        name: None,
        path: None,
    }];
    settings.dns.client_rate = 0;
    settings.proxy.listen = vec![own(asked.proxy_port)];
    settings.proxy.every_origin = Some(origin);
    settings.management.listen = own(asked.management_port);
    settings.faces.listen = own(asked.faces_port);
}

/// Plays each of the school's networks on loopback: 10.20.0.0/16 is 127.20.0.0/16 as well.
///
/// This machine's own 127.0.0.0/24 is a room of Key Stage 2, so that a browser sees its pages.
fn on_loopback(mut files: Files) -> Files {
    for path in ["config/network.toml", "config/classes.toml"] {
        let Some(content) = files.content(path) else {
            continue;
        };
        let text = String::from_utf8_lossy(content);
        let mut made: String = text.lines().map(|line| doubled(line) + "\n").collect();
        if path.ends_with("network.toml") {
            made = made.replacen(
                "\"127.20.0.0/16\"",
                "\"127.20.0.0/16\", \"127.0.0.0/24\"",
                1,
            );
        }
        files.insert(path, made.into_bytes());
    }
    files
}

/// Adds to each address of a line that begins with `10.` the same one with `127.`.
fn doubled(line: &str) -> String {
    let mut made = String::with_capacity(line.len() * 2);
    let mut rest = line;
    while let Some(start) = rest.find("\"10.") {
        let (before, found) = rest.split_at(start);
        let Some(end) = found[1..].find('"') else {
            break;
        };
        let (address, after) = found.split_at(end + 2);
        made.push_str(before);
        made.push_str(address);
        made.push_str(", \"127.");
        made.push_str(&address[4..]);
        rest = after;
    }
    made.push_str(rest);
    made
}

fn say_what_to_try(gateway: &Gateway, root: &Path) -> Result<(), Failure> {
    let (dns, proxy) = (
        gateway.addresses.dns.first(),
        gateway.addresses.proxy.first(),
    );
    let (Some(dns), Some(proxy)) = (dns, proxy) else {
        return Ok(());
    };
    let (port, root) = (dns.port(), root.display());
    say!(
        "
The gateway runs. Clients are 127.N.x.y: 5 foundation, 10 KS1, 20 KS2, 30 KS3, 40 KS4,
50 sixth form, 60 staff, 61 office, 62 supply, 70 guests; 127.0.0.1 itself is KS2.
Its clock stands on the morning of {date}. Try in another terminal:

  dig @127.0.0.1 -p {port} -b 127.20.0.5 bet365.com            # closed for a pupil, with the reason
  dig @127.0.0.1 -p {port} -b 127.20.0.5 www.google.com        # safe search for a pupil
  dig @127.0.0.1 -p {port} -b 127.60.0.5 www.google.com        # and not so for staff
  curl -x http://{proxy} --interface 127.10.0.5 http://tiktok.com/     # a page for the youngest
  curl -x http://{proxy} --interface 127.60.0.5 http://www.bbc.co.uk/  # open, from a stub site
  curl -k https://{management}/metrics; or set the browser's proxy to {proxy}

  {own} explain --config {root}/config --client 127.20.0.5 --at {now} youtube.com
  {own} audit search --state {root}/state --action block --group ks2
  {own} audit verify --state {root}/state
  {own} status --state {root}/state
  edit {root}/config/groups/ks2.toml, then: kill -HUP {pid}

Ctrl-C stops it.
",
        date = day::NEXT,
        management = gateway.addresses.management,
        now = day::NEXT,
        own = own_name(),
        pid = std::process::id(),
    );
    Ok(())
}

/// How the reader called this program.
fn own_name() -> String {
    std::env::args_os().next().map_or_else(
        || "schoolgate".to_owned(),
        |name| Path::new(&name).display().to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_network_is_played_on_loopback() {
        assert_eq!(
            doubled(r#"networks = ["10.20.0.0/16", "2001:db8:20::/48"]"#),
            r#"networks = ["10.20.0.0/16", "127.20.0.0/16", "2001:db8:20::/48"]"#
        );
        assert_eq!(doubled("# 10.20"), "# 10.20");
    }

    #[test]
    fn the_school_on_loopback_checks() {
        let root = tempfile::tempdir().unwrap();
        shipped::write(&on_loopback(shipped::files()), root.path()).unwrap();
        let policy = arguments::Policy {
            config: root.path().join("config"),
            blocklists: None,
        };
        let offline =
            crate::offline::Offline::open(&policy).unwrap_or_else(|failure| panic!("{failure}"));
        let zone = offline
            .state
            .identifier()
            .zone("127.0.0.1".parse().unwrap());
        assert!(zone.is_some());
    }
}
