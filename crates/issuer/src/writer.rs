//! The single writer: one thread owns configuration, keys and revocations, and publishes each change by one pointer swap.
//!
//! Every change starts from what is in force and ends in force before the next one begins. So an old policy can never
//! overwrite a newer one, and no key is lost between a reload and a fetch.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};

use arc_swap::ArcSwap;
use gatewright::{Authorizer, Config, KeySet, Reference, Revocations};

use crate::clock::now;
use crate::command::Command;
use crate::error::{OpenError, UpdateError};
use crate::event::{Event, Events};
use crate::fetch::Place;
use crate::fetcher::Fetcher;
use crate::guard;
use crate::reference::Prints;
use crate::rotation;
use crate::schedule::{Order, Plan};
use crate::source::{Loaded, Source};
use crate::state::{Reloaded, State};
use crate::watch::{Change, Watched};

/// Owns what is in force.
#[derive(Debug)]
pub(crate) struct Writer {
    source: Source,
    published: Arc<ArcSwap<State>>,
    revocations: Option<Revocations>,
    fetcher: Arc<Fetcher>,
    events: Events,
    watched: Watched,
    /// Tells the watching thread what to look at; `None` if nobody watches.
    watcher: Option<Sender<Watched>>,
}

/// A policy that was read together with its list of revocations.
#[derive(Debug)]
pub(crate) struct Policy {
    loaded: Loaded,
    revocations: Option<Result<Revocations, OpenError>>,
    watched: Watched,
}

/// A policy that could not be read, and what to watch until it is mended.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) error: OpenError,
    watched: Prints,
}

impl Policy {
    /// Reads everything.
    pub(crate) fn read(source: &Source) -> Result<Self, Box<Failed>> {
        let (loaded, policy) = source.load();
        let loaded = match loaded {
            Ok(loaded) => loaded,
            Err(error) => return Err(Box::new(Failed { error, watched: policy })),
        };
        let (revocations, prints) = match loaded.config.revocations() {
            Some(reference) => {
                let (list, prints) = source.revocations(reference);
                (Some(list), prints)
            }
            None => (None, Prints::new()),
        };
        Ok(Self { loaded, revocations, watched: Watched { policy, revocations: prints } })
    }

    /// Takes over what is in force, in a process that cannot ask those who put it there.
    pub(crate) fn of(state: &State) -> Self {
        let loaded = Loaded { config: Config::clone(&state.config), authorizer: state.authorizer.clone() };
        let revocations = state.authorizer.revocations().cloned().map(Ok);
        Self { loaded, revocations, watched: Watched::clone(&state.watched) }
    }

    /// The remote issuers that have keys already.
    fn supplied(&self) -> impl Iterator<Item = &str> {
        let issuers = self.loaded.config.remote_keys().map(|remote| remote.issuer.as_str());
        issuers.filter(|issuer| self.loaded.authorizer.keys(issuer).is_some())
    }

    fn plans(&self) -> Vec<Plan> {
        self.loaded.config.remote_keys().map(Plan::from).collect()
    }
}

impl Writer {
    /// Puts the first policy in force. An unreadable list of revocations refuses requests, not the start.
    pub(crate) fn new(source: Source, policy: Policy, fetcher: Arc<Fetcher>, events: Events) -> Self {
        fetcher.configure(policy.plans());
        policy.supplied().for_each(|issuer| fetcher.supply(issuer));
        let Policy { loaded: Loaded { config, authorizer }, revocations, watched } = policy;
        let in_force = Arc::new(watched.clone());
        let revocations = revocations.and_then(|list| told(&events, config.revocations(), list));
        let authorizer = match &revocations {
            Some(list) => authorizer.with_revocations(list),
            None => authorizer,
        };
        let published = Arc::new(ArcSwap::from_pointee(State { authorizer, config: Arc::new(config), watched: in_force }));
        Self { source, published, revocations, fetcher, events, watched, watcher: None }
    }

    pub(crate) fn published(&self) -> Arc<ArcSwap<State>> {
        Arc::clone(&self.published)
    }

    pub(crate) fn watched(&self) -> Watched {
        self.watched.clone()
    }

    pub(crate) fn watch_through(&mut self, watcher: Sender<Watched>) {
        self.watcher = Some(watcher);
    }

    /// Carries out commands and starts fetches until it is told to stop.
    pub(crate) fn run(mut self, commands: &Receiver<Command>) {
        loop {
            let wait = self.fetcher.start_due();
            match commands.recv_timeout(wait) {
                Ok(Command::Stop) | Err(RecvTimeoutError::Disconnected) => break,
                // Whoever waits for a reply learns of a panic from the sender that is gone.
                Ok(command) => _ = guard::quiet(|| self.carry_out(command)),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
        self.fetcher.configure([]);
    }

    fn carry_out(&mut self, command: Command) {
        match command {
            Command::Reload(reply) => _ = reply.send(self.reload()),
            Command::Changed(Change::Policy) => _ = self.reload(),
            Command::Changed(Change::Revocations) => self.read_revocations(),
            Command::Fetched(order, keys) => self.fetched(&order, keys),
            Command::UpdateKeys(issuer, keys, reply) => _ = reply.send(self.update_keys(&issuer, keys)),
            Command::UpdateRevocations(list, reply) => {
                self.revoke(list);
                _ = reply.send(());
            }
            Command::Stop => {} // ends the loop before it gets here
        }
    }

    fn reload(&mut self) -> Result<Reloaded, OpenError> {
        let outcome = match Policy::read(&self.source) {
            Ok(policy) => {
                self.watched = policy.watched.clone();
                self.replace(policy)
            }
            Err(failed) => {
                self.watched.policy = failed.watched;
                Err(failed.error)
            }
        };
        if let Some(watcher) = &self.watcher {
            _ = watcher.send(self.watched.clone());
        }
        self.events.tell(match &outcome {
            Ok(Reloaded { warnings, rotation_warnings }) => {
                Event::Reloaded { warnings: warnings.clone(), rotation_warnings: rotation_warnings.clone() }
            }
            Err(error) => Event::ReloadFailed(error.clone()),
        });
        outcome
    }

    /// Puts a new policy in force, with the keys of unchanged issuers and all that the old one remembers.
    fn replace(&mut self, policy: Policy) -> Result<Reloaded, OpenError> {
        let old = self.published.load_full();
        let plans = policy.plans();
        let Policy { loaded: Loaded { config, authorizer }, revocations, .. } = policy;
        let revocations = self.revocations_after(&old, config.revocations(), revocations)?;

        let mut authorizer = authorizer.with_memory_of(&old.authorizer);
        let places: Vec<Place> = old.config.remote_keys().map(Place::from).collect();
        for place in plans.iter().map(|plan| &plan.place).filter(|place| places.contains(place)) {
            if let Some(keys) = old.authorizer.keys(&place.issuer) {
                authorizer = authorizer.with_keys(&place.issuer, Arc::clone(keys)).unwrap_or(authorizer);
            }
        }
        if let Some(list) = &revocations {
            authorizer = authorizer.with_revocations(list);
        }
        let reloaded = Reloaded {
            warnings: config.warnings().to_vec(),
            rotation_warnings: rotation::warnings(&old.authorizer, &authorizer, now()),
        };
        // The schedule first: a wish of the new policy must not join a fetch from the old place.
        self.fetcher.configure(plans);
        self.revocations = revocations;
        self.publish(authorizer, Arc::new(config));
        Ok(reloaded)
    }

    /// Returns the list for a new policy. A list of the same place that cannot be read leaves the old one; of a new place,
    /// it is a mistake in the new policy.
    fn revocations_after(
        &self,
        old: &State,
        reference: Option<&Reference>,
        list: Option<Result<Revocations, OpenError>>,
    ) -> Result<Option<Revocations>, OpenError> {
        let same_place = old.config.revocations() == reference;
        match list {
            None => Ok(self.revocations.clone().filter(|_| same_place)),
            Some(Err(error)) if !same_place => Err(error),
            Some(list) => Ok(told(&self.events, reference, list).or_else(|| self.revocations.clone())),
        }
    }

    fn read_revocations(&mut self) {
        let state = self.published.load_full();
        let Some(reference) = state.config.revocations() else { return };
        let (list, prints) = self.source.revocations(reference);
        self.watched.revocations = prints;
        if let Some(watcher) = &self.watcher {
            _ = watcher.send(self.watched.clone());
        }
        if let Some(list) = told(&self.events, Some(reference), list) {
            self.revoke(list);
        }
    }

    fn revoke(&mut self, list: Revocations) {
        let state = self.published.load_full();
        let authorizer = state.authorizer.with_revocations(&list);
        self.revocations = Some(list);
        self.publish(authorizer, Arc::clone(&state.config));
    }

    /// Puts fetched keys in force, unless their issuer has been configured otherwise meanwhile.
    fn fetched(&self, order: &Order, keys: Result<KeySet, String>) {
        if !self.fetcher.awaits(order) {
            return order.land(false);
        }
        let issuer = order.place.issuer.clone();
        let event = match keys {
            Ok(keys) => {
                let (count, dropped) = (keys.len(), keys.dropped().to_vec());
                match guard::quiet(|| self.install(&issuer, keys)) {
                    Some(Ok(())) => Event::KeysFetched { issuer, keys: count, dropped },
                    Some(Err(error)) => Event::KeysFailed { issuer, reason: error.to_string() },
                    None => Event::KeysFailed { issuer, reason: "the keys could not be put in force".to_owned() },
                }
            }
            Err(reason) => Event::KeysFailed { issuer, reason },
        };
        self.fetcher.finish(order, matches!(event, Event::KeysFetched { .. }));
        self.events.tell(event);
    }

    fn update_keys(&self, issuer: &str, keys: KeySet) -> Result<(), UpdateError> {
        self.install(issuer, keys)?;
        self.fetcher.supply(issuer);
        Ok(())
    }

    fn install(&self, issuer: &str, keys: KeySet) -> Result<(), UpdateError> {
        let state = self.published.load_full();
        let authorizer = state.authorizer.with_keys(issuer, keys).map_err(|_| UpdateError::UnknownIssuer(issuer.to_owned()))?;
        self.publish(authorizer, Arc::clone(&state.config));
        Ok(())
    }
}

impl Writer {
    fn publish(&self, authorizer: Authorizer, config: Arc<Config>) {
        self.published.store(Arc::new(State { authorizer, config, watched: Arc::new(self.watched.clone()) }));
    }
}

/// Tells how reading the list went, and hands it on.
fn told(events: &Events, reference: Option<&Reference>, list: Result<Revocations, OpenError>) -> Option<Revocations> {
    match (&list, reference) {
        (Ok(_), Some(reference)) => events.tell(Event::RevocationsRead { reference: reference.clone() }),
        (Ok(_), None) => {}
        (Err(error), _) => events.tell(Event::RevocationsFailed { reason: error.to_string() }),
    }
    list.ok()
}
