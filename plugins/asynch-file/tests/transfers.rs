//! AsynchFilePlugin, in a world in memory.

use osvm_plugin_asynch_file::PLUGIN;
use osvm_plugin_sdk::PrimitiveError;
use osvm_plugin_sdk::testing::{Fake, Tester};

fn open(t: &mut Tester, path: &str, writable: bool) -> Fake {
    t.call("primitiveAsyncFileOpen", (path, writable, 7)).unwrap()
}

#[test]
fn reading_waits_for_its_end_and_signals() {
    let mut t = Tester::new(&PLUGIN);
    t.world.files.put("a", "0123456789");
    t.world.files.hold_jobs = true;
    let file = open(&mut t, "a", false);
    assert_eq!(t.call_on(1, "primitiveAsyncFileReadStart", (&file, 2, 4)), Ok(Fake::Int(1)));
    let into = Fake::bytes([b'.'; 6]);
    let result = |t: &mut Tester| t.call("primitiveAsyncFileReadResult", (&file, &into, 2, 4));
    assert_eq!(result(&mut t), Ok(Fake::Int(-1)));
    assert_eq!(t.call("primitiveAsyncFileReadStart", (&file, 0, 1)), Err(PrimitiveError::Inappropriate));
    assert_eq!(t.world.files.run_jobs(), [7]);
    assert_eq!(result(&mut t), Ok(Fake::Int(4)));
    assert_eq!(into, Fake::bytes(b".2345."));
    // It goes on where it ended.
    t.world.files.hold_jobs = false;
    t.call("primitiveAsyncFileReadStart", (&file, -1, 9)).unwrap();
    assert_eq!(result(&mut t), Ok(Fake::Int(4)));
    assert_eq!(into, Fake::bytes(b".6789."));
    t.call("primitiveAsyncFileReadStart", (&file, 10, 1)).unwrap();
    assert_eq!(result(&mut t), Ok(Fake::Int(-2)), "there is no more");
}

#[test]
fn writing() {
    let mut t = Tester::new(&PLUGIN);
    let file = open(&mut t, "new", true);
    let words = Fake::words([1, 2, 3]);
    t.call("primitiveAsyncFileWriteStart", (&file, 0, &words, 2, 2)).unwrap();
    assert_eq!(t.call("primitiveAsyncFileWriteResult", (&file,)), Ok(Fake::Int(8)));
    assert_eq!(t.call("primitiveAsyncFileWriteResult", (&file,)), Ok(Fake::Int(-1)), "nothing was begun");
    t.call("primitiveAsyncFileWriteStart", (&file, -1, "end", 1, 3)).unwrap();
    assert_eq!(t.world.files.contents("new").unwrap(), [2, 0, 0, 0, 3, 0, 0, 0, b'e', b'n', b'd']);
    assert_eq!(t.world.signals, [7, 7]);
    for (start, count) in [(0, 1), (3, 2), (-1, 0), (1, -1)] {
        let failed = t.call("primitiveAsyncFileWriteStart", (&file, 0, &words, start, count));
        assert_eq!(failed, Err(PrimitiveError::BadIndex), "{start} {count}");
    }
    assert_eq!(t.call("primitiveAsyncFileClose", (&file,)), Ok(Fake::Nil));
    assert_eq!(t.call("primitiveAsyncFileWriteResult", (&file,)), Err(PrimitiveError::BadArgument));
    assert_eq!(t.world.files.open_count(), 0);
}

#[test]
fn what_cannot_be_opened() {
    let mut t = Tester::new(&PLUGIN);
    assert_eq!(t.call("primitiveAsyncFileOpen", ("none", false, 0)), Err(PrimitiveError::OperatingSystem(2)));
    assert_eq!(t.call("primitiveAsyncFileOpen", ("none", true, -1)), Err(PrimitiveError::BadArgument));
    let file = open(&mut t, "read", true);
    let array = Fake::array([]);
    assert_eq!(t.call("primitiveAsyncFileReadResult", (&file, &array, 1, 0)), Err(PrimitiveError::BadArgument));
}
