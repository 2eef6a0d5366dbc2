//! One rule of the file, and the one place where a target is matched.

use std::borrow::Cow;

use super::condition::Table;
use super::pattern::{PathPattern, fold};
use crate::form::FormSet;
use crate::headers::Headers;
use crate::host::HostPattern;
use crate::network::Network;
use crate::query::{QueryValue, query_value};
use crate::rejection::{Refusal, Rejection};
use crate::request::ParsedRequest;

/// A rule: its target matches some requests, its effect says who may pass.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) id: String,
    pub(crate) target: Target,
    pub(crate) effect: Effect,
    /// Evaluated and reported, but transparent.
    pub(crate) shadow: bool,
}

/// Which requests a rule is about. `None` and empty lists of pairs match everything.
#[derive(Clone, Debug, Default)]
pub(crate) struct Target {
    pub(crate) hosts: Option<Vec<HostPattern>>,
    pub(crate) paths: Option<Vec<PathPattern>>,
    pub(crate) methods: Option<Vec<String>>,
    pub(crate) networks: Option<Vec<Network>>,
    /// Name and accepted values, both as they are after form decoding.
    pub(crate) query: Vec<(String, Vec<String>)>,
    /// Lower-case name and accepted values.
    pub(crate) headers: Vec<(String, Vec<String>)>,
    /// `case = "insensitive"`: the patterns were parsed to match so.
    pub(crate) insensitive: bool,
    /// Forms that stay opaque inside their segment.
    pub(crate) accept: FormSet,
}

/// What a rule says about the requests of its target.
#[derive(Clone, Debug)]
pub(crate) enum Effect {
    /// `deny = "anyone"`.
    Deny,
    /// `allow = "anyone"`.
    Anyone,
    /// `allow = "authenticated"`.
    Authenticated,
    /// `allow = {…}` or `[{…}, …]`: any of the tables.
    Tables(Vec<Table>),
}

/// A request in the form that targets are matched with.
#[derive(Clone, Copy)]
pub(crate) struct Candidate<'c, 'r> {
    pub(crate) request: &'c ParsedRequest<'r>,
    pub(crate) headers: &'c dyn Headers,
    /// Every other reading of an ambiguous path; empty for a clean one.
    pub(crate) readings: &'c [Vec<String>],
}

/// How a target matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Match {
    /// Every key matches: the rule's effect decides.
    Decides,
    /// Every key matches but for something that cannot be told: the rule refuses and is never skipped.
    Refuses(Refusal),
}

/// The first key of a target that does not match: the next rule's turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mismatch(pub(crate) &'static str);

impl Target {
    /// Matches the target. A key that fails for certain skips the rule; a key that cannot be told decides it, in the order of
    /// the contract: what is malformed, then the ambiguous path, then the unknown address.
    pub(crate) fn consider(&self, candidate: Candidate<'_, '_>) -> Result<Match, Mismatch> {
        let request = candidate.request;
        let mut keys = Keys::default();
        keys.note("hosts", self.match_host(request));
        keys.note("methods", self.match_method(request.method));
        // Patterns take longest.
        if keys.match_so_far() {
            keys.note("paths", self.match_path(candidate));
        }
        keys.note("headers", self.match_headers(candidate.headers));
        keys.note("query", self.match_query(request.query));
        keys.note("networks", self.match_network(request));
        keys.verdict()
    }

    fn match_host(&self, request: &ParsedRequest<'_>) -> KeyMatch {
        let Some(hosts) = &self.hosts else { return KeyMatch::Yes };
        let host = &request.host;
        let mut answer = KeyMatch::No;
        for pattern in hosts.iter().filter(|pattern| pattern.matches_name(&host.name)) {
            match (pattern.port, host.port) {
                (None, _) => return KeyMatch::Yes,
                (Some(wanted), Some(port)) if wanted == port => return KeyMatch::Yes,
                (Some(_), Some(_)) => {}
                (Some(wanted), None) if !request.portless => {
                    if wanted == request.scheme.default_port() {
                        return KeyMatch::Yes;
                    }
                }
                (Some(wanted), None) => {
                    answer = KeyMatch::Unclear(Refusal::new(
                        Rejection::RequestMalformed,
                        format!("a rule needs port {wanted}, and the host `{}` came without a port", host.name),
                    ));
                }
            }
        }
        answer
    }

    fn match_path(&self, candidate: Candidate<'_, '_>) -> KeyMatch {
        let path = &candidate.request.path;
        let forms = path.forms();
        let opaque = self.any_pattern(path.segments(), || path.text());
        if self.accept.contains_all(forms) {
            return opaque.into();
        }
        let read = |segments: &Vec<String>| self.any_pattern(segments, || format!("/{}", segments.join("/")).into());
        if opaque || candidate.readings.iter().any(read) {
            return KeyMatch::Unclear(Refusal::new(
                Rejection::PathAmbiguous,
                format!("the path has {}, which the rule does not accept", forms.names()),
            ));
        }
        KeyMatch::No
    }

    fn any_pattern<'t, S: AsRef<str>>(&self, segments: &[S], text: impl Fn() -> Cow<'t, str>) -> bool {
        let Some(patterns) = &self.paths else { return true };
        if self.insensitive {
            let folded: Vec<String> = segments.iter().map(|segment| fold(segment.as_ref())).collect();
            return patterns.iter().any(|pattern| pattern.matches(&folded, &text));
        }
        patterns.iter().any(|pattern| pattern.matches(segments, &text))
    }

    fn match_method(&self, method: &str) -> KeyMatch {
        let Some(methods) = &self.methods else { return KeyMatch::Yes };
        // RFC 9110 §9.3.2: HEAD is GET without the content, so who may GET may HEAD.
        methods.iter().any(|it| it == method || (it == "GET" && method == "HEAD")).into()
    }

    fn match_headers(&self, headers: &dyn Headers) -> KeyMatch {
        let mut answer = KeyMatch::Yes;
        for (name, values) in &self.headers {
            let listed = |value: &[u8]| values.iter().any(|it| it.as_bytes() == value);
            let (mut count, mut matches, mut among_others) = (0_usize, false, false);
            headers.each(name, &mut |value| {
                count = count.saturating_add(1);
                matches = listed(value);
                // Some proxies join fields of one name by commas (RFC 9110 §5.3).
                among_others = value.split(|byte| *byte == b',').any(|part| listed(part.trim_ascii()));
            });
            match count {
                1 if matches => {}
                0 | 1 if !among_others => return KeyMatch::No,
                _ => {
                    let how = if count > 1 { format!("came {count} times") } else { "came with several values".to_owned() };
                    answer = KeyMatch::Unclear(Refusal::new(
                        Rejection::RequestMalformed,
                        format!("a rule needs the header `{name}`, which {how}"),
                    ));
                }
            }
        }
        answer
    }

    fn match_query(&self, query: Option<&[u8]>) -> KeyMatch {
        let mut answer = KeyMatch::Yes;
        for (name, values) in &self.query {
            match query.map_or(QueryValue::Absent, |query| query_value(query, name)) {
                QueryValue::One(value) if values.contains(&value) => {}
                QueryValue::One(_) | QueryValue::Absent => return KeyMatch::No,
                QueryValue::Unclear => {
                    answer = KeyMatch::Unclear(Refusal::new(
                        Rejection::RequestMalformed,
                        format!("a rule needs the query parameter `{name}`, which is repeated or cannot be decoded"),
                    ));
                }
            }
        }
        answer
    }

    fn match_network(&self, request: &ParsedRequest<'_>) -> KeyMatch {
        let Some(networks) = &self.networks else { return KeyMatch::Yes };
        match request.client {
            Some(client) => networks.iter().any(|network| network.contains(client)).into(),
            None => KeyMatch::Unclear(Refusal::new(
                Rejection::ClientAddressUnknown,
                "a rule needs the client's address, and no trusted header gives one",
            )),
        }
    }
}

/// Whether one key of a target matches.
enum KeyMatch {
    Yes,
    No,
    Unclear(Refusal),
}

impl From<bool> for KeyMatch {
    fn from(matches: bool) -> Self {
        if matches { Self::Yes } else { Self::No }
    }
}

/// The keys seen so far: the first that fails, and what could not be told.
#[derive(Default)]
struct Keys {
    mismatch: Option<&'static str>,
    unclear: Option<Refusal>,
}

impl Keys {
    fn note(&mut self, key: &'static str, found: KeyMatch) {
        match found {
            KeyMatch::Yes => {}
            KeyMatch::No => self.mismatch = self.mismatch.or(Some(key)),
            KeyMatch::Unclear(refusal) => {
                if self.unclear.as_ref().is_none_or(|known| rank(refusal.rejection) < rank(known.rejection)) {
                    self.unclear = Some(refusal);
                }
            }
        }
    }

    fn match_so_far(&self) -> bool {
        self.mismatch.is_none()
    }

    fn verdict(self) -> Result<Match, Mismatch> {
        match (self.mismatch, self.unclear) {
            (Some(key), _) => Err(Mismatch(key)),
            (None, Some(refusal)) => Ok(Match::Refuses(refusal)),
            (None, None) => Ok(Match::Decides),
        }
    }
}

/// The order of evaluation among what could not be told: malformed, ambiguous, unknown address.
const fn rank(rejection: Rejection) -> u8 {
    match rejection {
        Rejection::RequestMalformed => 0,
        Rejection::PathAmbiguous => 1,
        _ => 2,
    }
}
