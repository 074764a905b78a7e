//! TEMPORARY image reader
#![allow(missing_docs, clippy::all, clippy::undocumented_unsafe_blocks)]
use crate::heap::{Heap, HeapConfig, Region};
use crate::oop::Oop;
#[derive(Clone, Debug, Default)]
pub struct ImageHeader {
    pub version: u32,
    pub flags: u64,
}
impl ImageHeader {
    pub fn preemption_does_not_yield(&self) -> bool {
        self.flags & 0x10 == 0
    }
}
pub struct LoadedImage {
    pub heap: Heap,
    pub header: ImageHeader,
}
pub fn write(_h: &Heap, _hd: &ImageHeader, _out: &mut dyn std::io::Write) -> std::io::Result<()> {
    Err(std::io::Error::other("unsupported"))
}
pub fn load(bytes: &[u8], region: Box<dyn Region>, config: HeapConfig) -> Result<LoadedImage, String> {
    let u32_at = |o: usize| u32::from_le_bytes(bytes[o..o + 4].try_into().unwrap());
    let u64_at = |o: usize| u64::from_le_bytes(bytes[o..o + 8].try_into().unwrap());
    let (version, hs, len, base, special) = (u32_at(0), u32_at(4) as usize, u64_at(8), u64_at(16), u64_at(24));
    if version != 68021 {
        return Err("version".into());
    }
    let mut heap = Heap::new(region, config);
    let start = heap.old_start;
    let body = &bytes[hs..hs + len as usize - 16];
    for (i, w) in body.chunks_exact(8).enumerate() {
        unsafe { *((start + 8 * i as u64) as usize as *mut u64) = u64::from_le_bytes(w.try_into().unwrap()) };
    }
    heap.old_free = start + body.len() as u64;
    let delta = start.wrapping_sub(base);
    let all: Vec<Oop> = heap.objects().collect();
    for o in &all {
        let h = heap.header(*o);
        heap.set_header(*o, h & !(crate::object::REMEMBERED_BIT | crate::object::MARK_BIT));
        for s in heap.slots_mut(*o) {
            if s.is_pointer() {
                *s = Oop(s.0.wrapping_add(delta));
            }
        }
    }
    heap.special_objects = Oop(special.wrapping_add(delta));
    heap.hidden_roots = all[4];
    if heap.num_slots(heap.hidden_roots) != 4104 {
        heap.hidden_roots = *all.iter().find(|o| heap.num_slots(**o) == 4104).unwrap();
    }
    Ok(LoadedImage { heap, header: ImageHeader { version, flags: u64_at(40) } })
}
