//! A crate that forbids unsafe code and all warnings can be a plugin.

#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, clippy::all)]

use osvm_plugin_sdk::prelude::*;

/// Something open.
pub struct Open;

impl Resource for Open {}

type Result<T> = std::result::Result<T, PrimitiveError>;

#[plugin(name = "RightPlugin", imports(objects, log,),)]
mod right_plugin {
    use super::*;

    /// What is kept.
    #[derive(Default)]
    pub struct State {
        calls: i64,
    }

    /// Documented.
    #[primitive]
    fn primitive_all(
        cx: &mut Context,
        state: &mut State,
        receiver: Option<Object>,
        mut a: i64,
        r#type: Option<&str>,
        _unused: char,
        open: Option<&mut Open>,
        closing: Option<Closing<Open>>,
        id: Option<ResourceId<Open>>,
        #[omittable] floats: Option<&[f32]>,
    ) -> Result<(Option<Object>, i64, Option<String>)> {
        state.calls += 1;
        a += i64::from(open.is_some()) + i64::from(closing.is_some()) + i64::from(id.is_some());
        cx.log().info("called");
        Ok((receiver, a + floats.map_or(0, <[f32]>::len) as i64, r#type.map(String::from)))
    }

    #[primitive(name = "primitiveLog:level:")]
    fn log() -> core::result::Result<(), OsError> {
        Err(OsError(2))
    }

    fn helper() {}

    #[hook]
    fn quit() {
        helper();
    }
}

fn main() {
    let tester = osvm_plugin_sdk::testing::Tester::new(&PLUGIN);
    let text = tester.description().to_string();
    let lines: Vec<&str> = text.lines().skip(2).collect();
    assert_eq!(
        lines,
        [
            "import objects 1.0",
            "import log 1.0",
            "hook quit",
            "primitive primitiveAll (self: oop?, a: int, type: text?, unused: char, open: resource?, closing: resource?, id: resource?, \
             floats?: floats) -> (oop?, int, text?)",
            "primitive primitiveLog:level: () -> self",
        ]
    );
}
