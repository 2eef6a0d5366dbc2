//! The HTTP answer to a decision: status and headers, the same in every shell.

use std::borrow::Cow;

use super::Decision;

/// What to send for a decision. The body is empty.
///
/// # Example
/// ```
/// use gatewright::{ChallengeForm, Decision, Rejection};
/// let decision = Decision::refused(Rejection::CredentialMissing, "no credential was presented");
/// let answer = decision.answer(ChallengeForm::Status);
/// assert_eq!(answer.status, 401);
/// assert_eq!(answer.headers[0], ("Cache-Control", "no-store".into()));
/// assert_eq!(answer.headers[1], ("WWW-Authenticate", "Bearer realm=\"gatewright\"".into()));
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<'d> {
    /// 200, 302, 401, 403 or 503.
    pub status: u16,
    /// The fields, each name once.
    pub headers: Vec<(&'d str, Cow<'d, str>)>,
}

/// How a challenge is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "HTTP has no third way to say `log in`")]
pub enum ChallengeForm {
    /// 401, with the login's address in `Location` for a proxy or script that wants it.
    Status,
    /// 302 to the login, if there is one: a person's browser follows.
    Redirect,
}

impl Decision {
    /// Returns the answer to give: an allow has the identity headers and a renewed session, a refusal says how to do better
    /// (RFC 6750 §3). Only an allow is 2xx.
    #[must_use]
    pub fn answer(&self, form: ChallengeForm) -> Answer<'_> {
        let mut status = self.status();
        let mut headers = vec![("Cache-Control", Cow::Borrowed("no-store"))];
        match self {
            Self::Allow(permit) => {
                headers.extend(permit.headers());
                headers.extend(permit.renewed_session().map(|cookie| ("Set-Cookie", cookie.into())));
            }
            Self::Challenge(challenge) => {
                match (form, challenge.login_url()) {
                    (ChallengeForm::Redirect, Some(_)) => status = 302,
                    (ChallengeForm::Redirect, None) | (ChallengeForm::Status, _) => {
                        headers.push(("WWW-Authenticate", challenge.www_authenticate().into()));
                    }
                }
                headers.extend(challenge.login_url().map(|login| ("Location", login.into())));
            }
            Self::Forbid(forbidden) => {
                headers.extend(forbidden.www_authenticate().map(|scheme| ("WWW-Authenticate", scheme.into())));
            }
            Self::Indeterminate(_) => {}
        }
        Answer { status, headers }
    }
}
