//! P08: headers that proxies write for those behind them, written by the client: where the request comes from, and where it goes.

use crate::prove::prober::{Place, Prober, Variant};

pub(super) fn run(prober: &mut Prober<'_>, place: Place) {
    let path = prober.path(place.subject);
    let mut variants = Vec::new();
    for name in
        ["X-Forwarded-For", "X-Real-IP", "Forwarded", "True-Client-IP", "X-Client-IP", "CF-Connecting-IP", "X-Cluster-Client-IP"]
    {
        for address in ["127.0.0.1", "10.0.0.1", "192.168.0.1", "172.16.0.1", "::1"] {
            let value = match (name, address.contains(':')) {
                ("Forwarded", true) => format!("for=\"[{address}]\""),
                ("Forwarded", false) => format!("for={address}"),
                _ => address.to_owned(),
            };
            let request = prober.get(path.as_str()).with(name, &value);
            let mut variant = Variant::new(format!("{name}: {value}"), request, "real-ip-anyone");
            variant.everywhere = address == "127.0.0.1";
            variants.push(variant);
        }
    }
    let mut public: Vec<String> = prober.options.open.iter().map(|open| open.trim_end_matches('*').to_owned()).take(2).collect();
    public.extend(["/", "/login", "/health"].map(str::to_owned));
    let host = prober.options.target.authority();
    for name in ["X-Original-URI", "X-Forwarded-Uri", "X-Rewrite-URL", "X-Original-URL", "X-Envoy-Original-Path"] {
        for public in &public {
            let value = if name == "X-Original-URL" { format!("http://{host}{public}") } else { public.clone() };
            let request = prober.get(path.as_str()).with(name, &value);
            variants.push(Variant::new(format!("{name}: {value}"), request, "auth-location-no-request"));
        }
    }
    // An application that believes these shows the protected page at a path that is open.
    for name in ["X-Original-URL", "X-Rewrite-URL"] {
        for public in public.iter().take(1) {
            let request = prober.get(public.as_str()).with(name, &path);
            let variant = Variant::new(format!("{public} with {name}: {path}"), request, "open-sibling");
            variants.push(variant.elsewhere());
        }
    }
    for (name, value) in [
        ("X-Forwarded-Method", "OPTIONS"),
        ("X-Original-Method", "OPTIONS"),
        ("X-HTTP-Method-Override", "OPTIONS"),
        ("X-Forwarded-Proto", "https"),
    ] {
        let request = prober.get(path.as_str()).with(name, value);
        variants.push(Variant::new(format!("{name}: {value}"), request, "auth-location-no-method"));
    }
    for (name, value) in
        [("X-Forwarded-Host", "localhost"), ("X-Original-Host", "localhost"), ("X-Forwarded-Server", "localhost")]
    {
        let request = prober.get(path.as_str()).with(name, value);
        variants.push(Variant::new(format!("{name}: {value}"), request, "auth-location-http-host"));
    }
    // Health checks of clouds, which some gates let pass by their name (CVE-2026-34457).
    for agent in ["GoogleHC/1.0", "kube-probe/1.27", "ELB-HealthChecker/2.0"] {
        let request = prober.get(path.as_str()).with("User-Agent", agent);
        variants.push(Variant::new(format!("User-Agent: {agent}"), request, "return-before-gate"));
    }
    prober.expect_all_refused(place, &variants);
}
