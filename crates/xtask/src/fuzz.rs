//! `cargo xtask fuzz`: builds the fuzz targets once and runs each for a while.
//!
//! Each run begins with an empty corpus, so that it shows what a target finds by itself, unless `--seeds` hands it the corpus that is
//! committed. What a fuzzer learns goes to a folder under `fuzz/target`, never into the tree; what it finds is in `fuzz/artifacts`.
//! No sanitizer: the code is safe Rust, and the compiler is the stable one.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::command::{cargo, output, run};
use crate::project::Project;
use crate::setup;

/// What is run, and for how long.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fuzz {
    seconds: u64,
    seeds: bool,
    /// All of them if empty.
    targets: Vec<String>,
}

/// How the run of one target ended.
#[derive(Debug, Default, PartialEq, Eq)]
struct Run {
    runs: u64,
    time: Duration,
    /// Inputs that reached something new.
    units: u64,
    /// Combinations of edges and their counts that were reached.
    features: u64,
    /// The input that a target gave up on.
    artifact: Option<String>,
    failed: bool,
}

impl Fuzz {
    /// Reads the arguments after `fuzz`.
    ///
    /// # Errors
    /// An option that does not exist, or a number that is none.
    pub(crate) fn parse(arguments: &[&str]) -> Result<Self, String> {
        let mut fuzz = Self { seconds: 60, seeds: false, targets: Vec::new() };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            match *argument {
                "--seeds" => fuzz.seeds = true,
                "--seconds" => {
                    let number = rest.next().and_then(|number| number.parse().ok()).filter(|seconds| *seconds > 0);
                    fuzz.seconds = number.ok_or("`--seconds` takes a number above zero")?;
                }
                option if option.starts_with('-') => {
                    return Err(format!("no option `{option}`; write `cargo xtask fuzz [--seconds N] [--seeds] [TARGET…]`"));
                }
                target => fuzz.targets.push(target.to_owned()),
            }
        }
        Ok(fuzz)
    }

    /// Runs the targets one after the other, also after one has found something.
    ///
    /// # Errors
    /// Something was found, or the fuzzer cannot be built.
    pub(crate) fn run(&self, project: &Project) -> Result<(), String> {
        let known = known_targets(project)?;
        if let Some(target) = self.targets.iter().find(|target| !known.contains(*target)) {
            return Err(format!("no target `{target}`; there are {}", known.iter().cloned().collect::<Vec<_>>().join(", ")));
        }
        setup::cargo_tool(project, "fuzz", "cargo-fuzz", CARGO_FUZZ)?;
        let mut build = cargo(&["fuzz", "build", "--sanitizer", "none", "--target-dir"]);
        build.arg(project.path("fuzz/target"));
        if let [target] = self.targets.as_slice() {
            build.arg(target);
        }
        run(build, project.root())?;
        println!(
            "\n{:<18} {:>10} {:>8} {:>8} {:>9} {:>9}  verdict",
            "target", "runs", "seconds", "runs/s", "new units", "features"
        );
        let mut found = 0;
        for target in known.iter().filter(|target| self.targets.is_empty() || self.targets.contains(target)) {
            let run = self.run_one(target, project)?;
            found += usize::from(run.failed);
            println!("{target:<18} {run}");
        }
        if found == 0 {
            Ok(())
        } else {
            Err(format!("{found} of the targets found something; run it again with `cargo test -p fuzzing`"))
        }
    }

    fn run_one(&self, target: &str, project: &Project) -> Result<Run, String> {
        let learned = project.path("fuzz/target/corpus").join(target);
        let artifacts = project.path("fuzz/artifacts").join(target);
        let _ = fs::remove_dir_all(&learned); // what an earlier run left
        for folder in [&learned, &artifacts] {
            fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        let mut fuzzer = Command::new(binary(project, target)?);
        fuzzer.arg(format!("-max_total_time={}", self.seconds));
        fuzzer.args(["-rss_limit_mb=2048", "-timeout=10", "-print_final_stats=1", "-len_control=20"]);
        fuzzer.arg(format!("-artifact_prefix={}/", artifacts.display()));
        let dictionary = project.path("fuzz/dictionaries").join(format!("{target}.txt"));
        if dictionary.exists() {
            fuzzer.arg(format!("-dict={}", dictionary.display()));
        }
        fuzzer.arg(&learned);
        let seeds = project.path("fuzz/corpus").join(target);
        if self.seeds && seeds.exists() {
            fuzzer.arg(seeds);
        }
        let started = Instant::now();
        let ended = fuzzer.stdin(Stdio::null()).output().map_err(|error| format!("{target} cannot be started: {error}"))?;
        let log = String::from_utf8_lossy(&ended.stderr);
        let run = Run::from_log(&log, ended.status.success(), started.elapsed());
        if run.failed {
            println!("{}", panic_message(&log));
        }
        Ok(run)
    }
}

impl Run {
    /// Reads what libFuzzer prints.
    fn from_log(log: &str, succeeded: bool, time: Duration) -> Self {
        let statistic = |name: &str| {
            let line = log.lines().rev().find_map(|line| line.strip_prefix(&format!("stat::{name}:")));
            line.and_then(|number| number.trim().parse().ok()).unwrap_or_default()
        };
        let features = log.lines().filter_map(|line| line.split_once(" ft: ")?.1.split(' ').next()?.parse().ok()).max();
        let artifact = log.lines().find_map(|line| line.split_once("Test unit written to ")).map(|(_, path)| path.to_owned());
        Self {
            runs: statistic("number_of_executed_units"),
            time,
            units: statistic("new_units_added"),
            features: features.unwrap_or_default(),
            failed: !succeeded || artifact.is_some(),
            artifact,
        }
    }
}

impl fmt::Display for Run {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = self.time.as_millis().max(1);
        let speed = u128::from(self.runs) * 1_000 / milliseconds;
        let seconds = self.time.as_secs_f64();
        write!(formatter, "{:>10} {seconds:>8.1} {speed:>8} {:>9} {:>9}  ", self.runs, self.units, self.features)?;
        match (&self.artifact, self.failed) {
            (Some(artifact), _) => write!(formatter, "FOUND {artifact}"),
            (None, true) => formatter.write_str("FAILED"),
            (None, false) => formatter.write_str("nothing found"),
        }
    }
}

/// Lists the targets by their files.
fn known_targets(project: &Project) -> Result<BTreeSet<String>, String> {
    let files = project.files("fuzz/fuzz_targets", "rs")?;
    Ok(files.iter().filter_map(|file| Some(Path::new(file).file_stem()?.to_str()?.to_owned())).collect())
}

/// Finds what was built; cargo-fuzz always names the platform.
fn binary(project: &Project, target: &str) -> Result<PathBuf, String> {
    let platform = output(cargo(&["--version", "--verbose"])).unwrap_or_default();
    let host = platform.lines().find_map(|line| line.strip_prefix("host: ")).ok_or("cargo does not name its platform")?;
    Ok(project.path("fuzz/target").join(host).join("release").join(target))
}

/// Returns the panic and the lines that follow it, up to the stack.
fn panic_message(log: &str) -> String {
    let from = log.lines().skip_while(|line| !line.contains("panicked at"));
    from.take_while(|line| !line.starts_with("stack backtrace") && !line.starts_with("note:"))
        .take(40)
        .collect::<Vec<_>>()
        .join("\n")
}

/// The version that this was written with.
const CARGO_FUZZ: &str = "0.13.2";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_options_and_targets() {
        let parsed = Fuzz::parse(&["--seconds", "5", "path", "--seeds", "host"]);
        let targets = vec!["path".to_owned(), "host".to_owned()];
        assert_eq!(parsed, Ok(Fuzz { seconds: 5, seeds: true, targets }));
        for wrong in [&["--seconds"][..], &["--seconds", "0"], &["--fast"]] {
            assert!(Fuzz::parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn the_fuzzer_is_understood() {
        let log = "#8\tNEW    cov: 9 ft: 12 corp: 2/3b\n#900\tDONE   cov: 9 ft: 34 corp: 5/9b lim: 4\n\
                   stat::number_of_executed_units: 900\nstat::new_units_added:         7\n";
        let run = Run::from_log(log, true, Duration::from_secs(3));
        assert_eq!(run, Run { runs: 900, time: Duration::from_secs(3), units: 7, features: 34, artifact: None, failed: false });
        let log = "==1== ERROR: libFuzzer: deadly signal\nartifact_prefix='a/'; Test unit written to a/crash-1\n";
        let run = Run::from_log(log, false, Duration::ZERO);
        assert_eq!((run.artifact.as_deref(), run.failed), (Some("a/crash-1"), true));
    }
}
