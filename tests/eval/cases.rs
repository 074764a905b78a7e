//! The expressions of `expressions.txt`: what they answer, how they fail, and what is wrong with them.

use super::{LIMIT, Test, pharo};
use libtest_mimic::Failed;
use osvm_tests::{PHARO, run};
use serde_json::Value;

pub(super) const TESTS: &[Test] = &[
    (PHARO, "expressions in V3PlusClosures", || check("v3", "0")),
    (PHARO, "expressions in Sista V1", || check("sista", "0")),
    (PHARO, "expressions in Sista V1 under --gc-stress 500", || check("sista", "500")),
    ("", "there are 200 expressions with answers at least", || {
        let answered = cases().iter().filter(|case| case.expected.iter().any(|line| line.starts_with("> "))).count();
        super::expect(answered >= 200, "expressions with answers", answered)
    }),
];

const CASES: &str = include_str!("expressions.txt");

/// The name by which the file calls the kernel that lacks some messages.
const SYSTEM: &str = "- pharo8";

/// An expression, and the lines that it must come to.
#[derive(Debug, Default)]
struct Case {
    expression: String,
    expected: Vec<String>,
    /// A message that it needs is missing in this system.
    lacking: bool,
}

fn cases() -> Vec<Case> {
    let mut cases = vec![Case::default()];
    for line in CASES.lines() {
        let case = cases.last_mut().expect("there is one at least");
        if line.is_empty() && !case.expected.is_empty() {
            cases.push(Case::default());
        } else if line == SYSTEM {
            case.lacking = true;
        } else if ["> ", "! ", "? "].iter().any(|mark| line.starts_with(mark)) {
            case.expected.push(line.into());
        } else if !(line.starts_with("# ") || line.is_empty()) || !case.expression.is_empty() {
            case.expression += if case.expression.is_empty() { "" } else { "\n" };
            case.expression += line;
        }
    }
    cases.retain(|case| !case.expected.is_empty());
    cases
}

/// Runs all expressions in one process.
fn check(bytecodes: &str, gc_stress: &str) -> Result<(), Failed> {
    let (folder, cases) = (pharo()?, cases());
    let mut arguments =
        vec!["eval", "--image", PHARO, "--json", "--keep-going", "--bytecodes", bytecodes, "--gc-stress", gc_stress, "--"];
    arguments.extend(cases.iter().map(|case| case.expression.as_str()));
    let output = run(folder.path(), &arguments, LIMIT);
    let results: Result<Vec<Value>, _> = output.stdout_text().lines().map(serde_json::from_str).collect();
    let results = results?;
    if results.len() != cases.len() {
        return Err(format!("{} of {} were evaluated; {:?}", results.len(), cases.len(), output.stderr_text()).into());
    }
    let differences: Vec<String> = cases.iter().zip(&results).filter_map(|(case, result)| difference(case, result)).collect();
    if differences.is_empty() { Ok(()) } else { Err(differences.join("\n").into()) }
}

/// What is not as it should be.
fn difference(case: &Case, result: &Value) -> Option<String> {
    let found = lines(result);
    let lacks = found.first().is_some_and(|line| line.starts_with("! MessageNotUnderstood"));
    if if case.lacking { lacks } else { found == case.expected } {
        return None;
    }
    let expected = if case.lacking { "a message that is not understood".into() } else { case.expected.join("\n  ") };
    Some(format!("{}\nexpected:\n  {expected}\nfound:\n  {}", case.expression, found.join("\n  ")))
}

/// A result as the file writes it.
fn lines(result: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().replace('\r', "\n");
    let marked = |mark: &str, text: String| text.lines().map(|line| format!("{mark} {line}")).collect::<Vec<String>>();
    let error = &result["error"];
    let list = |key: &str| error[key].as_array().cloned().unwrap_or_default();
    if error.is_null() {
        return marked(">", text(&result["answer"]));
    }
    if error["kind"] == "syntax" {
        let line = |d: &Value| format!("? {}:{}: {}", d["line"], d["column"], text(&d["message"]));
        return list("diagnostics").iter().map(line).collect();
    }
    let mut lines = marked("!", text(&error["message"]));
    let own = list("stack").into_iter().filter(|frame| frame["line"].is_number());
    lines.extend(own.map(|frame| format!("! {} {}:{}", text(&frame["method"]), frame["line"], frame["column"])));
    lines
}
