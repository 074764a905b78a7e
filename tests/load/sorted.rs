//! Protocols of methods, categories of classes and comments, in Pharo's image and in the built-in one.

use super::Case;
use super::support::{NEW, OLD, Place, has};
use libtest_mimic::Failed;
use std::fs;

pub const CASES: &[Case] = &[
    ("protocols, categories and comments", pharo),
    ("protocols that change", changes),
    ("protocols in the built-in image", built_in),
];

fn package(comment: &str, protocol: &str) -> String {
    format!(
        "Object subclass: #OFoo instanceVariableNames: '' classVariableNames: '' package: 'OFoo-Core'!\n\
         !OFoo commentStamp: 'me' prior: 0!\n{comment}!\n\
         !OFoo methodsFor: '{protocol}' stamp: 'me'!\na\n\t^ 1! !\n!OFoo methodsFor: 'private'!\nb\n\t^ 2! !\n\
         !OFoo class methodsFor: 'creation'!\nmake\n\t^ self new! !\n\
         !OrderedCollection methodsFor: '*OFoo'!\nasOFoo\n\t^ OFoo new! !\n"
    )
}

const KEPT: &str = "kept: protocols of 4 methods, categories of 1 class, comments of 1 class\n";

fn pharo() -> Result<(), Failed> {
    let place = Place::new()?;
    place.write("1.st", &package("I am a foo.\nWith π.", "accessing"))?;
    has(&place.load(OLD, &["1.st"])?, KEPT)?;
    place.answers(&[
        ("OFoo category", "#'OFoo-Core'"),
        ("(SystemOrganization listAtCategoryNamed: #'OFoo-Core') asArray", "#(#OFoo)"),
        ("(SystemOrganization categories select: [ :each | (SystemOrganization listAtCategoryNamed: each) isEmpty ]) size", "0"),
        (
            "OFoo comment asArray = ('I am a foo.' , String cr , 'With ' , (String with: (Character value: 960)) , '.') asArray",
            "true",
        ),
        ("OFoo hasComment", "true"),
        ("OFoo organization categories asSet = #(#accessing #private) asSet", "true"),
        ("(OFoo >> #a) protocol", "#accessing"),
        ("OFoo class organization categories", "#(#creation)"),
        // A class that had no protocols has those of the methods that were loaded; all others are not classified.
        ("(OrderedCollection >> #asOFoo) protocol", "#'*OFoo'"),
        ("(OrderedCollection >> #add:) protocol", "#'as yet unclassified'"),
        ("OrderedCollection organization allMethodSelectors size = OrderedCollection selectors size", "true"),
        // The image goes on with what it has got.
        ("OFoo organization classify: #a under: #testing. OFoo organization categories asSet = #(#testing #private) asSet", "true"),
        ("(OFoo organization listAtCategoryNamed: #'-- all --') size", "2"),
    ])
}

fn changes() -> Result<(), Failed> {
    let place = Place::new()?;
    place.write("1.st", &package("I am a foo.", "accessing"))?;
    place.write("2.st", &package("I am another one.", "private"))?;
    place.load(OLD, &["1.st"])?;
    fs::rename(place.path(NEW), place.path("1.image"))?;
    has(&place.load("1.image", &["2.st"])?, KEPT)?;
    place.answers(&[
        ("OFoo organization categories", "#(#private)"),
        ("(OFoo >> #a) protocol", "#private"),
        ("OFoo comment", "'I am another one.'"),
        ("(SystemOrganization listAtCategoryNamed: #'OFoo-Core') asArray", "#(#OFoo)"),
    ])
}

fn built_in() -> Result<(), Failed> {
    let place = Place::new()?;
    place.write("1.st", &package("I am a foo.\nAnd more.", "accessing"))?;
    has(&place.must(0, &["load", "--save", NEW, "1.st"])?.stdout_text(), KEPT)?;
    place.answers(&[
        ("OFoo comment", "'I am a foo.\nAnd more.'"),
        ("OFoo category", "#'OFoo-Core'"),
        ("OFoo protocols", "#(#accessing #private)"),
        ("(OFoo class >> #make) protocol", "#creation"),
        ("(OrderedCollection >> #asOFoo) protocol", "#'*OFoo'"),
        ("(OrderedCollection >> #add:) protocol ~~ #'as yet unclassified'", "true"),
    ])
}
