//! CpSystemPlugin: what strings, numbers and symbols answer, and what is left to the image.

use osvm_plugin_cp_system::PLUGIN;
use osvm_plugin_sdk::PrimitiveError::{BadReceiver, Unsupported};
use osvm_plugin_sdk::testing::{Fake, Tester};

#[test]
fn strings_are_compared_with_everything() {
    let mut t = Tester::new(&PLUGIN);
    let mut compare = |a: &str, b: Fake| t.call_on(a, "primitiveStringAsciiCompare:", [b]);
    for (a, b, answer) in [("a", "b", 1), ("a", "a", 2), ("ab", "a", 3), ("z", "€", 1), ("", "", 2)] {
        assert_eq!(compare(a, b.into()), Ok(Fake::Int(answer)), "{a} {b}");
    }
    for other in [Fake::Nil, Fake::Int(5), Fake::array([])] {
        assert_eq!(compare("", other), Ok(Fake::Int(3)), "it is not equal, and nothing fails");
    }
}

#[test]
fn integers_are_exact_or_left_to_the_image() {
    let mut t = Tester::new(&PLUGIN);
    let big = (1_i64 << 53) + 1;
    assert_eq!(t.call_on(big, "primitiveNumberPrintString", ()), Ok("9007199254740993".into()));
    assert_eq!(t.call_on(i64::MIN, "primitiveNumberPrintStringBase:", (10,)), Ok("-9223372036854775808".into()));
    assert_eq!(t.call_on(1.5, "primitiveNumberPrintString", ()), Ok("1.5".into()));
    assert_eq!(t.call_on(Fake::large(false, [1; 9]), "primitiveNumberPrintString", ()), Err(BadReceiver));
    assert_eq!(t.call_on("5", "primitiveNumberPrintString", ()), Err(BadReceiver));
    assert_eq!(t.call_on(2, "primitiveNumberRaisedTo:", (10,)), Ok(Fake::Int(1024)));
    assert_eq!(t.call_on(2, "primitiveNumberRaisedTo:", (-1,)), Ok(Fake::Float(0.5)));
    assert_eq!(t.call_on(2.0, "primitiveNumberRaisedTo:", (0.5,)), Ok(Fake::Float(2_f64.sqrt())));
    assert_eq!(t.call_on(big, "primitiveNumberRaisedTo:", (2,)), Err(BadReceiver));
}

#[test]
fn symbols_are_unique() {
    let mut t = Tester::new(&PLUGIN);
    // A class of a test has its name in its first field; this one has instances of bytes.
    let class = Fake::instance("Symbol class", [Fake::string("ByteSymbol")]);
    let symbol = Fake::symbol("size");
    assert_eq!(t.call_on(&class, "primitiveSymbolRegister:", (&symbol,)), Ok(class.clone()));
    assert!(t.call_on(&class, "primitiveSymbolFromString:", ("size",)).unwrap().is_same(&symbol));
    let other = t.call_on(&class, "primitiveSymbolFromString:", ("other:",)).unwrap();
    assert_eq!(other, Fake::symbol("other:"));
    assert!(t.call_on(&class, "primitiveSymbolFromString:", ("other:",)).unwrap().is_same(&other));
    assert!(t.call_on(&class, "primitiveSymbolRegister:", (Fake::symbol("size"),)).is_err(), "there is one already");
}

#[test]
fn a_channel_has_its_socket() {
    let mut t = Tester::new(&PLUGIN);
    let channel = Fake::instance("CpJavaScriptWebSocketChannel", []);
    assert_eq!(t.call_on(&channel, "primitiveWebSocketReadyState", ()), Err(BadReceiver), "it was never connected");
    t.call_on(&channel, "primitiveWebSocketConnectToUrl:withEventSemaphore:", ("ws://localhost/", 3)).unwrap();
    assert_eq!(t.call_on(&channel, "primitiveWebSocketReadyState", ()), Ok(Fake::Int(0)));
    assert_eq!(t.call_on(&channel, "primitiveWebSocketSend:", (b"early",)), Ok(Fake::Bool(false)));
    t.world.set_socket_state(0, 1);
    assert_eq!(t.call_on(&channel, "primitiveWebSocketSend:", (b"hello",)), Ok(Fake::Bool(true)));
    assert_eq!(t.world.sockets[0].sent, [(false, b"hello".to_vec())]);
    t.world.deliver(0, b"answer");
    assert_eq!(t.world.signals, [3, 3]);
    assert_eq!(t.call_on(&channel, "primitiveWebSocketReceivedMessage", ()), Ok(b"answer".into()));
    assert_eq!(t.call_on(&channel, "primitiveWebSocketReceivedMessage", ()), Ok(Fake::Nil));
    assert_eq!(t.call_on(&channel, "primitiveWebSocketClose", ()), Ok(Fake::Bool(true)));
    t.world.set_socket_state(0, 4);
    assert_eq!(t.call_on(&channel, "primitiveWebSocketReadyState", ()), Ok(Fake::Int(3)));
}

#[test]
fn channels_that_ended_are_forgotten_at_last() {
    let mut t = Tester::new(&PLUGIN);
    let channels: Vec<Fake> = (0..40).map(|number| Fake::instance("CpJavaScriptWebSocketChannel", [Fake::Int(number)])).collect();
    for (number, channel) in channels.iter().enumerate() {
        t.call_on(channel, "primitiveWebSocketConnectToUrl:withEventSemaphore:", ("ws://localhost/", 1)).unwrap();
        // The first one stays connected, no other server answers.
        let last = t.world.sockets.len() - 1;
        t.world.set_socket_state(last, if number == 0 { 1 } else { 4 });
    }
    assert_eq!(t.world.sockets.len(), 16);
    assert_eq!(t.call_on(&channels[0], "primitiveWebSocketReadyState", ()), Ok(Fake::Int(1)));
    assert_eq!(t.call_on(&channels[1], "primitiveWebSocketReadyState", ()), Err(BadReceiver));
    assert_eq!(t.call_on(&channels[39], "primitiveWebSocketReadyState", ()), Ok(Fake::Int(3)));
}

#[test]
fn what_only_a_browser_has_is_unsupported() {
    let mut t = Tester::new(&PLUGIN);
    assert_eq!(t.call("primitiveEnvironmentConfirm:", ("really?",)), Err(Unsupported));
    assert_eq!(t.call("primitiveEnvironmentReload", ()), Err(Unsupported));
    t.call("primitiveEnvironmentAlert:", ("beware",)).unwrap();
    assert_eq!(t.world.stderr_text(), "beware\n");
}
