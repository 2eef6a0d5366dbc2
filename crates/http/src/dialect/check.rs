//! Envoy's `ext_authz` filter in gRPC mode: `envoy.service.auth.v3.Authorization/Check`.
//!
//! Method, path, host and headers come from the `AttributeContext`; the scheme is `X-Forwarded-Proto`, which Envoy writes itself with
//! `use_remote_address: true`, and not its `scheme`, which over HTTP/2 is the client's word. The client is the other end of Envoy's
//! connection, unless `proxy_sets.envoy` names a header for it, or that end is a proxy itself (`trusted_hops`).
//! `header_map` (`encode_raw_headers: true`) and `headers` are both read, whichever is there; both at once describe no request.
//!
//! An empty `CheckResponse` is an allow, and so is a denial whose status is 0. Every answer is made here, by one match.

use std::collections::BTreeSet;
use std::net::IpAddr;

use gatewright::{Decision, ForwardedFor, HttpSettings, TrustedHops};
use http::{HeaderMap, HeaderName, HeaderValue as Field};

use super::{Described, Malformed};
use crate::fields::Fields;
use crate::grpc::message::{
    AppendAction, AttributeContext, CheckRequest, CheckResponse, DeniedHttpResponse, HeaderValue, HeaderValueOption, HttpRequest,
    HttpResponse, HttpStatus, OkHttpResponse, Status,
};

/// The name in `proxy_sets`, the same as over HTTP.
pub(crate) use super::envoy::NAME;

/// A call of `Check`, taken apart: everything a dialect borrows from.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    method: Vec<u8>,
    path: Vec<u8>,
    host: Vec<u8>,
    source: Option<IpAddr>,
    pub(crate) headers: HeaderMap,
    /// What makes it no question.
    flaw: Option<&'static str>,
}

impl Call {
    /// Takes a message apart; `None` is one that could not be decoded.
    pub(crate) fn new(message: Option<CheckRequest>) -> Self {
        let flaw = message.is_none().then_some("the message is no CheckRequest");
        let AttributeContext { source, request } = message.and_then(|message| message.attributes).unwrap_or_default();
        let HttpRequest { method, headers, path, host, header_map } =
            request.and_then(|request| request.http).unwrap_or_default();
        let raw = header_map.map(|map| map.headers).unwrap_or_default();
        let flaw = flaw.or((!headers.is_empty() && !raw.is_empty()).then_some("both `headers` and `header_map` are there"));
        let joined = headers.into_iter().map(|(name, value)| (name.into_bytes(), value));
        let raw = raw
            .into_iter()
            .map(|HeaderValue { key, value, raw_value }| (key, if raw_value.is_empty() { value } else { raw_value }));
        let (headers, flaw) = match fields(joined.chain(raw), &host) {
            Ok(fields) => (fields, flaw),
            Err(found) => (HeaderMap::new(), flaw.or(Some(found))),
        };
        let address = source.and_then(|source| source.address).and_then(|address| address.socket_address);
        let source = address.and_then(|address| str::from_utf8(&address.address).ok()?.parse::<IpAddr>().ok());
        Self { method, path, host, source: source.map(|ip| ip.to_canonical()), headers, flaw }
    }
}

/// Collects header fields. Pseudo-headers are not fields; `:authority` has to say what `host` says.
fn fields(all: impl Iterator<Item = (Vec<u8>, Vec<u8>)>, host: &[u8]) -> Result<HeaderMap, &'static str> {
    let mut fields = HeaderMap::new();
    for (count, (name, value)) in all.enumerate() {
        if count >= MAX_FIELDS {
            return Err("there are more than a thousand header fields");
        }
        if name.starts_with(b":") {
            if name == b":authority" && value != host {
                return Err("`:authority` and `host` differ");
            }
            continue;
        }
        let name = HeaderName::from_bytes(&name).map_err(|_| "a header's name is no token")?;
        let value = Field::from_bytes(&value).map_err(|_| "a header's value holds a control byte")?;
        fields.try_append(name, value).map_err(|_| "there are too many header fields")?;
    }
    Ok(fields)
}

/// Reads the request that Envoy asks about.
pub(crate) fn request_from<'r>(call: &'r Call, settings: &HttpSettings) -> Result<Described<'r>, Malformed> {
    let Call { method, path, host, source, headers, flaw } = call;
    if let Some(flaw) = flaw {
        return Err(Malformed((*flaw).to_owned()));
    }
    for (value, name) in [(method, "method"), (path, "path"), (host, "host")] {
        if value.is_empty() {
            return Err(Malformed(format!("`attributes.request.http.{name}` is missing; only Envoy's HTTP filter asks here")));
        }
    }
    let scheme = Fields(headers).required(FORWARDED_PROTO).map_err(|fault| {
        Malformed(format!(
            "`X-Forwarded-Proto` {}; Envoy writes it by itself, and `allowed_headers`, if it is there, has to name it",
            fault.words()
        ))
    })?;
    let named = ADDRESSES.iter().any(|header| settings.overwrites(NAME, header));
    let client = if named {
        settings.client(NAME, &Fields(headers), ForwardedFor::OnlyIfNamed)
    } else {
        source.filter(|ip| !is_hop(*ip, &settings.trusted_hops))
    };
    Ok(Described { method, scheme, host, target: path, client, portless: false })
}

/// Whether the other end may be a proxy in front, and not the client.
fn is_hop(address: IpAddr, trusted: &TrustedHops) -> bool {
    match trusted {
        TrustedHops::Count(count) => *count > 0,
        TrustedHops::Networks(networks) => networks.iter().any(|network| network.contains(address)),
    }
}

/// Writes the answer. Every identity header overwrites the client's, empty ones too; its other spellings are removed.
pub(crate) fn response_to(call: &Call, decision: &Decision, navigation: bool) -> CheckResponse {
    let answer = decision.answer(super::challenge_form(navigation));
    let code = match decision {
        Decision::Allow(permit) => {
            let set = |(name, value): (&str, &str)| option(name, value, AppendAction::OverwriteIfExistsOrAdd);
            let ok = OkHttpResponse {
                headers: permit.headers().map(|(name, value)| set((name, value.as_ref()))).collect(),
                headers_to_remove: permit.headers().flat_map(|(name, _)| other_spellings(name, &call.headers)).collect(),
                response_headers_to_add: permit
                    .renewed_session()
                    .map(|cookie| option("set-cookie", cookie, AppendAction::AppendIfExistsOrAdd))
                    .into_iter()
                    .collect(),
            };
            return CheckResponse { status: Some(Status { code: OK }), http_response: Some(HttpResponse::Ok(ok)) };
        }
        Decision::Challenge(_) => UNAUTHENTICATED,
        Decision::Forbid(_) => PERMISSION_DENIED,
        Decision::Indeterminate(_) => UNAVAILABLE,
    };
    let headers = answer.headers.iter().map(|(name, value)| option(name, value, AppendAction::OverwriteIfExistsOrAdd)).collect();
    let denied = DeniedHttpResponse { status: Some(HttpStatus { code: i32::from(answer.status) }), headers };
    CheckResponse { status: Some(Status { code }), http_response: Some(HttpResponse::Denied(denied)) }
}

fn option(name: &str, value: &str, append_action: AppendAction) -> HeaderValueOption {
    let header =
        HeaderValue { key: name.to_ascii_lowercase().into_bytes(), value: value.as_bytes().to_vec(), raw_value: Vec::new() };
    HeaderValueOption { header: Some(header), append_action: append_action.into(), keep_empty_value: true }
}

/// Spellings of a header that some backends take for it: two that are always worth a line, and all that this client sent.
fn other_spellings(name: &str, sent: &HeaderMap) -> BTreeSet<String> {
    let folded = |name: &str| name.to_ascii_lowercase().replace(|sign: char| !sign.is_ascii_alphanumeric(), "-");
    let (lower, meant) = (name.to_ascii_lowercase(), folded(name));
    let usual = [lower.replace('-', "_"), lower.replace('-', ".")];
    let found = sent.keys().map(HeaderName::as_str).filter(|sent| folded(sent) == meant).map(str::to_owned);
    usual.into_iter().chain(found).filter(|spelling| *spelling != lower).collect()
}

const FORWARDED_PROTO: &str = "x-forwarded-proto";
const ADDRESSES: [&str; 2] = ["x-forwarded-for", "x-real-ip"];
/// Envoy passes a hundred by default.
const MAX_FIELDS: usize = 1_000;
/// `google.rpc.Code`.
const OK: i32 = 0;
const PERMISSION_DENIED: i32 = 7;
const UNAVAILABLE: i32 = 14;
const UNAUTHENTICATED: i32 = 16;

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use gatewright::{Authorizer, Config, Outage, Rejection, Request, UnixTime};

    use super::*;
    use crate::grpc::message::{Address, AttributeRequest, HeaderMap as RawHeaders, Peer, SocketAddress};
    use crate::peer::settings;

    fn http() -> HttpRequest {
        HttpRequest {
            method: b"PUT".to_vec(),
            path: b"/a//b?x=1".to_vec(),
            host: b"app.example.com:8443".to_vec(),
            headers: HashMap::from([("x-forwarded-proto".to_owned(), b"https".to_vec())]),
            ..HttpRequest::default()
        }
    }

    fn message(http: HttpRequest) -> CheckRequest {
        let socket_address = Some(SocketAddress { address: b"::ffff:192.0.2.7".to_vec() });
        let source = Some(Peer { address: Some(Address { socket_address }) });
        CheckRequest { attributes: Some(AttributeContext { source, request: Some(AttributeRequest { http: Some(http) }) }) }
    }

    fn raw(fields: &[(&str, &[u8])]) -> Option<RawHeaders> {
        let field = |(name, value): &(&str, &[u8])| HeaderValue {
            key: name.as_bytes().to_vec(),
            value: Vec::new(),
            raw_value: value.to_vec(),
        };
        Some(RawHeaders { headers: fields.iter().map(field).collect() })
    }

    fn raw_question(fields: &[(&str, &[u8])]) -> Call {
        Call::new(Some(message(HttpRequest { headers: HashMap::new(), header_map: raw(fields), ..http() })))
    }

    fn refused(http: HttpRequest) -> String {
        request_from(&Call::new(Some(message(http))), &settings("")).unwrap_err().0
    }

    #[test]
    fn attributes_describe_a_request() {
        let question = Call::new(Some(message(http())));
        let expected = Described {
            method: b"PUT",
            scheme: b"https",
            host: b"app.example.com:8443",
            target: b"/a//b?x=1",
            client: Some([192, 0, 2, 7].into()),
            portless: false,
        };
        assert_eq!(request_from(&question, &settings("")).unwrap(), expected);
    }

    #[test]
    fn both_forms_of_headers_are_read() {
        let mut joined = http().headers;
        joined.extend([("cookie".to_owned(), b"a=1".to_vec()), (":authority".to_owned(), http().host)]);
        let question = Call::new(Some(message(HttpRequest { headers: joined, ..http() })));
        assert_eq!(Fields(&question.headers).values("cookie").collect::<Vec<_>>(), [b"a=1"]);
        let question = raw_question(&[
            (":authority", b"app.example.com:8443"),
            ("x-forwarded-proto", b"https"),
            ("cookie", b"a=1"),
            ("cookie", b"b=\xff"),
        ]);
        assert_eq!(Fields(&question.headers).values("cookie").collect::<Vec<_>>(), [b"a=1".as_slice(), b"b=\xff"]);
        assert!(request_from(&question, &settings("")).is_ok());
    }

    #[test]
    fn scheme_is_what_envoy_wrote_and_nothing_else() {
        let scheme = |fields: &[(&str, &[u8])]| {
            let question = raw_question(fields);
            request_from(&question, &settings("")).map(|described| described.scheme.to_vec()).map_err(|Malformed(why)| why)
        };
        assert_eq!(scheme(&[("x-forwarded-proto", b"http")]).unwrap(), b"http");
        assert!(scheme(&[("x-forwarded-proto", b"http"), ("x-forwarded-proto", b"https")]).unwrap_err().contains("repeated"));
        assert!(scheme(&[(":scheme", b"https")]).unwrap_err().contains("`allowed_headers`"));
    }

    #[test]
    fn client_is_the_other_end_unless_a_header_is_named() {
        let question = raw_question(&[("x-forwarded-proto", b"https"), ("x-forwarded-for", b"203.0.113.9, 198.51.100.1")]);
        let client = |text| request_from(&question, &settings(text)).unwrap().client;
        assert_eq!(client(""), Some([192, 0, 2, 7].into()));
        assert_eq!(client(r#"proxy_sets = { envoy = ["X-Forwarded-For"] }"#), Some([198, 51, 100, 1].into()));
        assert_eq!(client(r#"proxy_sets = { envoy = ["X-Real-IP"] }"#), None);
    }

    #[test]
    fn proxy_in_front_is_not_taken_for_the_client() {
        let question = raw_question(&[("x-forwarded-proto", b"https"), ("x-forwarded-for", b"203.0.113.9")]);
        let client = |text| request_from(&question, &settings(text)).unwrap().client;
        assert_eq!(client(r#"trusted_hops = ["192.0.2.0/24"]"#), None);
        assert_eq!(client("trusted_hops = 1"), None);
        assert_eq!(client(r#"trusted_hops = ["198.51.100.0/24"]"#), Some([192, 0, 2, 7].into()));
    }

    #[test]
    fn what_is_no_question_is_malformed() {
        assert!(request_from(&Call::new(None), &settings("")).unwrap_err().0.contains("no CheckRequest"));
        assert!(request_from(&Call::new(Some(CheckRequest::default())), &settings("")).is_err());
        let only = |fields: &[(&str, &[u8])]| HttpRequest { headers: HashMap::new(), header_map: raw(fields), ..http() };
        for (http, words) in [
            (HttpRequest { method: Vec::new(), ..http() }, "method"),
            (HttpRequest { path: Vec::new(), ..http() }, "path"),
            (HttpRequest { host: Vec::new(), ..http() }, "host"),
            (only(&[(":authority", b"other.example")]), "differ"),
            (only(&[("a b", b"")]), "no token"),
            (only(&[("a", b"b\r\nc: d")]), "control"),
            (only(&[("a", b"b".as_slice()); 1_001]), "a thousand"),
            (
                HttpRequest {
                    header_map: raw(&[("cookie", b"a")]),
                    headers: HashMap::from([("cookie".to_owned(), b"b".to_vec())]),
                    ..http()
                },
                "both",
            ),
        ] {
            let sentence = refused(http);
            assert!(sentence.contains(words), "{sentence}");
        }
    }

    /// Every decision there can be: no answer is the default, and none but an allow has status 0.
    #[test]
    fn only_an_allow_is_an_allow() {
        let rejections = Rejection::ALL.iter().map(|rejection| Decision::refused(*rejection, "a test"));
        let outages = Outage::ALL.iter().map(|outage| Decision::unavailable(*outage, "a test"));
        for decision in rejections.chain(outages) {
            for navigation in [false, true] {
                let response = response_to(&Call::new(None), &decision, navigation);
                assert_ne!(response, CheckResponse::default());
                assert_ne!(response.status.unwrap().code, OK, "{decision:?}");
                let Some(HttpResponse::Denied(denied)) = response.http_response else { panic!("{decision:?}") };
                assert!(matches!(denied.status.unwrap().code, 401 | 403 | 503), "{decision:?}");
            }
        }
    }

    #[test]
    fn allow_overwrites_every_identity_header_and_removes_its_other_spellings() {
        let config = Config::from_toml(
            "version = 1\n[identity_headers]\nX-User = \"subject\"\n[[rule]]\nid = \"all\"\npaths = [\"/**\"]\nallow = \"anyone\"",
        );
        let authorizer = Authorizer::new(&config.unwrap()).unwrap();
        let decision = authorizer.decide(&Request::new("GET", "https", "a", "/", &()), UnixTime::from_secs(0));
        let question = raw_question(&[("x~user", b"evil"), ("x-user", b"evil"), ("x-users", b"a"), ("x-user-agent", b"a")]);
        let response = response_to(&question, &decision, false);
        assert_eq!(response.status.unwrap().code, OK);
        let Some(HttpResponse::Ok(ok)) = response.http_response else { panic!("{decision:?}") };
        let header = ok.headers[0].header.clone().unwrap();
        assert_eq!((header.key.as_slice(), header.value.as_slice()), (b"x-user".as_slice(), b"".as_slice()));
        assert_eq!(ok.headers[0].append_action, 2);
        assert!(ok.headers[0].keep_empty_value);
        assert_eq!(ok.headers_to_remove, ["x.user", "x_user", "x~user"]);
        assert!(ok.response_headers_to_add.is_empty());
    }
}
