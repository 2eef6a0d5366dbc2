//! What the gate's policy says about a deployment: what it protects, what it opens, how applications learn who is asking, and where
//! people log in. It says so by its decisions: there is no second reading of rules here.

use gatewright::{Authorizer, Config, Decision, Request};
use gatewright_issuer::{State, now};
use gatewright_prove::prove::{Prove, Target};

/// Adds what the policy says. Its paths count only where no others are named: a pattern is no page, and an application has its own.
pub(super) fn add(options: &mut Prove, state: &State) {
    let policy = Policy { config: &state.config, authorizer: &state.authorizer, target: &options.target };
    if options.paths.is_empty() {
        options.paths = policy.protected();
    }
    let open: Vec<String> = policy.open().into_iter().filter(|open| !options.open.contains(open)).collect();
    let login = policy.config.login_url().and_then(|url| url.parse::<Target>().ok()).map(|target| target.origin());
    let identity: Vec<String> = policy.authorizer.identity_header_names().map(str::to_owned).collect();
    options.open.extend(open.into_iter().filter(|open| !options.paths.contains(open)));
    options.logins.extend(login.filter(|login| !options.logins.contains(login)));
    for header in identity {
        if !options.identity.iter().any(|named| named.eq_ignore_ascii_case(&header)) {
            options.identity.push(header);
        }
    }
}

/// The policy, asked about a host.
struct Policy<'p> {
    config: &'p Config,
    authorizer: &'p Authorizer,
    target: &'p Target,
}

/// What the policy says to somebody without a credential who sends a GET.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nobody {
    Enters,
    IsAsked,
    IsRefused,
}

impl Policy<'_> {
    fn nobody(&self, path: &str) -> Nobody {
        let (scheme, host) = (self.target.scheme().name(), self.target.authority());
        let request = Request::new("GET", scheme, &host, path, &());
        match self.authorizer.decide(&request, now()) {
            Decision::Allow(_) => Nobody::Enters,
            Decision::Challenge(_) => Nobody::IsAsked,
            Decision::Forbid(_) | Decision::Indeterminate(_) => Nobody::IsRefused,
        }
    }

    /// A path for each pattern that names one, or a folder; what nobody enters at all has no page to compare with.
    fn protected(&self) -> Vec<String> {
        let patterns = self.config.paths();
        let named = patterns.iter().filter_map(|pattern| page(pattern));
        let mut paths: Vec<String> = named.filter(|path| self.nobody(path) == Nobody::IsAsked).collect();
        if paths.is_empty() && self.nobody("/") == Nobody::IsAsked {
            paths.push("/".to_owned());
        }
        paths
    }

    /// Paths that anybody may see; a whole tree only if no rule is about a part of it.
    fn open(&self) -> Vec<String> {
        let patterns = self.config.paths();
        let mut open = Vec::new();
        for pattern in &patterns {
            match pattern.strip_suffix("/**") {
                Some(tree) if !tree.contains('*') && is_alone(tree, pattern, &patterns) => {
                    let inside = [format!("{tree}/"), format!("{tree}/gatewright/prove.html")];
                    if inside.iter().all(|path| self.nobody(path) == Nobody::Enters) {
                        open.push(format!("{tree}/*"));
                    }
                }
                Some(_) => (),
                None => open.extend(page(pattern).filter(|path| self.nobody(path) == Nobody::Enters)),
            }
        }
        open
    }
}

/// The page or the folder that a pattern names; `None` if it stands for many, or is an expression.
fn page(pattern: &str) -> Option<String> {
    let path = pattern.strip_suffix("**").unwrap_or(pattern);
    (path.starts_with('/') && !path.contains('*') && path.bytes().all(|byte| byte.is_ascii_graphic())).then(|| path.to_owned())
}

/// Whether no other pattern can be about something in this tree.
fn is_alone(tree: &str, own: &str, patterns: &[String]) -> bool {
    let start = format!("{tree}/");
    patterns.iter().filter(|pattern| *pattern != own).all(|pattern| {
        let literal = pattern.split('*').next().unwrap_or_default();
        pattern.starts_with('/') && !literal.starts_with(&start) && !(pattern.contains('*') && start.starts_with(literal))
            // `/**` is about everything, and the rule above it has said what it says about the tree.
            || pattern == "/**"
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add_to(url: &str, policy: &str) -> Prove {
        let head =
            "version = 1\n[session]\nkeys = [\"0123456789abcdef0123456789abcdef\"]\n[identity_headers]\nX-User = \"subject\"\n";
        let config = Config::from_toml(&format!("{head}{policy}")).unwrap();
        let authorizer = Authorizer::new(&config).unwrap();
        let mut options = Prove::new(url.parse().unwrap());
        options.paths.clear();
        let policy = Policy { config: &config, authorizer: &authorizer, target: &options.target };
        let (paths, open) = (policy.protected(), policy.open());
        options.paths = paths;
        options.open = open;
        options
    }

    const RULES: &str = r#"
[[rule]]
id = "open"
paths = ["/health", "/static/**", "/files/**"]
allow = "anyone"
[[rule]]
id = "private"
paths = ["/files/private/**", "/x/*/y", "re:/z.*"]
allow = "authenticated"
[[rule]]
id = "admin"
hosts = ["app.test"]
paths = ["/admin/**", "/reports"]
allow = "authenticated"
[[rule]]
id = "never"
paths = ["/never"]
deny = "anyone"
"#;

    #[test]
    fn protected_is_where_nobody_is_asked_who_he_is() {
        assert_eq!(add_to("https://app.test", RULES).paths, ["/admin/", "/reports"]);
        assert_eq!(add_to("https://other.test", RULES).paths, [""; 0]);
        let members = "[[rule]]\nid = \"members\"\nallow = \"authenticated\"";
        assert_eq!(add_to("https://app.test", members).paths, ["/"]);
    }

    #[test]
    fn tree_is_open_only_if_no_rule_is_about_a_part_of_it() {
        assert_eq!(add_to("https://app.test", RULES).open, ["/health"], "an expression may be about anything");
        let plain = RULES.replace(", \"/x/*/y\", \"re:/z.*\"", "");
        assert_eq!(add_to("https://app.test", &plain).open, ["/health", "/static/*"]);
    }
}
