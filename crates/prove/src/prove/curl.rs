//! A request as a line for a shell, so that a failure can be seen without this program.

use super::target::Target;
use super::wire::{Believes, Endpoint, Request, Tls, Version};

/// Writes the line. Credentials come from the file that the operator has named, never from the line itself.
///
/// A method with a body that was sent in chunks is shown with its length instead, which servers take for the same.
pub(crate) fn curl(endpoint: &Endpoint, target: &Target, calling: Option<&str>, request: &Request) -> String {
    if request.lines.iter().filter(|line| line.is("host")).count() > 1 && !request.is_secret() {
        return raw(endpoint, request);
    }
    let mut words = vec!["curl".to_owned(), "-i".to_owned(), "-s".to_owned()];
    if request.version == Version::Http10 {
        words.push("--http1.0".to_owned());
    }
    match endpoint.tls.as_ref().map(Tls::believes) {
        None | Some(Believes::Web) => {}
        Some(Believes::Named) => words.extend(["--cacert".to_owned(), "authorities.pem".to_owned()]),
        Some(Believes::Anybody) => words.push("-k".to_owned()),
    }
    match request.method.as_str() {
        "GET" => (),
        "HEAD" => words.push("-I".to_owned()),
        method => words.extend(["-X".to_owned(), quoted(method.as_bytes())]),
    }
    let scheme = if endpoint.tls.is_some() { "https" } else { "http" };
    let name = calling.unwrap_or(target.host());
    let port = endpoint.address.port();
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    if bare.parse() != Ok(endpoint.address.ip()) {
        let to = format!("::{}:{port}", address(endpoint));
        words.extend(["--connect-to".to_owned(), quoted(to.as_bytes())]);
    }
    let mut named_host = false;
    for (index, line) in request.lines.iter().enumerate() {
        named_host |= line.is("host");
        match line.printable() {
            // The file holds all lines of the credential: one mention is enough.
            Err(instead) if request.lines.iter().take(index).any(|earlier| earlier.printable() == Err(instead)) => (),
            Err(instead) => words.extend(["-H".to_owned(), quoted(instead.as_bytes())]),
            Ok(b"Accept: */*" | b"Connection: close") => (),
            Ok(_) if line.is("content-length") || line.is("transfer-encoding") => (),
            // curl takes `Name:` for a line to be left out, and `Name;` for one without a value.
            Ok(bytes) => match bytes.strip_suffix(b": ") {
                Some(name) => words.extend(["-H".to_owned(), quoted(&[name, b";"].concat())]),
                None => words.extend(["-H".to_owned(), quoted(bytes)]),
            },
        }
    }
    if !named_host {
        words.extend(["-H".to_owned(), "'Host:'".to_owned()]);
    }
    if !request.body.is_empty() {
        let length = request.body.len().to_string();
        words.extend(["--data-binary".to_owned(), format!("\"$(head -c {length} /dev/zero | tr '\\0' a)\"")]);
    }
    let url = format!("{scheme}://{name}:{port}/");
    words.extend(["--request-target".to_owned(), quoted(&request.target), quoted(url.as_bytes())]);
    words.join(" ")
}

/// What curl would not send, such as two `Host` lines, byte for byte.
fn raw(endpoint: &Endpoint, request: &Request) -> String {
    let escape = |byte: &u8| match byte {
        b'\r' => "\\r".to_owned(),
        b'\n' => "\\n".to_owned(),
        b'\\' => "\\\\".to_owned(),
        b'%' => "%%".to_owned(),
        b'\'' => "'\\''".to_owned(),
        b' '..=b'~' => char::from(*byte).to_string(),
        byte => format!("\\{byte:03o}"),
    };
    let text: String = request.to_bytes().iter().map(escape).collect();
    let (address, port) = (address(endpoint), endpoint.address.port());
    match endpoint.tls {
        None => format!("printf '{text}' | nc {} {port}", address.trim_matches(['[', ']'])),
        Some(_) => format!("printf '{text}' | openssl s_client -quiet -connect {address}:{port}"),
    }
}

fn address(endpoint: &Endpoint) -> String {
    let ip = endpoint.address.ip();
    if ip.is_ipv6() { format!("[{ip}]") } else { ip.to_string() }
}

/// Quotes for a POSIX shell; bytes that a terminal would not show are written as `$'\xNN'`.
fn quoted(bytes: &[u8]) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/.:=_-@,+[]".contains(byte);
    if !bytes.is_empty() && bytes.iter().all(plain) && !bytes.contains(&b'[') {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    if bytes.iter().all(|byte| (b' '..=b'~').contains(byte)) {
        return format!("'{}'", String::from_utf8_lossy(bytes).replace('\'', "'\\''"));
    }
    let escape = |byte: &u8| match byte {
        b'\'' | b'\\' => format!("\\{}", char::from(*byte)),
        b' '..=b'~' => char::from(*byte).to_string(),
        byte => format!("\\x{byte:02x}"),
    };
    format!("$'{}'", bytes.iter().map(escape).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::super::wire::Line;
    use super::*;

    fn line(request: &Request, address: &str) -> String {
        let target = "http://app.test:8000/".parse().unwrap();
        curl(&Endpoint::plain(address.parse().unwrap()), &target, None, request)
    }

    #[test]
    fn nothing_of_the_target_is_changed_and_the_address_is_the_one_that_was_asked() {
        let request = Request::new("GET", "/a/..;/it's", "other.test");
        let expected = "curl -i -s --connect-to ::127.0.0.1:8000 -H 'Host: other.test' \
                        --request-target '/a/..;/it'\\''s' http://app.test:8000/";
        assert_eq!(line(&request, "127.0.0.1:8000"), expected);
        assert!(
            line(&Request::new("GET", b"/\xff".as_slice(), "h"), "[::1]:80")
                .contains("::[::1]:80' -H 'Host: h' --request-target $'/\\xff'")
        );
    }

    #[test]
    fn credentials_are_read_from_their_file() {
        let lines = ["Cookie: a=hidden", "X-Key: hidden"].map(|line| Line::secret(line, "@allow.txt"));
        let text = line(&Request::new("HEAD", "/", "h").with_lines(&lines), "127.0.0.1:80");
        assert!(!text.contains("hidden") && text.matches("-H @allow.txt").count() == 1 && text.contains(" -I "), "{text}");
    }

    #[test]
    fn what_curl_would_not_send_is_written_out() {
        let request = Request::new("GET", "/a%b'", "h").without("Accept").without("Connection").with("Host", "i");
        let expected = r"printf 'GET /a%%b'\'' HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n' | nc ::1 80";
        assert_eq!(line(&request, "[::1]:80"), expected);
    }

    #[test]
    fn missing_host_and_empty_values_are_said_in_the_words_of_curl() {
        let mut request = Request::new("OPTIONS", "/", "h").without("Host").with("X-User", "");
        request.version = Version::Http10;
        let text = line(&request, "127.0.0.1:80");
        for part in ["--http1.0", "-X OPTIONS", "-H 'X-User;'", "-H 'Host:'"] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
}
