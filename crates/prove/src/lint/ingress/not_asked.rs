//! Another Ingress to a Service, on which no gate is asked.

use super::super::declared::{is_commented_open, is_host_of_policy, is_open};
use super::super::{Finding, Intent, Lint, Severity};
use super::resource::Model;

pub(super) const LINT: Lint =
    Lint::new("ingress-not-asked", Severity::High, "an Ingress leads to a protected Service without asking the gate");

pub(super) fn check(model: &Model<'_>, intent: &Intent<'_>, findings: &mut Vec<Finding>) {
    let protected = model.protected();
    for ingress in model.ingresses.iter().filter(|ingress| !model.asks(ingress)) {
        for route in &ingress.routes {
            let of_policy = route.hosts.iter().any(|host| is_host_of_policy(intent, host));
            let open = is_commented_open(route.around.iter().copied()) || is_open(intent, &route.hosts, &route.paths);
            if open || !(of_policy || protected.contains(&route.service.as_str())) {
                continue;
            }
            let finding = LINT.at(
                route.span,
                format!("this Ingress leads to the Service `{}` and has no `auth-url`: annotations hold for their own Ingress alone, and whoever comes this way is not asked about", route.service),
                "write the annotations of the other Ingress here, too, or declare the path as open",
            );
            let other = ingress.annotation("auth-type").is_some();
            findings.push(if other { finding.severity(Severity::Medium) } else { finding });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{GOOD, flags, found, is_silent};
    use super::*;

    fn second(change: (&str, &str)) -> String {
        let start = GOOD.find("    nginx.ingress").unwrap();
        let end = GOOD.find("spec:").unwrap();
        let open = format!("{}    a: b\n{}", &GOOD[..start], &GOOD[end..])
            .replace("name: app\n", "name: hooks\n")
            .replace("path: /", "path: /hooks");
        assert!(open.contains(change.0));
        format!("{GOOD}---\n{}", open.replace(change.0, change.1))
    }

    #[test]
    fn second_ingress_is_open() {
        flags(&second(("", "")), &LINT, Severity::High, "name: app, port");
        is_silent(&second(("namespace: shop", "namespace: other")), &LINT);
        is_silent(&second(("name: app, port", "name: hooks, port")), &LINT);
        flags(
            &second(("    a: b", "    nginx.ingress.kubernetes.io/auth-type: basic")),
            &LINT,
            Severity::Medium,
            "name: app, port",
        );
    }

    #[test]
    fn declared_paths_are_open() {
        let open = ["/hooks*".to_owned()];
        assert_eq!(found(&second(("", "")), &LINT, &Intent { open: &open, ..Intent::default() }), []);
        is_silent(&second(("          - path", "          # gatewright: open signed by the sender\n          - path")), &LINT);
    }

    #[test]
    fn url_for_all_asks_everywhere() {
        let map = "---\nkind: ConfigMap\ndata: { global-auth-url: http://gate/ask }\n";
        is_silent(&format!("{}{map}", second(("", ""))), &LINT);
        let out = second(("    a: b", "    nginx.ingress.kubernetes.io/enable-global-auth: \"false\""));
        flags(&format!("{out}{map}"), &LINT, Severity::High, "name: app, port");
    }
}
