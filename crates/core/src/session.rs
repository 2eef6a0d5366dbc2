//! Sealed session cookies: what of a session counts, when, and at which host (DESIGN section 4).

use std::sync::Arc;

use crate::base64url;
use crate::host::HostPattern;
use crate::identity::{CredentialKind, Identity, RawClaims};
use crate::rejection::{Refusal, Rejection};
use crate::request::ParsedRequest;
use crate::secret::Secret;
use crate::session_claims::{Payload, SealError, SessionClaims};
use crate::session_cookie::SessionCookie;
use crate::session_seal::{KeyPrint, MAX_VALUE, RingKey, Sealed};
use crate::time::UnixTime;

/// `[session]` of the file, keys parsed.
#[derive(Clone, Debug)]
pub(crate) struct Sessions {
    cookie: SessionCookie,
    first: RingKey,
    others: Vec<RingKey>,
    lifetime: u64,
    idle: Option<u64>,
}

/// A session that was sealed here: all that depends neither on the time nor on the request.
#[derive(Debug)]
pub(crate) struct VerifiedSession {
    payload: Payload,
    pub(crate) identity: Arc<Identity>,
    /// Which key of the ring sealed it.
    key: KeyPrint,
}

impl VerifiedSession {
    /// Whether the key that sealed it is still in the ring, for a cookie of the same name.
    pub(crate) fn holds(&self, sessions: &Sessions) -> bool {
        sessions.keys().any(|key| key.print == self.key)
    }

    pub(crate) fn sid(&self) -> &str {
        &self.payload.sid
    }

    pub(crate) fn issued_at(&self) -> UnixTime {
        UnixTime::from_secs(self.payload.iat)
    }
}

impl Sessions {
    /// Checks the settings of the file and prepares the keys (newest first); the error says what to write instead.
    pub(crate) fn new(
        keys: &[Secret],
        cookie: Option<&str>,
        domain: Option<&str>,
        lifetime: u64,
        idle: Option<u64>,
        insecure_http: bool,
    ) -> Result<Self, String> {
        let cookie = SessionCookie::new(cookie, domain, insecure_http)?;
        if lifetime == 0 {
            return Err("`lifetime` is zero; write how long a session lasts, such as `12h`".to_owned());
        }
        match idle {
            Some(0) => return Err("`idle` is zero; write such as `30m`, or leave it out for no idle limit".to_owned()),
            Some(idle) if idle >= lifetime => {
                return Err(format!(
                    "`idle` ({idle} s) is not below `lifetime` ({lifetime} s) and would never matter; leave it out"
                ));
            }
            Some(_) | None => {}
        }
        let mut ring: Vec<RingKey> = Vec::with_capacity(keys.len());
        for (index, secret) in keys.iter().enumerate() {
            let number = index.saturating_add(1);
            let key = RingKey::new(secret, cookie.name()).map_err(|what| format!("session key {number} {what}"))?;
            if let Some(other) = ring.iter().position(|other| other.kid == key.kid) {
                let other = other.saturating_add(1);
                return Err(format!("session keys {other} and {number} have the same id `{}`; remove one", key.kid));
            }
            ring.push(key);
        }
        let mut ring = ring.into_iter();
        let Some(first) = ring.next() else {
            return Err("`keys` is empty; write at least one key (`gatewright key generate hmac` makes one)".to_owned());
        };
        Ok(Self { cookie, first, others: ring.collect(), lifetime, idle })
    }

    /// The cookie's name.
    pub(crate) fn cookie(&self) -> &str {
        self.cookie.name()
    }

    /// What the operator should know of the cookie although it works.
    pub(crate) fn warning(&self) -> Option<String> {
        self.cookie.warning()
    }

    /// The `Set-Cookie` value for a sealed value.
    pub(crate) fn set_cookie(&self, value: &str) -> String {
        self.cookie.set_cookie(value)
    }

    /// Seals the claims into a cookie value with the first key.
    pub(crate) fn seal(&self, claims: &SessionClaims, now: UnixTime) -> Result<String, SealError> {
        self.seal_payload(&claims.payload(self.lifetime, now)?)
    }

    /// Verifies a cookie value: form, key, MAC, payload, in this order. The payload is read only after its MAC was right.
    pub(crate) fn verify(&self, value: &[u8]) -> Result<VerifiedSession, Refusal> {
        let (key, json, payload) = self.unseal(value)?;
        let Payload { sub, iss, email, name, groups, scopes, amr, acr, auth_time, .. } = payload.clone();
        let identity = Identity {
            email,
            name,
            groups: stated(groups),
            scopes: stated(scopes),
            issuer: iss,
            acr,
            amr,
            auth_time: Some(UnixTime::from_secs(auth_time)),
            claims: RawClaims::new(&json),
            ..Identity::new(sub, CredentialKind::Session)
        };
        Ok(VerifiedSession { payload, identity: Arc::new(identity), key: key.print })
    }

    /// Admits a verified session to a request: clock, lifetime, idle, hosts, in this order. Returns the value to set instead if it
    /// is time to renew.
    ///
    /// One whose `auth_time`, `iat` or `seen` lies more than 60 s in the future is `session_malformed`.
    pub(crate) fn admit(
        &self,
        session: &VerifiedSession,
        target: &ParsedRequest<'_>,
        now: UnixTime,
    ) -> Result<Option<String>, Refusal> {
        self.check_times(&session.payload, now)?;
        self.check_host(&session.payload, target)?;
        Ok(self.renewal(&session.payload, now))
    }

    /// Reads what was sealed, for the operator.
    pub(crate) fn inspect(&self, value: &[u8]) -> Result<(Vec<u8>, Payload), Refusal> {
        self.unseal(value).map(|(_, json, payload)| (json, payload))
    }

    fn unseal(&self, value: &[u8]) -> Result<(&RingKey, Vec<u8>, Payload), Refusal> {
        let sealed = Sealed::parse(value).ok_or_else(|| malformed("the cookie is not `v1.<kid>.<payload>.<mac>`"))?;
        let key = self.keys().find(|key| key.kid.as_bytes() == sealed.kid);
        let key = key.ok_or_else(|| {
            let kid = sealed.kid.escape_ascii();
            Refusal::new(Rejection::SessionKeyUnknown, format!("session sealed with key `{kid}`, which is not in the ring"))
        })?;
        if !key.verifies(sealed.text, &sealed.mac) {
            return Err(malformed("the MAC of the session is wrong"));
        }
        let json = base64url::decode(sealed.payload).ok_or_else(|| malformed("the payload is not base64url"))?;
        let payload = Payload::parse(&json).map_err(malformed)?;
        Ok((key, json, payload))
    }

    /// Refuses a session that has ended, or of a clock that is far ahead.
    pub(crate) fn check_times(&self, payload: &Payload, now: UnixTime) -> Result<(), Refusal> {
        if payload.is_of_the_future(now) {
            return Err(malformed("auth_time, iat or seen lies in the future"));
        }
        let expires = UnixTime::from_secs(payload.exp).min(UnixTime::from_secs(payload.iat).plus(self.lifetime));
        if now >= expires {
            return Err(Refusal::new(Rejection::SessionExpired, format!("session expired at {expires}, now {now}")));
        }
        if let Some(idle) = self.idle
            && now >= UnixTime::from_secs(payload.seen).plus(idle)
        {
            let detail = format!("session last seen at {}, now {now}, idle limit {idle}", payload.seen);
            return Err(Refusal::new(Rejection::SessionIdle, detail));
        }
        Ok(())
    }

    fn check_host(&self, payload: &Payload, target: &ParsedRequest<'_>) -> Result<(), Refusal> {
        let mismatch = |why| Err(Refusal::new(Rejection::SessionHostMismatch, why));
        if !self.cookie.allows(&target.host) {
            return mismatch(format!("`insecure_http` accepts sessions at loopback hosts only, not at `{}`", target.host));
        }
        let mut listed = payload.hosts.is_empty();
        for host in &payload.hosts {
            let pattern =
                HostPattern::parse(host).map_err(|_| malformed("`hosts` holds something that is not a host pattern"))?;
            listed |= pattern.matches_name(&target.host.name) && pattern.port.is_none_or(|port| target.port() == Some(port));
        }
        if listed {
            Ok(())
        } else {
            mismatch(format!("session is for `{}`, not for `{}`", payload.hosts.join("`, `"), target.host))
        }
    }

    /// Seals the same payload again, seen now, when more than a quarter of the idle limit has passed.
    fn renewal(&self, payload: &Payload, now: UnixTime) -> Option<String> {
        let idle = self.idle?;
        // `/ 4` as a shift: the same number, and no division that could be by zero.
        if now.seconds_since(UnixTime::from_secs(payload.seen)) <= idle >> 2 {
            return None;
        }
        self.seal_payload(&Payload { seen: now.as_secs(), ..payload.clone() }).ok()
    }

    fn seal_payload(&self, payload: &Payload) -> Result<String, SealError> {
        let json = serde_json::to_vec(payload).map_err(|error| SealError(error.to_string()))?;
        let value = self.first.seal(&json);
        if value.len() > MAX_VALUE {
            let hint = "a cookie must stay small; leave out groups or scopes that no rule needs";
            return Err(SealError(format!("session of {} bytes, at most {MAX_VALUE}: {hint}", value.len())));
        }
        Ok(value)
    }

    fn keys(&self) -> impl Iterator<Item = &RingKey> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

/// A list that the payload leaves out says nothing; the format has no empty lists.
fn stated(list: Vec<Box<str>>) -> Option<Vec<Box<str>>> {
    (!list.is_empty()).then_some(list)
}

fn malformed(detail: &'static str) -> Refusal {
    Refusal::new(Rejection::SessionMalformed, detail)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::request::Request;

    const NOW: UnixTime = UnixTime::from_secs(1_767_225_600);

    fn key(byte: u8) -> Secret {
        Secret::from_bytes(vec![byte; 32])
    }

    fn sessions(idle: Option<u64>) -> Sessions {
        Sessions::new(&[key(1), key(2)], None, None, 43_200, idle, false).unwrap()
    }

    fn claims() -> SessionClaims {
        SessionClaims::new("s1", "alice")
    }

    #[derive(Debug)]
    struct OpenedSession {
        identity: Arc<Identity>,
        sid: Box<str>,
        issued_at: UnixTime,
        renewed: Option<String>,
    }

    fn open_for(sessions: &Sessions, value: &str, request: Request<'_>, now: UnixTime) -> Result<OpenedSession, Refusal> {
        let session = sessions.verify(value.as_bytes())?;
        let renewed = sessions.admit(&session, &request.parse()?, now)?;
        Ok(OpenedSession { sid: session.sid().into(), issued_at: session.issued_at(), identity: session.identity, renewed })
    }

    fn open_at(sessions: &Sessions, value: &str, url: (&str, &str), now: UnixTime) -> Result<OpenedSession, &'static str> {
        let request = Request::new("GET", url.0, url.1, "/", &());
        open_for(sessions, value, request, now).map_err(|refusal| refusal.rejection.code())
    }

    fn open(sessions: &Sessions, value: &str, now: UnixTime) -> Result<OpenedSession, &'static str> {
        open_at(sessions, value, ("https", "app.example.com"), now)
    }

    #[test]
    fn what_is_sealed_is_opened() {
        let full = claims()
            .with_issuer("https://login.example.com")
            .with_email("alice@example.com")
            .with_name("Alice \"É\"")
            .with_groups(["a", "b"])
            .with_scopes(["read"])
            .with_amr(["pwd"])
            .with_acr("2")
            .with_auth_time(UnixTime::from_secs(1_767_225_000));
        let value = sessions(None).seal(&full, NOW).unwrap();
        let opened = open(&sessions(None), &value, NOW).unwrap();
        let identity = &opened.identity;
        assert_eq!(
            (identity.subject(), identity.email(), identity.name()),
            ("alice", Some("alice@example.com"), Some("Alice \"É\""))
        );
        assert_eq!(
            (identity.groups().collect::<Vec<_>>(), identity.scopes().collect::<Vec<_>>()),
            (vec!["a", "b"], vec!["read"])
        );
        assert_eq!((identity.issuer(), identity.acr()), (Some("https://login.example.com"), Some("2")));
        assert_eq!((identity.amr().collect::<Vec<_>>(), identity.credential()), (vec!["pwd"], CredentialKind::Session));
        assert_eq!(identity.auth_time(), Some(UnixTime::from_secs(1_767_225_000)));
        assert_eq!(identity.claim(&["exp"]).unwrap(), 1_767_268_800_u64);
        assert_eq!((opened.sid.as_ref(), opened.issued_at, opened.renewed), ("s1", NOW, None));
    }

    #[test]
    fn what_is_empty_is_left_out() {
        let value = sessions(None).seal(&claims().with_email("").with_groups(Vec::<String>::new()), NOW).unwrap();
        let payload = base64url::decode(value.split('.').nth(2).unwrap().as_bytes()).unwrap();
        let text = r#"{"sid":"s1","sub":"alice","auth_time":1767225600,"iat":1767225600,"exp":1767268800,"seen":1767225600}"#;
        assert_eq!(String::from_utf8(payload).unwrap(), text);
    }

    #[test]
    fn changing_any_character_closes_a_session() {
        let sessions = sessions(None);
        let value = sessions.seal(&claims(), NOW).unwrap();
        for index in 0..value.len() {
            for replacement in [b'A', b'.', b'=', b'"', b' '] {
                let mut bytes = value.clone().into_bytes();
                if bytes[index] != replacement {
                    bytes[index] = replacement;
                    let changed = String::from_utf8(bytes).unwrap();
                    assert!(open(&sessions, &changed, NOW).is_err(), "{changed}");
                }
            }
            assert!(open(&sessions, &value[..index], NOW).is_err());
        }
    }

    #[test]
    fn keys_rotate_in_two_steps() {
        let old = Sessions::new(&[key(1)], None, None, 43_200, None, false).unwrap();
        let appended = Sessions::new(&[key(1), key(2)], None, None, 43_200, None, false).unwrap();
        let promoted = Sessions::new(&[key(2), key(1)], None, None, 43_200, None, false).unwrap();
        let by_old = old.seal(&claims(), NOW).unwrap();
        let by_new = promoted.seal(&claims(), NOW).unwrap();
        assert!(open(&promoted, &by_old, NOW).is_ok() && open(&appended, &by_new, NOW).is_ok());
        assert_eq!(open(&old, &by_new, NOW).unwrap_err(), "session_key_unknown");
    }

    #[test]
    fn a_session_ends_at_the_earlier_of_exp_and_lifetime() {
        let long = sessions(None);
        let value = long.seal(&claims(), NOW).unwrap();
        assert!(open(&long, &value, NOW.plus(43_199)).is_ok());
        assert_eq!(open(&long, &value, NOW.plus(43_200)).unwrap_err(), "session_expired");
        let short = Sessions::new(&[key(1)], None, None, 600, None, false).unwrap();
        assert_eq!(open(&short, &value, NOW.plus(600)).unwrap_err(), "session_expired");
        let own = long.seal(&claims().with_lifetime(60), NOW).unwrap();
        assert_eq!(open(&long, &own, NOW.plus(60)).unwrap_err(), "session_expired");
    }

    #[test]
    fn an_idle_session_closes_and_a_used_one_is_renewed() {
        let never_idle = sessions(None);
        let sessions = sessions(Some(1_000));
        let value = sessions.seal(&claims().with_groups(["a"]), NOW).unwrap();
        assert_eq!(open(&sessions, &value, NOW.plus(250)).unwrap().renewed, None);
        let renewed = open(&sessions, &value, NOW.plus(251)).unwrap().renewed.unwrap();
        assert_eq!(open(&sessions, &value, NOW.plus(1_000)).unwrap_err(), "session_idle");
        let opened = open(&sessions, &renewed, NOW.plus(1_250)).unwrap();
        assert_eq!((opened.issued_at, opened.identity.groups().next()), (NOW, Some("a")));
        assert_eq!(opened.identity.claim(&["exp"]).unwrap(), 1_767_268_800_u64);
        assert!(open(&never_idle, &value, NOW.plus(40_000)).unwrap().renewed.is_none());
    }

    #[test]
    fn renewal_seals_with_the_first_key() {
        let old = Sessions::new(&[key(2)], None, None, 43_200, Some(1_000), false).unwrap();
        let renewed = open(&sessions(Some(1_000)), &old.seal(&claims(), NOW).unwrap(), NOW.plus(300)).unwrap().renewed.unwrap();
        assert_eq!(open(&old, &renewed, NOW.plus(300)).unwrap_err(), "session_key_unknown");
    }

    #[test]
    fn a_session_is_worth_nothing_at_another_host() {
        let sessions = sessions(None);
        let value = sessions.seal(&claims().with_hosts(["app.example.com", "*.b.example:8443"]), NOW).unwrap();
        for (scheme, host, opens) in [
            ("https", "app.example.com", true),
            ("https", "APP.example.com.:8080", true),
            ("https", "x.b.example:8443", true),
            ("https", "x.b.example", false),
            ("https", "b.example:8443", false),
            ("https", "other.example.com", false),
        ] {
            assert_eq!(open_at(&sessions, &value, (scheme, host), NOW).is_ok(), opens, "{host}");
        }
        let default_port = sessions.seal(&claims().with_hosts(["a:443"]), NOW).unwrap();
        assert!(open_at(&sessions, &default_port, ("https", "a"), NOW).is_ok());
        assert_eq!(open_at(&sessions, &default_port, ("http", "a"), NOW).unwrap_err(), "session_host_mismatch");
        let portless = Request::new("GET", "https", "a", "/", &()).portless_host();
        assert!(open_for(&sessions, &default_port, portless, NOW).is_err());
    }

    #[test]
    fn insecure_http_accepts_loopback_hosts_only() {
        let sessions = Sessions::new(&[key(1)], None, None, 600, None, true).unwrap();
        assert_eq!(sessions.cookie(), "gatewright");
        let value = sessions.seal(&claims(), NOW).unwrap();
        for host in ["localhost:8080", "app.localhost", "127.0.0.1", "[::1]:80"] {
            assert!(open_at(&sessions, &value, ("http", host), NOW).is_ok(), "{host}");
        }
        for host in ["app.example.com", "10.0.0.1", "localhost.example.com"] {
            assert_eq!(open_at(&sessions, &value, ("http", host), NOW).unwrap_err(), "session_host_mismatch", "{host}");
        }
    }

    fn sealed_text(sessions: &Sessions, json: &str) -> String {
        sessions.first.seal(json.as_bytes())
    }

    #[test]
    fn a_payload_with_the_right_mac_is_still_read_strictly() {
        let times = r#""auth_time":1767225600,"iat":1767225600,"exp":1767268800,"seen":1767225600"#;
        let sessions = sessions(None);
        assert!(open(&sessions, &sealed_text(&sessions, &format!(r#"{{"sid":"s","sub":"a",{times}}}"#)), NOW).is_ok());
        for json in [
            format!(r#"{{"sid":"s","sub":"",{times}}}"#),
            format!(r#"{{"sid":"s","sub":"a\n",{times}}}"#),
            format!(r#"{{"sid":"s",{times}}}"#),
            format!(r#"{{"sid":"s","sub":1,{times}}}"#),
            format!(r#"{{"sid":"s","sub":"a","sub":"b",{times}}}"#),
            format!(r#"{{"sid":"s","sub":"a","role":"root",{times}}}"#),
            format!(r#"{{"sid":"s","sub":"a","email":null,{times}}}"#),
            format!(r#"{{"sid":"s","sub":"a","groups":"admins",{times}}}"#),
            format!(r#"{{"sid":"s","sub":"a","hosts":["*"],{times}}}"#),
            format!(r#"{{"sid":"s","sub":"a",{times}}} x"#),
            format!(r#" {{"sid":"s","sub":"a",{times}}}"#),
            r#"["s","a",1767225600,1767225600,1767268800,1767225600]"#.to_owned(),
            format!(r#"{{"sid":"s","sub":"a",{}}}"#, times.replace("1767268800", "-1")),
            format!(r#"{{"sid":"s","sub":"a",{}}}"#, times.replace("1767268800", "1767268800.5")),
            format!(r#"{{"sid":"s","sub":"a",{}}}"#, times.replace("1767268800", "99999999999999")),
            format!(r#"{{"sid":"s","sub":"a",{}}}"#, times.replace(r#""seen":1767225600"#, r#""seen":1767225661"#)),
            format!(r#"{{"sid":"s","sub":"a",{}}}"#, times.replace(r#""iat":1767225600"#, r#""iat":1767225661"#)),
            format!(r#"{{"sid":"s","sub":"a",{}}}"#, times.replace(r#""auth_time":1767225600"#, r#""auth_time":1767225661"#)),
        ] {
            assert_eq!(open(&sessions, &sealed_text(&sessions, &json), NOW).unwrap_err(), "session_malformed", "{json}");
        }
        let skewed = format!(r#"{{"sid":"s","sub":"a",{}}}"#, times.replace(r#""iat":1767225600"#, r#""iat":1767225660"#));
        assert!(open(&sessions, &sealed_text(&sessions, &skewed), NOW).is_ok());
    }

    #[test]
    fn claims_that_cannot_be_sealed_say_why() {
        let seal = |claims: SessionClaims| sessions(None).seal(&claims, NOW).unwrap_err().to_string();
        assert_eq!(seal(SessionClaims::new("", "a")), "the session id is empty");
        assert!(seal(SessionClaims::new("s", "a\r\nb")).contains("control character"));
        assert!(seal(SessionClaims::new("s", "a".repeat(257))).contains("longer than 256 bytes"));
        assert!(seal(claims().with_hosts(["https://a"])).contains("write the host alone"));
        assert!(seal(claims().with_auth_time(NOW.plus(1))).contains("later than now"));
        assert!(seal(claims().with_lifetime(43_201)).contains("configured 43200 s"));
        assert!(seal(claims().with_lifetime(0)).contains("0 s"));
        assert!(seal(claims().with_groups(vec!["group"; 300])).contains("at most 2000"));
    }

    #[test]
    fn wrong_settings_say_what_to_write() {
        let new = |keys: &[Secret], lifetime, idle| Sessions::new(keys, None, None, lifetime, idle, false).unwrap_err();
        assert!(new(&[], 60, None).contains("`keys` is empty"));
        assert!(new(&[key(1), Secret::from_text("short").unwrap()], 60, None).contains("session key 2 has 5 bytes, at least 32"));
        assert!(new(&[key(1), key(1)], 60, None).contains("session keys 1 and 2 have the same id"));
        assert!(new(&[key(1)], 0, None).contains("`lifetime` is zero"));
        assert!(new(&[key(1)], 60, Some(60)).contains("not below `lifetime`"));
        assert!(new(&[key(1)], 60, Some(0)).contains("`idle` is zero"));
    }

    #[test]
    fn debug_shows_no_key() {
        assert!(format!("{:?}", sessions(None)).contains(&format!("RingKey({})", sessions(None).first.kid)));
    }

    fn vectors() -> Value {
        serde_json::from_str(include_str!("../../../vectors/session.json")).unwrap()
    }

    fn text<'v>(value: &'v Value, member: &str) -> &'v str {
        value[member].as_str().unwrap_or_else(|| panic!("{member}"))
    }

    fn vector_sessions(vectors: &Value) -> Sessions {
        let keys: Vec<Secret> =
            vectors["keys"].as_array().unwrap().iter().map(|key| Secret::from_text(key.as_str().unwrap()).unwrap()).collect();
        let lifetime = vectors["lifetime"].as_u64().unwrap();
        Sessions::new(&keys, Some(text(vectors, "cookie")), None, lifetime, vectors["idle"].as_u64(), false).unwrap()
    }

    #[test]
    fn the_format_is_byte_exact() {
        let vectors = vectors();
        let sessions = vector_sessions(&vectors);
        for row in vectors["sealed"].as_array().unwrap() {
            let given = &row["claims"];
            let list = |member: &str| -> Vec<String> { serde_json::from_value(given[member].clone()).unwrap_or_default() };
            let optional = |member: &str| given[member].as_str().unwrap_or_default();
            let mut claims = SessionClaims::new(text(given, "sid"), text(given, "subject"))
                .with_issuer(optional("issuer"))
                .with_email(optional("email"))
                .with_name(optional("name"))
                .with_acr(optional("acr"))
                .with_groups(list("groups"))
                .with_scopes(list("scopes"))
                .with_amr(list("amr"))
                .with_hosts(list("hosts"));
            if let Some(auth_time) = given["auth_time"].as_u64() {
                claims = claims.with_auth_time(UnixTime::from_secs(auth_time));
            }
            let now = UnixTime::from_secs(row["now"].as_u64().unwrap());
            let value = sessions.seal(&claims, now).unwrap();
            assert_eq!(value, text(row, "value"), "{}", text(row, "name"));
            let parts: Vec<&str> = value.split('.').collect();
            assert_eq!(parts[1], text(row, "kid"));
            assert_eq!(base64url::decode(parts[2].as_bytes()).unwrap(), text(row, "payload").as_bytes());
            let mac = Secret::from_text(&format!("hex:{}", text(row, "mac_hex"))).unwrap();
            assert_eq!(base64url::decode(parts[3].as_bytes()).unwrap(), mac.expose());
            let signed = text(row, "mac_input_hex");
            assert!(signed.ends_with(&parts[..3].join(".").bytes().map(|byte| format!("{byte:02x}")).collect::<String>()));
        }
    }

    #[test]
    fn every_opening_vector_has_its_outcome() {
        let vectors = vectors();
        let sessions = vector_sessions(&vectors);
        for row in vectors["opened"].as_array().unwrap() {
            let now = UnixTime::from_secs(row["now"].as_u64().unwrap());
            let outcome = open_at(&sessions, text(row, "value"), ("https", text(row, "host")), now);
            assert_eq!(outcome.map_or_else(|code| code, |_| "opened"), text(row, "outcome"), "{}", text(row, "name"));
        }
    }
}
