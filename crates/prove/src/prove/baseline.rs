//! What is learned before anything is tried: the answer to somebody who may, to nobody, and to a path that nobody knows.

use super::options::Prove;
use super::page::{Markers, Page, own_words};
use super::redirect::{Leads, redirect};
use super::traffic::{Exchange, Question, Server, Traffic};
use super::verdict::{Learned, LearnedPath};
use super::wire::{Request, WireError};

/// The answers that others are compared with.
#[derive(Clone, Debug)]
pub(crate) struct Baseline {
    pub(crate) subjects: Vec<Subject>,
    /// To a path that nobody knows, without a credential.
    pub(crate) unknown: Option<Page>,
    /// To the same with it.
    pub(crate) unknown_allowed: Option<Page>,
    /// To what anybody may see.
    pub(crate) open: Vec<Page>,
    pub(crate) requests: Vec<usize>,
}

/// A protected path and its answers.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    pub(crate) path: String,
    /// Without a credential.
    pub(crate) anonymous: Exchange,
    pub(crate) stranger: Option<Page>,
    /// Where that leads, if it is a redirect.
    pub(crate) leads: Option<Leads>,
    /// With the credential, if there is one and it is accepted.
    pub(crate) allowed: Option<Exchange>,
    pub(crate) protected: Option<Page>,
    pub(crate) markers: Option<Markers>,
    /// Why nothing can be told of this path.
    pub(crate) useless: Option<String>,
    /// How it is seen that nobody is asked for a credential at all.
    pub(crate) opened: Option<String>,
}

impl Baseline {
    pub(crate) fn learn(options: &Prove, server: &Server, traffic: &mut Traffic) -> Self {
        let host = server.target.authority();
        let from = traffic.len();
        let get = |path: &str| Request::new("GET", path, &host);
        let ask = |traffic: &mut Traffic, requests| ask(requests, server, traffic);
        // Strangers first: an answer that a cache keeps must not be somebody's.
        let unknown = options.unknown_path();
        let fixed = options.open.iter().filter(|path| !path.ends_with('*'));
        let strangers = std::iter::once(&unknown).chain(fixed).map(|path| get(path)).collect();
        let mut strangers = ask(traffic, strangers).into_iter().map(|exchange| exchange?.page());
        let unknown_page = strangers.next().flatten();
        let open = strangers.flatten().filter(Page::is_success).collect();
        let mut baseline =
            Self { subjects: Vec::new(), unknown: unknown_page, unknown_allowed: None, open, requests: Vec::new() };
        let mut asked = Asked::all(&options.paths, options, server, traffic);
        let usual = asked.iter().find_map(|asked| asked.anonymous.as_ref()?.outcome.as_ref().ok());
        traffic.adapt(usual.map(|answer| answer.time).unwrap_or_default());
        if let Some(credential) = &options.allow {
            let request = get(&unknown).with_lines(&credential.lines);
            baseline.unknown_allowed = ask(traffic, vec![request]).pop().flatten().and_then(|exchange| exchange.page());
        }
        // Servers send people from a folder to its page, `/admin` to `/admin/`, and often nobody is asked about that.
        let moved: Vec<(usize, String)> =
            asked.iter().enumerate().filter_map(|(at, asked)| Some((at, asked.with_slash(server)?))).collect();
        let paths: Vec<String> = moved.iter().map(|(_, path)| path.clone()).collect();
        for ((at, _), again) in moved.into_iter().zip(Asked::all(&paths, options, server, traffic)) {
            if let Some(place) = asked.get_mut(at) {
                *place = again;
            }
        }
        let ends: Vec<Option<Page>> = asked.iter().map(|asked| asked.end(server, traffic)).collect();
        for (Asked { path, anonymous, allowed }, end) in asked.into_iter().zip(ends) {
            let allowed = match allowed {
                None => Some(None),
                Some([Some(first), Some(second)]) => Some(Some([first, second])),
                Some(_) => None,
            };
            let subject = match (anonymous, allowed) {
                (Some(anonymous), Some(allowed)) => {
                    Subject::new(&path, Nobody { anonymous, end }, allowed, &baseline, options, server)
                }
                _ => Subject::unasked(&path),
            };
            baseline.subjects.push(subject);
        }
        baseline.requests = (from..traffic.len()).collect();
        baseline
    }

    /// Why nothing can be proved, if no path is of use.
    pub(crate) fn nothing_proved(&self) -> Option<String> {
        let Some(first) = self.subjects.first() else { return Some("no path is named".to_owned()) };
        let useless = self.subjects.iter().all(|subject| subject.useless.is_some());
        useless.then(|| format!("`{}`: {}", first.path, first.useless.as_deref().unwrap_or_default()))
    }

    /// Whether anybody gets to see what is around the protected paths: then a path that leads out of them leads nowhere in particular.
    pub(crate) fn is_public_around(&self) -> bool {
        let page = self.unknown.as_ref().filter(|page| page.is_success() && !page.is_login());
        let is_refusal =
            |page: &Page| self.subjects.iter().any(|subject| subject.stranger.as_ref().is_some_and(|known| known.is_like(page)));
        page.is_some_and(|page| !is_refusal(page))
    }

    /// Which protected page this is, and how that is seen.
    pub(crate) fn protected_in(&self, page: &Page) -> Option<String> {
        self.subjects.iter().find_map(|subject| {
            let found = subject.markers.as_ref()?.found_in(page)?;
            Some(format!("the page of `{}`: {found}", subject.path))
        })
    }

    /// Which header shows that the application itself has refused, and so was reached.
    ///
    /// What the proxy adds to everything is also in the answer to a path that nobody knows, apart from what no proxy adds.
    pub(crate) fn refused_by_application<'s>(&self, subject: &'s Subject) -> Option<&'s str> {
        let (protected, stranger) = (subject.protected.as_ref()?, subject.stranger.as_ref()?);
        let mut shared = protected.headers.intersection(&stranger.headers);
        let unknown = |header: &(String, Vec<u8>)| self.unknown.as_ref().is_some_and(|page| page.headers.contains(header));
        let header = shared.find(|header| APPLICATIONS.contains(&header.0.as_str()) || !unknown(header))?;
        Some(&header.0)
    }

    /// Which line of the application's own answers is in this one.
    pub(crate) fn application_in(&self, page: &Page) -> Option<String> {
        self.subjects.iter().find_map(|subject| subject.markers.as_ref()?.header_in(page))
    }

    /// In words.
    pub(crate) fn learned(&self) -> Learned {
        let path = |subject: &Subject| LearnedPath {
            path: subject.path.clone(),
            authorised: subject.allowed.as_ref().map(|exchange| describe(exchange, subject.protected.as_ref())),
            anonymous: Some(describe(&subject.anonymous, subject.stranger.as_ref())),
            useless: subject.useless.clone(),
        };
        Learned {
            paths: self.subjects.iter().map(path).collect(),
            unknown: self.unknown.as_ref().map(Page::describe),
            requests: self.requests.clone(),
        }
    }
}

/// What nobody in particular gets: an answer, and what it leads to if it is a redirect within the origin.
struct Nobody {
    anonymous: Exchange,
    end: Option<Page>,
}

/// The answers to one path; `None` stands for what the time budget was used up for.
struct Asked {
    path: String,
    anonymous: Option<Exchange>,
    /// With the credential, twice.
    allowed: Option<[Option<Exchange>; 2]>,
}

impl Asked {
    /// Asks for all paths: first without a credential, then with it.
    fn all(paths: &[String], options: &Prove, server: &Server, traffic: &mut Traffic) -> Vec<Self> {
        let host = server.target.authority();
        let get = |path: &String| Request::new("GET", path.as_str(), &host);
        let anonymous = ask(paths.iter().map(get).collect(), server, traffic);
        let mut allowed = options.allow.as_ref().map(|credential| {
            let with = |path| get(path).with_lines(&credential.lines);
            ask(paths.iter().flat_map(|path| [with(path), with(path)]).collect(), server, traffic).into_iter()
        });
        let both = paths.iter().zip(anonymous).map(|(path, anonymous)| {
            let allowed = allowed.as_mut().map(|allowed| [allowed.next().flatten(), allowed.next().flatten()]);
            Self { path: path.clone(), anonymous, allowed }
        });
        both.collect()
    }

    /// The page that nobody is sent to in the end, on this origin: the login, as a rule.
    fn end(&self, server: &Server, traffic: &mut Traffic) -> Option<Page> {
        let mut asked = self.path.clone();
        let mut leads = redirect(self.anonymous.as_ref()?.outcome.as_ref().ok()?, &server.target, asked.as_bytes())?;
        for _ in 0..MOST_HOPS {
            let Leads::Here(target) = leads else { return None };
            if traffic.is_over() {
                return None;
            }
            let request = Request::new("GET", target.as_str(), &server.target.authority());
            let exchange = traffic.ask(server, &Question::new(request));
            asked = target;
            match redirect(exchange.outcome.as_ref().ok()?, &server.target, asked.as_bytes()) {
                Some(next) => leads = next,
                None => return exchange.page(),
            }
        }
        None
    }

    /// The path with a slash at its end, if that is where everybody is sent.
    fn with_slash(&self, server: &Server) -> Option<String> {
        let (path, query) = self.path.split_once('?').map_or((self.path.as_str(), None), |(path, query)| (path, Some(query)));
        let exchange = self.allowed.as_ref().map_or(self.anonymous.as_ref(), |[first, _]| first.as_ref())?;
        let slashed = query.map_or_else(|| format!("{path}/"), |query| format!("{path}/?{query}"));
        match redirect(exchange.outcome.as_ref().ok()?, &server.target, self.path.as_bytes())? {
            Leads::Here(to) => (to == slashed).then_some(slashed),
            Leads::Away(_) | Leads::Nowhere => None,
        }
    }
}

fn ask(requests: Vec<Request>, server: &Server, traffic: &mut Traffic) -> Vec<Option<Exchange>> {
    let questions: Vec<Question> = requests.into_iter().map(Question::new).collect();
    let jobs: Vec<_> = questions.iter().map(|question| (server, question)).collect();
    traffic.ask_all(&jobs)
}

impl Subject {
    /// One for which no time was left.
    fn unasked(path: &str) -> Self {
        Self {
            path: path.to_owned(),
            anonymous: Exchange { number: 0, outcome: Err(WireError::Timeout) },
            stranger: None,
            leads: None,
            allowed: None,
            protected: None,
            markers: None,
            useless: Some("the time budget is used up".to_owned()),
            opened: None,
        }
    }

    fn new(
        path: &str,
        Nobody { anonymous, end }: Nobody,
        allowed: Option<[Exchange; 2]>,
        baseline: &Baseline,
        options: &Prove,
        server: &Server,
    ) -> Self {
        let stranger = anonymous.page();
        let leads = anonymous.outcome.as_ref().ok().and_then(|answer| redirect(answer, &server.target, path.as_bytes()));
        let mut subject = Self {
            path: path.to_owned(),
            anonymous,
            stranger,
            leads,
            allowed: None,
            protected: None,
            markers: None,
            useless: None,
            opened: None,
        };
        match allowed {
            Some([mut first, second]) => {
                subject.useless = subject.compare(&first, &second, end.as_ref(), baseline, options).err();
                subject.protected = first.page();
                first.trim();
                subject.allowed = Some(first);
            }
            None => subject.useless = subject.anonymous.outcome.as_ref().err().map(unreachable),
        }
        subject.anonymous.trim();
        subject.stranger.iter_mut().chain(&mut subject.protected).for_each(Page::trim);
        subject
    }

    /// Whether nobody in particular gets the same, and it has something to show.
    fn is_shown(&self, page: &Page) -> bool {
        let same = self.stranger.as_ref().is_some_and(|stranger| stranger.is_success() && stranger.is_like(page));
        same && !page.is_shell() && !page.is_login() && !page.leads_to_login()
    }

    /// Learns the markers.
    ///
    /// # Errors
    /// Why there are none.
    fn compare(
        &mut self,
        first: &Exchange,
        second: &Exchange,
        end: Option<&Page>,
        baseline: &Baseline,
        options: &Prove,
    ) -> Result<(), String> {
        let (answer, again) = match (&first.outcome, &second.outcome) {
            (Ok(first), Ok(second)) => (first, second),
            (Err(error), _) | (_, Err(error)) => return Err(unreachable(error)),
        };
        let (page, again) = (Page::of(answer), Page::of(again));
        let mut nobodys = self.stranger.iter().chain(end);
        let is_login = options.marker.is_none() && page.is_login();
        match page.status {
            200..300 if is_login && nobodys.any(|other| other.is_like(&page) || other.is_same_login(&page)) => {
                return Err("the credential is not accepted: with it comes the login page as well".to_owned());
            }
            200..300 => (),
            401 | 403 | 407 => return Err(format!("the credential is not accepted: {} comes with it", page.status)),
            300..=399 => {
                let to = answer.value("location").unwrap_or_default();
                return Err(format!("the credential is not accepted, or the page is elsewhere: with it, one is sent to `{to}`"));
            }
            429 => return Err("too many requests (429): a lower rate may help".to_owned()),
            status => return Err(format!("{status} comes with the credential: a path is needed that answers 200")),
        }
        if let Some(marker) = &options.marker {
            let has = |page: &Page| page.body.windows(marker.len().max(1)).any(|part| part == marker.as_bytes());
            if !has(&page) || !has(&again) {
                return Err("the marker is not in what comes with the credential".to_owned());
            }
            // Where strangers see it here as well, the operator's word counts: they see what is protected, everywhere.
            let elsewhere = baseline.unknown.as_ref().is_some_and(has) || baseline.open.iter().any(has);
            if elsewhere && !self.stranger.as_ref().is_some_and(has) {
                return Err("the marker is also in what anybody sees elsewhere: it shows nothing".to_owned());
            }
        } else if page.length == 0 {
            return Err("what comes with the credential is empty: a page with content is needed".to_owned());
        } else if let Some(unknown) = baseline.unknown.as_ref().filter(|unknown| unknown.is_like(&page) && !self.is_shown(&page))
        {
            let what = unknown.describe();
            return Err(format!(
                "what comes with the credential also comes without it, for a path that does not exist ({what}): either everybody \
                 sees everything, or this is a page like any other; `--marker` names a text that only a protected page has"
            ));
        } else if !page.is_like(&again) && page.words.intersection(&again.words).count() < 2 {
            return Err("two calls of it have nothing in common: `--marker` names a text that is always in it".to_owned());
        }
        let mut strangers: Vec<&Page> = baseline.unknown.iter().chain(&baseline.open).collect();
        let own = own_words(&page, &again, &strangers, &self.path);
        let is_it = |nobodys: &Page| match &options.marker {
            Some(marker) => nobodys.body.windows(marker.len().max(1)).any(|part| part == marker.as_bytes()),
            None => {
                let is_same = nobodys.hash == page.hash || nobodys.is_like(&page) || nobodys.holds(&own);
                nobodys.length > 0 && (is_same || nobodys.is_success() && nobodys.shows(&page, &strangers))
            }
        };
        match (self.stranger.as_ref().filter(|page| is_it(page)), end.filter(|page| is_it(page))) {
            (Some(_), _) => self.opened = Some("the same page comes without a credential".to_owned()),
            (None, Some(_)) => self.opened = Some("without a credential, redirects end at the same page".to_owned()),
            (None, None) => strangers.extend(self.stranger.iter().chain(end)),
        }
        self.markers = Some(Markers::learn(&page, &again, &strangers, &self.path, options.marker.as_deref()));
        Ok(())
    }
}

fn unreachable(error: &WireError) -> String {
    format!("it cannot be reached: {error}")
}

/// The page that came, or why none did.
fn describe(exchange: &Exchange, page: Option<&Page>) -> String {
    match (&exchange.outcome, page) {
        (Err(error), _) => error.to_string(),
        (Ok(_), Some(page)) => page.describe(),
        (Ok(answer), None) => answer.status.to_string(),
    }
}

/// Headers that frameworks write, and proxies do not.
const APPLICATIONS: [&str; 5] = ["x-aspnet-version", "x-drupal-cache", "x-generator", "x-powered-by", "x-runtime"];

/// As many as a login within one origin needs, and then some.
const MOST_HOPS: usize = 6;
