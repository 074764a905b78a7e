//! Tests of what names mean and how variables reach closures.

use super::{Analysis, Binding, Environment, Escape, HashOrder, VariableId, analyze, string_hash};
use crate::codegen::Options;
use crate::syntax::{Dialect, parse_method};

struct Nothing;

impl Environment for Nothing {
    fn lookup(&self, name: &str) -> Option<Binding> {
        (name == "Global").then_some(Binding::Variable(VariableId(7)))
    }
}

fn analysis(source: &str) -> Analysis {
    analyze(&parse_method(source, Dialect::PHARO).method, &Nothing, &Options::PHARO_8)
}

fn escape(source: &str, name: &str) -> Escape {
    let analysis = analysis(source);
    analysis.locals.iter().find(|local| local.name == name).expect("the variable is declared").escape
}

#[test]
fn variables_escape_by_what_closures_see() {
    for (source, expected) in [
        ("x | t | t := 1. ^ t", Escape::No),
        ("x | t | t := 1. ^ [t]", Escape::Read),
        ("x | t | ^ [t := 1]", Escape::Write),
        ("x | t | self y: [t]. t := 1", Escape::Write),
        ("x | t | t := 1. true ifTrue: [t := 2]. ^ t", Escape::No),
        ("x | t | [self y] whileTrue: [t := 1. self z: [t]]", Escape::Write),
        ("x | t | t := 1. [self y] whileTrue: [self z: [t]]", Escape::Read),
        ("x ^ [:t | [t]]", Escape::Read),
    ] {
        assert_eq!(escape(source, "t"), expected, "{source}");
    }
}

#[test]
fn vectors_reach_the_closures_between() {
    let analysis = analysis("x | t | ^ [[t := 1]]");
    assert_eq!((analysis.scopes[0].vector.len(), analysis.scopes[0].locals.len()), (1, 0));
    assert!(analysis.scopes[1..].iter().all(|scope| scope.incoming.len() == 1));
    assert_eq!(analysis.slot_name(analysis.scopes[2].incoming[0]), "0vector0");
}

#[test]
fn hidden_variables_are_warned_of() {
    let analysis = analysis("x: t ^ [:t | t]");
    assert_eq!(analysis.diagnostics.len(), 1);
    assert_eq!(analysis.locals[1].shadows, 1);
}

#[test]
fn strings_hash_as_in_pharo() {
    assert_eq!(string_hash("", 13312), 13312);
    // (13312 + 97) * 1664525, in 28 bits.
    assert_eq!(string_hash("a", 13312), (13_409_u64 * 1_664_525 % (1 << 28)) as u32);
}

#[test]
fn hashed_collections_grow_as_in_pharo() {
    let mut order = HashOrder::default();
    [3, 1, 8, 6].into_iter().for_each(|number| order.add(number, number));
    assert_eq!(order.iter().copied().collect::<Vec<_>>(), [1, 6, 3, 8]);
    order.add(2, 2);
    assert_eq!(order.iter().copied().collect::<Vec<_>>(), [1, 2, 3, 6, 8]);
}
