//! What is wrong is told with its place, and nothing is written.

use super::Case;
use super::support::{NEW, OLD, Place, has};
use libtest_mimic::Failed;

pub const CASES: &[Case] = &[
    ("an error leaves the saved image untouched", untouched),
    ("what is right is loaded on demand", keep_going),
    ("an initialiser that fails leaves the saved image untouched", initializer),
    ("an expression of a file that does not compile", expression),
    ("the room of the configuration", room),
    ("classes that cannot be made", classes),
    ("what cannot be read", unreadable),
    ("an image that quits when it starts", quits),
];

const HALF: &str = "Object subclass: #OHalf instanceVariableNames: 'a' classVariableNames: '' package: 'P'!\n!OHalf methodsFor: 'x'!\ngood\n\t^ OMissing!\nbad\n\t^ a foo: bar! !\n";

fn untouched() -> Result<(), Failed> {
    let place = Place::new()?;
    place.write("half.st", HALF)?;
    place.write(NEW, "what was here before")?;
    let output = place.must(1, &["load", "--image", OLD, "--save", NEW, "half.st"])?;
    let said = output.stderr_text();
    has(&said, "half.st:4:4: error: OMissing is not declared\n   ^ OMissing!\n     ^^^^^^^^\n")?;
    has(&said, "half.st:6:11: error: bar is not declared\n")?;
    has(&said, "osvm: 2 errors; new.image is not written\n")?;
    match std::fs::read_to_string(place.path(NEW))?.as_str() {
        "what was here before" => Ok(()),
        _ => Err("the file was written".into()),
    }
}

fn keep_going() -> Result<(), Failed> {
    let place = Place::new()?;
    place.write("half.st", HALF)?;
    let said = place.load(OLD, &["--keep-going", "half.st"])?;
    has(&said, "loaded 1 new class and 1 method:")?;
    has(&said, "not declared, and nil: OMissing\nleft out: 1 definition or method with an error\n")?;
    place.answers(&[("OHalf new good", "nil"), ("OHalf selectors asArray", "#(#good)")])?;
    // A class of that name takes over the variable.
    std::fs::rename(place.path(NEW), place.path("half.image"))?;
    place.write("missing.st", "Object subclass: #OMissing instanceVariableNames: '' classVariableNames: '' package: 'P'!\n")?;
    place.load("half.image", &["missing.st"])?;
    place.answers(&[("OHalf new good == OMissing", "true"), ("Undeclared includesKey: #OMissing", "false")])
}

fn expression() -> Result<(), Failed> {
    let place = Place::new()?;
    place.write("zork.st", "\nSmalltalk at: #OZork put: 3. OZork + 1!\n")?;
    let output = place.must(1, &["load", "--image", OLD, "--save", NEW, "zork.st"])?;
    has(&output.stderr_text(), "zork.st:2:30: error: OZork is not declared\n")
}

fn room() -> Result<(), Failed> {
    let place = Place::new()?;
    place.write("small.toml", "[vm]\nmax-heap = '1 MiB'\n")?;
    place.write("zork.st", "Smalltalk at: #OZork put: 3!\n")?;
    let output = place.must(2, &["load", "--config", "small.toml", "--image", OLD, "--save", NEW, "zork.st"])?;
    has(&output.stderr_text(), "--max-heap")
}

fn initializer() -> Result<(), Failed> {
    let place = Place::new()?;
    place.write(
        "I/OInit.class.st",
        "Class {\n\t#name : #OInit,\n\t#superclass : #Object,\n\t#category : #I\n}\n\n{ #category : #x }\nOInit class >> initialize [\n\tself error: 'not today'\n]\n",
    )?;
    let output = place.must(1, &["load", "--image", OLD, "--save", NEW, "I"])?;
    has(&output.stderr_text(), "OInit initialize: Error: not today\n")?;
    has(&output.stderr_text(), "osvm: OInit initialize has failed; new.image is not written\n")?;
    if place.path(NEW).exists() {
        return Err("the file was written".into());
    }
    has(&place.load(OLD, &["--no-initialize", "I"])?, "loaded 1 new class and 1 method")
}

fn classes() -> Result<(), Failed> {
    let place = Place::new()?;
    place.write(
        "c.st",
        "ObjectX subclass: #A instanceVariableNames: '' classVariableNames: '' package: ''!\n\
         OB subclass: #OA instanceVariableNames: '' classVariableNames: '' package: ''!\n\
         OA subclass: #OB instanceVariableNames: '' classVariableNames: '' package: ''!\n\
         Object variableByteSubclass: #OBytes instanceVariableNames: 'a' classVariableNames: '' package: ''!\n\
         Object subclass: #OPooled instanceVariableNames: '' classVariableNames: '' poolDictionaries: 'ONone' category: ''!\n\
         Object subclass: #OTrait uses: TNone instanceVariableNames: '' classVariableNames: '' package: ''!\n",
    )?;
    let output = place.must(0, &["load", "--image", OLD, "--save", NEW, "--keep-going", "c.st"])?;
    let said = output.stderr_text();
    has(&said, "c.st:1:1: error: the superclass of A, ObjectX, is neither in the image nor in the packages\n")?;
    has(&said, "did you mean Object")?;
    has(&said, "error: OA is a superclass of itself\n")?;
    has(&said, "c.st:4:1: error: OBytes has bytes or words in its instances, and cannot have instance variables\n")?;
    has(&said, "c.st:5:1: error: the pool ONone of OPooled is neither in the image nor in the packages\n")?;
    has(&said, "c.st:6:1: error: OTrait uses the trait TNone, which is in none of the packages\n")
}

fn unreadable() -> Result<(), Failed> {
    let place = Place::new()?;
    place.must(2, &["load", "--image", OLD, "--save", NEW, "nowhere"])?;
    place.write("empty/readme.txt", "nothing")?;
    let output = place.must(2, &["load", "--image", OLD, "--save", NEW, "empty"])?;
    has(&output.stderr_text(), "empty: no source is there")?;
    place.write("x.st", "'nothing'!\n")?;
    place.must(2, &["load", "--image", "no.image", "--save", NEW, "x.st"]).map(drop)
}

/// The bootstrap image saves itself and quits in its first start.
fn quits() -> Result<(), Failed> {
    let place = Place::new()?;
    std::fs::copy(osvm_tests::image(osvm_tests::PHARO).ok_or("the image is not here")?, place.path("first.image"))?;
    place.write(
        "x.st",
        "Object subclass: #OX instanceVariableNames: '' classVariableNames: '' package: ''!\nSmalltalk at: #OG put: 3!\n",
    )?;
    let output = place.must(1, &["load", "--image", "first.image", "--save", NEW, "x.st"])?;
    has(
        &output.stderr_text(),
        "osvm: the image quits when it starts, so that nothing can be initialised in it; new.image is not written\n",
    )?;
    place.must(0, &["load", "--image", "first.image", "--save", NEW, "--no-initialize", "x.st"])?;
    // Its first start saves it.
    place.must(0, &[NEW])?;
    place.must(0, &["info", "--verify", NEW])?;
    place.answers(&[("OX name", "#OX")])
}
