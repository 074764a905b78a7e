use osvm_plugin_sdk::prelude::*;

#[plugin(name = "A")]
mod a {
    use super::*;

    #[primitive]
    fn index() -> usize {
        1
    }

    #[primitive]
    fn borrowed(text: &str) -> &str {
        text
    }

    #[primitive]
    fn symbol() -> Symbol<'static> {
        Symbol("a")
    }

    #[primitive]
    fn list() -> Vec<String> {
        Vec::new()
    }

    #[primitive]
    fn one() -> (i64,) {
        (1,)
    }

    #[primitive]
    fn nothing() -> Option<()> {
        None
    }

    #[primitive]
    fn nested() -> (i64, (i64, i64)) {
        (1, (2, 3))
    }

    #[primitive]
    fn result() -> Result<Option<u8>, PrimitiveError> {
        Ok(None)
    }
}

fn main() {}
