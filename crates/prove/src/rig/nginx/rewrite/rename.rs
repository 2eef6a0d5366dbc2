//! Variables that would be others without TLS, and on another port: they are read under another name.

/// A word, as it is written, with `$scheme`, `$https` and `$server_port` by the names that [`maps`] gives.
pub(super) fn renamed(raw: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    let mut rest = raw;
    while let [first, behind @ ..] = rest {
        let found = NAMES.iter().find_map(|name| {
            let [braced, bare] = [[b"${", name.as_bytes(), b"}"].concat(), [b"$", name.as_bytes()].concat()];
            if let Some(behind) = rest.strip_prefix(braced.as_slice()) {
                return Some((format!("${{gatewright_{name}}}"), behind));
            }
            let behind = rest.strip_prefix(bare.as_slice())?;
            let is_end = !behind.first().is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
            // `if` wants its variable without braces.
            is_end.then(|| (format!("$gatewright_{name}"), behind))
        });
        if let Some((name, behind)) = found {
            text.extend_from_slice(name.as_bytes());
            rest = behind;
        } else {
            text.push(*first);
            rest = behind;
        }
    }
    text
}

/// The maps that give the variables, for listens with TLS on these ports, and ports that stand for others.
pub(super) fn maps(tls: &[u16], ports: &[(u16, String)]) -> String {
    let of = |value: &str| tls.iter().map(|port| format!("{port} {value}; ")).collect::<String>();
    let ports: String = ports.iter().map(|(here, there)| format!("{here} {there}; ")).collect();
    format!(
        "map $server_port $gatewright_scheme {{ {}default http; }} map $server_port $gatewright_https {{ {}default \"\"; }} \
         map $server_port $gatewright_server_port {{ {ports}default $server_port; }} ",
        of("https"),
        of("on")
    )
}

const NAMES: [&str; 3] = ["scheme", "https", "server_port"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_names_are_renamed() {
        let renamed = |text: &str| String::from_utf8(renamed(text.as_bytes())).unwrap();
        assert_eq!(renamed("($scheme://$host"), "($gatewright_scheme://$host");
        assert_eq!(renamed("\"${scheme}x $schemes $https\""), "\"${gatewright_scheme}x $schemes $gatewright_https\"");
    }
}
