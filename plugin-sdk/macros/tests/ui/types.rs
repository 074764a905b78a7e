use osvm_plugin_sdk::prelude::*;

struct NoResource;

#[derive(Debug)]
struct OtherError;

#[plugin(name = "A")]
mod a {
    use super::*;

    pub struct State(i64);

    #[primitive]
    fn shared(_value: &NoResource) {}

    #[primitive]
    fn changed(_value: Option<&mut NoResource>) {}

    #[primitive]
    fn failing() -> Result<i64, OtherError> {
        Err(OtherError)
    }

    #[primitive]
    fn counted(state: &mut State) -> i64 {
        state.0
    }
}

fn main() {}
