//! A request that a client sends, and what has to come of it.

use std::borrow::Cow;

/// A case of the table.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// Unique, in words; the part before the colon is the group it is shown in.
    pub(crate) name: &'static str,
    pub(crate) who: Who,
    pub(crate) method: &'static str,
    pub(crate) target: Cow<'static, str>,
    /// The `Host` line's value.
    pub(crate) host: &'static str,
    /// More header lines, each ending in CR LF.
    pub(crate) headers: Cow<'static, str>,
    /// What stands before and after the session in the `Cookie` line.
    pub(crate) cookie_around: (&'static str, &'static str),
    pub(crate) body: Body,
    pub(crate) expect: Expect,
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    Nobody,
    /// A member, in the group `staff`.
    Alice,
    /// In the group `admins`.
    Root,
    /// Alice in so many groups that their header is long.
    AliceOfManyGroups,
    /// Alice with a session that is old enough to be renewed.
    AliceLongAgo,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    None,
    /// With `Content-Length`.
    Length(usize),
    Chunked(usize),
    /// One chunk, then these trailer lines, each ending in CR LF.
    Trailers(&'static str),
}

/// What has to come of a case. Beside that, the rig checks of every case that nothing reached the backend which the gate did not
/// allow, and for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expect {
    /// The backend answers.
    Passes,
    /// The backend is not reached, and the answer has this status.
    Status(u16),
    /// The backend is not reached, whatever the answer.
    Refused,
    /// 302 to the login, with the return address of the case: what stands behind its scheme.
    Login(&'static str),
    /// The proxy may pass it on or not.
    Either,
}

impl Case {
    pub(crate) fn get(name: &'static str, who: Who, target: &'static str, expect: Expect) -> Self {
        Self {
            name,
            who,
            method: "GET",
            target: target.into(),
            host: "app.example.com",
            headers: "".into(),
            cookie_around: ("", ""),
            body: Body::None,
            expect,
        }
    }

    pub(crate) fn with(self, headers: impl Into<Cow<'static, str>>) -> Self {
        Self { headers: headers.into(), ..self }
    }

    pub(crate) fn expect(self, expect: Expect) -> Self {
        Self { expect, ..self }
    }

    pub(crate) fn target(self, target: String) -> Self {
        Self { target: target.into(), ..self }
    }

    pub(crate) fn cookies(self, before: &'static str, after: &'static str) -> Self {
        Self { cookie_around: (before, after), ..self }
    }

    pub(crate) fn method(self, method: &'static str) -> Self {
        Self { method, ..self }
    }

    pub(crate) fn host(self, host: &'static str) -> Self {
        Self { host, ..self }
    }

    pub(crate) fn body(self, body: Body) -> Self {
        Self { body, ..self }
    }
}
