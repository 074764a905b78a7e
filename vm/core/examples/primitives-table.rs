//! Prints `docs/primitives.md`.

fn main() {
    print!("{}", osvm_core::primitives::markdown());
}
