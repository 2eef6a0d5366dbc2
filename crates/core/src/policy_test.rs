//! Running the `[[test]]`s of the file: what the policy answers, and to whom.

use crate::authorizer::Authorizer;
use crate::config::{Config, PolicyTest, Position};
use crate::credential::{Presented, Verified};
use crate::decision::Decision;
use crate::request::Request;
use crate::time::UnixTime;
use crate::trace::Explanation;

/// How one `[[test]]` went.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestReport {
    /// The test's name.
    pub name: String,
    /// `None` if it passed; else what was expected and what came, one sentence.
    pub failure: Option<String>,
    /// How the policy came to its answer.
    pub explanation: Explanation,
    /// Where the test stands in its file.
    pub position: Option<Position>,
}

impl Authorizer {
    /// Runs the tests of a configuration at `now`, or at the time a test names.
    ///
    /// A test that says `as` is decided as if that identity had been verified; the others by what their headers hold.
    ///
    /// # Example
    /// ```
    /// use gatewright::{Authorizer, Config, UnixTime};
    /// let config = Config::from_toml(r#"
    ///     version = 1
    ///     [[rule]]
    ///     id = "health"
    ///     paths = ["/healthz"]
    ///     allow = "anyone"
    ///     [[test]]
    ///     name = "health is open"
    ///     request = "GET https://app.example.com/healthz"
    ///     expect = { status = 200, rule = "health" }
    /// "#)?;
    /// let reports = Authorizer::new(&config)?.run_tests(&config, UnixTime::from_secs(1_767_225_600));
    /// assert!(reports.iter().all(|report| report.failure.is_none()));
    /// # Ok::<(), gatewright::ConfigError>(())
    /// ```
    #[must_use]
    pub fn run_tests(&self, config: &Config, now: UnixTime) -> Vec<TestReport> {
        config.tests.iter().map(|test| self.run_test(test, now)).collect()
    }

    fn run_test(&self, test: &PolicyTest, now: UnixTime) -> TestReport {
        let mut request = Request::new(&test.method, &test.scheme, &test.host, &test.target, &test.headers);
        if let Some(client) = test.client {
            request = request.client(client);
        }
        let assumed = test.assumed.clone().map(|identity| Presented::Verified(Verified::assumed(identity)));
        let (decision, explanation) = self.rehearse(&request, test.now.unwrap_or(now), assumed);
        TestReport { name: test.name.clone(), failure: failure(test, &decision), explanation, position: test.position }
    }
}

fn failure(test: &PolicyTest, decision: &Decision) -> Option<String> {
    let expect = &test.expect;
    let mut differences = Vec::new();
    if let Some(status) = expect.status.filter(|status| *status != decision.status()) {
        differences.push(format!("status {status}, came {}", decision.status()));
    }
    if let Some(rule) = expect.rule.as_deref().filter(|rule| Some(*rule) != decision.rule()) {
        let came = decision.rule().map_or("no rule".to_owned(), |rule| format!("`{rule}`"));
        differences.push(format!("rule `{rule}`, came {came}"));
    }
    if let Some(code) = expect.code.as_deref().filter(|code| *code != decision.code()) {
        differences.push(format!("code `{code}`, came `{}`", decision.code()));
    }
    (!differences.is_empty()).then(|| format!("expected {}", differences.join("; expected ")))
}
