//! Every step of `cargo xtask test`, in the order in which they run.

use crate::catalogue;
use crate::command::{cargo, run, watch};
use crate::count::Count;
use crate::project::Project;
use crate::{node, python, schema, setup};

/// One thing that is set up or checked.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) kind: Kind,
    /// Runs it, adding the tests it ran to the count; the error says what is wrong.
    pub(crate) run: fn(&Project, &mut Count) -> Result<(), String>,
}

/// What a step is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Installs what is missing.
    Setup,
    /// Checks the tree.
    Check,
}

/// All steps; what is cheap and often wrong comes early.
pub(crate) const STEPS: &[Step] = &[
    Step {
        name: "proxies",
        about: "nginx, Apache httpd, HAProxy, Caddy, Envoy and Traefik are installed for the tests with real proxies, Chromium for pages",
        kind: Kind::Setup,
        run: |project, _| setup::proxies(project),
    },
    Step {
        name: "node",
        about: "Node.js, and the packages of the bindings, the examples and the OpenID provider, are installed",
        kind: Kind::Setup,
        run: |project, _| node::packages(project),
    },
    Step {
        name: "python",
        about: "Python, and an environment with what its tests need, are installed",
        kind: Kind::Setup,
        run: |project, _| python::environment(project),
    },
    Step { name: "tools", about: "cargo-deny is installed", kind: Kind::Setup, run: |project, _| setup::cargo_deny(project) },
    Step {
        name: "fmt",
        about: "the sources are formatted",
        kind: Kind::Check,
        run: |project, _| run(cargo(&["fmt", "--all", "--check"]), project.root()),
    },
    Step {
        name: "schemas",
        about: "the schemas hold for the vectors and for the annotated policy file",
        kind: Kind::Check,
        run: |project, _| schema::check(project),
    },
    Step {
        name: "clippy",
        about: "no lint of the compiler or of clippy speaks",
        kind: Kind::Check,
        run: |project, _| {
            let node = "gatewright-node"; // compiled as a test it exports nothing, so that all of it would be unused
            let all = ["clippy", "--locked", "--workspace", "--exclude", node, "--all-targets", "--", "-D", "warnings"];
            run(cargo(&all), project.root())?;
            run(cargo(&["clippy", "--locked", "--package", node, "--", "-D", "warnings"]), project.root())
        },
    },
    Step {
        name: "build",
        about: "the binary builds",
        kind: Kind::Check,
        run: |project, _| run(cargo(&["build", "--locked"]), project.root()),
    },
    Step { name: "test", about: "unit, integration and documentation tests", kind: Kind::Check, run: test },
    Step {
        name: "catalogue",
        about: "`cargo xtask catalogue` counts what the linter, the rig and the prober say of the configurations of the tests",
        kind: Kind::Check,
        run: |project, _| catalogue::measure(project, &project.root().join("crates/prove/tests/linter/catalogue")),
    },
    Step { name: "py-build", about: "the Python module builds", kind: Kind::Check, run: |project, _| python::build(project) },
    Step {
        name: "py-lint",
        about: "ruff, pyright and mypy do not speak; the stubs say what the module has",
        kind: Kind::Check,
        run: |project, _| python::lint(project),
    },
    Step { name: "py-test", about: "the Python package's tests, all vectors among them", kind: Kind::Check, run: python::test },
    Step {
        name: "py-soak",
        about: "threads decide in Python while keys and policy reload",
        kind: Kind::Check,
        run: |project, _| python::soak(project, SOAK_SECONDS),
    },
    Step {
        name: "py-fresh",
        about: "a fresh environment installs the Python package, and its README runs",
        kind: Kind::Check,
        run: python::package,
    },
    Step {
        name: "js-build",
        about: "the Node.js package builds, with the types that are committed",
        kind: Kind::Check,
        run: |project, _| node::build(project),
    },
    Step { name: "js-lint", about: "eslint and tsc do not speak", kind: Kind::Check, run: |project, _| node::lint(project) },
    Step { name: "js-test", about: "the Node.js package's tests, all vectors among them", kind: Kind::Check, run: node::test },
    Step {
        name: "js-soak",
        about: "worker threads decide in Node.js while keys and policy reload",
        kind: Kind::Check,
        run: |project, _| node::soak(project, SOAK_SECONDS),
    },
    Step {
        name: "examples",
        about: "the example services answer as the proxy before them does",
        kind: Kind::Check,
        run: |project, count| {
            python::examples(project, count)?;
            node::examples(project, count)
        },
    },
    Step {
        name: "doc",
        about: "the documentation builds without a warning",
        kind: Kind::Check,
        run: |project, _| {
            // `--lib`: the binary and the core are both called `gatewright` and would overwrite each other's pages.
            let mut command = cargo(&["doc", "--locked", "--workspace", "--no-deps", "--lib"]);
            command.env("RUSTDOCFLAGS", "-D warnings");
            run(command, project.root())
        },
    },
    Step { name: "deny", about: "dependencies: bans, licences, sources", kind: Kind::Check, run: deny },
];

/// How long the soaks run here; `cargo xtask soak` runs them longer.
const SOAK_SECONDS: u64 = 8;

fn test(project: &Project, count: &mut Count) -> Result<(), String> {
    let mut command = cargo(&["test", "--locked", "--workspace", "--no-fail-fast"]);
    // The step `proxies` installed them: a test that does without has not tested anything.
    command.env("GATEWRIGHT_REQUIRE_PROXIES", "1");
    watch(command, project.root(), |line| {
        if let Some(tests) = Count::from_line(line) {
            *count += tests;
        }
    })?;
    if count.passed == 0 { Err("no test ran".to_owned()) } else { Ok(()) }
}

fn deny(project: &Project, _: &mut Count) -> Result<(), String> {
    // The licences of dependencies that only other platforms use are checked too, so their sources must be here.
    run(cargo(&["fetch", "--locked", "--quiet"]), project.root())?;
    run(cargo(&["deny", "--offline", "check", "bans", "licenses", "sources"]), project.root())
}
