use osvm_plugin_sdk::prelude::*;

#[plugin(name = "A")]
mod a {
    use super::*;

    #[hook]
    fn sleep() {}

    #[hook]
    fn timer() {}

    #[hook]
    fn start(token: i64) {}

    #[hook]
    fn snapshot() -> i64 {
        1
    }

    #[hook(quit)]
    fn quit() {}
}

fn main() {}
