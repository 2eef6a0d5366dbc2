//! Lines of nginx in annotations and in the ConfigMap.

use super::super::{Finding, Intent, Lint, Severity};
use super::resource::Model;
use crate::data::Node;

pub(super) const LINT: Lint = Lint::new("ingress-snippet", Severity::Critical, "lines of nginx switch the gate off");

pub(super) fn check(model: &Model<'_>, _: &Intent<'_>, findings: &mut Vec<Finding>) {
    for ingress in model.ingresses.iter().filter(|ingress| model.asks(ingress)) {
        for name in ["configuration-snippet", "server-snippet", "auth-snippet"] {
            findings.extend(ingress.annotation(name).and_then(|node| look(name, node)));
        }
    }
    for name in ["location-snippet", "server-snippet", "http-snippet"] {
        findings.extend(model.setting(name).and_then(|entry| look(name, &entry.node)));
    }
    if let Some(entry) = model.setting("global-auth-snippet") {
        findings.extend(look("auth-snippet", &entry.node));
    }
}

fn look(name: &str, node: &Node) -> Option<Finding> {
    let text = node.text()?;
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default());
    let words: Vec<String> = lines
        .flat_map(|line| line.replace(['{', '}', ';'], " ; ").split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let has = |wanted: &[&str]| {
        words.windows(wanted.len()).any(|window| window.iter().zip(wanted).all(|(word, wanted)| word == wanted))
    };
    let asks = name == "auth-snippet";
    let answers = words
        .windows(2)
        .any(|pair| matches!(pair, [word, status] if word == "return" && status.starts_with('2') && status.len() == 3));
    let help = "take the line out: what is open is for the gate's rules to say";
    if has(&["auth_request", "off"]) {
        Some(LINT.at(node.span, "`auth_request off` takes the gate out of this place", help))
    } else if asks && answers {
        Some(LINT.at(
            node.span,
            "`auth-snippet` stands where the gate is asked: a `return` with a success there is its yes, for everybody",
            help,
        ))
    } else if asks && has(&["proxy_pass"]) {
        Some(
            LINT.at(node.span, "`auth-snippet` stands where the gate is asked: `proxy_pass` there asks somebody else", help)
                .severity(Severity::High),
        )
    } else if has(&["satisfy", "any"]) {
        Some(
            LINT.at(node.span, "with `satisfy any` another check is enough to be let in, whatever the gate says", help)
                .severity(Severity::High),
        )
    } else if !asks && has(&["location"]) && has(&["proxy_pass"]) {
        let why = "a `location` of one's own has none of the annotations: what it hands to an application is not asked about";
        Some(LINT.at(node.span, why, "write an Ingress for the path instead").severity(Severity::High))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{annotated, configured, flags, is_silent};
    use super::*;

    fn snippet(name: &str, lines: &str) -> String {
        annotated(name, &format!("|\n      {lines}"))
    }

    #[test]
    fn gate_is_not_switched_off() {
        flags(&snippet("configuration-snippet", "auth_request  off;"), &LINT, Severity::Critical, "auth_request  off");
        flags(&snippet("auth-snippet", "return 200;"), &LINT, Severity::Critical, "return 200");
        flags(&snippet("server-snippet", "location /x { proxy_pass http://app; }"), &LINT, Severity::High, "location /x");
        flags(&configured("location-snippet", "satisfy any;"), &LINT, Severity::High, "location-snippet");
        is_silent(&snippet("configuration-snippet", "# auth_request off;\n      proxy_set_header A b;"), &LINT);
        is_silent(&snippet("auth-snippet", "proxy_set_header A b;"), &LINT);
    }
}
