//! The client's address, from a header only the proxy can have written.

use std::net::IpAddr;

use gatewright::HttpSettings;

use crate::fields::Fields;

/// Whether an endpoint's proxy writes `X-Forwarded-For` without being told (PROXIES, rows 1.3 and 1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ForwardedFor {
    /// Traefik and Caddy always write it.
    AlwaysSet,
    /// nginx passes on what the client sent, unless the operator names it in `proxy_sets`.
    OnlyIfNamed,
}

/// Returns the client's address if the endpoint's proxy vouches for one; anything unclear is unknown, never guessed.
pub(crate) fn client(settings: &HttpSettings, endpoint: &str, fields: Fields<'_>, forwarded_for: ForwardedFor) -> Option<IpAddr> {
    if proxy_sets(settings, endpoint, REAL_IP) {
        let value = fields.required(REAL_IP).ok()?;
        return std::str::from_utf8(value).ok()?.parse().ok();
    }
    if forwarded_for == ForwardedFor::AlwaysSet || proxy_sets(settings, endpoint, FORWARDED_FOR) {
        return gatewright::client_from_forwarded_for(fields.values(FORWARDED_FOR), &settings.trusted_hops);
    }
    None
}

/// Returns whether the endpoint's proxy overwrites this header (lower case).
pub(crate) fn proxy_sets(settings: &HttpSettings, endpoint: &str, header: &str) -> bool {
    settings.proxy_sets(endpoint).iter().any(|named| named == header)
}

const REAL_IP: &str = "x-real-ip";
const FORWARDED_FOR: &str = "x-forwarded-for";
