//! A policy that keeps itself up to date: the one thing a shell holds.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::ThreadId;
use std::time::Duration;

use arc_swap::{ArcSwap, Guard};
use gatewright::{Decision, KeySet, Request, Revocations, UnixTime};

use crate::command::Command;
use crate::error::{OpenError, UpdateError};
use crate::event::{Event, Events};
use crate::fetcher::Fetcher;
use crate::flight::Refresh;
use crate::schedule::Fetching;
use crate::source::Source;
use crate::state::{Reloaded, State};
use crate::watch;
use crate::writer::{Policy, Writer};

/// An authorizer with everything that keeps it current: the policy file, its references, the issuers' keys, revocations.
///
/// Cheap to clone; all clones are one. Decisions never wait for a change: they use what is in force when they begin.
/// The threads behind it end with the last clone.
///
/// # Example
/// ```no_run
/// use gatewright::{Decision, Request};
/// use gatewright_issuer::{Live, Options, now};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let events = Box::new(|event| eprintln!("{event:?}"));
/// let live = Live::open("gatewright.toml".as_ref(), Options { events, ..Options::default() })?;
///
/// let headers = vec![("cookie", "__Host-gatewright=v1.…")];
/// let request = Request::new("GET", "https", "app.example.com", "/reports/7", &headers);
/// if let Decision::Allow(permit) = live.decide(&request, now()) {
///     println!("{:?}", permit.identity());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Live {
    inner: Arc<Inner>,
}

struct Inner {
    published: Arc<ArcSwap<State>>,
    fetcher: Arc<Fetcher>,
    commands: Sender<Command>,
    writer: ThreadId,
    origin: Origin,
}

/// Where a policy comes from and how it is kept up to date.
#[derive(Clone)]
struct Origin {
    source: Source,
    watch: bool,
    fetching: Fetching,
    events: Events,
}

/// How a [`Live`] keeps itself up to date.
pub struct Options {
    /// Looks at the files several times a second and reloads when they change.
    pub watch: bool,
    /// Fetches keys over the network; without it, remote issuers have only the keys they are given by hand.
    pub fetch: bool,
    /// Is told what happens, on the thread that swaps authorizers: it should only log. It cannot reload or update from there,
    /// and a clone of the [`Live`] inside it would keep that one alive for ever.
    pub events: Box<dyn Fn(Event) + Send + Sync>,
}

impl Live {
    /// Reads a policy file, resolves what it refers to (relative to its folder), applies `GATEWRIGHT_HTTP_<NAME>` from the
    /// environment, and starts to fetch keys.
    ///
    /// An issuer that does not answer is no error: its tokens are refused with `keys_unavailable` until it does.
    ///
    /// # Errors
    /// [`OpenError`] if a file or a reference cannot be read, or the policy is wrong.
    pub fn open(path: &Path, options: Options) -> Result<Self, OpenError> {
        Self::start(Source::File(path.to_owned()), options)
    }

    /// Takes a policy from memory; what it refers to is relative to `folder`. The environment changes none of its settings.
    ///
    /// # Errors
    /// As for [`Live::open`].
    pub fn from_text(text: &str, folder: &Path, options: Options) -> Result<Self, OpenError> {
        Self::start(Source::Text { text: text.to_owned(), folder: folder.to_owned() }, options)
    }

    fn start(source: Source, options: Options) -> Result<Self, OpenError> {
        let policy = Policy::read(&source).map_err(|failed| failed.error)?;
        let fetching = if options.fetch { Fetching::On } else { Fetching::Off };
        Self::run(Origin { source, watch: options.watch, fetching, events: Events(options.events.into()) }, policy)
    }

    /// Starts the threads that keep a policy up to date.
    fn run(origin: Origin, policy: Policy) -> Result<Self, OpenError> {
        let (commands, receiver) = channel();
        let fetcher = Arc::new(Fetcher::new(origin.fetching, commands.clone()));
        let mut writer = Writer::new(origin.source.clone(), policy, Arc::clone(&fetcher), origin.events.clone());
        let published = writer.published();
        if origin.watch {
            let (watcher, updates) = channel();
            let (watched, changes) = (writer.watched(), commands.clone());
            writer.watch_through(watcher);
            spawn("gatewright-watch", move || {
                // A writer that is gone closes `updates` too, which ends the watching.
                watch::run(watched, &updates, |change| _ = changes.send(Command::Changed(change)));
            })?;
        }
        let writer = spawn("gatewright-writer", move || writer.run(&receiver))?;
        Ok(Self { inner: Arc::new(Inner { published, fetcher, commands, writer, origin }) })
    }

    /// Starts anew in a child process that was forked from this one: threads stayed with the parent, and what they held locked
    /// stays locked. What is in force there counts here until a file changes or keys are fetched; nothing is remembered.
    ///
    /// The value it is called on must not be used afterwards in the child, nor dropped there.
    pub(crate) fn after_fork(&self) -> Result<Self, OpenError> {
        let state = self.current().forgetful().map_err(|error| OpenError::Config { rendered: error.to_string(), error })?;
        Self::run(self.inner.origin.clone(), Policy::of(&state))
    }

    /// Returns what is in force now; hold it only as long as one request needs.
    #[must_use]
    pub fn current(&self) -> Guard<Arc<State>> {
        self.inner.published.load()
    }

    /// Decides; if newer keys could change the answer and the cooldown allows, fetches them and decides once more.
    ///
    /// Blocks at most five seconds, and only then. Shells that must not block use [`Live::current`] and [`Live::refresh`].
    pub fn decide(&self, request: &Request<'_>, now: UnixTime) -> Decision {
        let decision = self.current().authorizer.decide(request, now);
        let Some(issuer) = decision.wants_keys() else { return decision };
        let Refresh::Pending(pending) = self.refresh(issuer) else { return decision };
        if pending.wait(DECIDE_WAIT) { self.current().authorizer.decide(request, now) } else { decision }
    }

    /// Asks for newer keys because a decision wanted them ([`Decision::wants_keys`]). Never blocks.
    ///
    /// At most one fetch per issuer is under way, and at most one begins per cooldown; everybody who asks meanwhile shares it.
    pub fn refresh(&self, issuer: &str) -> Refresh {
        self.inner.fetcher.wish(issuer)
    }

    /// Reads the policy and everything it refers to again, and puts it in force at once. Blocks until that is done.
    ///
    /// Issuers whose keys are at the same address keep them; what was remembered of verified tokens stays.
    ///
    /// # Errors
    /// [`OpenError`] as for [`Live::open`]; the old policy stays in force.
    pub fn reload(&self) -> Result<Reloaded, OpenError> {
        self.ask(Command::Reload).unwrap_or(Err(OpenError::Unanswered))
    }

    /// Gives an issuer keys by hand, in place of those it has. Blocks until they are in force.
    ///
    /// Keys of a remote issuer stay over a reload and until the next fetch; those of another until the next reload.
    ///
    /// # Errors
    /// [`UpdateError`] if no such issuer is configured.
    pub fn update_keys(&self, issuer: &str, keys: KeySet) -> Result<(), UpdateError> {
        self.ask(|reply| Command::UpdateKeys(issuer.to_owned(), keys, reply)).unwrap_or(Err(UpdateError::Unanswered))
    }

    /// Replaces the list of revocations. Blocks until it is in force.
    ///
    /// With `[revocations]` in the policy, the file takes its place again at the next reload or change.
    pub fn update_revocations(&self, revocations: Revocations) {
        // From inside an event it is carried out next, unawaited.
        _ = self.ask(|reply| Command::UpdateRevocations(revocations, reply));
    }

    /// Says whether every remote issuer has had keys once, or 30 seconds have passed since the start.
    #[must_use]
    pub fn ready(&self) -> bool {
        self.inner.fetcher.ready()
    }

    /// Sends a command and waits for the answer; `None` if there is none, or waiting would be waiting for ourselves.
    fn ask<T>(&self, command: impl FnOnce(Sender<T>) -> Command) -> Option<T> {
        let (reply, answer) = channel();
        self.inner.commands.send(command(reply)).ok()?;
        if std::thread::current().id() == self.inner.writer {
            return None;
        }
        answer.recv().ok()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // No joining: a clone may be dropped inside an event, on the very thread to be joined.
        _ = self.commands.send(Command::Stop);
    }
}

impl fmt::Debug for Live {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Live").field("ready", &self.ready()).finish_non_exhaustive()
    }
}

impl Default for Options {
    /// Watches, fetches, and tells nobody.
    fn default() -> Self {
        Self { watch: true, fetch: true, events: Box::new(|_| ()) }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Options").field("watch", &self.watch).field("fetch", &self.fetch).finish_non_exhaustive()
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<ThreadId, OpenError> {
    let thread = std::thread::Builder::new().name(name.to_owned()).spawn(run).map_err(|_| OpenError::Unanswered)?;
    Ok(thread.thread().id())
}

/// How long a decision waits for keys: more than any healthy issuer needs, less than proxies give an auth request.
const DECIDE_WAIT: Duration = Duration::from_secs(5);
