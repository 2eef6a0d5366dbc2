//! Programs that stand in for the gate and for the applications: they listen on loopback, answer as they are told, and record what
//! they saw.

mod answer;
mod cgi;
mod page;
mod request;
mod told;

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::folder::Folder;
pub(crate) use answer::{Answer, FORBIDDEN, GOOD, GOOD_OTHER, PERSON};
use page::Application;
pub(crate) use page::{APPLICATION, words};
pub(crate) use request::{PROBE, Seen};
pub(crate) use told::Told;

/// What a fake is in place of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The gate, where it is asked.
    Gate,
    /// The gate, where it shows pages of its own: logging in and out.
    Pages,
    /// An application.
    Application,
}

/// A request that arrived.
#[derive(Clone, Debug)]
pub(crate) struct Hit {
    /// At which fake.
    pub(crate) fake: usize,
    pub(crate) seen: Seen,
}

/// Every fake of a configuration; all of them end with it.
#[derive(Debug)]
pub(crate) struct Fakes {
    shared: Arc<Shared>,
    listeners: Vec<Listener>,
}

/// A port, and who listens there, if anybody does.
#[derive(Debug)]
struct Listener {
    part: Part,
    address: SocketAddr,
    listening: Option<Listening>,
}

/// Which of the fakes it is, and what it is in place of.
#[derive(Clone, Debug)]
struct Part {
    role: Role,
    application: Application,
}

/// A thread that accepts connections.
#[derive(Debug)]
struct Listening {
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

/// What a yes of the gate says besides its status.
#[derive(Debug)]
pub(crate) struct Yes {
    /// The headers in which it says who is asking.
    pub(crate) identity: Vec<String>,
    /// Lines that the configuration wants to see.
    pub(crate) lines: String,
    /// Whether it shows pages of its own at the usual paths, whoever asks.
    pub(crate) has_pages: bool,
}

/// What all threads know.
#[derive(Debug)]
struct Shared {
    hits: Mutex<Vec<Hit>>,
    answer: Mutex<Answer>,
    /// What a yes of the gate says.
    yes: Yes,
    /// As long as this file is there, the gate answers nobody.
    down: PathBuf,
    connections: AtomicUsize,
}

impl Fakes {
    pub(crate) fn new(yes: Yes, folder: &Folder) -> Self {
        let down = down(folder);
        let (hits, answer, connections) = (Mutex::default(), Mutex::new(Answer::ByCredential), AtomicUsize::new(0));
        let shared = Shared { hits, answer, yes, down, connections };
        Self { shared: Arc::new(shared), listeners: Vec::new() }
    }

    /// Starts one on `listener`, in place of what has this name; its number is how many there were before.
    pub(crate) fn start(&mut self, role: Role, name: &str, listener: TcpListener) -> io::Result<()> {
        let address = listener.local_addr()?;
        let part = Part { role, application: Application { number: self.listeners.len(), name: name.to_owned() } };
        let listening = Listening::start(&self.shared, part.clone(), listener)?;
        self.listeners.push(Listener { part, address, listening: Some(listening) });
        Ok(())
    }

    /// How the gate answers from now on.
    pub(crate) fn answer(&self, answer: Answer) {
        *locked(&self.shared.answer) = answer;
    }

    /// What arrived since the last call.
    pub(crate) fn take(&self) -> Vec<Hit> {
        std::mem::take(&mut locked(&self.shared.hits))
    }

    /// Closes the ports of the gate: connections are refused.
    pub(crate) fn refuse(&mut self) {
        for listener in self.listeners.iter_mut().filter(|listener| listener.part.role == Role::Gate) {
            if let Some(listening) = listener.listening.take() {
                listening.stop(listener.address);
            }
        }
    }

    /// Opens them again.
    pub(crate) fn revive(&mut self) -> io::Result<()> {
        for listener in self.listeners.iter_mut().filter(|listener| listener.listening.is_none()) {
            let port = TcpListener::bind(listener.address)?;
            listener.listening = Some(Listening::start(&self.shared, listener.part.clone(), port)?);
        }
        Ok(())
    }
}

impl Drop for Fakes {
    fn drop(&mut self) {
        for listener in self.listeners.drain(..) {
            if let Some(listening) = listener.listening {
                listening.stop(listener.address);
            }
        }
    }
}

impl Listening {
    fn start(shared: &Arc<Shared>, part: Part, listener: TcpListener) -> io::Result<Self> {
        let is_over = Arc::new(AtomicBool::new(false));
        let shared = Arc::clone(shared);
        let flag = Arc::clone(&is_over);
        let part = Arc::new(part);
        let thread =
            thread::Builder::new().name(format!("fake {}", part.application.number)).stack_size(STACK).spawn(move || {
                for stream in listener.incoming() {
                    if flag.load(Ordering::Acquire) {
                        break;
                    }
                    if let Ok(stream) = stream {
                        Shared::accept(&shared, &part, stream);
                    }
                }
            })?;
        Ok(Self { is_over, thread })
    }

    fn stop(self, address: SocketAddr) {
        self.is_over.store(true, Ordering::Release);
        // Wakes the thread; if the port is already closed, so is the thread.
        if TcpStream::connect_timeout(&address, WAKE).is_ok() {
            drop(self.thread.join());
        }
    }
}

impl Shared {
    /// Serves a connection on a thread of its own, unless there are too many.
    fn accept(shared: &Arc<Self>, part: &Arc<Part>, stream: TcpStream) {
        let (each, part) = (Arc::clone(shared), Arc::clone(part));
        let is_started = shared.connections.fetch_add(1, Ordering::AcqRel) < MOST_CONNECTIONS
            && thread::Builder::new()
                .stack_size(STACK)
                .spawn(move || {
                    // A connection that breaks has told what it could.
                    drop(each.serve(&part, &stream));
                    each.connections.fetch_sub(1, Ordering::AcqRel);
                })
                .is_ok();
        if !is_started {
            shared.connections.fetch_sub(1, Ordering::AcqRel);
        }
    }

    fn serve(&self, part: &Part, stream: &TcpStream) -> io::Result<()> {
        if part.role == Role::Gate && self.down.exists() {
            return Ok(());
        }
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        let Some(seen) = Seen::read(stream)? else { return Ok(()) };
        let answer = match part.role {
            Role::Gate => locked(&self.answer).clone(),
            Role::Pages | Role::Application => Answer::ByCredential,
        };
        let bytes = match part.role {
            Role::Gate => answer.of_gate(&seen, &self.yes),
            Role::Pages => answer::page(&seen),
            Role::Application => Some(part.application.answer(&seen, &self.yes.identity)),
        };
        let mut hits = locked(&self.hits);
        if hits.len() < MOST_HITS {
            hits.push(Hit { fake: part.application.number, seen });
        }
        drop(hits);
        let mut stream = stream;
        let Some(bytes) = bytes else {
            // Until the other side has had enough.
            return stream.read(&mut [0; 16]).map(drop);
        };
        stream.write_all(&bytes)?;
        stream.shutdown(Shutdown::Write)?;
        // What is still on its way is taken, so that the answer is not lost to a reset.
        stream.set_read_timeout(Some(LINGER))?;
        let mut rest = [0; 4096];
        for _ in 0..MOST_REST {
            if matches!(stream.read(&mut rest), Ok(0) | Err(_)) {
                break;
            }
        }
        Ok(())
    }
}

/// The file that takes the gate down.
pub(crate) fn down(folder: &Folder) -> PathBuf {
    folder.path().join("gate-is-down")
}

/// A free port of loopback.
pub(crate) fn loopback() -> io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
}

/// What a thread that panicked has left is still a list.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How long a connection may say nothing.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long the rest of a request is waited for.
const LINGER: Duration = Duration::from_millis(20);

/// Connecting to a port of this machine takes no time.
const WAKE: Duration = Duration::from_secs(1);

/// How many connections are served at once; one probe makes a handful.
const MOST_CONNECTIONS: usize = 64;

/// How many requests are kept between two looks; one probe makes a handful.
const MOST_HITS: usize = 4096;

/// How often 4 KiB of a body are taken.
const MOST_REST: usize = 256;

/// A request is small, and nothing here calls itself.
const STACK: usize = 256 << 10;
