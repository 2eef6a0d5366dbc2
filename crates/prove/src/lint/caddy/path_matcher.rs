//! `/admin/*` is not `/admin`.

use super::super::declared::{Paths, is_open};
use super::super::{Finding, Intent, Lint, Severity};
use super::flow::Model;
use super::state::Asked;

pub(super) const LINT: Lint =
    Lint::new("caddy-path-matcher", Severity::High, "the gate is asked about `/admin/*`, and not about `/admin`");

pub(super) fn check(model: &Model<'_>, intent: &Intent<'_>, findings: &mut Vec<Finding>) {
    for reach in &model.reaches {
        let Asked::Partly(part) = &reach.state.asked else { continue };
        for pattern in &part.paths {
            let Some(bare) = pattern.strip_suffix("/*").filter(|bare| !bare.is_empty()) else { continue };
            let covered = part
                .paths
                .iter()
                .any(|other| other == bare || other.strip_suffix('*').is_some_and(|start| bare.starts_with(start)));
            if !covered && !is_open(intent, &reach.state.hosts, &Paths::One(bare.to_owned())) {
                findings.push(LINT.at(
                    part.span,
                    format!("`{pattern}` does not match `{bare}`, nor `{bare};x/`: these reach the application unasked"),
                    format!("ask about every request, and let the gate's rules tell them apart; at least write `{bare}*`"),
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{flags, is_silent, with};
    use super::*;

    #[test]
    fn folder_without_its_slash_is_open() {
        let gate = "        { \"handle\": [{ \"handler\": \"reverse_proxy\",\n";
        let asked = |paths: &str| {
            with(gate, &gate.replace("{ \"handle\"", &format!("{{ \"match\": [{{ \"path\": [{paths}] }}], \"handle\"")))
        };
        flags(&asked("\"/admin/*\""), &LINT, "/admin/*");
        is_silent(&asked("\"/admin*\""), &LINT);
        is_silent(&asked("\"/admin\", \"/admin/*\""), &LINT);
    }
}
