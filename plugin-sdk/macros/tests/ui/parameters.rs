use osvm_plugin_sdk::prelude::*;
use std::collections::HashMap;

struct NoResource;

#[plugin(name = "A")]
mod a {
    use super::*;

    #[primitive]
    fn map(map: HashMap<String, i64>) {}

    #[primitive]
    fn small(number: i32) {}

    #[primitive]
    fn index(number: usize) {}

    #[primitive]
    fn single(number: f32) {}

    #[primitive]
    fn string(text: String) {}

    #[primitive]
    fn string_reference(text: &String) {}

    #[primitive]
    fn vector(bytes: Vec<u8>) {}

    #[primitive]
    fn slice(shorts: &[u16]) {}

    #[primitive]
    fn changed(bytes: &mut [u8]) {}

    #[primitive]
    fn by_reference(number: &i64) {}

    #[primitive]
    fn object_reference(object: &Object) {}

    #[primitive]
    fn new(value: New<NoResource>) {}

    #[primitive]
    fn context(cx: Context) {}

    #[primitive]
    fn closure(function: impl Fn()) {}

    #[primitive]
    fn option(value: Option<Option<i64>>) {}

    #[primitive]
    fn several(a: u8, b: bool, c: (i64, i64)) {}

    #[primitive]
    fn omittable(#[omittable] a: i64) {}

    #[primitive]
    fn omittable_first(#[omittable] a: Option<i64>, b: i64) {}

    #[primitive]
    fn omittable_context(#[omittable] cx: &Context) {}

    #[primitive]
    fn too_many(
        a: &[u8], b: &[u8], c: &[u8], d: &[u8], e: &[u8], f: &[u8], g: &[u8], h: &[u8], i: &[u8], j: &[u8], k: &[u8], l: &[u8],
        m: &[u8], n: &[u8], o: &[u8], p: &[u8], q: &[u8], r: &[u8], s: &[u8], t: &[u8], u: &[u8], v: &[u8], w: &[u8], x: &[u8],
        y: &[u8],
    ) {
    }
}

fn main() {}
