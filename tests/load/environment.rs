//! Images whose globals are in an Environment, as in Squeak: one is made of the built-in image, whose SystemDictionary then has nothing that
//! is loaded later.

use super::Case;
use super::support::{NEW, Place, has};
use libtest_mimic::Failed;
use std::fs;

pub const CASES: &[Case] =
    &[("an Environment with bindings as values", values), ("an Environment with bindings as associations", associations)];

/// The classes of an Environment, and how one with all globals is made; `%s` enters an association in its bindings.
const ENVIRONMENT: &str = "\
Object subclass: #Environment instanceVariableNames: 'info imports declarations bindings undeclared' classVariableNames: '' package: 'E'!
Object subclass: #SmalltalkImage instanceVariableNames: 'globals' classVariableNames: '' package: 'E'!
!Environment methodsFor: 'x'!
fillIn
	declarations := IdentityDictionary new.
	bindings := IdentityDictionary new.
	undeclared := IdentityDictionary new.
	Smalltalk associationsDo: [ :each | declarations add: each. %s ]! !
!Environment methodsFor: 'x'!
declarations
	^ declarations!
bindings
	^ bindings!
undeclared
	^ undeclared! !
!SmalltalkImage methodsFor: 'x'!
globals
	^ globals!
specialObjects
	<primitive: 129>!
install
	globals := Environment new fillIn; yourself.
	self specialObjects at: 9 put: #Smalltalk -> self! !
";

const PACKAGE: &str = "Object subclass: #OFoo instanceVariableNames: 'a' classVariableNames: 'Count' package: 'OFoo'!\n\
    OFoo subclass: #OBar instanceVariableNames: '' classVariableNames: '' package: 'OFoo'!\n\
    !OFoo methodsFor: 'x'!\na\n\t^ a ifNil: [ OBar ]!\nb\n\t^ OLater! !\n";

const LATER: &str = "Object subclass: #OLater instanceVariableNames: '' classVariableNames: '' package: 'OFoo'!\n";

fn values() -> Result<(), Failed> {
    load("bindings at: each key put: each", "(E bindings at: #OFoo) == (E declarations associationAt: #OFoo)")
}

fn associations() -> Result<(), Failed> {
    load("bindings add: each", "(E bindings associationAt: #OFoo) == (E declarations associationAt: #OFoo)")
}

/// Loads packages into an image with an Environment, twice.
fn load(enter: &str, has_binding: &str) -> Result<(), Failed> {
    let place = Place::new()?;
    place.write("E.st", &ENVIRONMENT.replace("%s", enter))?;
    place.write("1.st", PACKAGE)?;
    place.write("2.st", LATER)?;
    place.must(0, &["load", "--save", "classes.image", "E.st"])?;
    place.must(0, &["eval", "--image", "classes.image", "--save", "0.image", "SmalltalkImage new install"])?;
    let first = place.must(0, &["load", "--keep-going", "--image", "0.image", "--save", "1.image", "1.st"])?;
    has(&first.stdout_text(), "loaded 2 new classes")?;
    has(&first.stdout_text(), "not declared, and nil: OLater\n")?;
    let environment = |expression: &str| expression.replace('E', "SmalltalkImage someInstance globals");
    let undeclared = environment("E undeclared keys asArray");
    let before = place.must(0, &["eval", "--image", "1.image", &undeclared, "OFoo new b"])?;
    has(&before.stdout_text(), "#(#OLater)\nnil\n")?;
    place.must(0, &["load", "--image", "1.image", "--save", NEW, "2.st"])?;
    fs::remove_file(place.path("1.image"))?;
    place.answers(&[
        ("OFoo new a", "OBar"),
        ("OFoo new b", "OLater"),
        ("OFoo classVarNames", "#(#Count)"),
        ("Smalltalk includesKey: #OFoo", "false"),
        (&environment("E declarations at: #OFoo"), "OFoo"),
        (&environment(has_binding), "true"),
        (&environment("E declarations size = E bindings size"), "true"),
        (&undeclared, "#()"),
        ("Missing := 3", "3"),
    ])
}
