//! A refusal of the gate does not end the request.

use super::super::{Finding, Intent, Lint, Severity};
use super::flow::Model;

pub(super) const LINT: Lint = Lint::new(
    "caddy-refusal-falls-through",
    Severity::Critical,
    "a request that the gate has refused goes on to the application",
);

pub(super) fn check(model: &Model<'_>, _: &Intent<'_>, findings: &mut Vec<Finding>) {
    for span in model.gates.iter().filter_map(|gate| gate.falls_through) {
        findings.push(LINT.at(
            span,
            "this `handle_response` is also for answers that are no success, and nothing in it answers: the request goes on as if the gate had said yes",
            "let `handle_response` match `status 2xx` alone, and end others with `respond`, `redir` or `copy_response`",
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{GOOD, flags, is_silent, with};
    use super::*;

    #[test]
    fn refusal_ends_the_request() {
        flags(&with("[2]", "[2, 401]"), &LINT, "[2, 401]");
        flags(&with("{ \"match\": { \"status_code\": [2] }, ", "{ "), &LINT, "{ \"routes\"");
        is_silent(GOOD, &LINT);
    }

    #[test]
    fn block_that_only_sets_headers_does_not_answer() {
        let block = |handler: &str| {
            with(
                "          \"handle_response\": [\n",
                &format!(
                    "          \"handle_response\": [\n            {{ \"match\": {{ \"status_code\": [401] }}, \"routes\": [{{ \"handle\": [{handler}] }}] }},\n"
                ),
            )
        };
        flags(&block("{ \"handler\": \"headers\", \"response\": { \"set\": { \"A\": [\"b\"] } } }"), &LINT, "[401]");
        is_silent(&block("{ \"handler\": \"static_response\", \"status_code\": 401 }"), &LINT);
    }

    #[test]
    fn earlier_block_may_have_answered() {
        let others = "            { \"match\": { \"status_code\": [1, 3, 4, 5] }, \"routes\": [{ \"handle\": [{ \"handler\": \"copy_response\" }] }] },\n";
        let text = with("          \"handle_response\": [\n", &format!("          \"handle_response\": [\n{others}"));
        is_silent(&text.replace("{ \"match\": { \"status_code\": [2] }, ", "{ "), &LINT);
    }
}
