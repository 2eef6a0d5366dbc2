//! `gatewright lint`: mistakes in a proxy's configuration that let a request past the gate.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use gatewright_prove::report::{self, Part};
use gatewright_prove::{Intent, LintError, Report, Severity, lint, lints};
use serde::Serialize;

use crate::cli::configuration::{self, Configurations};
use crate::cli::declared;
use crate::cli::failure::{FAILED, Failure};
use crate::cli::find::{self, Keys};
use crate::cli::report::write_json;
use crate::cli::style::Style;

/// Finds mistakes in a proxy's configuration that let a request past the gate, or let it say who somebody is
///
/// What a proxy really runs is best: `nginx -T` prints it with all that is included. A configuration is never changed.
///
/// Comments in it say what is meant: `# gatewright: open REASON` at a location that anybody may see, `# gatewright: identity
/// X-User` for a header that the application believes, `# gatewright: allow LINT REASON` for what is no mistake here.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Lint {
    /// A configuration, with all it includes; `-` is standard input
    #[arg(value_name = "FILE", required_unless_present = "list")]
    files: Vec<PathBuf>,
    /// The policy file, for what it opens and which headers carry the identity; it is looked for nowhere else
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// A path that anybody may see, with `*` at the end all that begin so; may be repeated
    #[arg(long, value_name = "PATH", value_parser = declared::path)]
    open: Vec<String>,
    /// A header that tells the application who is asking; may be repeated
    #[arg(long, value_name = "HEADER", value_parser = declared::header)]
    identity: Vec<String>,
    /// How findings are printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The same as `--format json`
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Fail for a finding as bad as this, or worse
    #[arg(long, value_name = "SEVERITY", default_value = "low", value_parser = threshold())]
    fail_on: Threshold,
    /// Leave out what is less bad than this; it does not fail either
    #[arg(long, value_name = "SEVERITY", default_value = "info", value_parser = severity())]
    min: Severity,
    /// Print every rule there is
    #[arg(long, conflicts_with = "files")]
    list: bool,
}

/// A form of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a person
    Text,
    /// One JSON object
    Json,
    /// SARIF 2.1.0, for the code scanning of a forge
    Sarif,
}

/// From which severity on the command fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Threshold {
    At(Severity),
    Never,
}

impl Lint {
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<u8, Failure> {
        let format = if self.json { Format::Json } else { self.format };
        if self.list {
            write_list(format, out)?;
            return Ok(0);
        }
        let live = self.config.as_deref().map(|path| find::open(path, Keys::Local)).transpose()?;
        let state = live.as_ref().map(|live| live.current());
        let mut intent = Intent::default();
        intent.open = &self.open;
        intent.identity = &self.identity;
        intent.policy = state.as_ref().map(|state| (&*state.config, &state.authorizer));

        let files = Configurations::open(&self.files, COMMAND)?;
        let mut reports = Vec::new();
        for file in &self.files {
            let mut report =
                lint(file.as_os_str().as_encoded_bytes(), &files, intent).map_err(|error| unreadable(file, error))?;
            report.findings.retain(|finding| finding.severity >= self.min);
            reports.push(report);
        }
        write(&reports, format, out)?;
        let worst = reports.iter().filter_map(Report::worst).max();
        Ok(match (worst, self.fail_on) {
            (Some(worst), Threshold::At(severity)) if worst >= severity => FAILED,
            _ => 0,
        })
    }
}

fn write(reports: &[Report], format: Format, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Text => {
            let style = Style::of_stdout();
            let paint = move |part: Part, text: &str| match part {
                Part::Head(Severity::Critical | Severity::High) => style.bad(text),
                Part::Head(Severity::Medium | Severity::Low) => style.warning(text),
                Part::Head(Severity::Info) => style.faint(text),
                Part::Nothing => style.good(text),
                _ => style.strong(text),
            };
            report::text(reports, &paint, out)
        }
        Format::Json => report::json(reports, out),
        Format::Sarif => report::sarif(reports, out),
    }
}

/// Prints every rule; as SARIF they stand in a log without results.
fn write_list(format: Format, out: &mut dyn Write) -> io::Result<()> {
    let lints = lints();
    match format {
        Format::Text => {
            let width = lints.iter().map(|lint| lint.id.len()).max().unwrap_or_default();
            lints.iter().try_for_each(|lint| writeln!(out, "{:<width$}  {:<8}  {}", lint.id, lint.severity.name(), lint.title))
        }
        Format::Json => {
            let rule = |lint: &&gatewright_prove::Lint| Rule {
                id: lint.id,
                severity: lint.severity.name(),
                title: lint.title,
                documentation: lint.documentation(),
            };
            write_json(&List { lints: lints.iter().map(rule).collect() }, out)
        }
        Format::Sarif => report::sarif(&[], out),
    }
}

/// The members of `lint --list --json`.
#[derive(Serialize)]
struct List {
    lints: Vec<Rule>,
}

#[derive(Serialize)]
struct Rule {
    id: &'static str,
    severity: &'static str,
    title: &'static str,
    documentation: String,
}

fn unreadable(file: &Path, error: LintError) -> Failure {
    match error {
        LintError::Unreadable(kind) => configuration::unreadable(file, kind, COMMAND),
        error => Failure::Usage(error.to_string()),
    }
}

fn severity() -> impl TypedValueParser<Value = Severity> {
    PossibleValuesParser::new(Severity::ALL.map(Severity::name)).try_map(|name| name.parse::<Severity>())
}

fn threshold() -> impl TypedValueParser<Value = Threshold> {
    let names = Severity::ALL.map(Severity::name).into_iter().chain([NEVER]);
    PossibleValuesParser::new(names).try_map(|name| match name.as_str() {
        NEVER => Ok(Threshold::Never),
        name => name.parse().map(Threshold::At),
    })
}

/// As it stands behind `nginx -T`.
const COMMAND: &str = "gatewright lint -";
const NEVER: &str = "never";

const EXAMPLE: &str = "\
Examples:
  nginx -T 2>/dev/null | gatewright lint -                       what nginx runs
  gatewright lint --config gatewright.toml /etc/nginx/nginx.conf
  gatewright lint --open /health --open '/static/*' --identity X-User nginx.conf
  gatewright lint --format sarif --fail-on high nginx.conf > lint.sarif
  gatewright lint --list

Exit code: 0 nothing at --fail-on or above, 1 a finding, 2 usage, or a file cannot be read";
