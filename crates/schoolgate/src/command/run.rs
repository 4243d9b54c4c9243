use crate::arguments;
use crate::control::Control;
use crate::failure::Failure;
use crate::folder::Folders;
use crate::gateway::Gateway;
use notify::{RecursiveMode, Watcher as _};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// Something that the gateway reacts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    /// Read the files again.
    Reload,
    /// A file changed; read them again once they are quiet.
    Changed,
    /// Stop.
    Stop,
}

/// Runs the gateway until it is told to stop.
pub(crate) fn run(asked: &arguments::Run) -> Result<(), Failure> {
    write_no_core();
    let folders = Folders::new(&asked.policy.config, asked.policy.blocklists.as_deref());
    let (sender, signs) = channel();
    signals(sender.clone())?;
    // Before the files are read: an edit made meanwhile is taken up afterwards.
    let _watcher = if asked.no_watch {
        None
    } else {
        watch(&folders, sender.clone())
    };
    let gateway = Arc::new(Gateway::start(
        folders.clone(),
        &asked.state.state,
        Arc::new(model::SystemClock::default()),
    )?);
    let control = Control::start(&gateway, &asked.state.state, sender, None)?;
    gateway.say_ready();
    serve(&gateway, &signs);
    control.stop();
    match Arc::try_unwrap(gateway) {
        Ok(gateway) => gateway.stop(),
        Err(_) => tracing::error!("a part still holds the gateway; it ends without its last word"),
    }
    Ok(())
}

/// Keeps the system from writing the memory of a crash to a disk: opened lists of illegal content,
/// keys and what pupils asked for stand in it (ILL-08).
pub(crate) fn write_no_core() {
    // A limit of one byte also holds for systems that hand cores to a program; none at all does not.
    let one = rustix::process::Rlimit {
        current: Some(1),
        maximum: Some(1),
    };
    if let Err(error) = rustix::process::setrlimit(rustix::process::Resource::Core, one) {
        tracing::warn!(%error, "a crash may leave the memory of the gateway on the disk");
    }
}

/// Reacts to signs until one says to stop.
pub(crate) fn serve(gateway: &Gateway, signs: &Receiver<Sign>) {
    while let Ok(sign) = signs.recv() {
        let stop = match sign {
            Sign::Stop => true,
            Sign::Reload => {
                gateway.reload();
                false
            }
            Sign::Changed => {
                let stop = settle(signs);
                if !stop {
                    gateway.reload();
                }
                stop
            }
        };
        if stop {
            return;
        }
    }
}

/// Waits until no file has changed for a moment; gives back whether a stop came meanwhile.
fn settle(signs: &Receiver<Sign>) -> bool {
    loop {
        match signs.recv_timeout(QUIET) {
            Ok(Sign::Changed | Sign::Reload) => {}
            Ok(Sign::Stop) | Err(RecvTimeoutError::Disconnected) => return true,
            Err(RecvTimeoutError::Timeout) => return false,
        }
    }
}

/// Turns signals into signs; a second request to stop ends the process at once.
pub(crate) fn signals(sender: Sender<Sign>) -> Result<(), Failure> {
    let mut signals = signal_hook::iterator::Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            let mut stopping = false;
            for signal in signals.forever() {
                let sign = if signal == SIGHUP {
                    Sign::Reload
                } else {
                    Sign::Stop
                };
                if sign == Sign::Stop && stopping {
                    signal_hook::low_level::exit(130);
                }
                stopping |= sign == Sign::Stop;
                if sender.send(sign).is_err() {
                    return;
                }
            }
        })?;
    Ok(())
}

/// Watches the working files. A folder that cannot be watched is no reason to stop: SIGHUP stays.
fn watch(folders: &Folders, sender: Sender<Sign>) -> Option<notify::RecommendedWatcher> {
    let told = move |change: notify::Result<notify::Event>| {
        let matters = change.is_ok_and(|change| !change.kind.is_access());
        if matters {
            // When nobody listens any more, the gateway is stopping.
            let _stopping = sender.send(Sign::Changed);
        }
    };
    let watched = notify::recommended_watcher(told).and_then(|mut watcher| {
        let mut below = |folder: &Path| watcher.watch(folder, RecursiveMode::Recursive);
        below(&folders.config)
            .and_then(|()| below(&folders.blocklists))
            .map(|()| watcher)
    });
    match watched {
        Ok(watcher) => Some(watcher),
        Err(error) => {
            tracing::warn!(%error, "the files cannot be watched; send SIGHUP after a change");
            None
        }
    }
}

/// An editor writes a file in several steps; they lie closer together than this.
const QUIET: Duration = Duration::from_millis(300);
