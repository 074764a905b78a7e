//! SecurityPlugin: rights that are given up.

use osvm_plugin_sdk::PrimitiveError;
use osvm_plugin_sdk::testing::{Fake, Tester};
use osvm_plugin_security::PLUGIN;

#[test]
fn rights_are_given_up_one_by_one() {
    let mut t = Tester::new(&PLUGIN);
    for (index, (ask, disable)) in [
        ("primitiveHasFileAccess", "primitiveDisableFileAccess"),
        ("primitiveCanWriteImage", "primitiveDisableImageWrite"),
        ("primitiveHasSocketAccess", "primitiveDisableSocketAccess"),
        ("primitiveHasEnvironmentAccess", "primitiveDisableEnvironmentAccess"),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(t.call(ask, ()), Ok(Fake::Bool(true)), "{ask}");
        assert_eq!(t.call_on(3, disable, ()), Ok(Fake::Int(3)), "{disable}");
        assert_eq!(t.call(ask, ()), Ok(Fake::Bool(false)), "{ask}");
        let expected: [bool; 4] = std::array::from_fn(|right| right > index);
        assert_eq!(t.world.rights, expected, "{disable}");
    }
}

#[test]
fn the_users_directories() {
    let mut t = Tester::new(&PLUGIN);
    assert_eq!(t.call("primitiveGetSecureUserDirectory", ()), Ok(Fake::string("/secure")));
    assert_eq!(t.call("primitiveGetUntrustedUserDirectory", ()), Ok(Fake::string("/untrusted")));
    t.deny("security");
    assert_eq!(t.call("primitiveGetSecureUserDirectory", ()), Err(PrimitiveError::Unsupported));
}
