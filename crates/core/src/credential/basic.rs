//! A user name and password in `Authorization`.

use std::sync::Arc;

use super::authorization::Authorization;
use super::lookup::{Effort, Lookup};
use super::{Credentials, Presented, Scheme, Verified};
use crate::identity::CredentialKind;
use crate::memory::Throttled;
use crate::password::{Account, Passwords, User, UserPass};
use crate::rejection::{Failure, Outage, Refusal, Rejection};
use crate::revocation::{Revocable, RevocableId};
use crate::trace::{Step, Trace, check};

/// What became of a password.
enum Outcome<'p> {
    Right(&'p User),
    /// It has to be hashed, where that is not wanted.
    Deferred,
}

impl Credentials {
    /// Checks the user name and password, if there are any.
    pub(super) fn basic(
        &self,
        authorization: &Authorization<'_>,
        lookup: Lookup<'_, '_>,
        trace: &mut impl Trace,
    ) -> Option<Presented> {
        let passwords = self.passwords.as_deref()?;
        let Authorization::Of(scheme @ Scheme::Basic, credential) = authorization else { return None };
        trace.step(|| Step::Credential { kind: CredentialKind::Basic.name(), source: "basic".to_owned() });
        let sent = credential.ok_or_else(|| scheme.malformed()).and_then(UserPass::parse);
        let verified = check(trace, "form", sent, |_| "a user name and a password".to_owned())
            .map_err(Failure::from)
            .and_then(|sent| self.verify_password(passwords, &sent, lookup, trace));
        let admitted = match verified {
            Ok(Outcome::Deferred) => return Some(Presented::Deferred),
            Ok(Outcome::Right(user)) => self.check_user(user, trace),
            Err(failure) => Err(failure),
        };
        Some(Presented::of(CredentialKind::Basic, Some(Scheme::Basic), admitted))
    }

    /// A password that was right before passes at once, whoever else has been guessing. Any other is an attempt, which is counted
    /// before it is hashed, so that many at once count as many.
    fn verify_password<'p>(
        &self,
        passwords: &'p Passwords,
        sent: &UserPass,
        lookup: Lookup<'_, '_>,
        trace: &mut impl Trace,
    ) -> Result<Outcome<'p>, Failure> {
        let incorrect = || Refusal::new(Rejection::PasswordIncorrect, "user name and password do not match");
        let (throttle, client) = (&self.memory.throttle, lookup.request.client);
        let name = throttle.name(&sent.name);
        let Some(account) = passwords.account(&sent.name, name.0) else { return Err(incorrect().into()) };
        let (Account::Of(user) | Account::Nobody(user)) = account;
        let print = self.memory.passwords.print(&sent.name, &sent.password, user.stored());
        if let (Account::Of(user), Some(print)) = (account, print)
            && self.memory.passwords.knows(print)
        {
            trace.step(|| Step::Check { name: "remembered", passed: true, detail: "right before, for the same hash".to_owned() });
            return Ok(Outcome::Right(user));
        }
        let may_hash = lookup.effort == Effort::Hash;
        let counts = may_hash && !trace.listens();
        let admitted = match counts {
            true => throttle.attempt(name, client, lookup.now),
            false => throttle.would_refuse(name, client, lookup.now),
        };
        admitted.map_err(|throttled| refuse(throttled, trace))?;
        if !may_hash {
            return Ok(Outcome::Deferred);
        }
        let user = check(trace, "password", account.verify(&sent.password).ok_or_else(incorrect), |_| "right".to_owned())?;
        if counts {
            throttle.forgive(name, client);
            if let Some(print) = print {
                self.memory.passwords.remember(print);
            }
        }
        Ok(Outcome::Right(user))
    }

    fn check_user(&self, user: &User, trace: &mut impl Trace) -> Result<Verified, Failure> {
        let revocable = Revocable { id: RevocableId::None, subject: user.identity.subject(), issuer: None, issued_at: None };
        self.revocations.check(revocable, trace)?;
        Ok(Verified { identity: Arc::clone(&user.identity), kid: None, scheme: Some(Scheme::Basic), renewed_session: None })
    }
}

fn refuse(throttled: Throttled, trace: &mut impl Trace) -> Failure {
    let failure = match throttled {
        Throttled::Client => Failure::from(Refusal::new(Rejection::Throttled, "too many wrong passwords from this client")),
        Throttled::UnknownClients => Failure::Unknown {
            outage: Outage::Overloaded,
            detail: "too many passwords to check from clients whose address nobody knows".to_owned(),
            wants_keys: None,
        },
    };
    trace.step(|| Step::Check { name: "throttle", passed: false, detail: failure.detail().to_owned() });
    failure
}
