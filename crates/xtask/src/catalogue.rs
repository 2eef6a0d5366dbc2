//! The linter, the rig and the prober over a catalogue of configurations of which it is known whether they are open: what they find,
//! and where they cry wolf.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fmt;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::command::{cargo, program, run, watch};
use crate::project::Project;

/// Runs all three over every configuration of `folder`, and prints what they say beside what is true.
///
/// # Errors
/// A configuration has no label or a label no configuration, something cannot be run, or the prober calls a closed one open.
pub(crate) fn measure(project: &Project, folder: &Path) -> Result<(), String> {
    let labels = folder.join(LABELS);
    let text = std::fs::read_to_string(&labels).map_err(|error| format!("{}: {error}", labels.display()))?;
    let labels = read_labels(&text).map_err(|error| format!("{}: {error}", labels.display()))?;
    same(&labels, &configurations(folder)?).map_err(|error| format!("{}: {error}", folder.display()))?;
    run(cargo(&["build", "--locked"]), project.root())?;
    let shown = show(project, folder, labels.keys())?;
    let mut tally = Tally::default();
    for (file, label) in &labels {
        let severities = lint(project, &folder.join(file))?;
        println!("{}", tally.take(file, label, &severities));
        println!("{}", tally.take_shown(label, shown.get(file).ok_or_else(|| format!("{file}: nothing was shown"))?));
    }
    println!("{tally}");
    if tally.probe_alarms > 0 {
        Err(format!("the prober calls {} closed configurations open", tally.probe_alarms))
    } else {
        Ok(())
    }
}

/// What nginx has shown of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Shown {
    rig: String,
    prober: String,
}

/// Has nginx run every configuration, with the rig and with the prober.
fn show<'f>(
    project: &Project,
    folder: &Path,
    files: impl Iterator<Item = &'f String>,
) -> Result<BTreeMap<String, Shown>, String> {
    let folder = folder.canonicalize().map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut command = cargo(&["run", "--quiet", "--locked", "--package", "gatewright-prove", "--example", "catalogue", "--"]);
    command.args(files.map(|file| folder.join(file)));
    let mut shown = BTreeMap::new();
    watch(command, project.root(), |line| {
        let cells: Vec<&str> = line.split('\t').collect();
        if let [file, rig, prober] = cells[..] {
            let name = Path::new(file).file_name().unwrap_or_default().to_string_lossy().into_owned();
            shown.insert(name, Shown { rig: rig.to_owned(), prober: prober.to_owned() });
        }
    })?;
    Ok(shown)
}

/// What is known of a configuration.
#[derive(Debug, PartialEq, Eq)]
struct Label {
    verdict: String,
    case: String,
}

/// Reads the labels; columns that are not known are left alone.
fn read_labels(text: &str) -> Result<BTreeMap<String, Label>, String> {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let head: Vec<&str> = lines.next().unwrap_or_default().split('\t').map(str::trim).collect();
    let column = |name| head.iter().position(|found| *found == name).ok_or_else(|| format!("the first line has no `{name}`"));
    let (file, verdict, case) = (column("file")?, column("verdict")?, column("case")?);
    let mut labels = BTreeMap::new();
    for line in lines {
        let cells: Vec<&str> = line.split('\t').map(str::trim).collect();
        let cell = |at: usize| cells.get(at).map(|cell| (*cell).to_owned()).ok_or_else(|| format!("too few columns: `{line}`"));
        let label = Label { verdict: cell(verdict)?, case: cell(case)? };
        if labels.insert(cell(file)?, label).is_some() {
            return Err(format!("`{}` stands twice", cell(file)?));
        }
    }
    Ok(labels)
}

/// The names of all configurations in a folder.
fn configurations(folder: &Path) -> Result<BTreeSet<String>, String> {
    let mut names = BTreeSet::new();
    let failed = |error| format!("{}: {error}", folder.display());
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        if Path::new(&name).extension() == Some(OsStr::new("conf")) {
            names.insert(name.to_string_lossy().into_owned());
        }
    }
    Ok(names)
}

fn same(labels: &BTreeMap<String, Label>, files: &BTreeSet<String>) -> Result<(), String> {
    let labelled: BTreeSet<String> = labels.keys().cloned().collect();
    let mut wrong: Vec<String> = files.difference(&labelled).map(|file| format!("`{file}` has no label")).collect();
    wrong.extend(labelled.difference(files).map(|file| format!("there is no file `{file}`")));
    if files.is_empty() {
        wrong.push("there is no configuration".to_owned());
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join(", ")) }
}

/// What the linter says of a file: each finding's severity and rule.
fn lint(project: &Project, file: &Path) -> Result<Vec<(Severity, String)>, String> {
    let mut command = program(project.binary(), &["lint", "--json", "--fail-on", "never"]);
    let failed = |error: &dyn fmt::Display| format!("{}: {error}", file.display());
    let output = command.arg(file).stdin(Stdio::null()).output().map_err(|error| failed(&error))?;
    if !output.status.success() {
        return Err(failed(&String::from_utf8_lossy(&output.stderr).trim()));
    }
    let answer: Value = serde_json::from_slice(&output.stdout).map_err(|error| failed(&error))?;
    let findings = answer["findings"].as_array().ok_or_else(|| failed(&"the answer has no findings"))?;
    let read = |finding: &Value| {
        let word = |name: &str| finding[name].as_str();
        let severity = SEVERITIES.iter().position(|name| Some(*name) == word("severity"));
        Some((Severity(severity?), word("lint")?.to_owned()))
    };
    findings.iter().map(read).collect::<Option<_>>().ok_or_else(|| failed(&"a finding has no rule or no severity"))
}

/// How bad, by the place among [`SEVERITIES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Severity(usize);

/// How many configurations there are of each kind, of how many the linter speaks aloud, and what was shown of them.
#[derive(Debug, Default)]
struct Tally {
    open: usize,
    found: usize,
    closed: usize,
    alarms: usize,
    /// Those that nginx accepts.
    run: usize,
    rig_right: usize,
    /// Those that are open, and not only spoofed.
    probed: usize,
    probe_found: usize,
    probe_alarms: usize,
}

impl Tally {
    /// Counts a file, and says how it went.
    fn take(&mut self, file: &str, label: &Label, findings: &[(Severity, String)]) -> String {
        let loud: BTreeSet<&str> =
            findings.iter().filter(|(severity, _)| *severity >= LOUD).map(|(_, lint)| lint.as_str()).collect();
        let mark = match (label.verdict.as_str(), loud.is_empty()) {
            ("open" | "spoofed", silent) => {
                self.open += 1;
                self.found += usize::from(!silent);
                if silent { "MISSED" } else { "" }
            }
            ("closed", silent) => {
                self.closed += 1;
                self.alarms += usize::from(!silent);
                if silent { "" } else { "FALSE ALARM" }
            }
            _ => "not counted",
        };
        let worst = findings.iter().map(|(severity, _)| *severity).max().map_or("-", |severity| SEVERITIES[severity.0]);
        let loud: Vec<&str> = loud.into_iter().collect();
        let line = format!("{:<8} {worst:<8} {mark:<11} {file}: {} [{}]", label.verdict, label.case, loud.join(", "));
        line.trim_end().to_owned()
    }

    /// Counts what was shown of a file, and says it.
    fn take_shown(&mut self, label: &Label, shown: &Shown) -> String {
        let verdict = label.verdict.as_str();
        let is_run = verdict != "rejected";
        let is_alarm = verdict == "closed" && ["open", "spoofed"].contains(&shown.prober.as_str());
        self.run += usize::from(is_run);
        self.rig_right += usize::from(is_run && shown.rig == verdict);
        self.probed += usize::from(verdict == "open");
        self.probe_found += usize::from(verdict == "open" && shown.prober == "open");
        self.probe_alarms += usize::from(is_alarm);
        let rig = if is_run && shown.rig != verdict { " WRONG" } else { "" };
        let prober = match verdict {
            "open" | "spoofed" if shown.prober != verdict => " MISSED",
            _ if is_alarm => " FALSE ALARM",
            _ => "",
        };
        format!("         rig: {}{rig}; probe: {}{prober}", shown.rig, shown.prober)
    }
}

impl fmt::Display for Tally {
    /// Writes the last line; programs look for it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { open, found, closed, alarms, run, rig_right, probed, probe_found, probe_alarms } = self;
        write!(formatter, "lint: found {found}/{open}, false alarms {alarms}/{closed}; rig: right {rig_right}/{run}; ")?;
        write!(formatter, "probe: found {probe_found}/{probed}")?;
        if *probe_alarms > 0 { write!(formatter, ", false alarms {probe_alarms}/{closed}") } else { Ok(()) }
    }
}

const LABELS: &str = "labels.tsv";
/// From the mildest to the worst.
const SEVERITIES: [&str; 5] = ["info", "low", "medium", "high", "critical"];
/// `high`: from here on a finding says that the configuration is open.
const LOUD: Severity = Severity(3);

#[cfg(test)]
mod tests {
    use super::*;

    fn label(verdict: &str) -> Label {
        Label { verdict: verdict.to_owned(), case: "a case".to_owned() }
    }

    #[test]
    fn labels_are_read_by_the_names_of_their_columns() {
        let labels = read_labels("file\tverdict\tnote\tcase\r\na.conf\topen\t\tsome case\r\n\nb.conf\tclosed\tx\ty\n").unwrap();
        assert_eq!(labels["a.conf"], Label { verdict: "open".to_owned(), case: "some case".to_owned() });
        assert_eq!(labels.len(), 2);
        for wrong in ["", "file\tverdict\n", "file\tverdict\tcase\na\topen\n", "file\tverdict\tcase\na\topen\t\na\topen\t\n"] {
            assert!(read_labels(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn file_without_a_label_and_label_without_a_file_are_errors() {
        let labels = read_labels("file\tverdict\tcase\na.conf\topen\tx\n").unwrap();
        assert_eq!(same(&labels, &["a.conf".to_owned()].into()), Ok(()));
        let error = same(&labels, &["b.conf".to_owned()].into()).unwrap_err();
        assert_eq!(error, "`b.conf` has no label, there is no file `a.conf`");
        assert!(same(&BTreeMap::new(), &BTreeSet::new()).is_err());
    }

    #[test]
    fn misses_and_false_alarms_are_counted_and_the_count_is_the_last_line() {
        let mut tally = Tally::default();
        let (high, medium) = (vec![(LOUD, "a".to_owned()), (LOUD, "a".to_owned())], vec![(Severity(2), "b".to_owned())]);
        assert_eq!(tally.take("1.conf", &label("open"), &high), "open     high                 1.conf: a case [a]");
        assert!(tally.take("2.conf", &label("spoofed"), &medium).contains("medium   MISSED "));
        assert!(tally.take("3.conf", &label("closed"), &high).contains("FALSE ALARM 3.conf"));
        assert!(tally.take("4.conf", &label("closed"), &[]).starts_with("closed   - "));
        assert!(tally.take("5.conf", &label("rejected"), &high).contains("not counted"));
        let shown = |rig: &str, prober: &str| Shown { rig: rig.to_owned(), prober: prober.to_owned() };
        assert_eq!(tally.take_shown(&label("open"), &shown("open", "closed")), "         rig: open; probe: closed MISSED");
        assert_eq!(tally.take_shown(&label("spoofed"), &shown("open", "spoofed")), "         rig: open WRONG; probe: spoofed");
        tally.take_shown(&label("rejected"), &shown("rejected", "rejected"));
        let line = "lint: found 1/2, false alarms 1/2; rig: right 1/2; probe: found 0/1";
        assert_eq!(tally.to_string(), line);
        assert!(tally.take_shown(&label("closed"), &shown("closed", "open")).ends_with("probe: open FALSE ALARM"));
        assert_eq!(tally.to_string(), line.replace("right 1/2", "right 2/3") + ", false alarms 1/2");
    }
}
