//! UUIDPlugin.

use osvm_plugin_sdk::PrimitiveError;
use osvm_plugin_sdk::testing::{Fake, Tester};
use osvm_plugin_uuid::PLUGIN;

#[test]
fn they_are_random_and_say_so() {
    let mut t = Tester::new(&PLUGIN);
    let mut make = || {
        let uuid = Fake::bytes([0; 16]);
        assert_eq!(t.call("primitiveMakeUUID", (&uuid,)).unwrap(), uuid);
        uuid.data()
    };
    let (one, two) = (make(), make());
    assert_ne!(one, two);
    for uuid in [one, two] {
        assert_eq!((uuid[6] >> 4, uuid[8] >> 6), (4, 2));
    }
    assert_eq!(t.call("primitiveMakeUUID", (Fake::bytes([0; 15]),)), Err(PrimitiveError::BadArgument));
    assert_eq!(t.call("primitiveMakeUUID", (1,)), Err(PrimitiveError::BadArgument));
    assert_eq!(t.call("primitiveMakeUUID", (Fake::bytes([0; 16]).read_only(),)), Err(PrimitiveError::NoModification));
}
