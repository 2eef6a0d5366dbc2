//! Whether a refused request is a person's browser opening a page, which may be sent to the login.

use crate::fields::Fields;

/// Tells a navigation by `Sec-Fetch-Mode: navigate`; without that header, by an `Accept` that names `text/html` and no
/// `X-Requested-With`. Only GET and HEAD are ever sent elsewhere: a form's content would be lost.
pub(crate) fn is_navigation(method: &[u8], fields: Fields<'_>) -> bool {
    if method != b"GET" && method != b"HEAD" {
        return false;
    }
    match fields.at_most_one("sec-fetch-mode") {
        Ok(Some(mode)) => mode == b"navigate",
        Err(_) => false,
        Ok(None) => accepts_html(fields) && fields.values("x-requested-with").next().is_none(),
    }
}

fn accepts_html(fields: Fields<'_>) -> bool {
    fields.values("accept").any(|value| value.windows(HTML.len()).any(|window| window.eq_ignore_ascii_case(HTML)))
}

const HTML: &[u8] = b"text/html";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::map;

    fn navigation(method: &str, headers: &[(&'static str, &'static str)]) -> bool {
        is_navigation(method.as_bytes(), Fields(&map(headers)))
    }

    #[test]
    fn browser_that_opens_a_page_is_told_by_fetch_metadata() {
        assert!(navigation("GET", &[("sec-fetch-mode", "navigate")]));
        assert!(navigation("HEAD", &[("sec-fetch-mode", "navigate"), ("x-requested-with", "XMLHttpRequest")]));
        for mode in ["cors", "no-cors", "same-origin", "websocket", "Navigate", ""] {
            let headers = map(&[("accept", "text/html")]);
            let mut headers = headers;
            headers.insert("sec-fetch-mode", mode.parse().unwrap());
            assert!(!is_navigation(b"GET", Fields(&headers)), "{mode}");
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
