//! Classes, methods and extensions from each of the formats.

use super::Case;
use super::support::{OLD, Place, has};
use libtest_mimic::Failed;

pub const CASES: &[Case] = &[
    ("chunks", chunks),
    ("Tonel", tonel),
    ("FileTree", filetree),
    ("all kinds of classes", kinds),
    ("traits are flattened", traits),
    ("functions of libraries", foreign),
    ("pools and initialisers in their order", pools),
];

fn chunks() -> Result<(), Failed> {
    let place = Place::new()?;
    place.write(
        "Foo.st",
        "Object subclass: #OFoo\n\tinstanceVariableNames: 'a'\n\tclassVariableNames: 'Count'\n\tpoolDictionaries: ''\n\tcategory: 'OFoo'!\n\
         OFoo class instanceVariableNames: 'only'!\n\
         !OFoo methodsFor: 'accessing' stamp: 'me'!\na\n\t^ a ifNil: [ #osvmNewSymbol -> 'Bang!!' ]! !\n\
         !OFoo class methodsFor: 'accessing'!\nonly\n\t^ only ifNil: [ only := Count ]!\ninitialize\n\tCount := 7! !\n\
         !Integer methodsFor: '*OFoo'!\nasOFoo\n\t^ OFoo new! !\n\
         OFoo initialize!\nSmalltalk at: #OFooGlobal put: OFoo new!\n",
    )?;
    let said = place.load(OLD, &["Foo.st"])?;
    has(&said, "loaded 1 new class and 4 methods: 4 new, 0 replaced, 1 of classes that are not in the packages\n")?;
    place.answers(&[
        ("OFoo new a", "#osvmNewSymbol->'Bang!'"),
        ("'osvmNewSymbol' asSymbol == OFoo new a key", "true"),
        ("OFoo only", "7"),
        ("3 asOFoo class == OFoo", "true"),
        ("OFooGlobal class", "OFoo"),
        ("(Smalltalk at: #OFoo) == OFoo", "true"),
        ("Object subclasses includes: OFoo", "true"),
        ("OFoo class superclass", "Object class"),
        ("OFoo classVarNames asArray", "#(#Count)"),
        ("OFoo allInstVarNames", "#(#a)"),
        ("OFoo class allInstVarNames last", "#only"),
        ("(OFoo slotNamed: #a) index", "1"),
    ])
}

fn tonel() -> Result<(), Failed> {
    let place = Place::new()?;
    place.write("src/P/package.st", "Package { #name : #P }\n")?;
    place.write(
        "src/P/OSub.class.st",
        "Class {\n\t#name : #OSub,\n\t#superclass : #OBase,\n\t#instVars : [ 'b' ],\n\t#category : #P\n}\n\n\
         { #category : #x }\nOSub >> sum [\n\t^ a + b\n]\n\n{ #category : #x }\nOSub >> b: x [\n\tb := x\n]\n",
    )?;
    place.write(
        "src/P/OBase.class.st",
        "\"\nI am \"\"the\"\" base.\n\"\nClass {\n\t#name : 'OBase',\n\t#superclass : 'Object',\n\t#instVars : [\n\t\t'a'\n\t],\n\t#category : 'P',\n\t\
         #package : 'P'\n}\n\n{ #category : 'x' }\nOBase >> a: x [\n\ta := x\n]\n",
    )?;
    place.write(
        "src/P/Object.extension.st",
        "Extension { #name : #Object }\n\n{ #category : #'*P' }\nObject >> isOBase [\n\t^ false\n]\n",
    )?;
    place.load(OLD, &["src"])?;
    place.answers(&[("OSub new a: 3; b: 4; sum", "7"), ("3 isOBase", "false"), ("OSub superclass", "OBase")])
}

fn filetree() -> Result<(), Failed> {
    let place = Place::new()?;
    place.write(
        "P.package/OFoo.class/properties.json",
        "{ \"name\" : \"OFoo\", \"super\" : \"OrderedCollection\", \"type\" : \"normal\", \"instvars\" : [\"x\"],\n\
         \"classinstvars\" : [], \"classvars\" : [], \"pools\" : [], \"category\" : \"P\", \"commentStamp\" : \"\" }",
    )?;
    place.write("P.package/OFoo.class/instance/x.st", "accessing\nx\n\t^ x ifNil: [ x := self size ]")?;
    place.write("P.package/OFoo.class/class/with..st", "creation\nwithTwo: y\n\t^ self new add: y; add: y; yourself")?;
    place.write("P.package/Object.extension/instance/foo.st", "*P\nosvmFoo\n\t^ OFoo withTwo: self")?;
    place.load(OLD, &["P.package"])?;
    place.answers(&[("3 osvmFoo x", "2"), ("3 osvmFoo", "an OFoo(3 3)")])
}

fn kinds() -> Result<(), Failed> {
    let place = Place::new()?;
    let rest = "classVariableNames: '' package: 'K'!\n";
    place.write(
        "kinds.st",
        &format!(
            "Object variableSubclass: #OVariable instanceVariableNames: 'a b' {rest}\
             Object variableByteSubclass: #OBytes instanceVariableNames: '' {rest}\
             Object variableWordSubclass: #OWords instanceVariableNames: '' {rest}\
             Object weakSubclass: #OWeak instanceVariableNames: 'a' {rest}\
             Object ephemeronSubclass: #OEphemeron instanceVariableNames: 'key value' {rest}\
             OVariable subclass: #OVariableToo instanceVariableNames: 'c' {rest}"
        ),
    )?;
    place.load(OLD, &["kinds.st"])?;
    place.answers(&[
        ("(OVariable new: 3) basicSize", "3"),
        ("OVariable instSize", "2"),
        ("(OBytes new: 3) at: 1 put: 255; at: 1", "255"),
        ("(OWords new: 2) at: 2 put: 16rFFFFFFFF; at: 2", "4294967295"),
        ("(OWeak new: 4) basicSize", "4"),
        ("OWeak isWeak", "true"),
        ("OEphemeron new basicSize", "0"),
        ("(OVariableToo new: 5) basicSize + OVariableToo instSize", "8"),
        ("OVariable classLayout class name", "#VariableLayout"),
        ("OBytes classLayout class name", "#ByteLayout"),
    ])
}

fn traits() -> Result<(), Failed> {
    let place = Place::new()?;
    place.write(
        "T.st",
        "Trait named: #TBase uses: {} package: 'T'!\n!TBase methodsFor: 'x'!\none\n\t^ 1!\ntwo\n\t^ 2!\nname\n\t^ self explicitRequirement! !\n\
         !TBase classTrait methodsFor: 'x'!\nmade\n\t^ self new! !\n\
         Object subclass: #OUser uses: TBase - {#two} @ {#uno -> #one} instanceVariableNames: '' classVariableNames: '' package: 'T'!\n\
         !OUser methodsFor: 'x'!\ntwo\n\t^ 22! !\n",
    )?;
    place.load(OLD, &["T.st"])?;
    place.answers(&[("OUser made one", "1"), ("OUser new two", "22"), ("OUser new uno", "1")])
}

fn pools() -> Result<(), Failed> {
    let place = Place::new()?;
    let class = |name: &str, superclass: &str, more: &str, initialize: &str| {
        format!(
            "Class {{\n\t#name : #{name},\n\t#superclass : #{superclass},\n\t{more}\n\t#category : #P\n}}\n\n\
             {{ #category : #x }}\n{name} class >> initialize [\n\t{initialize}\n]\n\n{{ #category : #x }}\n{name} >> value [\n\t^ Value\n]\n"
        )
    };
    // By name AUser comes first; it needs what OPool has.
    place.write(
        "P/AUser.class.st",
        &class("AUser", "Object", "#pools : [ 'OPool' ],\n\t#classVars : [ 'Value' ],", "Value := OPool new value + Limit"),
    )?;
    place.write(
        "P/OPool.class.st",
        &class("OPool", "SharedPool", "#classVars : [ 'Limit', 'Value' ],", "Limit := 10. Value := 1"),
    )?;
    place.load(OLD, &["P"])?;
    place.answers(&[("AUser new value", "11"), ("AUser sharedPools asArray", "{OPool}")])
}

fn foreign() -> Result<(), Failed> {
    let place = Place::new()?;
    place.write(
        "F.st",
        "Object subclass: #OFoo instanceVariableNames: '' classVariableNames: '' package: 'F'!\n\
         !OFoo methodsFor: 'x'!\nabs: i\n\t<cdecl: long 'abs' (long) module: 'libc'>\n\t^ #failed!\n\
         dup: s\n\t<apicall: char* 'strdup' (char* void*) module: 'libc' error: ec>\n\t^ ec!\n\
         thing\n\t<cdecl: OThing 'f' (void)>\n\t^ 1! !\n",
    )?;
    place.load(OLD, &["F.st"])?;
    let of_thing = "(((OFoo >> #thing) literalAt: 1) instVarNamed: #argTypes) first";
    place.answers(&[
        ("(OFoo >> #abs:) literalAt: 1", "<cdecl: long 'abs' (long) module: 'libc'>"),
        ("(OFoo >> #abs:) primitive", "120"),
        ("(OFoo >> #dup:) literalAt: 1", "<apicall: char* 'strdup' (char* void*) module: 'libc' error: ec>"),
        (&format!("(ExternalType structTypeNamed: #OThing) == {of_thing}"), "true"),
        (&format!("{of_thing} isStructureType"), "true"),
        ("OFoo new abs: 3", "#failed"),
    ])?;
    let refused = place.must(1, &["load", "--save", "none.image", "F.st"])?;
    has(&refused.stderr_text(), "F.st:4:2: error: this image cannot call functions of libraries")
}
