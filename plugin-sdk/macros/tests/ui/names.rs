use osvm_plugin_sdk::prelude::*;

#[plugin(name = "A")]
mod a {
    use super::*;

    #[primitive]
    fn primitive_size() -> i64 {
        1
    }

    #[primitive(name = "primitiveSize")]
    fn other_size() -> i64 {
        2
    }

    #[primitive(name = "memory")]
    fn memory() {}

    #[primitive(name = "osvm_on_quit")]
    fn hidden_hook() {}

    #[primitive]
    fn pattern((a, b): (i64, i64)) {}

    #[primitive]
    fn no_name(_: i64) {}

    #[primitive]
    fn two_names(a: i64, _a: i64) {}

    #[primitive]
    fn late_receiver(a: i64, receiver: Object) {}

    #[primitive]
    #[allow(non_snake_case)]
    fn camel(startIndex: i64) {}
}

fn main() {}
