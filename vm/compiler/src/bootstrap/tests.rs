//! Tests of bootstraps: of the class library in `kernel/`, and of small sources.

use super::*;
use osvm_core::image::{load, verify};
use std::path::Path;

fn kernel() -> Sources {
    Sources::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../kernel")).expect("the class library is there")
}

fn rendered(sources: &Sources, error: &BootstrapError) -> String {
    match error {
        BootstrapError::Sources(problems) => problems.iter().map(|problem| sources.render(problem).to_string()).collect(),
        BootstrapError::Memory => error.to_string(),
    }
}

fn bytes(sources: &Sources, set: BytecodeSet) -> Result<Vec<u8>, String> {
    let image = bootstrap(sources, set).map_err(|error| rendered(sources, &error))?;
    let mut bytes = Vec::new();
    image.write(&mut bytes).map_err(|error| error.to_string())?;
    Ok(bytes)
}

#[test]
fn the_class_library_becomes_an_image_of_either_set() {
    for set in [BytecodeSet::V3PlusClosures, BytecodeSet::SistaV1] {
        let first = bytes(&kernel(), set).unwrap();
        let region = osvm_core::heap::AllocRegion::new(64 << 20).unwrap();
        let loaded = load(&mut &first[..], Box::new(region), Default::default()).unwrap();
        assert_eq!(verify(&loaded.heap), Vec::<String>::new());
        assert_eq!(bytes(&kernel(), set).unwrap(), first, "the same sources give the same image");
    }
}
