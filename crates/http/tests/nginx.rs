//! The article's nginx configuration, as printed, before the gate and a backend that remembers what reached it.
#![cfg(unix)]

#[expect(dead_code, reason = "no file of tests needs every helper")]
mod support;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;
use std::time::Duration;

use support::backend::{Backend, Seen};
use support::gate::Gate;
use support::nginx::{self, Nginx};
use support::raw::read_reply;

/// nginx, gate and backend together.
struct Site {
    gate: Gate,
    backend: Backend,
    nginx: Nginx,
}

impl Site {
    fn start() -> Option<Self> {
        Self::start_with("", "", Gate::start(""))
    }

    /// The variant that sends people to the login, as the article prints it.
    fn start_with_login_redirect() -> Option<Self> {
        let location =
            "location @login_redirect {\n    return 302 https://auth.example.com/login?rd=$scheme://$host$request_uri;\n}";
        Self::start_with("error_page 401 = @login_redirect;", location, Gate::start(""))
    }

    fn start_with(more: &str, locations: &str, gate: Gate) -> Option<Self> {
        if !nginx::is_installed() {
            return None;
        }
        let backend = Backend::start();
        let nginx = Nginx::start(gate.address(), backend.address, more, locations);
        Some(Self { gate, backend, nginx })
    }

    /// What the backend received of the one request that reached it.
    fn received(&self) -> Seen {
        let mut seen = self.backend.take();
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen.remove(0)
    }

    fn nothing_was_received(&self) -> bool {
        self.backend.take().is_empty()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if !thread::panicking() {
            self.backend.assert_all_were_allowed(&self.gate.entries());
        }
    }
}

#[test]
fn nobody_gets_401() {
    let Some(site) = Site::start() else { return };
    let reply = site.nginx.get("/", "");
    assert_eq!((reply.status, reply.header("www-authenticate")), (401, Some(r#"Bearer realm="gatewright""#)));
    assert!(site.nothing_was_received());
}

#[test]
fn session_passes_and_the_backend_learns_who_it_is() {
    let Some(site) = Site::start() else { return };
    let reply = site.nginx.get("/reports/7?x=1", &site.gate.cookie("alice", &["staff"]));
    assert_eq!((reply.status, reply.text().as_str()), (200, "backend"));
    let seen = site.received();
    assert_eq!((seen.all("x-user"), seen.all("x-email")), (vec!["alice"], vec!["alice@example.com"]));
    assert!(seen.head[0].starts_with("GET /reports/7?x=1 "));
}

#[test]
fn identity_sent_by_the_client_never_reaches_the_backend() {
    let Some(site) = Site::start() else { return };
    let forged = "X-User: root\r\nx-user: root\r\nX_User: root\r\nX-Email: root@example.com\r\n";
    assert_eq!(site.nginx.get("/", forged).status, 401);
    assert!(site.nothing_was_received());

    let cookie = site.gate.cookie("alice", &[]);
    assert_eq!(site.nginx.get("/", &format!("{forged}{cookie}")).status, 200);
    let seen = site.received();
    assert_eq!((seen.all("x-user"), seen.all("x-email")), (vec!["alice"], vec!["alice@example.com"]));

    assert_eq!(site.nginx.get("/public/a", forged).status, 200);
    let seen = site.received();
    assert_eq!((seen.all("x-user"), seen.all("x-email")), (vec![], vec![]), "nobody is nobody, not root");
}

#[test]
fn wrong_group_gets_403_and_no_login() {
    for site in [Site::start(), Site::start_with_login_redirect()].into_iter().flatten() {
        let reply = site.nginx.get("/admin/", &format!("{}Accept: text/html\r\n", site.gate.cookie("bob", &["staff"])));
        assert_eq!((reply.status, reply.header("location")), (403, None));
        assert!(site.nothing_was_received());
        assert_eq!(site.nginx.get("/admin/", &site.gate.cookie("root", &["admins"])).status, 200);
        assert_eq!(site.received().all("x-user"), ["root"]);
    }
}

#[test]
fn login_redirect_keeps_the_original_address() {
    let Some(site) = Site::start_with_login_redirect() else { return };
    let reply = site.nginx.get("/reports/a%20b?x=1&y=%2F&z=", "");
    assert_eq!(reply.status, 302);
    assert_eq!(
        reply.header("location"),
        Some("https://auth.example.com/login?rd=https://app.example.com/reports/a%20b?x=1&y=%2F&z=")
    );
    assert!(site.nothing_was_received());
}

#[test]
fn location_of_the_gate_is_not_reachable_from_outside() {
    let Some(site) = Site::start() else { return };
    assert_eq!(site.nginx.get("/auth/verify", &site.gate.cookie("alice", &[])).status, 404);
    assert!(site.nothing_was_received());
}

#[test]
fn body_of_50_megabytes_goes_to_the_backend_and_not_to_the_gate() {
    if !nginx::is_installed() {
        return;
    }
    let (gate, backend) = (Backend::start(), Backend::start()); // a gate that says yes and remembers what it was sent
    let nginx = Nginx::start(gate.address, backend.address, "", "");
    let body = vec![b'x'; 50 * 1024 * 1024];
    assert_eq!(nginx.request("POST", "/upload", "", &body).status, 200);
    let asked = gate.take();
    assert_eq!((asked.len(), asked[0].body_bytes, asked[0].all("content-length").len()), (1, 0, 0));
    assert_eq!(asked[0].all("x-original-method"), ["POST"]);
    let received = backend.take();
    assert_eq!((received.len(), received[0].body_bytes), (1, body.len()));
}

#[test]
fn large_post_is_decided_by_the_real_gate() {
    let Some(site) = Site::start() else { return };
    let body = vec![b'x'; 1024 * 1024];
    assert_eq!(site.nginx.request("POST", "/upload", &site.gate.cookie("alice", &[]), &body).status, 200);
    assert_eq!(site.received().body_bytes, body.len());
    assert_eq!(site.gate.last_decision()["method"], "POST");
    assert_eq!(site.nginx.request("POST", "/upload", "", b"x").status, 401);
    assert!(site.nothing_was_received());
}

#[test]
fn headers_the_client_sends_change_nothing() {
    let office = "version = 1\n[session]\nkeys = [\"0123456789abcdef0123456789abcdef\"]\n[[rule]]\nid = \"office\"\npaths = [\"/office/**\"]\nnetworks = [\"203.0.113.0/24\"]\nallow = \"anyone\"\n[[rule]]\nid = \"plain\"\nallow = \"authenticated\"\n[login]\nurl = \"https://auth.example.com/login\"\nreturn_hosts = [\"app.example.com\"]\n";
    let Some(site) = Site::start_with("", "", Gate::start_on(office, &["127.0.0.1:0"])) else { return };
    let lies = "X-Real-IP: 203.0.113.9\r\nX-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: http\r\nX-Original-URL: https://app.example.com/public\r\n\
                X-Original-URI: /public\r\nX-Original-Method: OPTIONS\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Uri: /public\r\nForwarded: for=203.0.113.9\r\n";
    for target in ["/office/a", "/other?x=1"] {
        let facts = |more: &str| {
            let status = site.nginx.get(target, more).status;
            let mut entry = site.gate.last_decision();
            for changing in ["time", "micros", "request_id"] {
                entry.as_object_mut().unwrap().remove(changing);
            }
            (status, entry)
        };
        assert_eq!(facts(lies), facts(""), "{target}");
    }
    assert!(site.nothing_was_received());
}

#[test]
fn ambiguous_paths_are_refused_whatever_nginx_makes_of_them() {
    let Some(site) = Site::start() else { return };
    let cookie = site.gate.cookie("bob", &["staff"]);
    for target in ["/public/../admin/", "/public/%2e%2e/admin/", "//admin/", "/./admin/"] {
        assert_eq!(site.nginx.get(target, &cookie).status, 403, "{target}");
        assert_eq!(site.gate.last_decision()["code"], "path_ambiguous", "{target}");
    }
    assert!(site.nothing_was_received());
}

#[test]
fn stopped_gate_is_an_error_and_never_the_backend() {
    if !nginx::is_installed() {
        return;
    }
    let (gate, backend) = (Gate::start(""), Backend::start());
    let nginx = Nginx::start(gate.address(), backend.address, "", "");
    let cookie = gate.cookie("alice", &[]);
    assert_eq!(nginx.get("/", &cookie).status, 200);
    assert_eq!(backend.take().len(), 1);
    gate.server.stop();
    assert_eq!(nginx.get("/", &cookie).status, 500);
    assert!(backend.take().is_empty());
}

#[test]
fn gate_killed_in_the_middle_of_an_answer_is_an_error_and_never_the_backend() {
    if !nginx::is_installed() {
        return;
    }
    for said in ["", "HTTP", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-User: alice\r\n"] {
        let (gate, backend) = (gate_that_says(said), Backend::start());
        let nginx = Nginx::start(gate, backend.address, "", "");
        assert_eq!(nginx.get("/", "").status, 500, "{said:?}");
        assert!(backend.take().is_empty(), "{said:?}");
    }
}

/// A gate that reads the question, says this much, and is gone.
fn gate_that_says(said: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(said.as_bytes());
        }
    });
    address
}

/// Slow: nginx waits 60 seconds for an answer, and the article does not shorten that.
#[test]
fn hung_gate_is_an_error_and_never_the_backend() {
    if !nginx::is_installed() {
        return;
    }
    let hung = TcpListener::bind("127.0.0.1:0").unwrap(); // the kernel accepts, nobody answers
    let backend = Backend::start();
    let nginx = Nginx::start(hung.local_addr().unwrap(), backend.address, "", "");
    let mut stream = nginx.connect();
    stream.sock.set_read_timeout(Some(Duration::from_secs(90))).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: app.example.com\r\nConnection: close\r\n\r\n").unwrap();
    let status = read_reply(&mut stream).status;
    assert!((500..=504).contains(&status), "{status}");
    assert!(backend.take().is_empty());
}
