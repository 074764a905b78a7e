use super::{Kind, Value, read};

const FILE: &str = "\"\nA \"\"comment\"\".\n\"\nClass {\n\t#name : #Foo,\n\t#superclass : 'Bar',\n\t#instVars : [\n\t\t'a',\n\t\t'b'\n\t],\n\t#category : #'A-B'\n}\n\n{ #category : #'x y' }\nFoo >> at: i [\n\t\"]\" ^ #($] ']') , [ i ] value\n]\n\nFoo class >> new [\n\t^ super new\n]\n";

#[test]
fn a_class_with_methods() {
    let file = read(FILE).unwrap();
    assert_eq!(
        (file.kind, file.name("name"), file.name("superclass"), file.names("instVars").unwrap()),
        (Kind::Class, "Foo", "Bar", vec!["a", "b"])
    );
    assert_eq!(file.comment, "\nA \"comment\".\n");
    assert_eq!(file.property("category"), Some(&Value::Symbol("A-B".into())));
    let [at, new] = &file.methods[..] else { panic!("{:?}", file.methods) };
    assert_eq!((at.class_name.as_str(), at.class_side, at.category.as_str()), ("Foo", false, "x y"));
    assert_eq!(at.source, "at: i \n\t\"]\" ^ #($] ']') , [ i ] value");
    assert_eq!(&FILE[at.file_offset(at.source.find("value").unwrap())..][..5], "value");
    assert!(new.class_side);
}

#[test]
fn what_is_wrong_has_a_place() {
    let place = |text: &str| read(text).map(|_| ()).map_err(|error| (error.span.start, error.message)).unwrap_err();
    assert_eq!(place("Clas { }"), (0, "expected Class, Trait, Extension or Package".into()));
    assert_eq!(place("Class { #a 3 }"), (11, "expected :".into()));
    assert_eq!(place("Class { }\nFoo >> x [ ^ 'a ]"), (23, "this has no end".into()));
    assert_eq!(place("Class { }\nFoo >> x [ [ ]"), (19, "this method has no ]".into()));
}
