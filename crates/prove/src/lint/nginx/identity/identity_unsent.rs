use std::collections::BTreeSet;

use super::{hands_headers_on, setter_for};
use crate::lint::finding::{Finding, Lint, Severity};
use crate::lint::nginx::Subject;
use crate::lint::nginx::comment::Word;

pub(crate) const LINT: Lint = Lint::new("identity-unsent", Severity::Low, "nothing of the gate's answer reaches the application");

/// No header is set from the gate's answer anywhere, and none is declared: the application cannot know who is asking, and if it reads
/// a header all the same, the client's own arrives. A policy without identity headers, or `# gatewright: identity none`, says that
/// this is meant.
pub(crate) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let model = &subject.model;
    let is_none = |word: &Word| matches!(word, Word::Identity(names) if names.iter().all(|name| name == b"none"));
    let is_meant = subject.intent.policy.is_some() || subject.said.iter().any(|said| is_none(&said.word));
    if is_meant || !subject.identity.is_empty() {
        return;
    }
    let mut servers = BTreeSet::new();
    for (id, _) in model.protected() {
        let location = model.location(id);
        let speaks = |pass: &&crate::model::Pass<'_>| {
            setter_for(pass.directive.name()).is_some() && hands_headers_on(subject, location.scope, pass)
        };
        let Some(pass) = model.passes(id).find(speaks) else { continue };
        if servers.insert(location.server) {
            findings.push(LINT.at(
                pass.directive.span(),
                "the application does not learn who is asking, and a header such as `X-User` that a client writes reaches it",
                "write `auth_request_set $user $upstream_http_x_user; proxy_set_header X-User $user;`, or `# gatewright: identity none` \
                 if it needs to know nobody",
            ));
        }
    }
}
