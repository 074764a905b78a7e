//! The tests of an image, as SUnit knows them.

use osvm_core::TraceFilter;
use std::fmt;

/// Asks an image for its tests: class, selector, and `!` if the test is expected to fail, a line each.
pub const LIST: &str = "String streamContents: [ :out |
	(TestCase allSubclasses asSortedCollection: [ :a :b | a name <= b name ]) do: [ :class |
		class isAbstract ifFalse: [ | selectors |
			selectors := class shouldInheritSelectors ifTrue: [ class allTestSelectors ] ifFalse: [ class testSelectors ].
			(selectors asSortedCollection: [ :a :b | a <= b ]) do: [ :selector |
				out nextPutAll: class name; nextPutAll: ' '; nextPutAll: selector.
				([ (class selector: selector) expectedFailures includes: selector ] on: Error do: [ :error | false ])
					ifTrue: [ out nextPutAll: ' !' ].
				out nextPut: Character cr ] ] ] ]";

/// How the message of an assertion that does not hold begins.
pub const FAILURE: &str = "osvm test failure: ";
/// How the message of a test begins that is not for here.
pub const SKIP: &str = "osvm test skip: ";

/// A test.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Test {
    /// Its class.
    pub class: String,
    /// Its method.
    pub selector: String,
    /// It is expected to fail.
    pub fails: bool,
}

impl Test {
    /// What runs it, with the resources that it needs. What SUnit signals becomes an error, before the stack is unwound: its own exceptions
    /// would open a debugger.
    pub fn source(&self) -> String {
        let Test { class, selector, .. } = self;
        format!(
            "| test failure skip |
test := {class} selector: #{selector}.
failure := TestResult failure.
skip := (TestResult respondsTo: #skip) ifTrue: [ TestResult skip ] ifFalse: [ failure ].
[ [ [ test runCase ]
	on: failure do: [ :signal | Error new signal: '{FAILURE}', signal description ] ]
	on: skip do: [ :signal | Error new signal: '{SKIP}', signal description ] ]
	ensure: [ test resources do: [ :each | each reset ] ].
nil"
        )
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}>>{}", self.class, self.selector)
    }
}

/// The tests in what the image has answered.
pub fn parse(text: &str, pattern: Option<&TraceFilter>) -> Vec<Test> {
    let lines = text.split(['\r', '\n']).filter_map(|line| {
        let mut words = line.split(' ');
        let (class, selector) = (words.next()?.to_string(), words.next()?.to_string());
        Some(Test { class, selector, fails: words.next() == Some("!") })
    });
    lines.filter(|test| pattern.is_none_or(|pattern| pattern.accepts(&test.class, &test.selector, &[]))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_image_lists() {
        let text = "ATest testA\rATest testB !\rBTest testA\r";
        let names = |pattern: Option<&str>| -> Vec<String> {
            let pattern = pattern.map(|pattern| pattern.parse().unwrap());
            parse(text, pattern.as_ref()).iter().map(ToString::to_string).collect()
        };
        assert_eq!(names(None), ["ATest>>testA", "ATest>>testB", "BTest>>testA"]);
        assert_eq!(names(Some("ATest")), ["ATest>>testA", "ATest>>testB"]);
        assert_eq!(names(Some("*>>testA")), ["ATest>>testA", "BTest>>testA"]);
        assert!(parse(text, None)[1].fails && !parse(text, None)[0].fails);
        assert!(parse("", None).is_empty());
    }
}
