//! The values of the SDK's tests as objects of an image, and back.

use osvm_core::error::PrimError;
use osvm_core::heap::Heap;
use osvm_core::object::{self, Format};
use osvm_core::oop::Oop;
use osvm_core::testing::TestImage;
use osvm_plugin_sdk::abi::{ResultType, Type, TypeRef};
use osvm_plugin_sdk::testing::{Body, Fake, FakeObject, FakeResource};
use std::collections::BTreeMap;

/// Elements of arrays inside arrays are looked into this far.
const DEEPEST: usize = 64;

/// What outlives a call: the handles of resources that tests hold, and the classes that they made.
#[derive(Default)]
pub(super) struct Memory {
    handles: Vec<Vec<u8>>,
    /// Class indices, by name and number of fields.
    classes: BTreeMap<(String, usize), u32>,
}

impl Memory {
    fn handle(&mut self, bytes: &[u8]) -> FakeResource {
        let known = self.handles.iter().position(|handle| handle == bytes);
        let place = known.unwrap_or_else(|| {
            self.handles.push(bytes.to_vec());
            self.handles.len() - 1
        });
        FakeResource::new(place as u32, place as u64)
    }
}

/// The objects of one call, beside the values that they stand for.
pub(super) struct Exchange<'a> {
    image: &'a mut TestImage,
    memory: &'a mut Memory,
    made: Vec<(FakeObject, Oop)>,
}

impl<'a> Exchange<'a> {
    pub(super) fn new(image: &'a mut TestImage, memory: &'a mut Memory) -> Exchange<'a> {
        Exchange { image, memory, made: Vec::new() }
    }

    /// The object memory.
    pub(super) fn heap(&mut self) -> &mut Heap {
        &mut self.image.heap
    }

    /// The object of a value.
    pub(super) fn object(&mut self, fake: &Fake) -> Result<Oop, PrimError> {
        let heap = &mut self.image.heap;
        match fake {
            Fake::Nil => Ok(heap.nil()),
            Fake::Bool(value) => Ok(heap.bool(*value)),
            Fake::Int(value) => heap.integer(*value),
            Fake::Float(value) => heap.float(*value),
            Fake::Char(code) => Ok(Oop::from_character(*code)),
            Fake::Resource(resource) => {
                let place = resource.numbers().0 as usize;
                let bytes = self.memory.handles.get(place).ok_or(PrimError::BAD_ARGUMENT)?;
                heap.byte_object(object::CLASS_INDEX_BYTE_ARRAY, bytes)
            }
            Fake::Object(object) => self.made(object),
        }
    }

    fn made(&mut self, fake: &FakeObject) -> Result<Oop, PrimError> {
        if let Some((_, oop)) = self.made.iter().find(|(other, _)| is_same(other, fake)) {
            return Ok(*oop);
        }
        let body = fake.contents();
        let class = self.class(&Fake::Object(fake.clone()), &body)?;
        let heap = &mut self.image.heap;
        let oop = match &body {
            // Of just these bytes, also where they could be fewer.
            Body::Large(negative, bytes) => heap.byte_object(large(*negative), bytes)?,
            Body::Bytes(bytes) => filled(heap, class, bytes.len(), bytes)?,
            Body::Units(size, bytes) => filled(heap, class, bytes.len() / size, bytes)?,
            Body::Fields(fields, named) => heap.instantiate(class, fields.len() - named)?,
        };
        self.made.push((fake.clone(), oop));
        if let Body::Fields(fields, _) = &body {
            for (place, field) in fields.iter().enumerate() {
                let field = self.object(field)?;
                self.image.heap.store(oop, place, field);
            }
        }
        self.image.heap.set_immutable(oop, fake.is_read_only());
        Ok(oop)
    }

    fn class(&mut self, fake: &Fake, body: &Body) -> Result<Oop, PrimError> {
        let (format, named) = match body {
            Body::Bytes(_) | Body::Large(..) => (Format::BYTES, 0),
            Body::Units(2, _) => (Format::SHORTS, 0),
            Body::Units(4, _) => (Format::WORDS_32, 0),
            Body::Units(..) => (Format::WORDS_64, 0),
            Body::Fields(fields, named) if fields.len() == *named => (Format::FIXED, *named),
            Body::Fields(_, 0) => (Format::INDEXABLE, 0),
            Body::Fields(_, named) => (Format::INDEXABLE_FIXED, *named),
        };
        let name = fake.class();
        // An empty array has all of its no fields named.
        if let Some(class) = self.image.find_class(name)
            && self
                .image
                .heap
                .instance_spec(class)
                .is_some_and(|(fields, other)| fields == named && (other == format || named == 0))
        {
            return Ok(class);
        }
        let key = (name.to_string(), named);
        if let Some(&index) = self.memory.classes.get(&key) {
            return Ok(self.image.heap.class_at(index));
        }
        let class = self.image.new_class(name, format, named);
        let instance = self.image.heap.instantiate(class, 0)?;
        self.memory.classes.insert(key, self.image.heap.class_index(instance));
        Ok(class)
    }

    /// Gives what a call has changed in its arguments to the values that they are from.
    pub(super) fn update(&mut self) {
        for place in 0..self.made.len() {
            let (fake, oop) = self.made[place].clone();
            let heap = &self.image.heap;
            let body = match fake.contents() {
                Body::Bytes(_) => Body::Bytes(heap.bytes(oop).to_vec()),
                Body::Units(size, _) => Body::Units(size, heap.bytes(oop).to_vec()),
                Body::Large(negative, _) => Body::Large(negative, heap.bytes(oop).to_vec()),
                Body::Fields(_, named) => {
                    let fields = heap.slots(oop).to_vec();
                    Body::Fields(fields.into_iter().map(|field| self.value(field, 0)).collect(), named)
                }
            };
            // Values that are equal keep their identity.
            if fake.contents() != body {
                fake.set_contents(body);
            }
        }
    }

    /// The value of what a primitive answered.
    pub(super) fn result(&mut self, oop: Oop, ty: &ResultType) -> Fake {
        match ty {
            ResultType::Value(value) if value.base == Type::Resource => self.resource(oop),
            ResultType::Tuple(elements, _) if oop != self.image.heap.nil() => {
                let fields = self.image.heap.slots(oop).to_vec();
                let value = |(field, element): (Oop, &TypeRef)| match element.base {
                    Type::Resource => self.resource(field),
                    _ => self.value(field, 0),
                };
                Fake::array(fields.into_iter().zip(elements).map(value).collect::<Vec<_>>())
            }
            _ => self.value(oop, 0),
        }
    }

    fn resource(&mut self, oop: Oop) -> Fake {
        if oop == self.image.heap.nil() {
            return Fake::Nil;
        }
        let bytes = self.image.heap.bytes(oop).to_vec();
        Fake::Resource(self.memory.handle(&bytes))
    }

    fn value(&mut self, oop: Oop, depth: usize) -> Fake {
        let heap = &self.image.heap;
        if oop.is_small_int() {
            return Fake::Int(oop.small_int());
        }
        if let Some(code) = oop.as_character() {
            return Fake::Char(code);
        }
        if let Some(value) = heap.float_value(oop) {
            return Fake::Float(value);
        }
        if oop == heap.nil() {
            return Fake::Nil;
        }
        if oop == heap.true_() || oop == heap.false_() {
            return Fake::Bool(oop == heap.true_());
        }
        if let Some((fake, _)) = self.made.iter().find(|(_, made)| *made == oop) {
            return Fake::Object(fake.clone());
        }
        let class = heap.class_name(heap.class_of(oop));
        let format = heap.format(oop);
        let bytes = || heap.bytes(oop).to_vec();
        let body = match heap.class_index(oop) {
            object::CLASS_INDEX_LARGE_NEGATIVE => Body::Large(true, bytes()),
            object::CLASS_INDEX_LARGE_POSITIVE => Body::Large(false, bytes()),
            _ if format.is_bytes() => Body::Bytes(bytes()),
            _ if format.is_shorts() => Body::Units(2, bytes()),
            _ if format.is_words_32() => Body::Units(4, bytes()),
            _ if format.is_words_64() => Body::Units(8, bytes()),
            _ if format.is_pointers() && depth < DEEPEST => {
                let named = heap.instance_spec(heap.class_of(oop)).map_or(0, |(named, _)| named);
                let fields = heap.slots(oop).to_vec();
                Body::Fields(fields.into_iter().map(|field| self.value(field, depth + 1)).collect(), named)
            }
            _ => Body::Fields(Vec::new(), 0),
        };
        let fake = Fake::object(&class, body);
        // An Integer that fits in 64 bits is one value, however it is stored.
        fake.int().map_or(fake, Fake::Int)
    }
}

fn filled(heap: &mut Heap, class: Oop, elements: usize, bytes: &[u8]) -> Result<Oop, PrimError> {
    let oop = heap.instantiate(class, elements)?;
    heap.bytes_mut(oop).copy_from_slice(bytes);
    Ok(oop)
}

fn large(negative: bool) -> u32 {
    if negative { object::CLASS_INDEX_LARGE_NEGATIVE } else { object::CLASS_INDEX_LARGE_POSITIVE }
}

fn is_same(a: &FakeObject, b: &FakeObject) -> bool {
    Fake::Object(a.clone()).is_same(&Fake::Object(b.clone()))
}
