//! The Node.js package: built, linted, type-checked, tested, soaked, installed as a user would.

use crate::command::{output, program, run, watch};
use crate::count::Count;
use crate::project::Project;

/// Installs the packages of everything that runs on Node.js, exactly as locked: the OpenID provider of the tests, what the package
/// is built and tested with, and the example services.
///
/// # Errors
/// If Node.js is missing or older than 20, or npm fails.
pub(crate) fn packages(project: &Project) -> Result<(), String> {
    let version = output(program("node", &["--version"])).ok_or("Node.js is missing: install version 20 or later, with npm")?;
    let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_none_or(|major| major < 20) {
        return Err(format!("Node.js {version} is too old: install version 20 or later, with npm"));
    }
    println!("Node.js {version}");
    for folder in ["tests/idp", "crates/node", "examples"] {
        run(program("npm", &["ci", "--no-audit", "--no-fund"]), &project.path(folder))?;
    }
    Ok(())
}

/// Builds the package.
///
/// # Errors
/// If it does not build, or what it says of its types is not what is committed.
pub(crate) fn build(project: &Project) -> Result<(), String> {
    let generated = ["crates/node/native.cjs", "crates/node/native.d.cts"];
    let committed = generated.map(|file| project.read(file));
    npm(project, "build:debug")?;
    for (file, committed) in generated.iter().zip(committed) {
        if project.read(file)? != committed? {
            return Err(format!("{file} is not what the build makes: commit the new one"));
        }
    }
    Ok(())
}

/// Asks the linter and the type checker.
///
/// # Errors
/// If one of them speaks.
pub(crate) fn lint(project: &Project) -> Result<(), String> {
    npm(project, "lint")?;
    npm(project, "types")
}

/// Runs the package's tests.
///
/// # Errors
/// If one fails.
pub(crate) fn test(project: &Project, count: &mut Count) -> Result<(), String> {
    tests(project, &["crates/node/test"], count)
}

/// Runs the example services, by themselves and behind nginx.
///
/// # Errors
/// If one fails.
pub(crate) fn examples(project: &Project, count: &mut Count) -> Result<(), String> {
    let folders = ["express", "fastify", "hono", "koa", "node-http"].map(|framework| format!("examples/{framework}"));
    tests(project, &folders.each_ref().map(String::as_str), count)
}

/// Eight threads decide while everything reloads.
///
/// # Errors
/// If an answer is wrong or memory grows.
pub(crate) fn soak(project: &Project, seconds: u64) -> Result<(), String> {
    run(program("node", &["soak.mjs", &seconds.to_string()]), &project.path("crates/node"))
}

/// Runs every `*.test.mjs` of the folders; older versions of Node.js take no patterns.
fn tests(project: &Project, folders: &[&str], count: &mut Count) -> Result<(), String> {
    let mut files = Vec::new();
    for folder in folders {
        files.extend(project.files(folder, "mjs")?.into_iter().filter(|file| file.ends_with(".test.mjs")));
    }
    let mut command = program("node", &["--test", "--test-reporter=tap"]);
    command.args(&files).env("GATEWRIGHT_BINARY", project.binary());
    let before = count.passed;
    watch(command, project.root(), |line| {
        if let Some(tests) = Count::from_tap(line) {
            *count += tests;
        }
    })?;
    if count.passed == before { Err("no test ran".to_owned()) } else { Ok(()) }
}

fn npm(project: &Project, script: &str) -> Result<(), String> {
    run(program("npm", &["run", script]), &project.path("crates/node"))
}
