//! FileAttributesPlugin, in a world in memory: local time is an hour ahead of UTC, and files are from the start of 1970.

use osvm_plugin_file_attributes::PLUGIN;
use osvm_plugin_sdk::PrimitiveError;
use osvm_plugin_sdk::testing::{Fake, Tester};

const TIME: i64 = 2_177_452_800 + 3600;

fn tester() -> Tester {
    let mut t = Tester::new(&PLUGIN);
    t.world.files.put("/d/one", "12345");
    t.world.files.put("/d/two", "");
    t
}

#[test]
fn single_attributes() {
    let mut t = tester();
    let mut attribute = |path: &str, number: i64| t.call("primitiveFileAttribute", (path, number));
    assert_eq!(attribute("/d/one", 1), Ok(Fake::Nil));
    assert_eq!(attribute("/d/one", 2), Ok(Fake::Int(0o100_644)));
    assert_eq!(attribute("/d/one", 8), Ok(Fake::Int(5)));
    assert_eq!(attribute("/d", 8), Ok(Fake::Int(0)));
    assert_eq!(attribute("/d/one", 10), Ok(Fake::Int(TIME)));
    assert_eq!(attribute("/d/one", 12), Ok(Fake::Nil));
    assert_eq!(attribute("/d/one", 13), Ok(Fake::Bool(true)));
    assert_eq!(attribute("/d/one", 15), Ok(Fake::Bool(false)));
    assert_eq!(attribute("/none", 13), Ok(Fake::Bool(false)));
    assert_eq!(attribute("/d/one", 16), Ok(Fake::Bool(false)));
    for number in [0, 17, -1] {
        assert_eq!(attribute("/d/one", number), Err(PrimitiveError::BadArgument), "{number}");
    }
    for number in [2, 16] {
        assert_eq!(attribute("/none", number), Err(PrimitiveError::OperatingSystem(-3)));
    }
    assert_eq!(attribute(&"x".repeat(4096), 2), Err(PrimitiveError::OperatingSystem(-1)));
}

#[test]
fn all_attributes_by_a_mask() {
    let mut t = tester();
    let mut attributes = |path: &str, mask: i64| t.call("primitiveFileAttributes", (path, mask));
    let stat = attributes("/d/one", 1).unwrap();
    let elements = stat.elements();
    assert_eq!(elements.len(), 13);
    assert_eq!((&elements[0], &elements[1], &elements[7]), (&Fake::Nil, &Fake::Int(0o100_644), &Fake::Int(5)));
    assert_eq!(elements[8..], [Fake::Int(TIME), Fake::Int(TIME), Fake::Int(TIME), Fake::Nil, Fake::Nil]);
    let access = Fake::array([Fake::Bool(true), Fake::Bool(true), Fake::Bool(false)]);
    assert_eq!(attributes("/d/one", 2), Ok(access.clone()));
    assert_eq!(attributes("/d/one", 3), Ok(Fake::array([stat, access])));
    assert_eq!(attributes("/d/one", 4), Err(PrimitiveError::OperatingSystem(-6)));
    assert_eq!(attributes("/none", 1), Err(PrimitiveError::OperatingSystem(-3)));
}

#[test]
fn walking_through_a_directory() {
    let mut t = tester();
    let first = t.call("primitiveOpendir", ("/d",)).unwrap().elements();
    assert_eq!(first[0], Fake::bytes("one"));
    assert_eq!(first[1].elements().len(), 13);
    let directory = &first[2];
    let next = t.call("primitiveReaddir", (directory,)).unwrap().elements();
    assert_eq!((&next[0], &next[2]), (&Fake::bytes("two"), &Fake::Nil));
    assert_eq!(t.call("primitiveReaddir", (directory,)), Ok(Fake::Nil));
    assert_eq!(t.call("primitiveRewinddir", (directory,)).unwrap().elements()[0], Fake::bytes("one"));
    assert_eq!(t.call("primitiveClosedir", (directory,)), Ok(Fake::Nil));
    assert_eq!(t.call("primitiveReaddir", (directory,)), Err(PrimitiveError::BadArgument));
    assert_eq!(t.world.files.listing_count(), 0);
    t.world.files.put_dir("/empty");
    assert_eq!(t.call("primitiveOpendir", ("/empty",)), Ok(Fake::Nil));
    assert_eq!(t.call("primitiveOpendir", ("/none",)), Err(PrimitiveError::OperatingSystem(-9)));
    assert_eq!((t.world.files.listing_count(), t.open_resources()), (0, 0));
}

#[test]
fn changes_and_constants() {
    let mut t = tester();
    assert_eq!(t.call_on(1, "primitiveChangeMode", ("/d/one", 0o755)), Ok(Fake::Nil));
    assert_eq!(t.call("primitiveFileAttribute", ("/d/one", 15)), Ok(Fake::Bool(true)));
    assert_eq!(t.call("primitiveChangeOwner", ("/d/one", 7, -1)), Ok(Fake::Nil));
    assert_eq!(t.call("primitiveFileAttribute", ("/d/one", 6)), Ok(Fake::Int(7)));
    assert_eq!(t.call("primitiveSymlinkChangeOwner", ("/d/one", -2, 0)), Err(PrimitiveError::BadArgument));
    assert_eq!(t.call("primitiveChangeMode", ("/none", 0)), Err(PrimitiveError::OperatingSystem(2)));
    assert_eq!(t.call("primitiveFileExists", ("/d/two",)), Ok(Fake::Bool(true)));
    assert_eq!(t.call("primitiveFileExists", ("/d/three",)), Ok(Fake::Bool(false)));
    assert_eq!(t.call("primitiveFileMasks", ()).unwrap().elements().len(), 8);
    assert_eq!(t.call("primitiveLogicalDrives", ()), Err(PrimitiveError::Failed));
    assert_eq!(t.call("primitivePathMax", ()), Ok(Fake::Int(4096)));
    assert_eq!(t.call("primitivePlatToStPath", ("/d",)), Ok(Fake::bytes("/d")));
    assert_eq!(t.call("primitiveStToPlatPath", ("/d",)), Ok(Fake::bytes("/d")));
    assert_eq!(t.call("primitiveVersionString", ()), Ok(Fake::string("2.0.8")));
}
