//! Large and odd configurations are read to their end, and nobody is sent home with a panic.

use gatewright_prove::Intent;

use crate::support::{lint, own_folder, report};

#[test]
fn thousands_of_routes_are_looked_at() {
    let good = std::fs::read_to_string(own_folder().join("configurations/envoy-http.yaml")).unwrap();
    let one = "{ match: { prefix: \"/\" }, route: { cluster: app } }";
    let route = |number: usize| format!("{{ match: {{ prefix: \"/{number}\" }}, route: {{ cluster: app{number} }} }}, ");
    let text = good.replace(one, &format!("{}{one}", (0..3000).map(route).collect::<String>()));
    assert_ne!(text, good);
    let routers: String =
        (0..3000).map(|number| format!("    r{number}: {{ rule: \"Path(`/{number}`)\", service: app }}\n")).collect();
    let traefik = format!("http:\n  routers:\n{routers}");
    assert!(lint("envoy.yaml", &text, &Intent::default()).is_empty());
    assert!(lint("traefik.yaml", &traefik, &Intent::default()).is_empty());
}

#[test]
fn what_is_cut_or_changed_is_read_or_refused() {
    for entry in std::fs::read_dir(own_folder().join("configurations")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read(&path).unwrap();
        let mut state = 7_u64;
        for round in 0..200 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = usize::try_from(state >> 33).unwrap() % text.len();
            let mut changed = text.clone();
            match round % 3 {
                0 => changed.truncate(at),
                1 => drop(changed.remove(at)),
                _ => changed[at] = b" {}[]:\",-\n&*"[round % 12],
            }
            let _ = report(path.file_name().unwrap().to_str().unwrap(), &changed, &Intent::default());
        }
    }
}
