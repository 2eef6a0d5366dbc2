//! What is asked is no gate.

use super::super::declared::{answers_anybody, authority, path_of};
use super::super::{Finding, Intent, Lint, Severity};
use super::Model;

pub(super) const LINT: Lint =
    Lint::new("traefik-auth-address", Severity::Critical, "what is asked is not a gate: it says yes to everybody");

pub(super) fn check(model: &Model<'_>, _: &Intent<'_>, findings: &mut Vec<Finding>) {
    let protected = model.protected();
    for (gate, _) in model.gates() {
        let Some(address) = gate.config.get_any_case("address") else { continue };
        let url = address.text().unwrap_or_default();
        let path = path_of(url);
        let help = "name the gate and the path at which it decides, such as `http://127.0.0.1:4180/auth/forward`";
        if protected.contains(&authority(url)) {
            findings.push(LINT.at(address.span, "this is the address of the application: every 200 of it is a yes", help));
        } else if let Some(page) = answers_anybody(path) {
            let why = format!("this is the address of {page}, which is answered with 200 whoever asks: everybody passes");
            findings.push(LINT.at(address.span, why, help));
        } else if path == "/" {
            let why = "the gate is asked at `/`: that is right only for one that decides there, and does not show a page";
            findings.push(LINT.at(address.span, why, help).severity(Severity::Info));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{GOOD, flags, is_silent, severities, with};
    use super::*;

    #[test]
    fn gate_is_asked_where_it_decides() {
        flags(&with("4180/auth/forward", "8080/auth/forward"), &LINT, "address:");
        flags(&with("/auth/forward", "/oauth2/sign_in"), &LINT, "address:");
        assert_eq!(severities(&with("/auth/forward", ""), &LINT), [Severity::Info]);
        is_silent(GOOD, &LINT);
    }
}
