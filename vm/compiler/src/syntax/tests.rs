//! Tests of lexer, parser and printer together.

use super::{Dialect, Expression, ExpressionKind, Statement, parse_expression, parse_method, print_method};
use crate::literal::Literal;

fn printed(source: &str) -> String {
    let parsed = parse_method(source, Dialect::PHARO);
    let messages: Vec<String> = parsed.diagnostics.iter().map(|d| d.render("test", source).to_string()).collect();
    assert!(messages.is_empty(), "{}", messages.concat());
    print_method(&parsed.method)
}

fn expression<'s>(parsed: &'s super::Parsed<'_>) -> &'s Expression<'s> {
    match &parsed.method.body.statements[0] {
        Statement::Expression(value) | Statement::Return(value, _) => value,
    }
}

fn literal(source: &str) -> Literal {
    let parsed = parse_expression(source, Dialect::PHARO);
    assert!(parsed.diagnostics.is_empty(), "{source}: {:?}", parsed.diagnostics);
    match &expression(&parsed).kind {
        ExpressionKind::Literal(literal) => literal.clone(),
        other => panic!("{source}: {other:?}"),
    }
}

#[test]
fn what_is_printed_reads_the_same() {
    for source in [
        "foo ^ 1",
        "+ other ^ self - 1 - -1 - 3",
        "at: i put: v < primitive: 'f' module: 'M' error: ec > | a b | a := b := i. ^ a at: (i + 1) negated put: v; yourself; + 3",
        "do [ :x :y | | t | t := x. [ ^ t ] value ] value: 1 value: { 2. 3. { } }",
        "lits ^ #(foo #bar: baz:quux: $a 'it''s' (1 2.5 nil true #(x)) #[1 2 255] + #+ := . ^ a:= 16rFF -5)",
        "empty",
        "blocks ^ { []. [ :x ]. [ :x | ]. [ | a | ]. [ :x || a | a ] }",
        "<= other <foo> <bar: #baz qux: true> < + 3> ^ super <= other",
        "large ^ { 8.8e620. #(8.8e620 -8.8e620) }",
        "scaled ^ { 3.14s2. 1/2. 0.5s. 1.0e100. 100 factorial. $ . $'. #'a b'. #a:b:. 1e100 }",
    ] {
        let once = printed(source);
        assert_eq!(printed(&once), once, "of {source}");
    }
    assert_eq!(printed("large ^ #(8.8e620 -8.8e620)"), "large\n^ #(1.0e999 -1.0e999)");
}

#[test]
fn literals() {
    let symbol = |text: &str| Literal::Symbol(text.into());
    assert_eq!(literal("#foo:bar:"), symbol("foo:bar:"));
    assert_eq!(literal("##foo"), symbol("foo"));
    assert_eq!(literal("#+-"), symbol("+-"));
    assert_eq!(literal("#'hello world'"), symbol("hello world"));
    assert_eq!(literal("'it''s'"), Literal::String("it's".into()));
    assert_eq!(literal("$'"), Literal::Character(39));
    assert_eq!(literal("$é"), Literal::Character(233));
    assert_eq!(literal("#[1 16rFF]"), Literal::Bytes(vec![1, 255]));
    let expected = vec![
        symbol("a"),
        Literal::True,
        Literal::Nil,
        symbol("b:"),
        Literal::Array(vec![Literal::Integer(1)]),
        Literal::Integer(-2),
        symbol("-"),
    ];
    assert_eq!(literal("#(a true nil b: (1) -2 -)"), Literal::Array(expected));
    assert_eq!(literal("#(a:= b := )"), Literal::Array(vec![symbol("a:"), symbol("="), symbol("b"), symbol(":"), symbol("=")]));
}

#[test]
fn signs_and_operators() {
    assert_eq!(printed("foo ^ 3-2"), printed("foo ^ 3 - 2"));
    assert_eq!(printed("foo ^ a -1"), printed("foo ^ a - 1"));
    assert_eq!(printed("foo ^ a foo: -1"), "foo\n^ a foo: -1");
    assert_eq!(printed("foo ^ a abs -16r10 abs"), printed("foo ^ a abs - 16r10 abs"));
    let squeak = parse_expression("3+-2", Dialect::SQUEAK);
    assert!(squeak.diagnostics.is_empty());
    assert!(print_method(&squeak.method).contains("3 + -2"));
    for source in ["a _ 3", "a ← 3"] {
        assert_eq!(print_method(&parse_expression(source, Dialect::SQUEAK).method), "DoIt\n^ a := 3");
    }
}

#[test]
fn what_only_cuis_has() {
    let printed = |source: &str| {
        let parsed = parse_expression(source, Dialect::CUIS);
        assert!(parsed.diagnostics.is_empty(), "{source}: {:?}", parsed.diagnostics);
        print_method(&parsed.method)
    };
    assert_eq!(printed("a foo: 1 :: bar + 2 baz: 3"), printed("((a foo: 1) bar + 2) baz: 3"));
    assert_eq!(printed("a foo; bar :: baz; qux"), printed("(a foo; bar) baz; qux"));
    assert_eq!(printed("^ `Color gray` foo"), printed("^ (Color gray) foo"));
    assert!(!parse_expression("`3`", Dialect::SQUEAK).diagnostics.is_empty());
    assert!(!parse_expression("`3", Dialect::CUIS).diagnostics.is_empty());
}

/// Line, column and message of each error.
fn errors(source: &str) -> Vec<String> {
    let parsed = parse_method(source, Dialect::PHARO);
    let place = |d: &crate::diagnostic::Diagnostic| crate::source::position(source, d.span.start as usize);
    parsed.diagnostics.iter().map(|d| format!("{}:{} {}", place(d).line, place(d).column, d.message)).collect()
}

#[test]
fn errors_say_where_and_what() {
    assert_eq!(errors("foo ^ (3 + 4"), ["1:13 expected ) for the ( before, and the source ends"]);
    assert_eq!(
        errors("foo\n\t^ a at: .\n\t^ b +"),
        ["2:10 expected an expression, not .", "3:2 nothing can follow ^ here", "3:7 expected an expression, and the source ends"]
    );
    assert_eq!(errors("foo ^ 'abc"), ["1:7 this string has no end"]);
    assert_eq!(errors("foo \"abc"), ["1:5 this comment has no end"]);
    assert_eq!(errors("foo ^ a; b"), ["1:8 a cascade continues a message, and there is none before this"]);
    assert_eq!(errors("foo ^ #[1 256 a]"), ["1:11 a byte is from 0 to 255", "1:15 expected a byte, or ] behind the last, not a"]);
    assert_eq!(errors("foo: ^ 1"), ["1:6 expected the name of the argument, not ^"]);
    assert_eq!(errors("foo <primitive: 1 ^ 3"), ["1:19 expected > at the end of the pragma, not ^"]);
    assert_eq!(errors("foo ^ 3 ]. ^ 4"), ["1:9 expected the end of a statement or of the method, not ]"]);
    assert_eq!(errors("foo <callback: int (*)(int)> ^ 1"), ["1:6 callbacks from libraries cannot be compiled"]);
    assert_eq!(errors("foo ^ 99r1"), ["1:7 a radix is from 2 to 36, not 99"]);
}

#[test]
fn functions_of_libraries() {
    for source in [
        "foo: a\n\t<cdecl: long 'f' (long char* Point*) module: 'lib' error: ec >\n^ a",
        "foo\n\t<apicall: threaded void* 3 () >\n^ self",
        "foo\n\t<cdecl: int32 'it''s' (void* ... uint32) module: 'x' >\n^ self",
    ] {
        assert_eq!(printed(source), source);
    }
    assert_eq!(printed("foo <cdecl: void 'f' (void) module:'x'> ^ 1"), "foo\n\t<cdecl: void 'f' () module: 'x' >\n^ 1");
    assert_eq!(errors("foo <cdecl: 'f' (long)> ^ 1"), ["1:13 expected the type of what the function answers, not 'f'"]);
    assert_eq!(errors("foo <cdecl: long f (long)> ^ 1"), ["1:18 expected the name of the function, as a string, not f"]);
    assert_eq!(errors("foo <cdecl: long 'f' long> ^ 1"), ["1:22 expected ( before the types of the arguments, not long"]);
    assert_eq!(errors("foo <cdecl: long 'f' (long, long)> ^ 1"), ["1:27 expected the type of an argument, or ), not ,"]);
    assert_eq!(errors("foo <cdecl: long 'f' (char**)> ^ 1"), ["1:27 a pointer to a pointer is written void*"]);
    assert_eq!(errors("foo <cdecl: long 'f' (long) module: x> ^ 1"), ["1:37 expected the name of the library, as a string, not x"]);
}

#[test]
fn arrays_of_floats_are_of_cuis() {
    let in_cuis = |source: &str| {
        let parsed = parse_expression(source, Dialect::CUIS);
        let messages: Vec<String> = parsed.diagnostics.iter().map(|problem| problem.message.clone()).collect();
        (print_method(&parsed.method), messages)
    };
    assert_eq!(in_cuis("#[1.5 2 -0.25e2]").0, "DoIt\n^ #[1.5 2.0 -25.0]");
    assert_eq!(in_cuis("#(#[1.5] #[1])").0, "DoIt\n^ #(#[1.5] #[1])");
    assert_eq!(in_cuis("#[1 2.5]").1, ["an array of floats begins with a float"]);
    assert_eq!(in_cuis("#[1.5 256]").1, ["expected a float, or a whole number from 0 to 255"]);
    assert_eq!(in_cuis("#[1.5 ").1, ["this array of floats has no ]"]);
    assert_eq!(errors("foo ^ #[1.5]"), ["1:9 a byte is from 0 to 255"]);
}

#[test]
fn depth_has_limits() {
    let deep = format!("foo ^ {}1{}", "(".repeat(5000), ")".repeat(5000));
    assert_eq!(errors(&deep).len(), 1);
    let blocks = format!("foo {}", "[:x|".repeat(5000));
    assert!(!errors(&blocks).is_empty());
    let long = format!("foo ^ 1{}", " + 1".repeat(5000));
    assert_eq!(errors(&long)[0], "1:7 this expression is too long: split it");
    let assignments = format!("foo {}1", "a := ".repeat(5000));
    assert_eq!(errors(&assignments).len(), 1);
}

#[test]
fn long_chains_of_messages_are_printed_without_nesting() {
    for source in ["f ^ a b c + d e * f g: h i + j", "f ^ (a b: c) d + (e + f)"] {
        let parsed = parse_method(source, Dialect::SQUEAK);
        let printed = print_method(&parsed.method);
        assert_eq!(print_method(&parse_method(&printed, Dialect::SQUEAK).method), printed);
        assert!(!printed.contains("(("), "{printed}");
    }
    let chain = format!("f ^ a{}", " next".repeat(150));
    let printed = print_method(&parse_method(&chain, Dialect::SQUEAK).method);
    assert!(parse_method(&printed, Dialect::SQUEAK).diagnostics.is_empty(), "{printed}");
}
