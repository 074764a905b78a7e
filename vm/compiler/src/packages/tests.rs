use super::{Kind, Packages, TraitUse, composition};
use crate::source::position;
use std::fs;
use std::path::PathBuf;

fn of(text: &str) -> Packages {
    let mut packages = Packages::default();
    packages.add_text("f.st", text.into());
    packages
}

/// The line and column in its file of what a method has at this text.
fn place(packages: &Packages, method: usize, text: &str) -> (usize, usize, String) {
    let source = &packages.methods[method].source;
    let at = source.text.find(text).unwrap();
    let span = source.place(crate::source::Span::new(at, at + text.len())).span;
    let file = &packages.files[source.file].text;
    let position = position(file, span.start as usize);
    (position.line, position.column, file[span.range()].into())
}

const CHUNKS: &str = "'From Squeak6.0 of 2022'!

Object subclass: #Foo
	instanceVariableNames: 'a b'
	classVariableNames: 'Count'
	poolDictionaries: 'Pool'
	category: 'Foo-Core'!
!Foo commentStamp: 'me 1/1/2020' prior: 0!
I am a Foo!! Really.!

!Foo methodsFor: 'accessing' stamp: 'me 1/1/2020'!
a
	^ a , '!!' , b! !

!Foo methodsFor: 'other'!
b: x
	b := x! 
c
	^ 3! !
Foo class
	instanceVariableNames: 'only'!
!Foo class methodsFor: 'init'!
initialize
	Count := 0! !
Foo initialize!
";

#[test]
fn chunks_are_classes_methods_and_expressions() {
    let packages = of(CHUNKS);
    assert!(packages.problems.is_empty(), "{:?}", packages.problems);
    let [foo] = &packages.classes[..] else { panic!("{:?}", packages.classes) };
    assert_eq!((foo.name.as_str(), foo.superclass.as_deref(), foo.kind), ("Foo", Some("Object"), Kind::Normal));
    assert_eq!((&foo.instance_variables[..], &foo.class_variables[..]), (&["a".into(), "b".into()][..], &["Count".into()][..]));
    assert_eq!((&foo.pools[..], foo.category.as_str()), (&["Pool".to_string()][..], "Foo-Core"));
    assert_eq!(
        (foo.comment.as_str(), foo.class_instance_variables.as_deref()),
        ("I am a Foo! Really.", Some(&["only".into()][..]))
    );
    let methods: Vec<_> = packages.methods.iter().map(|m| (m.class_side, m.category.as_str(), m.source.text.as_str())).collect();
    assert_eq!(
        methods,
        [
            (false, "accessing", "a\n\t^ a , '!' , b"),
            (false, "other", "b: x\n\tb := x"),
            (false, "other", "c\n\t^ 3"),
            (true, "init", "initialize\n\tCount := 0")
        ]
    );
    assert_eq!(packages.expressions.iter().map(|e| e.text.as_str()).collect::<Vec<_>>(), ["Foo initialize"]);
    assert_eq!(place(&packages, 0, ", b"), (13, 13, ", b".into()));
    assert_eq!(place(&packages, 3, "Count"), (24, 2, "Count".into()));
}

#[test]
fn definitions_in_all_spellings() {
    let packages = of("Object variableByteSubclass: #B instanceVariableNames: '' classVariableNames: '' package: 'P'!
Object weakSubclass: #W instanceVariableNames: 'x' classVariableNames: '' poolDictionaries: '' category: #Q!
Object << #Fluid layout: VariableLayout; slots: { #a. #b => InstanceVariableSlot }; sharedVariables: { #V }; tag: 'T'; package: 'P'!
Object class << Fluid class slots: { #c }!
Object subclass: #T uses: TA + (TB - {#x}) @ {#y -> #z} slots: {} classVariables: {} package: 'P'!
Trait named: #TA uses: {} package: 'P'!
nil subclass: #Root instanceVariableNames: '' classVariableNames: '' poolDictionaries: '' category: 'K'!
Object subclass: #Bare!
Object << #Empty!
1 << 3!
| x | x := 3. Smalltalk at: #X put: x!
");
    assert!(packages.problems.is_empty(), "{:?}", packages.problems);
    let class = |name: &str| packages.classes.iter().find(|class| class.name == name).unwrap();
    assert_eq!((class("B").kind, class("W").kind, class("Fluid").kind), (Kind::Bytes, Kind::Weak, Kind::Variable));
    assert_eq!(class("Fluid").instance_variables, ["a", "b"]);
    assert_eq!((class("Fluid").class_variables.len(), class("Fluid").class_instance_variables.as_ref().unwrap().len()), (1, 1));
    assert!(class("TA").is_trait && class("Root").superclass.is_none());
    assert_eq!(class("T").traits.iter().map(|t| t.name.as_str()).collect::<Vec<_>>(), ["TA", "TB"]);
    assert_eq!((class("Bare").superclass.as_deref(), class("Empty").superclass.as_deref()), (Some("Object"), Some("Object")));
    let expressions: Vec<&str> = packages.expressions.iter().map(|e| e.text.as_str()).collect();
    assert_eq!(expressions, ["1 << 3", "| x | x := 3. Smalltalk at: #X put: x"]);
}

#[test]
fn what_cuis_writes_beside_chunks() {
    let packages = of("'From Cuis7.3'!\n!provides: 'Foo' 1 5!\n!requires: 'Cuis-Base' 60 3967 nil!\n\n\
        !classDefinition: #Foo category: #Foo!\nObject subclass: #Foo\n\tinstanceVariableNames: ''\n\tclassVariableNames: ''\n\t\
        poolDictionaries: ''\n\tcategory: #Foo!\n!classDefinition: 'Foo class' category: #Foo!\nFoo class\n\tinstanceVariableNames: 'x'!\n\n\
        !Foo methodsFor: 'a' stamp: 'me'!\nx\n\t^ 1! !\n");
    assert!(packages.problems.is_empty(), "{:?}", packages.problems);
    assert_eq!((packages.classes.len(), packages.methods.len(), packages.expressions.len()), (1, 1, 0));
    assert_eq!(packages.classes[0].class_instance_variables.as_deref(), Some(&["x".to_string()][..]));
}

#[test]
fn what_is_wrong_in_chunks_has_a_place() {
    let packages = of("Object subclass: 3 instanceVariableNames: ''!\n!3 foo!\nBar class instanceVariableNames: ''!\n#( 1 !\n");
    let problems: Vec<String> = packages.problems.iter().map(|(file, problem)| packages.render(*file, problem)).collect();
    assert_eq!(problems.len(), 4, "{problems:?}");
    for (problem, start) in problems.iter().zip([
        "f.st:1:18: error: expected the name",
        "f.st:2:2: error: expected a header",
        "f.st:3:1: error: the class side",
        "f.st:4:",
    ]) {
        assert!(problem.starts_with(start), "{problem}");
    }
}

#[test]
fn tonel_is_known_by_its_header() {
    let packages = of(
        "\"\nA \"\"comment\"\"\n\"\nClass {\n\t#name : 'Foo',\n\t#superclass : 'Object',\n\t#type : 'bytes',\n\t#classVars : [ 'V' ],\n\t\
        #category : 'C',\n\t#package : 'C'\n}\n\n{ #category : 'x' }\nFoo >> at: i [\n\t^ [ i ] value\n]\n",
    );
    assert!(packages.problems.is_empty(), "{:?}", packages.problems);
    assert_eq!((packages.classes[0].kind, packages.classes[0].category.as_str()), (Kind::Bytes, "C"));
    assert_eq!(place(&packages, 0, "at:"), (14, 8, "at:".into()));
    assert_eq!(place(&packages, 0, "value"), (15, 10, "value".into()));
}

#[test]
fn slots_of_other_kinds_are_told() {
    let packages = of("Class {\n\t#name : #Foo,\n\t#superclass : #Object,\n\t#instVars : [ '#a => WeakSlot' ]\n}\n");
    let [(file, problem)] = &packages.problems[..] else { panic!("{:?}", packages.problems) };
    let text = packages.render(*file, problem);
    assert!(text.starts_with("f.st:1:1: error: the slot a is a WeakSlot; only plain"), "{text}");
}

#[test]
fn compositions() {
    let one = |name: &str| TraitUse { name: name.into(), class_side: false, exclusions: Vec::new(), aliases: Vec::new() };
    assert_eq!(composition("{}").unwrap(), []);
    assert_eq!(composition("").unwrap(), []);
    assert_eq!(composition("A + B classTrait").unwrap(), [one("A"), TraitUse { class_side: true, ..one("B") }]);
    let c = TraitUse { exclusions: vec!["x:".into()], aliases: vec![("new".into(), "old".into())], ..one("C") };
    assert_eq!(composition("A + (C - {#x:} @ {#new -> #old})").unwrap(), [one("A"), c]);
    assert!(composition("3 + 4").is_err() && composition("A foo").is_err());
}

#[test]
fn filetree_is_read_from_its_folders() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let properties = r#"{ "name": "Foo", "super": "Object", "type": "variable", "instvars": ["a"], "classinstvars": ["k"],
        "classvars": ["V"], "pools": [], "category": "C", "commentStamp": "" }"#;
    write("P.package/Foo.class/properties.json", properties);
    write("P.package/Foo.class/README.md", "I am Foo.");
    write("P.package/Foo.class/instance/a.st", "accessing\na\n\t^ a");
    write("P.package/Foo.class/class/new.st", "creation\nnew\n\t^ super new");
    write("P.package/Foo.class/methodProperties.json", "{}");
    write("P.package/Object.extension/properties.json", "{ \"name\" : \"Object\" }");
    write("P.package/Object.extension/instance/foo.st", "*P\nfoo\n\t^ 1");
    let packages = Packages::read(&[folder.path().to_path_buf()]).unwrap();
    assert!(packages.problems.is_empty(), "{:?}", packages.problems);
    let [foo] = &packages.classes[..] else { panic!("{:?}", packages.classes) };
    assert_eq!((foo.kind, foo.comment.as_str(), foo.class_variables.len()), (Kind::Variable, "I am Foo.", 1));
    let methods: Vec<_> = packages.methods.iter().map(|m| (m.class_name.as_str(), m.class_side, m.category.as_str())).collect();
    assert_eq!(methods, [("Foo", false, "accessing"), ("Foo", true, "creation"), ("Object", false, "*P")]);
    assert_eq!(place(&packages, 0, "^"), (3, 2, "^".into()));
    write("P.package/Foo.class/properties.json", "{ \"name\": \n \"Foo\" 3 }");
    let packages = Packages::read(&[folder.path().to_path_buf()]).unwrap();
    assert!(
        packages.render(packages.problems[0].0, &packages.problems[0].1).contains("properties.json:2:8: error: this is no JSON")
    );
}

#[test]
fn properties_that_cannot_be_right_are_told() {
    let told = |more: &str| {
        let mut packages = Packages::default();
        let text = format!("{{ \"name\": \"Foo\"{more} }}");
        packages.files.push(super::SourceFile { path: "f".into(), text, is_chunks: false });
        super::filetree::read_properties(&mut packages, 0, super::filetree::Entity::Class);
        packages.problems.into_iter().map(|(_, problem)| problem.message).collect::<Vec<_>>()
    };
    assert_eq!(told(r#", "super": "Object", "instvars": "a b""#), [r#""instvars" is no list of names, such as ["a", "b"]"#]);
    assert_eq!(told(r#", "super": "Object", "classvars": [3]"#), [r#""classvars" is no list of names, such as ["a", "b"]"#]);
    assert_eq!(told(r#", "superclass": "Object""#), [r#"there is no "super""#]);
    assert_eq!(told(r#", "super": "nil", "instvars": ["a"]"#), Vec::<String>::new());
}

#[test]
fn a_folder_without_source_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let error = Packages::read(&[folder.path().to_path_buf()]).unwrap_err();
    assert!(error.to_string().contains("no source is there"));
    assert!(Packages::read(&[PathBuf::from("/no/such/folder")]).unwrap_err().to_string().contains("No such file"));
}

/// What holds of any text: each excerpt has its bytes in the file, and each problem has a place that can be shown.
fn check(packages: &Packages, text: &str) {
    let sources = packages.methods.iter().map(|method| &method.source);
    for source in sources.chain(&packages.expressions) {
        for (offset, byte) in source.text.bytes().enumerate() {
            let span = source.place(crate::source::Span::new(offset, offset + 1)).span;
            assert_eq!(text.as_bytes()[span.start as usize], byte, "{text:?}");
        }
    }
    for (file, problem) in &packages.problems {
        assert!(problem.span.end as usize <= text.len(), "{problem:?} of {text:?}");
        packages.render(*file, problem);
    }
}

/// A text with a few bytes changed, dropped or doubled, as a random number says.
fn mutated(text: &str, random: &mut u64) -> String {
    let mut next = |below: usize| {
        *random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (*random >> 33) as usize % below.max(1)
    };
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..1 + next(4) {
        if bytes.is_empty() {
            break;
        }
        let at = next(bytes.len());
        match next(4) {
            0 => bytes[at] = b"!'\"[]{}#:;.|^ \nx1\xC3"[next(18)],
            1 => drop(bytes.remove(at)),
            2 => bytes.insert(at, b"!'\"[]{}#("[next(9)]),
            _ => bytes.truncate(at.max(1)),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn no_text_is_too_bad() {
    use super::filetree::{Entity, read_method, read_properties};
    const TONEL: &str = "\"\nA comment\n\"\nClass {\n\t#name : #Foo,\n\t#superclass : #Object,\n\t#traits : 'T + (U - {#a})',\n\t#instVars : [\n\t\t'a'\n\t],\n\t\
        #category : #C\n}\n\n{ #category : #x }\nFoo >> at: i [\n\t^ [ i ] value\n]\n";
    const PROPERTIES: &str =
        r#"{ "name": "Foo", "super": "Object", "type": "normal", "instvars": ["a"], "traitcomposition": "T - {#a}" }"#;
    let mut random = 1;
    for round in 0..2000 {
        let text = mutated([CHUNKS, TONEL, PROPERTIES, "accessing\na\n\t^ a"][round % 4], &mut random);
        check(&of(&text), &text);
        let mut packages = Packages::default();
        packages.files.push(super::SourceFile { path: "f".into(), text: text.clone(), is_chunks: false });
        for entity in [Entity::Class, Entity::Trait, Entity::Extension] {
            read_properties(&mut packages, 0, entity);
        }
        read_method(&mut packages, 0, "Foo", false);
        check(&packages, &text);
    }
}
