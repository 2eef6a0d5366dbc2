//! Whether a refused request is a person's browser opening a page, which may be sent to the login.

use crate::headers::Headers;

/// Tells a navigation by `Sec-Fetch-Mode: navigate`; without that header, by an `Accept` that names `text/html` and no
/// `X-Requested-With`. Only GET and HEAD are ever sent elsewhere: a form's content would be lost.
///
/// # Example
/// ```
/// use gatewright::is_navigation;
/// assert!(is_navigation(b"GET", &[("Sec-Fetch-Mode", "navigate")]));
/// assert!(!is_navigation(b"POST", &[("Sec-Fetch-Mode", "navigate")]));
/// ```
#[must_use]
pub fn is_navigation(method: &[u8], headers: &dyn Headers) -> bool {
    if method != b"GET" && method != b"HEAD" {
        return false;
    }
    let mut modes = Vec::new();
    headers.each("sec-fetch-mode", &mut |mode| modes.push(mode == b"navigate"));
    match modes.as_slice() {
        [] => accepts_html(headers) && !is_present(headers, "x-requested-with"),
        [is_navigate] => *is_navigate,
        _ => false,
    }
}

/// The headers that tell a navigation, in lower case.
pub(crate) const NAVIGATION_HEADERS: [&str; 3] = ["accept", "sec-fetch-mode", "x-requested-with"];

fn accepts_html(headers: &dyn Headers) -> bool {
    let mut accepts = false;
    headers.each("accept", &mut |value| {
        accepts |= value.windows(HTML.len()).any(|window| window.eq_ignore_ascii_case(HTML));
    });
    accepts
}

fn is_present(headers: &dyn Headers, name: &str) -> bool {
    let mut present = false;
    headers.each(name, &mut |_| present = true);
    present
}

const HTML: &[u8] = b"text/html";

#[cfg(test)]
mod tests {
    use super::*;

    fn navigation(method: &str, headers: &[(&str, &str)]) -> bool {
        is_navigation(method.as_bytes(), &headers)
    }

    #[test]
    fn browser_that_opens_a_page_is_told_by_fetch_metadata() {
        assert!(navigation("GET", &[("sec-fetch-mode", "navigate")]));
        assert!(navigation("HEAD", &[("sec-fetch-mode", "navigate"), ("x-requested-with", "XMLHttpRequest")]));
        for mode in ["cors", "no-cors", "same-origin", "websocket", "Navigate", ""] {
            assert!(!navigation("GET", &[("accept", "text/html"), ("sec-fetch-mode", mode)]), "{mode}");
        }
        assert!(!navigation("GET", &[("sec-fetch-mode", "navigate"), ("sec-fetch-mode", "cors")]));
    }

    #[test]
    fn older_browser_is_told_by_accept() {
        assert!(navigation("GET", &[("accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")]));
        assert!(!navigation("GET", &[("accept", "text/html"), ("x-requested-with", "XMLHttpRequest")]));
        assert!(!navigation("GET", &[("accept", "*/*")]));
        assert!(!navigation("GET", &[]));
    }

    #[test]
    fn only_get_and_head_navigate() {
        for method in ["POST", "PUT", "get", "OPTIONS", ""] {
            assert!(!navigation(method, &[("sec-fetch-mode", "navigate"), ("accept", "text/html")]), "{method}");
        }
    }
}
