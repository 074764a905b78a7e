//! LocalePlugin.

use osvm_plugin_locale::PLUGIN;
use osvm_plugin_sdk::testing::{Fake, Tester};

fn tester(variables: &[(&str, &str)]) -> Tester {
    let mut t = Tester::new(&PLUGIN);
    t.world.environment = variables.iter().map(|&(name, value)| (name.into(), value.into())).collect();
    t
}

fn text(t: &mut Tester, name: &str) -> String {
    t.call(name, ()).unwrap().text().unwrap()
}

#[test]
fn the_environment_says_it() {
    for (variables, language, country, decimal, date) in [
        (&[("LANG", "de_DE.UTF-8")][..], "de", "DE", ",", "%d.%m.%Y"),
        (&[("LANG", "de_DE"), ("LC_NUMERIC", "en_GB.UTF-8")], "de", "DE", ".", "%d.%m.%Y"),
        (&[("LANG", "fr_FR"), ("LC_ALL", "en_GB")], "en", "GB", ".", "%d/%m/%y"),
        (&[("LANG", "de_DE@euro")], "de", "DE", ",", "%d.%m.%Y"),
        (&[("LC_ALL", "C"), ("LANG", "de_DE")], "en", "US", ".", "%m/%d/%Y"),
        (&[("LANG", "xx_YY")], "xx", "YY", ".", "%m/%d/%Y"),
        (&[("LANG", "nonsense/..")], "en", "US", ".", "%m/%d/%Y"),
        (&[], "en", "US", ".", "%m/%d/%Y"),
    ] {
        let mut t = tester(variables);
        assert_eq!(text(&mut t, "primitiveLanguage"), language, "{variables:?}");
        assert_eq!(text(&mut t, "primitiveCountry"), country, "{variables:?}");
        assert_eq!(text(&mut t, "primitiveDecimalSymbol"), decimal, "{variables:?}");
        assert_eq!(text(&mut t, "primitiveShortDateFormat"), date, "{variables:?}");
        assert_eq!(text(&mut t, "primitiveLongDateFormat"), date, "{variables:?}");
    }
}

#[test]
fn money_measures_and_time() {
    let mut t = tester(&[("LANG", "de_DE.UTF-8")]);
    assert_eq!(text(&mut t, "primitiveCurrencySymbol"), "€");
    assert_eq!(text(&mut t, "primitiveDigitGroupingSymbol"), ".");
    assert_eq!(text(&mut t, "primitiveTimeFormat"), "%T");
    assert_eq!(t.call("primitiveCurrencyNotation", ()), Ok(Fake::Bool(false)));
    assert_eq!(t.call("primitiveMeasurementMetric", ()), Ok(Fake::Bool(true)));
    assert_eq!(t.call("primitiveTimezoneOffset", ()), Ok(Fake::Int(60)));
    assert_eq!(t.call("primitiveVMOffsetToUTC", ()), Ok(Fake::Int(60)));
    assert_eq!(t.call("primitiveDaylightSavings", ()), Ok(Fake::Bool(false)));
    let mut t = tester(&[]);
    assert_eq!(t.call("primitiveCurrencyNotation", ()), Ok(Fake::Bool(true)));
    assert_eq!(t.call("primitiveMeasurementMetric", ()), Ok(Fake::Bool(false)));
}
