//! Every step of `cargo xtask test`, in the order in which they run.

use crate::command::{cargo, run, watch};
use crate::count::Count;
use crate::project::Project;
use crate::{schema, setup};

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
        name: "nginx",
        about: "nginx is installed, for the tests with the real proxy",
        kind: Kind::Setup,
        run: |project, _| setup::nginx(project),
    },
    Step {
        name: "node",
        about: "the OpenID provider that the tests run is installed",
        kind: Kind::Setup,
        run: |project, _| setup::node_modules(project),
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
            run(cargo(&["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"]), project.root())
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

fn test(project: &Project, count: &mut Count) -> Result<(), String> {
    let mut command = cargo(&["test", "--locked", "--workspace", "--no-fail-fast"]);
    // The step `nginx` installed it: a test that does without has not tested anything.
    command.env("GATEWRIGHT_REQUIRE_NGINX", "1");
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
