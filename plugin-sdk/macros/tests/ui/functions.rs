use osvm_plugin_sdk::prelude::*;

#[plugin(name = "A")]
mod a {
    use super::*;

    #[primitive]
    fn generic<T: Into<i64>>(value: T) -> i64 {
        value.into()
    }

    #[primitive]
    fn lifetime<'a>(text: &'a str) -> i64 {
        text.len() as i64
    }

    #[primitive]
    fn method(&self) -> i64 {
        1
    }

    #[primitive]
    async fn later() {}

    #[primitive]
    unsafe fn careful() {}

    #[primitive]
    extern "C" fn foreign() {}

    #[cfg(unix)]
    #[primitive]
    fn sometimes() {}

    #[primitive]
    #[hook]
    fn quit() {}

    #[primitive(nam = "primitiveX")]
    fn misspelled() {}

    #[primitive(name = "primitive X")]
    fn white_space() {}

    #[primitive = "primitiveX"]
    fn other_form() {}
}

#[primitive]
fn outside() {}

#[hook]
fn start() {}

fn main() {}
