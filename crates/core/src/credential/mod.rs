//! Finding the credential of a request and verifying it.
//!
//! Kinds are looked for in a fixed order; absence falls through to the next kind, presence decides. Only a kind that the file
//! configures is looked for. One file for each kind; each verifies with a module below this one and asks the memory and the
//! list of revocations, which those modules do not know.

mod api_key;
mod authorization;
mod basic;
mod biscuit;
mod client_cert;
mod jwt;
mod lookup;
mod revocation_list;
mod session;
mod token;

use std::sync::Arc;

use self::authorization::Authorization;
pub(crate) use self::authorization::Scheme;
use self::lookup::fields;
pub(crate) use self::lookup::{Effort, Lookup};
pub(crate) use self::revocation_list::RevocationList;
use crate::api_key::ApiKeys;
use crate::biscuit::Biscuits;
use crate::certificate::Certificates;
use crate::identity::{CredentialKind, Identity};
use crate::jwt::IssuerKeys;
use crate::memory::Memory;
use crate::password::Passwords;
use crate::rejection::{Failure, Rejection};
use crate::secret::Unprinted;
use crate::session::Sessions;
use crate::source::Source;
use crate::trace::{Step, Trace};

/// Everything that credentials are verified with.
#[derive(Clone, Debug)]
pub(crate) struct Credentials {
    pub(crate) issuers: Vec<IssuerKeys>,
    pub(crate) biscuits: Arc<[Biscuits]>,
    /// Cookies and headers that may hold a token, in file order.
    pub(crate) token_sources: Vec<Source>,
    pub(crate) passwords: Option<Arc<Passwords>>,
    pub(crate) api_keys: Arc<[ApiKeys]>,
    pub(crate) sessions: Option<Sessions>,
    pub(crate) certificates: Arc<[Certificates]>,
    pub(crate) revocations: RevocationList,
    pub(crate) memory: Arc<Memory>,
}

/// What a request presented.
#[derive(Clone, Debug)]
pub(crate) enum Presented {
    /// No credential of a configured kind.
    Nothing,
    /// A credential that verified.
    Verified(Verified),
    /// A credential that did not.
    Failed(Shown, Failure),
    /// A credential whose verification costs more than the caller wants it to cost here.
    Deferred,
}

/// A verified credential.
#[derive(Clone, Debug)]
pub(crate) struct Verified {
    pub(crate) identity: Arc<Identity>,
    pub(crate) kid: Option<Arc<str>>,
    /// The scheme it came in, if it came in `Authorization`.
    pub(crate) scheme: Option<Scheme>,
    /// The `Set-Cookie` value, if the session is to be renewed.
    pub(crate) renewed_session: Option<Unprinted>,
}

impl Verified {
    /// Somebody whom a test of the file takes as verified.
    pub(crate) fn assumed(identity: Identity) -> Self {
        Self { identity: Arc::new(identity), kid: None, scheme: None, renewed_session: None }
    }
}

/// What can be said of a credential before it is verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) kind: CredentialKind,
    pub(crate) scheme: Option<Scheme>,
}

impl Credentials {
    /// Looks for a credential and verifies it. With a listening trace the memory is only read.
    pub(crate) fn present(&self, lookup: Lookup<'_, '_>, trace: &mut impl Trace) -> Presented {
        let authorization = Authorization::read(lookup.headers);
        if let Authorization::Repeated(refusal) = authorization {
            return token::refused(CredentialKind::Jwt, Some(Scheme::Bearer), &Source::Bearer, refusal, trace);
        }
        self.tell_ignored(&authorization, lookup, trace);
        let presented = self.token(&authorization, lookup, trace);
        let presented = presented.or_else(|| self.basic(&authorization, lookup, trace));
        let presented = presented.or_else(|| self.api_key(lookup, trace));
        if let Some(presented) = presented {
            return presented;
        }
        match self.session(lookup, trace) {
            Some(presented) if !presented.is_session_that_ended() => presented,
            ended => self.client_cert(lookup, trace).or(ended).unwrap_or(Presented::Nothing),
        }
    }
}

impl Credentials {
    /// Returns the headers (lower case) that a credential or its proof may be in.
    pub(crate) fn header_names(&self) -> impl Iterator<Item = &str> {
        let cookies = self.sessions.is_some() || self.token_sources.iter().any(|source| matches!(source, Source::Cookie(_)));
        let sources = self.token_sources.iter().filter_map(|source| match source {
            Source::Header(name) => Some(name.as_str()),
            Source::Bearer | Source::Cookie(_) => None,
        });
        let certificates = self.certificates.iter().flat_map(|known| known.form.headers()).copied();
        ["authorization", "dpop"]
            .into_iter()
            .chain(cookies.then_some("cookie"))
            .chain(sources)
            .chain(self.api_keys.iter().map(|keys| keys.header.as_str()))
            .chain(certificates)
    }

    /// Tells whoever listens what looks like a credential and is not read: mostly, something is missing in the file.
    fn tell_ignored(&self, authorization: &Authorization<'_>, lookup: Lookup<'_, '_>, trace: &mut impl Trace) {
        if !trace.listens() {
            return;
        }
        let unread = match authorization {
            Authorization::Of(Scheme::Basic, _) if self.passwords.is_none() => Some("the file has no [[basic]]"),
            Authorization::Of(Scheme::Bearer | Scheme::Dpop, _) if self.issuers.is_empty() && self.biscuits.is_empty() => {
                Some("the file has no [[issuer]] and no [[biscuit]]")
            }
            Authorization::Other => Some("its scheme is not Bearer, DPoP or Basic"),
            Authorization::Of(..) | Authorization::Absent | Authorization::Repeated(_) => None,
        };
        if let Some(detail) = unread {
            trace.step(|| Step::Ignored { header: "authorization".to_owned(), detail: detail.to_owned() });
        }
        let unvouched = self.certificates.iter().filter(|known| !known.is_vouched_for(lookup.proxy_sets));
        for header in unvouched.flat_map(|known| known.form.headers()) {
            if fields(lookup.headers, header).0 > 0 {
                let detail = "nobody vouches that the proxy overwrites it (`proxy_sets`)".to_owned();
                trace.step(|| Step::Ignored { header: (*header).to_owned(), detail });
            }
        }
    }
}

impl Presented {
    /// What is presented when verifying what was shown came out like this.
    fn of(kind: CredentialKind, scheme: Option<Scheme>, outcome: Result<Verified, Failure>) -> Self {
        match outcome {
            Ok(verified) => Self::Verified(verified),
            Err(failure) => Self::Failed(Shown { kind, scheme }, failure),
        }
    }

    /// Whether this is a session that was good once: it does not stand in the way of a certificate.
    fn is_session_that_ended(&self) -> bool {
        let ended = [Rejection::SessionExpired, Rejection::SessionIdle, Rejection::SessionKeyUnknown];
        matches!(self, Self::Failed(_, Failure::Refused { refusal, .. }) if ended.contains(&refusal.rejection))
    }

    /// Returns what was shown, verified or not.
    pub(crate) fn shown(&self) -> Option<Shown> {
        match self {
            Self::Verified(verified) => Some(Shown { kind: verified.identity.credential(), scheme: verified.scheme }),
            Self::Failed(shown, _) => Some(*shown),
            Self::Nothing | Self::Deferred => None,
        }
    }
}
