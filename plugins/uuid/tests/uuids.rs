//! UUIDPlugin.

use osvm_plugin_sdk::PrimitiveError;
use osvm_plugin_sdk::testing::{Fake, Tester};
use osvm_plugin_uuid::PLUGIN;

#[test]
fn they_are_random_and_say_so() {
    let mut t = Tester::new(&PLUGIN);
    let mut make = || {
        let uuid = Fake::bytes([0; 16]);
        assert_eq!(t.call_on(&uuid, "primitiveMakeUUID", ()).unwrap(), uuid);
        uuid.data()
    };
    let (one, two) = (make(), make());
    assert_ne!(one, two);
    for uuid in [one, two] {
        assert_eq!((uuid[6] >> 4, uuid[8] >> 6), (4, 2));
    }
    assert_eq!(t.call_on(Fake::bytes([0; 15]), "primitiveMakeUUID", ()), Err(PrimitiveError::BadReceiver));
    assert_eq!(t.call("primitiveMakeUUID", (Fake::bytes([0; 16]),)), Err(PrimitiveError::BadNumArgs), "the UUID is the receiver");
    assert_eq!(t.call_on(1, "primitiveMakeUUID", ()), Err(PrimitiveError::BadReceiver));
    assert_eq!(t.call_on(Fake::bytes([0; 16]).read_only(), "primitiveMakeUUID", ()), Err(PrimitiveError::NoModification));
}
