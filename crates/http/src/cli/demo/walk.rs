//! The lines to try, and what to expect of each.
//!
//! One description gives both the curl line that is printed and the request that `--check` sends.

use std::io::{self, Write};

use crate::cli::demo::backend::IDENTITY_HEADERS;
use crate::cli::demo::client::{self, Answer};
use crate::cli::demo::cookies::{ALICE, BOB, EXPIRED};
use crate::cli::demo::stage::{Door, Stage};
use crate::cli::failure::Failure;
use crate::cli::interrupt::Interrupt;
use crate::cli::style::Style;

/// One line to try.
#[derive(Clone, Copy, Debug)]
struct Try {
    says: &'static str,
    method: &'static str,
    path: &'static str,
    /// The variable with the cookie.
    cookie: Option<&'static str>,
    /// What is appended to the cookie's value.
    tamper: &'static str,
    /// An identity header of the client's own making.
    forged: Option<(&'static str, &'static str)>,
    status: u16,
    /// Of a 200: who the backend is told the user is; empty for nobody.
    user: &'static str,
}

const PLAIN: Try = Try { says: "", method: "GET", path: "/", cookie: None, tamper: "", forged: None, status: 401, user: "" };
const ROOT: Option<(&str, &str)> = Some(("X-User", "root"));

const WALK: [Try; 12] = [
    Try { says: "nobody is logged in", ..PLAIN },
    Try { says: "alice is", cookie: Some(ALICE), status: 200, user: "alice", ..PLAIN },
    Try { says: "bob is too", cookie: Some(BOB), status: 200, user: "bob", ..PLAIN },
    Try { says: "a session has an end", cookie: Some(EXPIRED), ..PLAIN },
    Try { says: "a session cannot be altered", cookie: Some(ALICE), tamper: "x", ..PLAIN },
    Try { says: "admins may enter", path: "/admin/", cookie: Some(ALICE), status: 200, user: "alice", ..PLAIN },
    Try { says: "staff may not, and logging in again would not help", path: "/admin/", cookie: Some(BOB), status: 403, ..PLAIN },
    Try { says: "nor in disguise", path: "/%61dmin/users", cookie: Some(BOB), status: 403, ..PLAIN },
    Try { says: "a path with two meanings is refused", path: "/x/..%2fadmin/", cookie: Some(ALICE), status: 403, ..PLAIN },
    Try {
        says: "the health check is open, and a forged name does not come through",
        path: "/healthz",
        forged: ROOT,
        status: 200,
        ..PLAIN
    },
    Try { says: "open for GET only", method: "POST", path: "/healthz", ..PLAIN },
    Try { says: "bob stays bob", cookie: Some(BOB), forged: ROOT, status: 200, user: "bob", ..PLAIN },
];

/// Prints the cookies and the lines.
pub(crate) fn show(stage: &Stage, style: Style, out: &mut dyn Write) -> Result<(), Failure> {
    writeln!(out, "{}", style.strong("Paste these into another shell"))?;
    show_cookies(stage, style, out)?;
    writeln!(out, "\n{}", style.strong("Then try"))?;
    for line in &WALK {
        let expected = style.faint(&format!("# {}: {}", line.says, line.expected(stage)));
        writeln!(out, "{expected}\n{}\n", line.curl(stage))?;
    }
    Ok(())
}

/// Sends every line and prints what came; returns how many did not behave.
///
/// # Errors
/// The demo was told to end before all of them were tried.
pub(crate) fn check(stage: &Stage, interrupt: &Interrupt, style: Style, out: &mut dyn Write) -> Result<usize, Failure> {
    show_cookies(stage, style, out)?;
    writeln!(out)?;
    let mut failed = 0_usize;
    for line in &WALK {
        if interrupt.came() {
            return Err(Failure::Failed("interrupted".to_owned()));
        }
        let expected = line.expected(stage);
        let got = line.send(stage).map_or_else(|error| format!("no answer: {error}"), |answer| described(&answer, stage));
        let passed = got == expected;
        let mark = if passed { style.good("ok    ") } else { style.bad("FAILED") };
        writeln!(out, "{mark} {}\n       {}", line.says, style.faint(&line.curl(stage)))?;
        writeln!(out, "       expected {expected}\n       got      {got}")?;
        failed = failed.saturating_add(usize::from(!passed));
    }
    let verdict = if failed == 0 { style.good("ok") } else { style.bad("failed") };
    writeln!(out, "\n{verdict}: {} lines, {failed} failed", WALK.len())?;
    Ok(failed)
}

fn show_cookies(stage: &Stage, style: Style, out: &mut dyn Write) -> io::Result<()> {
    // Each comment on a line of its own: not every interactive shell takes one behind an assignment.
    stage.cookies().iter().try_for_each(|cookie| {
        writeln!(out, "{}\n{}='{}'", style.faint(&format!("# {}", cookie.about)), cookie.variable, cookie.value)
    })
}

impl Try {
    /// Says what should come, in the words of [`described`].
    fn expected(&self, stage: &Stage) -> String {
        if self.status == 200 { with_user(stage, self.user) } else { self.status.to_string() }
    }

    /// Writes the line; the cookie's value stands in a variable.
    fn curl(&self, stage: &Stage) -> String {
        let fields = self.fields(stage, |variable| Some(format!("${variable}")));
        let quoted: String = fields.iter().map(|(name, value)| format!(" -H \"{name}: {value}\"")).collect();
        let method = if self.method_on_the_wire(stage) == "GET" { "" } else { " -X POST" };
        // `--path-as-is` where curl would resolve dot segments by itself.
        let raw = if self.target(stage).contains("..") { " --path-as-is" } else { "" };
        match stage.door() {
            Door::Nginx { port, .. } => format!("curl -i{method}{raw}{quoted} http://localhost:{port}{}", self.path),
            Door::Gate => format!("curl -i{quoted} http://{}{}", stage.gate(), self.target(stage)),
        }
    }

    fn send(&self, stage: &Stage) -> io::Result<Answer> {
        let value =
            |variable| stage.cookies().iter().find(|cookie| cookie.variable == variable).map(|cookie| cookie.value.clone());
        let mut fields = self.fields(stage, value);
        let port = match stage.door() {
            Door::Nginx { port, .. } => {
                // curl would write it by itself.
                fields.push(("Host".to_owned(), format!("localhost:{port}")));
                port
            }
            Door::Gate => stage.gate().port(),
        };
        client::send(port, self.method_on_the_wire(stage), self.target(stage), &fields)
    }

    /// Returns the header fields; `value` gives a cookie's value for its variable.
    fn fields(&self, stage: &Stage, value: impl Fn(&'static str) -> Option<String>) -> Vec<(String, String)> {
        let mut fields = Vec::new();
        if let Door::Gate = stage.door() {
            let told = [("Host", "localhost"), ("X-Original-Method", self.method), ("X-Original-URI", self.path)];
            fields.extend(told.map(|(name, value)| (name.to_owned(), value.to_owned())));
        }
        if let Some(value) = self.cookie.and_then(value) {
            // Braces, so that the shell knows where the variable ends.
            let value =
                value.strip_prefix('$').filter(|_| !self.tamper.is_empty()).map_or(value.clone(), |name| format!("${{{name}}}"));
            fields.push(("Cookie".to_owned(), format!("{}={value}{}", stage.cookie(), self.tamper)));
        }
        fields.extend(self.forged.map(|(name, value)| (name.to_owned(), value.to_owned())));
        fields
    }

    fn method_on_the_wire(&self, stage: &Stage) -> &'static str {
        match stage.door() {
            Door::Nginx { .. } => self.method,
            Door::Gate => "GET",
        }
    }

    fn target(&self, stage: &Stage) -> &'static str {
        match stage.door() {
            Door::Nginx { .. } => self.path,
            Door::Gate => "/auth/verify",
        }
    }
}

/// Says what came: the status and, of a 200, whom the backend was or would be told.
fn described(answer: &Answer, stage: &Stage) -> String {
    let name = IDENTITY_HEADERS.first().copied().unwrap_or_default();
    match (answer.status, stage.door()) {
        (200, Door::Nginx { .. }) => {
            let told = answer.body.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            told.map_or_else(
                || "200, and not from the backend".to_owned(),
                |user| with_user(stage, if user == NOBODY { "" } else { user }),
            )
        }
        (200, Door::Gate) => answer.header(name).map_or_else(|| format!("200 without {name}"), |user| with_user(stage, user)),
        (status, _) => status.to_string(),
    }
}

fn with_user(stage: &Stage, user: &str) -> String {
    let user = if user.is_empty() { NOBODY } else { user };
    match stage.door() {
        Door::Nginx { .. } => format!("200, and the backend sees X-User: {user}"),
        Door::Gate => format!("200, and the backend would see X-User: {user}"),
    }
}

/// How the backend writes that a header is missing or empty.
const NOBODY: &str = "(none)";
