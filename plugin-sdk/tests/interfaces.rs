//! Every function of every interface as a plugin sees it, in the host of fakes: the wrappers and the fakes say the same.

use osvm_plugin_sdk::PrimitiveError::{self, BadArgument, BadIndex, Inappropriate, NotFound, OperatingSystem, Unsupported};
use osvm_plugin_sdk::interfaces::{FileKind, FileType, Message, Open, Right, Seek, SocketState, Stdio, UserDirectory};
use osvm_plugin_sdk::testing::{Fake, Tester};
use osvm_plugin_sdk::{Context, Object, Shape};
use std::time::Duration;

type Outcome = Result<(), PrimitiveError>;

mod plugin {
    use osvm_plugin_sdk::prelude::*;

    #[plugin(
        name = "InterfacesPlugin",
        imports(files, clock, random, log, console, semaphores, timers, environment, security, settings, net)
    )]
    mod interfaces_plugin {
        use super::*;

        /// Runs a part of a test inside the plugin.
        #[primitive]
        fn primitive_run(cx: &mut Context, step: i64, objects: Object) -> Result<(), PrimitiveError> {
            super::super::STEPS[step as usize](cx, objects)
        }
    }
}

/// What runs inside the plugin, by the index that the tests give.
const STEPS: &[fn(&mut Context, Object) -> Outcome] =
    &[kinds, data, fields, new_objects, files, folders, streams, jobs, simple_ones, sockets, socket_messages];

fn run(t: &mut Tester, step: usize, objects: Fake) {
    let outcome = t.call("primitiveRun", (step as i64, objects));
    assert_eq!(outcome, Ok(Fake::Nil), "{:?}", t.world.log);
}

fn tester() -> Tester {
    Tester::new(&plugin::PLUGIN)
}

fn kinds(cx: &mut Context, objects: Object) -> Outcome {
    let expected = [
        (Shape::Nil, 0, "UndefinedObject"),
        (Shape::Bool(true), 0, "True"),
        (Shape::SmallInteger, 0, "SmallInteger"),
        (Shape::LargeInteger { negative: true }, 2, "LargeNegativeInteger"),
        (Shape::LargeInteger { negative: false }, 8, "LargePositiveInteger"),
        (Shape::Float, 8, "SmallFloat64"),
        (Shape::Character(955), 0, "Character"),
        (Shape::Bytes, 3, "ByteString"),
        (Shape::Units(4), 8, "WideString"),
        (Shape::Units(2), 2, "DoubleByteArray"),
        (Shape::Units(8), 8, "DoubleWordArray"),
        (Shape::Fields, 0, "Point"),
    ];
    assert_eq!(cx.size(objects)?, expected.len());
    for (index, (shape, bytes, class)) in expected.into_iter().enumerate() {
        let object = cx.fetch(objects, index)?;
        assert_eq!((cx.shape(object)?, cx.byte_size(object)?, cx.class_name(object)?.as_str()), (shape, bytes, class));
    }
    Ok(())
}

#[test]
fn objects_have_kinds() {
    let large = Fake::large(true, [1, 2]);
    let point = Fake::instance("Point", [1.into(), 2.into()]);
    let objects = [Fake::Nil, true.into(), 1.into(), large, i64::MAX.into(), 1.5.into(), 'λ'.into(), "abc".into(), "λx".into()];
    run(&mut tester(), 0, Fake::array(objects.into_iter().chain([Fake::shorts([1]), Fake::doubles([1]), point])));
}

fn data(cx: &mut Context, objects: Object) -> Outcome {
    let (bytes, words, text) = (cx.fetch(objects, 0)?, cx.fetch(objects, 1)?, cx.fetch(objects, 2)?);
    assert_eq!(cx.bytes(bytes)?, [1, 2, 3, 4, 5]);
    let mut room = [0; 4];
    assert_eq!((cx.read(bytes, 3, &mut room)?, room), (2, [4, 5, 0, 0]));
    assert_eq!((cx.read(bytes, 9, &mut room)?, cx.read(bytes, 0, &mut [])?), (0, 0));
    cx.write(bytes, 1, &[9, 8])?;
    assert_eq!(cx.write(bytes, 4, &[1, 2]), Err(BadIndex));
    assert_eq!(cx.units::<u16>(bytes), Err(BadArgument), "a byte is left over");
    assert_eq!(cx.units::<u32>(words)?, [1, 2, 3]);
    cx.write_units(words, 1, &[-1.0f32])?;
    let mut float = [0.0f32];
    cx.read_units(words, 1, &mut float)?;
    assert_eq!((float, cx.size(words)?), ([-1.0], 3));
    assert_eq!(cx.read_units(words, 3, &mut float), Err(BadIndex));
    assert_eq!(cx.write_units(words, usize::MAX, &[1u32]), Err(BadIndex));
    // Longer than the room that the text gets at first.
    assert_eq!(cx.text(text)?, "λ".repeat(500));
    assert_eq!(cx.text(bytes), Err(BadArgument));
    let (int, float) = (cx.fetch(objects, 3)?, cx.fetch(objects, 4)?);
    assert_eq!((cx.int(int)?, cx.float(int)?, cx.float(float)?, cx.int(float)), (-7, -7.0, 0.5, Err(BadArgument)));
    Ok(())
}

#[test]
fn objects_have_data() {
    let bytes = Fake::bytes([1, 2, 3, 4, 5]);
    let objects = [bytes.clone(), Fake::words([1, 2, 3]), "λ".repeat(500).as_str().into(), (-7).into(), 0.5.into()];
    run(&mut tester(), 1, Fake::array(objects));
    assert_eq!(bytes, Fake::bytes([1, 9, 8, 4, 5]));
}

fn fields(cx: &mut Context, array: Object) -> Outcome {
    let first = cx.fetch(array, 0)?;
    assert!(cx.same(first, cx.nil()?)? && !cx.same(first, array)?);
    cx.store(array, 1, array)?;
    cx.store(array, 0, cx.boolean(true)?)?;
    assert!(cx.same(cx.fetch(array, 1)?, array)?);
    assert_eq!((cx.fetch(array, 2), cx.store(array, 2, first)), (Err(BadIndex), Err(BadIndex)));
    assert_eq!(cx.shape(cx.receiver())?, Shape::Nil);
    let held = cx.hold(array)?;
    assert!(cx.same(cx.held(&held)?, array)?);
    cx.release(held)?;
    cx.store(array, 1, cx.receiver())
}

#[test]
fn objects_have_fields() {
    let array = Fake::array([Fake::Nil, Fake::Nil]);
    run(&mut tester(), 2, array.clone());
    assert_eq!(array, Fake::array([true.into(), Fake::Nil]));
}

fn new_objects(cx: &mut Context, array: Object) -> Outcome {
    let class = cx.class_named("WordArray")?;
    let made = [
        cx.new_int(i64::MIN)?,
        cx.new_float(2.5)?,
        cx.new_char('λ')?,
        cx.new_large_integer(true, &[0, 1])?,
        cx.new_bytes(&[1])?,
        cx.new_string(&[255])?,
        cx.new_text("λ")?,
        cx.new_array(&[array, cx.nil()?])?,
        cx.new_instance(class, 2)?,
        cx.new_instance(cx.class_of(array)?, 1)?,
    ];
    made.into_iter().enumerate().try_for_each(|(index, object)| cx.store(array, index, object))
}

#[test]
fn objects_are_made() {
    let array = Fake::array(vec![Fake::Nil; 10]);
    run(&mut tester(), 3, array.clone());
    let made = array.elements();
    let expected = [i64::MIN.into(), 2.5.into(), 'λ'.into(), Fake::large(true, [0, 1]), Fake::bytes([1]), "ÿ".into(), "λ".into()];
    assert_eq!(made[..7], expected);
    assert!(made[7].elements()[0].is_same(&array));
    assert_eq!(made[8..], [Fake::words([0, 0]), Fake::array([Fake::Nil])]);
}

fn files(cx: &mut Context, buffer: Object) -> Outcome {
    let files = cx.files();
    assert_eq!(files.open(b"missing", Open::READ), Err(OperatingSystem(2)));
    let file = files.open(b"d/new", Open::READ | Open::WRITE | Open::CREATE_NEW)?;
    assert_eq!(files.open(b"d/new", Open::WRITE | Open::CREATE_NEW), Err(OperatingSystem(17)));
    files.write(file, b"0123456789")?;
    assert_eq!(files.seek(file, Seek::Current(-4))?, 6);
    let mut room = [0; 8];
    assert_eq!((files.read(file, &mut room)?, &room[..4]), (4, &b"6789"[..]));
    assert_eq!(files.read(file, &mut room)?, 0);
    assert_eq!((files.seek(file, Seek::Start(2))?, files.seek(file, Seek::End(-1))?), (2, 9));
    assert_eq!(files.seek(file, Seek::Start(1))?, 1);
    assert_eq!(files.read_object(file, buffer, 2, 3)?, 3);
    assert_eq!(files.read_object(file, buffer, 4, 2), Err(BadIndex));
    assert_eq!(files.write_object(file, buffer, 1, 4)?, 4);
    files.flush(file)?;
    files.sync(file)?;
    files.set_len(file, 9)?;
    files.close(file)?;
    assert_eq!(files.close(file), Err(OperatingSystem(9)));
    let end = files.open(b"d/new", Open::WRITE | Open::APPEND)?;
    files.write(end, b"!")?;
    files.close(end)?;
    let empty = files.open(b"d/empty", Open::WRITE | Open::CREATE | Open::TRUNCATE)?;
    assert_eq!(files.read(empty, &mut room), Err(OperatingSystem(9)), "it is open for writing");
    files.close(empty)
}

#[test]
fn files_are_read_and_written() {
    let mut t = tester();
    t.world.files.put_dir("d");
    t.world.files.put("d/empty", "not yet");
    let buffer = Fake::bytes([b'-'; 5]);
    run(&mut t, 4, buffer.clone());
    assert_eq!(buffer, Fake::bytes(b"--123"));
    assert_eq!(t.world.files.contents("d/new").unwrap(), b"0123-1238!");
    assert_eq!(t.world.files.contents("d/empty").unwrap(), b"");
    assert_eq!(t.world.files.open_count(), 0);
}

fn folders(cx: &mut Context, _: Object) -> Outcome {
    let files = cx.files();
    assert_eq!(files.current_dir()?, b"/memory");
    files.create_dir(b"a")?;
    assert_eq!(files.create_dir(b"./a"), Err(OperatingSystem(17)));
    assert_eq!(files.create_dir(b"x/y"), Err(OperatingSystem(2)));
    files.make_link(b"../one", b"a/link")?;
    assert_eq!(files.read_link(b"a/link")?, b"../one");
    let (file, link) = (files.metadata(b"a/link", true)?, files.metadata(b"a/link", false)?);
    assert_eq!((file.file_type, file.size, file.is_dir(), link.file_type), (FileType::File, 3, false, FileType::Link));
    files.set_mode(b"one", 0o600)?;
    files.set_owner(b"one", Some(7), None)?;
    files.set_times(b"one", 11, 22)?;
    let file = files.metadata(b"/memory/one", true)?;
    assert_eq!((file.mode, file.user, file.group, file.accessed, file.modified), (0o100_600, 7, 1000, 11, 22));
    assert!(file.writable && files.metadata(b"a", true)?.is_dir());
    files.rename(b"one", b"a/two")?;
    assert_eq!(files.names(b"a")?, [&b"link"[..], b"two"]);
    assert_eq!(files.remove_dir(b"a"), Err(OperatingSystem(39)));
    files.remove(b"a/two")?;
    files.remove(b"a/link")?;
    assert_eq!(files.remove(b"a/link"), Err(OperatingSystem(2)));
    // A name that is longer than the room that it gets at first.
    let long = [b'n'; 600];
    files.close(files.open(&[b"a/", long.as_slice()].concat(), Open::WRITE | Open::CREATE)?)?;
    assert_eq!(files.names(b"a")?, [long]);
    files.remove(&[b"a/", long.as_slice()].concat())?;
    files.remove_dir(b"a")?;
    assert_eq!(files.names(b"a"), Err(OperatingSystem(2)));
    Ok(())
}

#[test]
fn folders_are_made_and_listed() {
    let mut t = tester();
    t.world.files.put("one", "111");
    run(&mut t, 5, Fake::Nil);
    assert!(!t.world.files.exists("a"));
    assert_eq!(t.world.files.listing_count(), 0);
}

fn streams(cx: &mut Context, _: Object) -> Outcome {
    let files = cx.files();
    let (input, kind) = files.stdio(Stdio::Input)?.ok_or(NotFound)?;
    assert_eq!(kind, FileKind::Terminal);
    let mut room = [0; 3];
    assert_eq!((files.read(input, &mut room)?, &room[..2]), (2, &b"in"[..]));
    files.write(files.stdio(Stdio::Output)?.ok_or(NotFound)?.0, b"out")?;
    files.write(files.attach(2, true)?, b"err")?;
    assert_eq!(files.descriptor_kind(1)?, Some(FileKind::Terminal));
    assert_eq!(files.descriptor_kind(7), Err(OperatingSystem(9)));
    cx.console().print(b"line")?;
    cx.console().print_error(b"wrong")
}

#[test]
fn standard_streams() {
    let mut t = tester();
    t.world.files.stdio_kind = FileKind::Terminal;
    t.world.files.stdin = b"in".to_vec();
    run(&mut t, 6, Fake::Nil);
    assert_eq!((t.world.stdout_text().as_str(), t.world.stderr_text().as_str()), ("outline\n", "errwrong\n"));
}

fn jobs(cx: &mut Context, _: Object) -> Outcome {
    let files = cx.files();
    let file = files.open(b"f", Open::READ | Open::WRITE)?;
    let written = files.start_write(file, 2, b"xy", None)?;
    let read = files.start_read(file, 1, 9, Some(5))?;
    let mut room = [0; 9];
    assert_eq!(files.job_result(written, &mut room)?, 2);
    assert_eq!((files.job_result(read, &mut room)?, &room[..3]), (3, &b"1xy"[..]));
    assert_eq!(files.job_result(read, &mut room), Err(BadArgument), "it is forgotten");
    Ok(())
}

#[test]
fn files_in_the_background() {
    let mut t = tester();
    t.world.files.put("f", "0123");
    run(&mut t, 7, Fake::Nil);
    assert_eq!(t.world.signals, [5]);
    t.world.files.hold_jobs = true;
    assert_eq!(t.call("primitiveRun", (7, Fake::Nil)), Err(Inappropriate), "nothing is done yet");
    assert_eq!(t.world.files.run_jobs(), [5]);
}

fn simple_ones(cx: &mut Context, _: Object) -> Outcome {
    let clock = cx.clock();
    assert_eq!((clock.utc_micros()?, clock.monotonic_micros()?), (1_767_225_600_000_000, 1_000_000));
    assert_eq!((clock.local_offset(0)?, clock.zone_name()?.as_str()), (-7200, "Somewhere"));
    let (a, b) = (cx.random().bytes::<8>()?, cx.random().bytes::<8>()?);
    assert_ne!(a, b);
    cx.semaphores().signal(3)?;
    assert_eq!(cx.semaphores().signal(0), Err(BadArgument));
    let timer = cx.timers().every(Duration::from_millis(1), 4)?;
    cx.timers().after(Duration::from_millis(1), 5)?;
    cx.timers().cancel(timer)?;
    assert_eq!(cx.timers().cancel(timer), Err(NotFound));
    let environment = cx.environment();
    assert_eq!((environment.get(b"HOME")?, environment.get(b"NONE")?), (Some(b"/home".to_vec()), None));
    assert_eq!(environment.names()?, [&b"HOME"[..], b"LANG"]);
    let security = cx.security();
    assert!(security.allowed(Right::Sockets)?);
    security.give_up(Right::Sockets)?;
    assert!(!security.allowed(Right::Sockets)? && security.allowed(Right::Files)?);
    assert_eq!(security.directory(UserDirectory::Untrusted)?, b"/untrusted");
    assert_eq!((cx.settings().get("greeting")?, cx.settings().get("other")?), (Some("hello".into()), None));
    cx.log().warn("careful");
    Ok(())
}

#[test]
fn the_simple_interfaces() {
    let mut t = tester();
    t.world.local_offset = -7200;
    t.world.zone_name = "Somewhere".into();
    t.world.environment = [("HOME", "/home"), ("LANG", "de")].map(|(name, value)| (name.into(), value.into())).into();
    t.world.settings.insert("greeting".into(), "hello".into());
    run(&mut t, 8, Fake::Nil);
    assert_eq!((t.world.signals.as_slice(), t.world.log.len()), (&[3][..], 1));
    assert_eq!(t.world.timers.iter().map(|timer| timer.token).collect::<Vec<_>>(), [5]);
}

fn sockets(cx: &mut Context, _: Object) -> Outcome {
    let net = cx.net();
    assert_eq!(net.websocket_open("ws://elsewhere/", None), Err(Unsupported));
    let socket = net.websocket_open("ws://localhost:8080/a", Some(2))?;
    assert_eq!(net.websocket_state(socket)?, SocketState::Connecting);
    assert_eq!(net.websocket_send(socket, Message::Text("early")), Err(Inappropriate));
    cx.keep(Kept(socket));
    Ok(())
}

struct Kept(osvm_plugin_sdk::interfaces::Socket);

impl osvm_plugin_sdk::Resource for Kept {}

fn socket_messages(cx: &mut Context, _: Object) -> Outcome {
    let id = cx.resource_ids::<Kept>()[0];
    let socket = cx.close(id)?.0;
    let net = cx.net();
    assert_eq!(net.websocket_state(socket)?, SocketState::Open);
    net.websocket_send(socket, Message::Text("hello"))?;
    net.websocket_send(socket, Message::Bytes(&[1]))?;
    assert_eq!(net.websocket_receive(socket)?, Some(vec![7; 1000]));
    assert_eq!(net.websocket_receive(socket)?, Some(Vec::new()));
    assert_eq!(net.websocket_receive(socket)?, None);
    net.websocket_close(socket)?;
    assert_eq!(net.websocket_state(socket)?, SocketState::Closed);
    net.websocket_drop(socket)?;
    assert_eq!(net.websocket_state(socket), Err(BadArgument));
    Ok(())
}

#[test]
fn connections() {
    let mut t = tester();
    run(&mut t, 9, Fake::Nil);
    t.world.set_socket_state(0, 1);
    t.world.deliver(0, [7; 1000]);
    t.world.deliver(0, []);
    let socket = t.world.sockets[0].clone();
    assert_eq!((socket.url.as_str(), socket.state), ("ws://localhost:8080/a", 1));
    run(&mut t, 10, Fake::Nil);
    assert!(t.world.sockets.is_empty());
    assert_eq!(t.world.signals, [2, 2, 2]);
}

#[test]
#[should_panic(expected = "the plugin uses files.current_dir: write imports(files) in #[plugin]")]
fn what_is_not_imported_is_a_mistake() {
    use osvm_plugin_sdk::prelude::*;

    #[plugin(name = "ForgetfulPlugin")]
    mod forgetful_plugin {
        #[primitive]
        fn primitive_where(cx: &osvm_plugin_sdk::Context) -> Result<Vec<u8>, osvm_plugin_sdk::PrimitiveError> {
            cx.files().current_dir()
        }
    }

    let _ = Tester::new(&PLUGIN).call("primitiveWhere", ());
}
