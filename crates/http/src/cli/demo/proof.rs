//! The same from outside: the prober, with the demo's own sessions, against the demo's own nginx.

use std::io::Write;
use std::net::Ipv4Addr;

use gatewright_prove::prove::report;
use gatewright_prove::prove::{Credential, Prove, Report, Strictness, Target, prove};

use crate::cli::demo::backend::IDENTITY_HEADERS;
use crate::cli::demo::cookies::{ALICE, BOB, EXPIRED};
use crate::cli::demo::stage::{Door, Stage};
use crate::cli::failure::Failure;
use crate::cli::random;
use crate::cli::style::Style;

/// Runs the prober and says what came of it; returns whether all was refused that should be.
pub(crate) fn check(stage: &Stage, style: Style, out: &mut dyn Write) -> Result<bool, Failure> {
    let Door::Nginx { port, .. } = stage.door() else {
        writeln!(out, "not proved from outside: there is no nginx to ask")?;
        return Ok(true);
    };
    let report = prove(&options(stage, port)?, &mut |_| ());
    write(&report, style, out)?;
    Ok(report.exit_code(Strictness::Usual) == 0)
}

fn options(stage: &Stage, port: u16) -> Result<Prove, Failure> {
    let wrong = |error: &dyn std::fmt::Display| Failure::Failed(error.to_string());
    let target: Target = format!("http://localhost:{port}/admin/").parse().map_err(|error| wrong(&error))?;
    let credential = |variable: &str| {
        let cookie = stage.cookies().iter().find(|cookie| cookie.variable == variable);
        let line = cookie.map(|cookie| format!("Cookie: {}={}", stage.cookie(), cookie.value));
        line.map(|line| Credential::new([line], &format!("@{variable}.txt"))).transpose().map_err(|error| wrong(&error))
    };
    let mut options = Prove::new(target);
    options.addresses = vec![(Ipv4Addr::LOCALHOST, port).into()];
    options.open = vec!["/healthz".to_owned()];
    options.allow = credential(ALICE)?;
    options.forbid = credential(BOB)?;
    options.expired = credential(EXPIRED)?;
    options.identity = IDENTITY_HEADERS.map(str::to_owned).to_vec();
    options.whoami = Some("/".to_owned());
    options.auth_paths = vec!["/auth/verify".to_owned()];
    options.nonce = u64::from_le_bytes(random::bytes()?);
    Ok(options)
}

/// One line if all is well, else everything.
fn write(report: &Report, style: Style, out: &mut dyn Write) -> Result<(), Failure> {
    let is_well = report.exit_code(Strictness::Usual) == 0;
    if !is_well {
        report::text(report, &|_, text| text.to_owned(), &mut *out)?;
    }
    let failed = report.checks.iter().filter(|check| check.verdict.is_fail()).count();
    let (requests, checks) = (report.requests.len(), report.checks.len());
    let verdict = if is_well { style.good("ok") } else { style.bad("failed") };
    writeln!(out, "{verdict}: proved from outside with {requests} requests: {checks} checks, {failed} failed")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_that_proves_nothing_is_told_whole_and_is_no_success() {
        let report = prove(&Prove::new("http://127.0.0.1:1/".parse().unwrap()), &mut |_| ());
        let mut out = Vec::new();
        write(&report, Style::of_stdout(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.starts_with("nothing proved: ") && text.contains("failed: proved from outside with "), "{text}");
    }
}
