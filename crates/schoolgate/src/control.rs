use crate::act::{Act, Credential, act};
use crate::command::demo::DemoClock;
use crate::command::run::Sign;
use crate::failure::Failure;
use crate::gateway::{Addresses, Gateway};
use crate::subscriber::Delivery;
use change::NewAccount;
use identity::Binding;
use model::{Clock as _, Moment, SystemClock};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::thread::JoinHandle;
use std::time::Duration;

/// A request to the running gateway. The socket lies in the state folder and is open to its
/// owner alone: who may write there is who may feed identities.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, tag = "ask")]
pub(crate) enum Request {
    /// What runs.
    Status,
    /// Take in what a feed says of an address.
    Bind {
        /// What it says.
        binding: Binding,
    },
    /// What is known of an address.
    Show {
        /// The address.
        address: IpAddr,
    },
    /// Fetch lists; what came of it is asked for with [`Request::Fetching`].
    Fetch {
        /// Which; all in use, where empty.
        names: Vec<String>,
    },
    /// Take a list that is handed over.
    Take {
        /// Which.
        name: String,
        /// The list.
        file: PathBuf,
        /// Its publisher's signature.
        signature: Option<PathBuf>,
    },
    /// How far fetching is.
    Fetching,
    /// Read the working files again.
    Reload,
    /// Do something in a person's name.
    Act {
        /// Who.
        who: Credential,
        /// What.
        act: Act,
    },
    /// Open one of the first accounts.
    Found {
        /// What it shall be.
        new: Box<NewAccount>,
        /// Sign-in name of an account of the same person.
        same: Option<String>,
    },
    /// Move the clock; only the demo's can be moved.
    Clock {
        /// Where to.
        to: Moment,
    },
}

/// What the gateway answers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "answer")]
pub(crate) enum Answer {
    /// What runs.
    Status {
        /// Where it listens.
        addresses: Addresses,
        /// The policy that decides.
        policy_version: String,
        /// Names on its lists.
        names: u64,
        /// How often policy, lists or identities were swapped.
        generation: u64,
        /// Decisions that no journal holds.
        lost: u64,
        /// The moment by its clock, which a demo moves.
        now: Moment,
    },
    /// It was done; the entry of the change log that says so.
    Done {
        /// The entry, where there is one.
        entry: Option<u64>,
    },
    /// What was asked for.
    Found {
        /// It.
        value: Value,
    },
    /// It could not be done.
    Refused {
        /// Why.
        error: String,
    },
}

/// The local socket of a running gateway.
pub(crate) struct Control {
    path: PathBuf,
    stopping: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Control {
    /// Listens in the state folder.
    pub(crate) fn start(
        gateway: &Arc<Gateway>,
        state: &Path,
        signs: Sender<Sign>,
        clock: Option<Arc<DemoClock>>,
    ) -> Result<Self, Failure> {
        let path = state.join(SOCKET);
        let fail = |source| Failure::File {
            path: path.clone(),
            done: "written",
            source,
        };
        // The lock of the state folder is held, so a socket that lies there is a leftover.
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(fail(error)),
            Ok(()) | Err(_) => {}
        }
        let listener = UnixListener::bind(&path).map_err(fail)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).map_err(fail)?;
        let stopping = Arc::new(AtomicBool::new(false));
        let (gateway, stop) = (Arc::clone(gateway), Arc::clone(&stopping));
        let thread = std::thread::Builder::new()
            .name("control".to_owned())
            .spawn(move || {
                for stream in listener.incoming() {
                    if stop.load(Ordering::Acquire) {
                        return;
                    }
                    let answered =
                        stream.and_then(|stream| serve(&gateway, stream, &signs, clock.as_deref()));
                    if let Err(error) = answered {
                        tracing::debug!(%error, "a local request was not answered");
                    }
                }
            })
            .map_err(|error| Failure::door(&error))?;
        Ok(Self {
            path,
            stopping,
            thread,
        })
    }

    /// Stops listening.
    pub(crate) fn stop(self) {
        self.stopping.store(true, Ordering::Release);
        // The connection wakes the thread; it fails only when the thread is gone.
        let _woken = UnixStream::connect(&self.path);
        let _ended = self.thread.join();
        let _removed = std::fs::remove_file(&self.path);
    }
}

/// Asks the gateway that runs on a state folder.
///
/// # Errors
///
/// [`io::ErrorKind::NotFound`] or [`io::ErrorKind::ConnectionRefused`] when none runs.
pub(crate) fn ask(state: &Path, request: &Request) -> io::Result<Answer> {
    let mut stream = UnixStream::connect(state.join(SOCKET))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut answer = String::new();
    BufReader::new(stream.take(LONGEST_ANSWER)).read_line(&mut answer)?;
    Ok(serde_json::from_str(&answer)?)
}

/// The moment by the clock of the gateway that runs on a state folder, which a demo moves; by this
/// machine's where none runs.
pub(crate) fn now(state: &Path) -> Moment {
    match ask(state, &Request::Status) {
        Ok(Answer::Status { now, .. }) => now,
        Ok(Answer::Done { .. } | Answer::Found { .. } | Answer::Refused { .. }) | Err(_) => {
            SystemClock::default().now()
        }
    }
}

fn serve(
    gateway: &Gateway,
    stream: UnixStream,
    signs: &Sender<Sign>,
    clock: Option<&DemoClock>,
) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut line = String::new();
    BufReader::new((&stream).take(LONGEST)).read_line(&mut line)?;
    let answer = match serde_json::from_str(&line) {
        Ok(Request::Clock { to }) => move_clock(clock, to),
        Ok(Request::Act { who, act: asked }) => found(act(gateway, &who, asked)),
        Ok(request) => answer(gateway, request, signs),
        Err(error) => Answer::Refused {
            error: format!("the request cannot be read: {error}"),
        },
    };
    let mut text = serde_json::to_vec(&answer)?;
    text.push(b'\n');
    (&stream).write_all(&text)
}

fn move_clock(clock: Option<&DemoClock>, to: Moment) -> Answer {
    let Some(clock) = clock else {
        return Answer::Refused {
            error: "only the clock of a demo can be moved".to_owned(),
        };
    };
    clock.jump(to);
    Answer::Found {
        value: serde_json::json!({ "now": clock.now() }),
    }
}

fn found(done: Result<Value, String>) -> Answer {
    match done {
        Ok(value) => Answer::Found { value },
        Err(error) => Answer::Refused { error },
    }
}

/// Opens one of the first accounts; the desk knows how long that goes.
fn open_account(gateway: &Gateway, mut new: NewAccount, same: Option<String>) -> Answer {
    if let Some(name) = same {
        let accounts = gateway.desk.accounts();
        match accounts.into_iter().find(|account| account.name == name) {
            Some(account) => new.person = Some(account.person),
            None => return found(Err(format!("there is no account `{name}`"))),
        }
    }
    let uid = rustix::process::getuid().as_raw();
    let handed = gateway.desk.found_account(uid, &new);
    let shown = handed.map(|handed| {
        serde_json::json!({
            "name": handed.account.name,
            "id": handed.account.id,
            "password": handed.password.as_str(),
        })
    });
    found(shown.map_err(|error| crate::failure::chain(&error)))
}

fn answer(gateway: &Gateway, request: Request, signs: &Sender<Sign>) -> Answer {
    let gate = &gateway.doors.gate;
    match request {
        Request::Status => {
            let state = gate.state();
            Answer::Status {
                addresses: gateway.addresses.clone(),
                policy_version: state.policy().version().to_string(),
                names: state.artefact().names() as u64,
                generation: state.generation(),
                lost: gate.counters().lost(),
                now: gate.clock().now(),
            }
        }
        Request::Bind { binding } => bind(gateway, binding),
        Request::Found { new, same } => open_account(gateway, *new, same),
        Request::Act { who, act: asked } => found(act(gateway, &who, asked)),
        Request::Clock { .. } => move_clock(None, gate.clock().now()),
        Request::Show { address } => {
            let state = gate.state();
            let known = state
                .bindings()
                .known(address.to_canonical(), gate.clock().now());
            match serde_json::to_value(known) {
                Ok(value) => Answer::Found { value },
                Err(error) => Answer::Refused {
                    error: error.to_string(),
                },
            }
        }
        Request::Fetch { names } => found(gateway.lists().fetch(&names).map(|()| Value::Null)),
        Request::Take {
            name,
            file,
            signature,
        } => {
            let delivery = Delivery { file, signature };
            found(gateway.lists().take(&name, delivery).map(|()| Value::Null))
        }
        Request::Fetching => found(
            serde_json::to_value(gateway.lists().board().shown())
                .map_err(|error| error.to_string()),
        ),
        Request::Reload => {
            // Nobody listens only while the gateway stops.
            let _stopping = signs.send(Sign::Reload);
            Answer::Done { entry: None }
        }
    }
}

fn bind(gateway: &Gateway, binding: Binding) -> Answer {
    match gateway.desk.bind(binding, audit::Actor::Gateway) {
        Ok(entry) => Answer::Done {
            entry: Some(entry.0),
        },
        Err(error) => Answer::Refused {
            error: crate::failure::chain(&error),
        },
    }
}

const SOCKET: &str = "control.sock";
/// Consent may have to compile five million names before it is given.
const PATIENCE: Duration = Duration::from_secs(120);

/// The longest request, in bytes.
const LONGEST: u64 = 64 * 1024;

/// The longest answer, in bytes: evidence with its decisions.
const LONGEST_ANSWER: u64 = 256 << 20;
