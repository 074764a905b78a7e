//! FilePlugin, primitive by primitive, in a world in memory.

use osvm_plugin_file::PLUGIN;
use osvm_plugin_sdk::PrimitiveError;
use osvm_plugin_sdk::interfaces::FileKind;
use osvm_plugin_sdk::testing::{Fake, Tester};

type Answer = Result<Fake, PrimitiveError>;

fn tester() -> Tester {
    Tester::new(&PLUGIN)
}

fn call(tester: &mut Tester, name: &str, args: &[Fake]) -> Answer {
    tester.call(name, args)
}

fn open(tester: &mut Tester, path: &str, writable: bool) -> Fake {
    call(tester, "primitiveFileOpen", &[Fake::string(path), Fake::Bool(writable)]).unwrap()
}

fn write(tester: &mut Tester, file: &Fake, text: &str) -> Answer {
    let args = [file.clone(), Fake::string(text), Fake::Int(1), Fake::Int(text.len() as i64)];
    call(tester, "primitiveFileWrite", &args)
}

fn read(tester: &mut Tester, file: &Fake, count: i64) -> Result<String, PrimitiveError> {
    let into = Fake::bytes(vec![b'.'; count as usize]);
    let Fake::Int(done) = tester.call("primitiveFileRead", (file, &into, 1, count))? else { panic!("no count") };
    let bytes = into.data();
    assert!(bytes[done as usize..].iter().all(|&b| b == b'.'), "more was written than the count says");
    Ok(String::from_utf8(bytes[..done as usize].to_vec()).unwrap())
}

fn ask(tester: &mut Tester, name: &str, file: &Fake) -> Answer {
    call(tester, name, std::slice::from_ref(file))
}

#[test]
fn reading_writing_and_positions() {
    let t = &mut tester();
    t.world.files.put("a", b"0123456789");
    let file = open(t, "a", true);
    assert_eq!(ask(t, "primitiveFileSize", &file), Ok(Fake::Int(10)));
    assert_eq!(read(t, &file, 3).unwrap(), "012");
    assert_eq!(ask(t, "primitiveFileGetPosition", &file), Ok(Fake::Int(3)));
    // Writing goes on where reading stopped, whatever was read ahead.
    assert_eq!(write(t, &file, "abc"), Ok(Fake::Int(3)));
    assert_eq!(ask(t, "primitiveFileGetPosition", &file), Ok(Fake::Int(6)));
    assert_eq!(read(t, &file, 2).unwrap(), "67");
    assert_eq!(t.world.files.contents("a").unwrap(), b"012abc6789");
    assert_eq!(call(t, "primitiveFileSetPosition", &[file.clone(), Fake::Int(8)]), Ok(Fake::Nil));
    assert_eq!(ask(t, "primitiveFileAtEnd", &file), Ok(Fake::Bool(false)));
    assert_eq!(read(t, &file, 10).unwrap(), "89");
    assert_eq!(ask(t, "primitiveFileAtEnd", &file), Ok(Fake::Bool(true)));
    assert_eq!(read(t, &file, 10).unwrap(), "");
}

#[test]
fn at_end_right_after_the_last_byte() {
    let t = &mut tester();
    t.world.files.put("a", b"x");
    let file = open(t, "a", false);
    assert_eq!(ask(t, "primitiveFileAtEnd", &file), Ok(Fake::Bool(false)));
    assert_eq!(read(t, &file, 1).unwrap(), "x");
    assert_eq!(ask(t, "primitiveFileAtEnd", &file), Ok(Fake::Bool(true)));
}

#[test]
fn what_is_written_is_buffered_and_seen_by_size_position_and_shutdown() {
    let t = &mut tester();
    let file = open(t, "new", true);
    for _ in 0..3000 {
        write(t, &file, "abcdefg").unwrap();
    }
    assert!(t.world.files.contents("new").unwrap().len() < 21_000);
    assert_eq!(ask(t, "primitiveFileGetPosition", &file), Ok(Fake::Int(21_000)));
    assert_eq!(ask(t, "primitiveFileSize", &file), Ok(Fake::Int(21_000)));
    write(t, &file, "!").unwrap();
    t.quit().unwrap();
    assert_eq!(t.world.files.contents("new").unwrap().len(), 21_001);
}

#[test]
fn large_transfers_go_past_the_buffer() {
    let t = &mut tester();
    let file = open(t, "big", true);
    let text: String = (0..30_000).map(|i| char::from(b'a' + (i % 26) as u8)).collect();
    write(t, &file, "head").unwrap();
    write(t, &file, &text).unwrap();
    call(t, "primitiveFileSetPosition", &[file.clone(), Fake::Int(2)]).unwrap();
    assert_eq!(read(t, &file, 30_002).unwrap(), format!("ad{text}"));
}

#[test]
fn ranges_and_words() {
    let t = &mut tester();
    let file = open(t, "w", true);
    let words = Fake::words([1, 2, 3]);
    let from = |start: i64, count: i64| [file.clone(), words.clone(), Fake::Int(start), Fake::Int(count)];
    assert_eq!(call(t, "primitiveFileWrite", &from(2, 2)), Ok(Fake::Int(2)));
    for (start, count) in [(0, 1), (4, 1), (2, 3), (1, i64::MAX)] {
        assert_eq!(call(t, "primitiveFileWrite", &from(start, count)), Err(PrimitiveError::BadIndex), "{start} {count}");
    }
    assert_eq!(call(t, "primitiveFileWrite", &from(-1, 1)), Err(PrimitiveError::BadArgument));
    assert_eq!(call(t, "primitiveFileWrite", &from(4, 0)), Ok(Fake::Int(0)));
    call(t, "primitiveFileFlush", std::slice::from_ref(&file)).unwrap();
    assert_eq!(t.world.files.contents("w").unwrap(), [2_u32.to_le_bytes(), 3_u32.to_le_bytes()].concat());

    call(t, "primitiveFileSetPosition", &[file.clone(), Fake::Int(0)]).unwrap();
    let into = Fake::words([0; 3]);
    assert_eq!(t.call("primitiveFileRead", (&file, &into, 2, 2)), Ok(Fake::Int(2)));
    assert_eq!(into, Fake::words([0, 2, 3]));

    let array = [file.clone(), Fake::array([]), Fake::Int(1), Fake::Int(0)];
    assert_eq!(call(t, "primitiveFileRead", &array), Err(PrimitiveError::BadArgument));
    call(t, "primitiveFileSetPosition", &[file.clone(), Fake::Int(0)]).unwrap();
    let frozen = [file, Fake::bytes([0; 4]).read_only(), Fake::Int(1), Fake::Int(1)];
    assert_eq!(call(t, "primitiveFileRead", &frozen), Err(PrimitiveError::NoModification));
}

#[test]
fn opening() {
    let t = &mut tester();
    let missing = [Fake::string("missing"), Fake::Bool(false)];
    assert_eq!(call(t, "primitiveFileOpen", &missing), Err(PrimitiveError::OperatingSystem(2)));
    let fresh = call(t, "primitiveFileOpenNew", &[Fake::string("fresh")]).unwrap();
    assert_eq!(call(t, "primitiveFileOpenNew", &[Fake::string("fresh")]), Err(PrimitiveError::Inappropriate));
    let read_only = open(t, "fresh", false);
    assert_eq!(write(t, &read_only, "x"), Err(PrimitiveError::Failed));
    assert_eq!(call(t, "primitiveFileTruncate", &[read_only.clone(), Fake::Int(0)]), Err(PrimitiveError::OperatingSystem(22)));
    assert_eq!(t.world.files.open_count(), 2);
    for file in [&fresh, &read_only] {
        assert_eq!(ask(t, "primitiveFileClose", file), Ok(Fake::Nil));
        assert_eq!(ask(t, "primitiveFileClose", file), Err(PrimitiveError::BadArgument));
    }
    assert_eq!(t.world.files.open_count(), 0);
    let long = "x".repeat(5000);
    let args = [Fake::string(&long), Fake::Bool(true)];
    assert_eq!(call(t, "primitiveFileOpen", &args), Err(PrimitiveError::BadArgument));
    assert_eq!(call(t, "primitiveConnectToFile", &[Fake::bytes([0; 8]), Fake::Bool(true)]), Err(PrimitiveError::Unsupported));
}

#[test]
fn truncation_counts_what_is_buffered() {
    let t = &mut tester();
    let file = open(t, "t", true);
    write(t, &file, "0123456789").unwrap();
    assert_eq!(call(t, "primitiveFileTruncate", &[file.clone(), Fake::Int(4)]), Ok(Fake::Nil));
    assert_eq!(t.world.files.contents("t").unwrap(), b"0123");
    assert_eq!(call(t, "primitiveFileTruncate", &[file, Fake::Int(-1)]), Err(PrimitiveError::BadArgument));
}

#[test]
fn standard_streams() {
    let t = &mut tester();
    t.world.files.stdin = b"one two".to_vec();
    let handles = call(t, "primitiveFileStdioHandles", &[]).unwrap().elements();
    assert_eq!(call(t, "primitiveFileStdioHandles", &[]), Ok(Fake::array(handles.clone())), "the same each time");
    let [input, output, error] = &handles[..] else { panic!("three handles") };
    write(t, output, "out").unwrap();
    write(t, error, "err").unwrap();
    assert_eq!((t.world.files.stdout.as_slice(), t.world.files.stderr.as_slice()), (&b"out"[..], &b"err"[..]));
    assert_eq!(read(t, input, 4).unwrap(), "one ");
    assert_eq!(ask(t, "primitiveFileAtEnd", input), Ok(Fake::Bool(false)));
    assert_eq!(read(t, input, 9).unwrap(), "two");
    assert_eq!(ask(t, "primitiveFileAtEnd", input), Ok(Fake::Bool(true)));
    assert_eq!(ask(t, "primitiveFileAtEnd", output), Ok(Fake::Bool(false)));
    assert_eq!(read(t, output, 1), Err(PrimitiveError::Failed));
    assert_eq!(write(t, input, "x"), Err(PrimitiveError::Failed));
    assert_eq!(ask(t, "primitiveFileSize", output), Err(PrimitiveError::Failed));
    for (kind, number) in [(FileKind::Terminal, 1), (FileKind::Pipe, 2), (FileKind::File, 3)] {
        t.world.files.stdio_kind = kind;
        assert_eq!(call(t, "primitiveFileDescriptorType", &[Fake::Int(1)]), Ok(Fake::Int(number)));
    }
    assert_eq!(call(t, "primitiveFileDescriptorType", &[Fake::Int(77)]), Ok(Fake::Int(-1)));
}

#[test]
fn a_terminal_gives_a_character_at_a_time_and_takes_one_back() {
    let t = &mut tester();
    t.world.files.stdio_kind = FileKind::Terminal;
    t.world.files.stdin = b"ab".to_vec();
    let handles = call(t, "primitiveFileStdioHandles", &[]).unwrap().elements();
    let input = &handles[0];
    assert_eq!(ask(t, "primitiveFileAtEnd", input), Ok(Fake::Bool(false)), "not known before reading");
    assert_eq!(ask(t, "primitiveFileGetPosition", input), Ok(Fake::Int(0)));
    assert_eq!(read(t, input, 10).unwrap(), "a");
    assert_eq!(ask(t, "primitiveFileGetPosition", input), Ok(Fake::Int(1)));
    assert_eq!(call(t, "primitiveFileSetPosition", &[input.clone(), Fake::Int(0)]), Ok(Fake::Nil));
    assert_eq!(read(t, input, 10).unwrap(), "a");
    assert_eq!(read(t, input, 10).unwrap(), "b");
    assert_eq!(read(t, input, 10).unwrap(), "");
    assert_eq!(ask(t, "primitiveFileAtEnd", input), Ok(Fake::Bool(true)));
    assert_eq!(call(t, "primitiveFileSetPosition", &[input.clone(), Fake::Int(7)]), Err(PrimitiveError::Failed));
}

#[test]
fn directories() {
    let t = &mut tester();
    assert_eq!(call(t, "primitiveDirectoryDelimitor", &[]), Ok(Fake::Char('/' as u32)));
    call(t, "primitiveDirectoryCreate", &[Fake::string("d")]).unwrap();
    assert_eq!(call(t, "primitiveDirectoryCreate", &[Fake::string("d")]), Err(PrimitiveError::OperatingSystem(17)));
    t.world.files.put("d/one", b"1");
    t.world.files.put("d/two", b"22");
    let lookup = |t: &mut Tester, index: i64| call(t, "primitiveDirectoryLookup", &[Fake::string("d"), Fake::Int(index)]);
    let name = |answer: Answer| answer.unwrap().elements()[0].clone();
    assert_eq!(name(lookup(t, 1)), Fake::string("one"));
    assert_eq!(name(lookup(t, 2)), Fake::string("two"));
    assert_eq!(lookup(t, 3), Ok(Fake::Nil));
    assert_eq!(name(lookup(t, 2)), Fake::string("two"));
    assert_eq!(lookup(t, 0), Ok(Fake::Nil));
    assert_eq!(lookup(t, i64::MAX), Ok(Fake::Nil));
    let missing = [Fake::string("missing"), Fake::Int(1)];
    assert_eq!(call(t, "primitiveDirectoryLookup", &missing), Err(PrimitiveError::OperatingSystem(2)));

    let entry = call(t, "primitiveDirectoryEntry", &[Fake::string("d"), Fake::string("two")]).unwrap();
    // Local time is an hour ahead of UTC in the world of tests, and its files are from the start of 1970.
    let time = 2_177_452_800 + 3600;
    let expected = [
        Fake::string("two"),
        Fake::Int(time),
        Fake::Int(time),
        Fake::Bool(false),
        Fake::Int(2),
        Fake::Int(0o644),
        Fake::Bool(false),
    ];
    assert_eq!(entry, Fake::array(expected));
    assert_eq!(call(t, "primitiveDirectoryEntry", &[Fake::string(""), Fake::string("nope")]), Ok(Fake::Nil));

    assert_eq!(call(t, "primitiveDirectoryDelete", &[Fake::string("d")]), Err(PrimitiveError::OperatingSystem(39)));
    call(t, "primitiveFileRename", &[Fake::string("d/one"), Fake::string("one")]).unwrap();
    call(t, "primitiveFileDelete", &[Fake::string("d/two")]).unwrap();
    assert_eq!(call(t, "primitiveFileDelete", &[Fake::string("d/two")]), Err(PrimitiveError::OperatingSystem(2)));
    call(t, "primitiveDirectoryDelete", &[Fake::string("d")]).unwrap();
    assert_eq!(t.world.files.contents("one").unwrap(), b"1");
}

#[test]
fn access_can_be_given_up() {
    let t = &mut tester();
    let file = open(t, "a", true);
    assert_eq!(call(t, "primitiveHasFileAccess", &[]), Ok(Fake::Bool(true)));
    call(t, "primitiveDisableFileAccess", &[]).unwrap();
    assert_eq!(call(t, "primitiveHasFileAccess", &[]), Ok(Fake::Bool(false)));
    assert_eq!(t.world.rights, [false, true, true, true]);
    assert_eq!(write(t, &file, "still open"), Ok(Fake::Int(10)));
}
