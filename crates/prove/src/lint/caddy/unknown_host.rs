//! A host that is not named is answered with an empty success.

use super::super::{Finding, Intent, Lint, Severity};
use super::flow::{Model, ends};
use super::items;
use super::matcher::Matcher;

pub(super) const LINT: Lint =
    Lint::new("caddy-unknown-host", Severity::Info, "a host that is not named here is answered with an empty 200");

pub(super) fn check(model: &Model<'_>, _: &Intent<'_>, findings: &mut Vec<Finding>) {
    if model.gates.is_empty() {
        return;
    }
    for server in &model.servers {
        let routes = items(server, "routes");
        let all = |route: &&crate::data::Node| Matcher::of(route).hosts.is_empty();
        let answered =
            routes.iter().filter(all).any(|route| ends(std::slice::from_ref(route)) || !items(route, "match").is_empty());
        if !routes.is_empty() && routes.iter().any(|route| !all(&route)) && !answered {
            findings.push(LINT.at(
                server.span,
                "Caddy's own answer to other hosts is an empty 200, which monitors and proxies in front take for a success",
                "add a site for all others: `http:// { respond 421 }`",
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{GOOD, flags, is_silent, with};
    use super::*;

    #[test]
    fn other_hosts_are_answered() {
        let last = "      { \"handle\": [{ \"handler\": \"static_response\", \"status_code\": 421 }] }\n";
        let text = with(last, "").replace("] }] },\n    ]", "] }] }\n    ]");
        flags(&text, &LINT, "\"srv0\"");
        is_silent(GOOD, &LINT);
    }
}
