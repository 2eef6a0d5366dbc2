//! `cargo xtask …`: sets up what the tests need, runs all of them, measures, and fuzzes.

mod catalogue;
mod command;
mod count;
mod fuzz;
mod node;
mod project;
mod python;
mod report;
mod sbom;
mod schema;
mod setup;
mod steps;

use std::process::ExitCode;

use fuzz::Fuzz;
use project::Project;
use report::Report;
use steps::{Kind, STEPS, Step};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let chosen = match arguments.as_slice() {
        ["test"] => Ok(STEPS.iter().collect()),
        ["test", "--only", names @ ..] if !names.is_empty() => named(names),
        ["catalogue", folder] => return done(Project::find().and_then(|project| catalogue::measure(&project, folder.as_ref()))),
        ["sbom"] => return done(Project::find().and_then(|project| sbom::write(&project))),
        ["soak", seconds] => return done(Project::find().and_then(|project| soak(&project, seconds))),
        ["setup"] => Ok(STEPS.iter().filter(|step| step.kind == Kind::Setup).collect()),
        ["fuzz", arguments @ ..] => return fuzz(arguments),
        [] | ["help" | "--help" | "-h"] => {
            println!("{}", usage());
            return ExitCode::SUCCESS;
        }
        _ => Err(usage()),
    };
    match chosen.and_then(|steps| Ok((steps, Project::find()?))) {
        Ok((steps, project)) => run(&steps, &project),
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

/// Lets threads decide in Python and in Node.js for so many seconds while keys and policy reload.
fn soak(project: &Project, seconds: &str) -> Result<(), String> {
    let seconds = seconds.parse().map_err(|_| format!("`{seconds}` is no number of seconds"))?;
    python::soak(project, seconds)?;
    node::soak(project, seconds)
}

fn done(result: Result<(), String>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// Runs every step, also after a failure, so that one run shows all that is wrong.
fn run(steps: &[&Step], project: &Project) -> ExitCode {
    let mut report = Report::default();
    for step in steps {
        println!("\n==> {}: {}", step.name, step.about);
        report.run(step, project);
    }
    print!("{report}");
    if report.failed() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn fuzz(arguments: &[&str]) -> ExitCode {
    match Fuzz::parse(arguments).and_then(|fuzz| Ok((fuzz, Project::find()?))) {
        Ok((fuzz, project)) => done(fuzz.run(&project)),
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

fn named(names: &[&str]) -> Result<Vec<&'static Step>, String> {
    names
        .iter()
        .map(|name| STEPS.iter().find(|step| step.name == *name).ok_or_else(|| format!("no step `{name}`\n\n{}", usage())))
        .collect()
}

fn usage() -> String {
    let steps: Vec<String> = STEPS.iter().map(|step| format!("  {:<8} {}", step.name, step.about)).collect();
    format!(
        "cargo xtask test                 set up and run everything\n\
         cargo xtask test --only STEP…    only these steps\n\
         cargo xtask setup                only what has to be installed\n\
         cargo xtask catalogue DIR        lint every configuration of a folder, and count what is found against its labels.tsv\n\
         cargo xtask sbom                 write what the binary is made of (CycloneDX)\n\
         cargo xtask soak SECONDS         threads decide in Python and Node.js while everything reloads, after `cargo xtask test`\n\
         cargo xtask fuzz [--seconds N] [--seeds] [TARGET…]\n\
         \x20                                run the fuzz targets, a minute each, from nothing or from fuzz/corpus\n\n\
         Steps:\n{}",
        steps.join("\n")
    )
}
