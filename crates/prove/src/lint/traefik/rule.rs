//! What a rule says of hosts and paths, as far as it can be told without evaluating it.

use super::super::declared::Paths;

/// The hosts of `Host(…)`; none if it names none.
pub(super) fn hosts(rule: &str) -> Vec<String> {
    let calls = calls(rule);
    calls.into_iter().filter(|(name, _)| name.eq_ignore_ascii_case("Host")).flat_map(|(_, arguments)| arguments).collect()
}

/// The paths of one `Path(…)` or `PathPrefix(…)`; all without one, and some where there are more.
pub(super) fn paths(rule: &str) -> Paths {
    let about_paths = |name: &str| name.to_ascii_lowercase().starts_with("path");
    let mut calls = calls(rule).into_iter().filter(|(name, _)| about_paths(name));
    let Some((name, arguments)) = calls.next() else {
        return if rule.contains('!') { Paths::Some } else { Paths::Below("/".to_owned()) };
    };
    match (name.to_ascii_lowercase().as_str(), arguments.as_slice(), calls.next()) {
        _ if rule.contains(['!', '|']) => Paths::Some,
        ("path", [path], None) => Paths::One(path.clone()),
        ("pathprefix", [path], None) => Paths::Below(path.clone()),
        _ => Paths::Some,
    }
}

/// Names with what stands in quotation marks behind them: `Host` with `a` and `b` of ``Host(`a`, `b`)``.
fn calls(rule: &str) -> Vec<(String, Vec<String>)> {
    let mut calls: Vec<(String, Vec<String>)> = Vec::new();
    let mut word = String::new();
    let mut letters = rule.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '(' => calls.push((std::mem::take(&mut word), Vec::new())),
            '`' | '"' | '\'' => {
                let argument: String = letters.by_ref().take_while(|next| *next != letter).collect();
                if let Some((_, arguments)) = calls.last_mut() {
                    arguments.push(argument);
                }
            }
            letter if letter.is_ascii_alphanumeric() => word.push(letter),
            _ => word.clear(),
        }
    }
    calls.retain(|(name, _)| !name.is_empty());
    calls
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_names_hosts_and_paths() {
        assert_eq!(hosts("(Host(`a.b`, `c`) || host('d')) && Method(`GET`)"), ["a.b", "c", "d"]);
        assert_eq!(paths("Host(`a`) && PathPrefix(`/x(`)"), Paths::Below("/x(".to_owned()));
        assert_eq!(paths("Path(`/x`)"), Paths::One("/x".to_owned()));
        assert_eq!(paths("Host(`a`) && !Method(`CONNECT`)"), Paths::Some);
        assert_eq!(paths("Host(`a`)"), Paths::Below("/".to_owned()));
        for rule in ["Path(`/x`) || Path(`/y`)", "PathRegexp(`^/x`)", "!Path(`/x`)", "Path(`/x`, `/y`)"] {
            assert_eq!(paths(rule), Paths::Some, "{rule}");
        }
    }
}
