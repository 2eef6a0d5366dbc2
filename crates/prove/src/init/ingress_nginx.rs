//! ingress-nginx: an Ingress with annotations, and a ConfigMap if the gate asks for the proxy's secret.

use serde::Serialize;

use super::template::{Template, double_quoted};
use super::{File, InitError};
use crate::site::{Address, Site};

pub(super) fn files(site: &Site) -> Result<Vec<File>, InitError> {
    let gate = match &site.gate {
        Address::Tcp(gate) if !is_of_this_machine(&gate.host) => gate.to_string(),
        Address::Tcp(_) | Address::Unix(_) => {
            return Err(InitError(
                "ingress-nginx reaches the gate by the name of its Service; write `--gate gatewright.default.svc.cluster.local:4180`"
                    .to_owned(),
            ));
        }
    };
    if is_of_this_machine(&site.backend.host) {
        return Err(InitError("the application is a Service here; write its name and port: `--backend app:80`".to_owned()));
    }
    let expanded = |value: &Option<String>| value.as_ref().is_some_and(|value| value.contains('$'));
    if expanded(&site.proxy_secret) || expanded(&site.login) {
        return Err(InitError(
            "`$` in `proxy_secret` or in the login's URL is expanded by the controller; choose one without".to_owned(),
        ));
    }
    let own = Own {
        url: format!("http://{gate}/auth/ingress-nginx"),
        headers: site.identity_headers.iter().map(|header| header.name.as_str()).collect::<Vec<_>>().join(", "),
    };
    Ok(vec![INGRESS.fill(site, own)?])
}

#[derive(Serialize)]
struct Own {
    url: String,
    headers: String,
}

fn is_of_this_machine(host: &str) -> bool {
    host == "localhost" || host.starts_with("127.") || host == "[::1]"
}

const INGRESS: Template = Template { name: "ingress.yaml", text: include_str!("templates/ingress.yaml"), quote: double_quoted };
