//! What there is to tell about an image: the data of `osvm info`.

use super::header::{ImageHeader, WordSize};
use super::load::LoadedImage;
use super::method::{self, MethodHeader, NAMED_PRIMITIVE};
use crate::heap::Heap;
use crate::oop::Oop;
use crate::special::Special;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Classes that [`ImageInfo::largest_classes`] lists.
const LARGEST_CLASSES: usize = 20;

/// Instances of one class.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClassInfo {
    /// Its name; `X class` for a metaclass.
    pub name: String,
    /// How many instances there are.
    pub instances: usize,
    /// Bytes of all of them, headers included.
    pub bytes: u64,
}

/// Compiled code by kind and bytecode set, which the sign of its header tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CodeInfo {
    /// CompiledMethods in V3PlusClosures.
    pub v3_methods: usize,
    /// CompiledMethods in Sista V1.
    pub sista_methods: usize,
    /// Compiled code of other classes (CompiledBlock) in V3PlusClosures.
    pub v3_blocks: usize,
    /// Compiled code of other classes (CompiledBlock) in Sista V1.
    pub sista_blocks: usize,
}

/// An image's statistics.
#[derive(Clone, PartialEq, Debug)]
pub struct ImageInfo {
    /// The header as it was read.
    pub header: ImageHeader,
    /// Objects.
    pub objects: usize,
    /// Bytes of old space as loaded.
    pub heap_bytes: u64,
    /// Bytes of old space that no object uses.
    pub free_bytes: u64,
    /// Distinct classes in the class table, metaclasses not counted.
    pub classes: usize,
    /// Distinct metaclasses in the class table.
    pub metaclasses: usize,
    /// Entries of the class table in use, more than the classes where a class stands at several indices.
    pub class_table_entries: usize,
    /// Compiled code.
    pub code: CodeInfo,
    /// Contexts.
    pub contexts: usize,
    /// Floats are immediate where they fit.
    pub small_floats: bool,
    /// Number of methods that call each numbered primitive.
    pub primitives: BTreeMap<u16, usize>,
    /// Number of methods that call each named primitive: by module (empty for the VM's own), then by function.
    pub named_primitives: BTreeMap<String, BTreeMap<String, usize>>,
    /// The classes whose instances take most bytes, the largest first.
    pub largest_classes: Vec<ClassInfo>,
}

impl ImageInfo {
    /// Counts what is in a loaded image.
    pub fn of(image: &LoadedImage) -> ImageInfo {
        let heap = &image.heap;
        let mut info = ImageInfo {
            header: image.header.clone(),
            objects: 0,
            heap_bytes: heap.old_bytes(),
            free_bytes: heap.old_bytes(),
            classes: 0,
            metaclasses: 0,
            class_table_entries: 0,
            code: CodeInfo::default(),
            contexts: 0,
            small_floats: heap.small_floats,
            primitives: BTreeMap::new(),
            named_primitives: BTreeMap::new(),
            largest_classes: Vec::new(),
        };
        info.count_classes(heap);
        info.count_objects(heap);
        info
    }

    /// The bytecode sets that compiled code uses, for people.
    pub fn bytecode_sets(&self) -> &'static str {
        let CodeInfo { v3_methods, sista_methods, v3_blocks, sista_blocks } = self.code;
        match (v3_methods + v3_blocks, sista_methods + sista_blocks) {
            (0, 0) => "none",
            (_, 0) => "V3PlusClosures",
            (0, _) => "Sista V1",
            _ => "V3PlusClosures and Sista V1",
        }
    }

    /// The format for people: `68021, Spur 64-bit`.
    pub fn format(&self) -> String {
        let bits = if self.header.word_size == WordSize::Bits32 { 32 } else { 64 };
        format!("{}, Spur {bits}-bit", self.header.version)
    }

    fn count_classes(&mut self, heap: &Heap) {
        // The class of a metaclass is Metaclass, and the class of a class's class too.
        let metaclass = heap.class_of(heap.class_of(heap.special(Special::ClassArray)));
        let mut seen = HashSet::new();
        let pages = heap.slots(heap.hidden_roots()).iter().take(super::roots::CLASS_TABLE_PAGES);
        for &class in pages.filter(|&&page| page != heap.nil()).flat_map(|&page| heap.slots(page)) {
            if class == heap.nil() {
                continue;
            }
            self.class_table_entries += 1;
            if seen.insert(class) {
                let count = if heap.class_of(class) == metaclass { &mut self.metaclasses } else { &mut self.classes };
                *count += 1;
            }
        }
    }

    fn count_objects(&mut self, heap: &Heap) {
        let mut by_class: HashMap<Oop, (usize, u64)> = HashMap::new();
        let context = heap.special(Special::ClassContext);
        for oop in heap.objects() {
            let slots = heap.num_slots(oop).max(1) as u64;
            let bytes = 8 + 8 * slots + if slots >= crate::object::OVERFLOW_SLOTS { 8 } else { 0 };
            self.objects += 1;
            self.free_bytes = self.free_bytes.saturating_sub(bytes);
            let class = heap.class_of(oop);
            let count = by_class.entry(class).or_default();
            *count = (count.0 + 1, count.1 + bytes);
            self.contexts += usize::from(class == context);
            if heap.format(oop).is_compiled_method() {
                self.count_code(heap, oop, class);
            }
        }
        let mut classes: Vec<_> = by_class.into_iter().filter(|&(class, _)| class != heap.nil()).collect();
        classes.sort_by_key(|&(class, (_, bytes))| (std::cmp::Reverse(bytes), class));
        classes.truncate(LARGEST_CLASSES);
        let info = |(class, (instances, bytes))| ClassInfo { name: heap.class_name(class), instances, bytes };
        self.largest_classes = classes.into_iter().map(info).collect();
    }

    fn count_code(&mut self, heap: &Heap, oop: Oop, class: Oop) {
        let is_method = class == heap.special(Special::ClassCompiledMethod);
        let is_sista = MethodHeader::of(heap, oop).is_some_and(MethodHeader::is_sista);
        let count = match (is_method, is_sista) {
            (true, false) => &mut self.code.v3_methods,
            (true, true) => &mut self.code.sista_methods,
            (false, false) => &mut self.code.v3_blocks,
            (false, true) => &mut self.code.sista_blocks,
        };
        *count += 1;
        match method::primitive(heap, oop) {
            Ok(Some(NAMED_PRIMITIVE)) => {
                if let Some((module, function)) = method::named_primitive(heap, oop) {
                    *self.named_primitives.entry(module).or_default().entry(function).or_default() += 1;
                }
            }
            Ok(Some(number)) => *self.primitives.entry(number).or_default() += 1,
            _ => {}
        }
    }
}
