//! How the gate is asked: the location that takes the subrequest of `auth_request`.

mod auth_location_answers_itself;
mod auth_location_answers_some;
mod auth_location_body;
mod auth_location_cache;
mod auth_location_error_page;
mod auth_location_http_host;
mod auth_location_inherits_error_page;
mod auth_location_keepalive;
mod auth_location_no_headers;
mod auth_location_no_method;
mod auth_location_no_request;
mod auth_location_own_path;
mod auth_location_own_server;
mod auth_location_public;
mod auth_location_redirected;
mod auth_location_stale;
mod auth_location_timeouts;
mod auth_location_wrong_page;
mod auth_request_misplaced;
mod auth_request_target;

use super::words::head;
use super::{Rule, Subject};
use crate::model::{AuthRequest, Location, LocationId, Model, Pass, names};
use crate::nginx::Directive;
use crate::source::Span;

pub(super) const RULES: &[Rule] = &[
    (&auth_location_answers_itself::LINT, auth_location_answers_itself::check),
    (&auth_location_answers_some::LINT, auth_location_answers_some::check),
    (&auth_location_body::LINT, auth_location_body::check),
    (&auth_location_cache::LINT, auth_location_cache::check),
    (&auth_location_error_page::LINT, auth_location_error_page::check),
    (&auth_location_http_host::LINT, auth_location_http_host::check),
    (&auth_location_inherits_error_page::LINT, auth_location_inherits_error_page::check),
    (&auth_location_keepalive::LINT, auth_location_keepalive::check),
    (&auth_location_no_headers::LINT, auth_location_no_headers::check),
    (&auth_location_no_method::LINT, auth_location_no_method::check),
    (&auth_location_no_request::LINT, auth_location_no_request::check),
    (&auth_location_own_path::LINT, auth_location_own_path::check),
    (&auth_location_own_server::LINT, auth_location_own_server::check),
    (&auth_location_public::LINT, auth_location_public::check),
    (&auth_location_redirected::LINT, auth_location_redirected::check),
    (&auth_location_stale::LINT, auth_location_stale::check),
    (&auth_location_timeouts::LINT, auth_location_timeouts::check),
    (&auth_location_wrong_page::LINT, auth_location_wrong_page::check),
    (&auth_request_misplaced::LINT, auth_request_misplaced::check),
    (&auth_request_target::LINT, auth_request_target::check),
];

/// A location that takes subrequests to the gate and passes them on to another program.
struct Asking<'m, 'c> {
    model: &'m Model<'c>,
    id: LocationId,
    location: &'m Location<'c>,
    auth: AuthRequest<'c>,
    pass: &'m Pass<'c>,
    /// Where the location starts.
    place: Span,
    /// What the directives about it start with: `proxy`, `fastcgi`.
    kind: &'static str,
}

/// All of those.
fn passing<'m, 'c>(subject: &'m Subject<'c>) -> Vec<Asking<'m, 'c>> {
    let model = &subject.model;
    let read = |(id, auth)| {
        let location = model.location(id);
        let pass = model.passes(id).next()?;
        let kind = kind(pass)?;
        Some(Asking { model, id, location, auth, pass, place: head(location)?, kind })
    };
    model.asked().filter_map(read).collect()
}

fn kind(pass: &Pass<'_>) -> Option<&'static str> {
    let name = pass.directive.name().strip_suffix(b"_pass")?;
    KINDS.into_iter().find(|kind| kind.as_bytes() == name)
}

impl<'c> Asking<'_, 'c> {
    /// Whether it is asked by HTTP.
    fn is_proxy(&self) -> bool {
        self.kind == "proxy"
    }

    /// The directive of its kind: `proxy_` and so on before the name.
    fn option(&self, name: &str) -> Option<&'c Directive> {
        self.model.scopes.value(self.location.scope, &format!("{}_{name}", self.kind))
    }

    /// Whether all that is said of such a directive was read.
    fn is_known(&self, name: &str) -> bool {
        self.model.scopes.is_known(self.location.scope, &format!("{}_{name}", self.kind))
    }

    /// The directive that sets headers, or what stands for them.
    fn setter(&self) -> &'static str {
        match self.kind {
            "proxy" => "proxy_set_header",
            "grpc" => "grpc_set_header",
            "uwsgi" => "uwsgi_param",
            "fastcgi" => "fastcgi_param",
            _ => "scgi_param",
        }
    }

    /// The lines that set headers.
    fn headers(&self) -> &[&'c Directive] {
        self.model.scopes.effective(self.location.scope, self.setter())
    }

    /// Whether all lines that set headers were read.
    fn has_known_headers(&self) -> bool {
        self.model.scopes.is_known(self.location.scope, self.setter())
    }

    /// What a header is set to, by its name in lower case.
    fn header(&self, wanted: &[u8]) -> Option<&'c [u8]> {
        let is_wanted = |line: &&&Directive| {
            line.argument(0).and_then(|name| super::subject::header(self.setter(), name)).as_deref() == Some(wanted)
        };
        self.headers().iter().find(is_wanted)?.argument(1)
    }

    /// Whether the gate is told one of these variables, in a header or in the address it is asked at.
    fn tells(&self, variables: &[&[u8]]) -> bool {
        let rewrites = self.model.rewrites(self.id);
        let values = self.headers().iter().filter_map(|line| line.argument(1)).chain(self.pass.directive.argument(0));
        let mut values = values.chain(rewrites.iter().map(|rewrite| rewrite.replacement));
        values.any(|value| variables.iter().any(|variable| self.model.variables.behind(value).contains(*variable)))
    }

    /// The lines that tell the gate the path of the subrequest for that of the request.
    fn own_paths(&self) -> impl Iterator<Item = &'c Directive> {
        let is_own = |line: &&Directive| {
            let mut has_own = false;
            for name in names(line.argument(1).unwrap_or_default()) {
                match name.as_slice() {
                    b"request_uri" | b"request" => return false,
                    b"uri" | b"document_uri" | b"args" | b"query_string" | b"request_filename" => has_own = true,
                    _ => {}
                }
            }
            has_own
        };
        let is_header =
            |line: &&Directive| line.argument(0).and_then(|name| super::subject::header(self.setter(), name)).is_some();
        self.headers().iter().copied().filter(is_own).filter(is_header)
    }
}

/// What an error page has to be told so that none is inherited.
const NO_ERROR_PAGE: &str = "error_page 599 /;";

const KINDS: [&str; 5] = ["proxy", "grpc", "uwsgi", "fastcgi", "scgi"];
