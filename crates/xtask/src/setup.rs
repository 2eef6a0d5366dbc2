//! Installing what the tests need and the machine lacks.

use std::fs;
use std::path::Path;

use crate::command::{cargo, output, program, run};
use crate::project::Project;

/// Makes sure that an nginx with the auth_request module is there, without ever starting the distribution's service.
///
/// # Errors
/// If it is missing and cannot be installed, with what to do.
pub(crate) fn nginx(project: &Project) -> Result<(), String> {
    if installed_nginx().is_none() {
        if output(program("id", &["-u"])).as_deref() != Some("0") || output(program("apt-get", &["--version"])).is_none() {
            return Err("nginx is missing: install it (for instance `sudo apt-get install --no-install-recommends nginx`)".into());
        }
        install_nginx(project)?;
    }
    let build = installed_nginx().ok_or("nginx is missing although its package is installed")?;
    if !build.contains("--with-http_auth_request_module") {
        return Err("this nginx was built without the auth_request module: install another one".into());
    }
    println!("{}", build.lines().next().unwrap_or_default());
    Ok(())
}

/// Makes sure that `cargo deny` works.
///
/// # Errors
/// If it cannot be built.
pub(crate) fn cargo_deny(project: &Project) -> Result<(), String> {
    if let Some(version) = output(cargo(&["deny", "--version"])) {
        println!("{version}");
        return Ok(());
    }
    run(cargo(&["install", "--locked", "cargo-deny"]), project.root())
}

/// Makes sure that `cargo <command>` works, of whatever version is there, else of this one.
///
/// # Errors
/// If it cannot be built.
pub(crate) fn cargo_tool(project: &Project, command: &str, package: &str, version: &str) -> Result<(), String> {
    if let Some(version) = output(cargo(&[command, "--version"])) {
        println!("{version}");
        return Ok(());
    }
    run(cargo(&["install", "--locked", package, "--version", version]), project.root())
}

/// Returns what `nginx -V` says; it lives outside of an ordinary user's path on many systems.
fn installed_nginx() -> Option<String> {
    ["nginx", "/usr/sbin/nginx", "/usr/local/sbin/nginx"].iter().find_map(|path| output(program(path, &["-V"])))
}

fn install_nginx(project: &Project) -> Result<(), String> {
    let _held = ServicesHeld::hold()?;
    run(program("apt-get", &["update"]), project.root())?;
    let mut install = program("apt-get", &["install", "-y", "--no-install-recommends", "nginx"]);
    install.env("DEBIAN_FRONTEND", "noninteractive");
    run(install, project.root())
}

/// While this lives, installing a Debian package starts no service.
///
/// Debian asks the program `policy-rc.d` before it starts one; 101 means no. A machine that has such a program keeps its own.
#[derive(Debug)]
struct ServicesHeld {
    ours: bool,
}

impl ServicesHeld {
    fn hold() -> Result<Self, String> {
        if Path::new(POLICY).exists() {
            return Ok(Self { ours: false });
        }
        write_executable(Path::new(POLICY), "#!/bin/sh\nexit 101\n").map_err(|error| format!("{POLICY}: {error}"))?;
        Ok(Self { ours: true })
    }
}

impl Drop for ServicesHeld {
    fn drop(&mut self) {
        if self.ours
            && let Err(error) = fs::remove_file(POLICY)
        {
            eprintln!("{POLICY} stays behind ({error}): remove it, it keeps services from starting");
        }
    }
}

#[cfg(unix)]
fn write_executable(path: &Path, text: &str) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;

    fs::write(path, text)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn write_executable(path: &Path, text: &str) -> std::io::Result<()> {
    fs::write(path, text)
}

const POLICY: &str = "/usr/sbin/policy-rc.d";
