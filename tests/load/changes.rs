//! Classes that are there already, and change.

use super::Case;
use super::support::{NEW, OLD, Place, has};
use libtest_mimic::Failed;

pub const CASES: &[Case] = &[
    ("instances get their new shape", instances),
    ("methods without source follow their fields", methods_follow),
    ("the superclass and the class side change", superclass),
    ("what is loaded again changes nothing", again),
];

fn point(variables: &str, methods: &str) -> String {
    format!(
        "Object subclass: #OPoint instanceVariableNames: '{variables}' classVariableNames: 'Kept' package: 'P'!\n!OPoint methodsFor: 'x'!\n{methods}! !\n"
    )
}

fn instances() -> Result<(), Failed> {
    let place = Place::new()?;
    let methods = "x\n\t^ x!\nx: a y: b\n\tx := a. y := b!\nkeep\n\tKept := self";
    place.write("1.st", &format!("{}OPoint subclass: #OPoint3 instanceVariableNames: 'z' classVariableNames: '' package: 'P'!\n\
        !OPoint3 methodsFor: 'x'!\nz\n\t^ z!\nz: a\n\tz := a! !\n\
        Smalltalk at: #OKept put: {{ OPoint new x: 3 y: 4; yourself. OPoint3 new x: 5 y: 6; z: 7; yourself }}!\nOKept first keep!\n", point("x y", methods)))?;
    place.load(OLD, &["1.st"])?;
    std::fs::rename(place.path(NEW), place.path("1.image"))?;
    // Another variable comes first and one goes; the subclass's own methods are not loaded again.
    place.write("2.st", &point("first x", "x\n\t^ x!\nfirst\n\t^ first!\nx: a y: b\n\tx := a. first := b!\nkeep\n\t^ Kept"))?;
    let said = place.load("1.image", &["2.st"])?;
    has(&said, "changed OPoint: instance variables; 1 instance migrated\n")?;
    has(&said, "changed with their superclasses: 1 class; 1 instance migrated\n")?;
    place.answers(&[
        ("OKept first x -> OKept first first", "3->nil"),
        ("OKept second x -> OKept second z", "5->7"),
        ("OKept second z: 8; z", "8"),
        ("OKept first keep == OKept first", "true"),
        ("OPoint3 allInstVarNames", "#(#first #x #z)"),
        ("(OPoint3 slotNamed: #z) index", "3"),
    ])
}

/// Streams carry the start of the image, and their subclasses have variables and methods of their own.
fn methods_follow() -> Result<(), Failed> {
    let place = Place::new()?;
    let more: String = (1..=20).map(|n| format!("'v{n}', ")).collect();
    place.write(
        "S/PositionableStream.class.st",
        &format!("Class {{\n\t#name : #PositionableStream,\n\t#superclass : #Stream,\n\t#instVars : [ {more}'collection', 'position', 'readLimit' ],\n\t#category : #S\n}}\n"),
    )?;
    has(&place.load(OLD, &["S"])?, "changed PositionableStream: instance variables")?;
    place.answers(&[
        ("String streamContents: [ :s | 1 to: 5 do: [ :i | s print: i; space ] ]", "'1 2 3 4 5 '"),
        ("(ReadStream on: 'abc') next; next; skip: -1; upToEnd", "'bc'"),
        ("WriteStream allInstVarNames size", "24"),
    ])
}

fn superclass() -> Result<(), Failed> {
    let place = Place::new()?;
    place.write(
        "1.st",
        &format!(
            "{}OPoint class instanceVariableNames: 'one'!\n!OPoint class methodsFor: 'x'!\none\n\t^ one ifNil: [ one := 1 ]! !\n\
        Smalltalk at: #OKept put: {{ OPoint new. OPoint. OPoint one }}!\n",
            point("x", "x\n\t^ x ifNil: [ x := 9 ]")
        ),
    )?;
    place.load(OLD, &["1.st"])?;
    std::fs::rename(place.path(NEW), place.path("1.image"))?;
    place.write(
        "2.st",
        "Object subclass: #OBase instanceVariableNames: 'b' classVariableNames: '' package: 'P'!\nOBase class instanceVariableNames: 'zero'!\n\
         !OBase methodsFor: 'x'!\nb\n\t^ b ifNil: [ b := 5 ]! !\n\
         OBase subclass: #OPoint instanceVariableNames: 'x' classVariableNames: 'Kept' package: 'P'!\n\
         OPoint class instanceVariableNames: 'two one'!\n",
    )?;
    let said = place.load("1.image", &["2.st"])?;
    has(&said, "changed OPoint: superclass, class-side instance variables")?;
    place.answers(&[
        ("OKept second == OPoint", "true"),
        ("OKept first class == OPoint", "true"),
        ("OKept first b + OKept first x", "14"),
        ("OPoint one", "1"),
        ("OPoint class allInstVarNames last: 3", "#(#zero #two #one)"),
        ("OBase subclasses", "{OPoint}"),
        ("Object subclasses includes: OPoint", "false"),
        ("OPoint new x", "9"),
        ("OPoint allInstances size >= 1", "true"),
    ])
}

fn again() -> Result<(), Failed> {
    let place = Place::new()?;
    place.write("1.st", &point("x", "x\n\t^ x"))?;
    place.load(OLD, &["1.st"])?;
    std::fs::rename(place.path(NEW), place.path("1.image"))?;
    let said = place.load("1.image", &["1.st"])?;
    let expected = "loaded 0 new classes and 1 method: 0 new, 1 replaced, 0 of classes that are not in the packages\n\
        kept: protocols of 1 method, categories of 1 class\nsaved as new.image\n";
    if said != expected {
        return Err(said.into());
    }
    Ok(())
}
