//! What the compiler says about plugins that are written wrongly. `TRYBUILD=overwrite` writes what it says now into the files.

#[test]
fn messages() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*.rs");
    cases.pass("tests/ui/right/*.rs");
}
