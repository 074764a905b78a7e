//! Results as XML in the form that JUnit's reports have, which build servers read.

use super::outcome::{Outcome, Ran, Summary};
use super::suite::Test;
use osvm_host::replace_file;
use std::fmt::Write as _;
use std::io;
use std::path::Path;

/// Fails if the file's folder is not there, which need not wait for the tests.
pub fn check(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.map_or(Ok(()), |folder| folder.read_dir().map(drop))
}

/// Writes the file.
pub fn write(path: &Path, results: &[(Test, Ran)], summary: &Summary) -> io::Result<()> {
    replace_file(path, &mut |out| out.write_all(document(results, summary).as_bytes()))
}

/// A suite for each class.
fn document(results: &[(Test, Ran)], summary: &Summary) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    open(&mut xml, "testsuites", "osvm", summary);
    for suite in results.chunk_by(|(a, _), (b, _)| a.class == b.class) {
        let time = suite.iter().map(|(_, ran)| ran.time).sum();
        open(&mut xml, "testsuite", &suite[0].0.class, &Summary::of(suite, time));
        suite.iter().for_each(|(test, ran)| case(&mut xml, test, ran));
        xml.push_str("</testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn open(xml: &mut String, tag: &str, name: &str, summary: &Summary) {
    let Summary { run, failed, errors, timed_out, skipped, time, .. } = summary;
    let name = escaped(name);
    let skipped = if tag == "testsuite" { format!(" skipped=\"{skipped}\"") } else { String::new() };
    // Writing to a string cannot fail.
    let _ = writeln!(
        xml,
        "<{tag} name=\"{name}\" tests=\"{run}\" failures=\"{failed}\" errors=\"{}\"{skipped} time=\"{:.3}\">",
        errors + timed_out,
        time.as_secs_f64()
    );
}

fn case(xml: &mut String, test: &Test, ran: &Ran) {
    let (class, name) = (escaped(&test.class), escaped(&test.selector));
    let _ = write!(xml, "<testcase classname=\"{class}\" name=\"{name}\" time=\"{:.3}\"", ran.time.as_secs_f64());
    let (tag, message, details) = match &ran.outcome {
        Outcome::Passed | Outcome::ExpectedFailure => return xml.push_str("/>\n"),
        Outcome::Skipped(why) => ("skipped", why.as_str(), ""),
        Outcome::Failed(message, stack) => ("failure", message.as_str(), stack.as_str()),
        Outcome::UnexpectedPass => ("failure", "it passed, and its class says that it fails", ""),
        Outcome::Error(message, stack) | Outcome::TimedOut(message, stack) => ("error", message.as_str(), stack.as_str()),
        Outcome::Interrupted => ("error", "interrupted", ""),
    };
    let _ = writeln!(xml, ">\n<{tag} message=\"{}\">{}</{tag}>\n</testcase>", escaped(message), escaped(details));
}

/// A text as XML has it; characters that XML cannot have are replaced.
fn escaped(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => result.push_str("&amp;"),
            '<' => result.push_str("&lt;"),
            '>' => result.push_str("&gt;"),
            '"' => result.push_str("&quot;"),
            '\'' => result.push_str("&apos;"),
            '\n' | '\t' => result.push(c),
            c if c < ' ' || matches!(c, '\u{FFFE}' | '\u{FFFF}') => result.push(char::REPLACEMENT_CHARACTER),
            c => result.push(c),
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn results_as_xml() {
        let test = |class: &str, selector: &str| Test { class: class.into(), selector: selector.into(), fails: false };
        let ran = |outcome| Ran { outcome, time: Duration::from_millis(5) };
        let results = vec![
            (test("A", "testX"), ran(Outcome::Passed)),
            (test("A", "testY"), ran(Outcome::Failed("a < b & \"c\"\u{1b}".into(), "  A>>testY\n".into()))),
            (test("B", "testZ"), ran(Outcome::Skipped("not here".into()))),
        ];
        let summary = Summary::of(&results, Duration::from_millis(20));
        let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<testsuites name=\"osvm\" tests=\"3\" failures=\"1\" errors=\"0\" time=\"0.020\">
<testsuite name=\"A\" tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"0\" time=\"0.010\">
<testcase classname=\"A\" name=\"testX\" time=\"0.005\"/>
<testcase classname=\"A\" name=\"testY\" time=\"0.005\">
<failure message=\"a &lt; b &amp; &quot;c&quot;\u{FFFD}\">  A&gt;&gt;testY\n</failure>
</testcase>
</testsuite>
<testsuite name=\"B\" tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"1\" time=\"0.005\">
<testcase classname=\"B\" name=\"testZ\" time=\"0.005\">
<skipped message=\"not here\"></skipped>
</testcase>
</testsuite>
</testsuites>
";
        assert_eq!(document(&results, &summary), expected);
    }
}
