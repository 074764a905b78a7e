//! Arguments into slots and results out of them, by signature, as a host does it.

use super::fake::{Fake, FakeResource};
use super::objects::Heap;
use crate::PrimitiveError;
use crate::abi::{RESULT_SLOTS, ResultType, STATUS_NIL, STATUS_VALUES, Signature, Type, TypeRef};
use std::collections::BTreeMap;

/// The resources of a plugin that are alive: their numbers, and which handles are for them.
#[derive(Debug, Default)]
pub(super) struct Resources {
    alive: BTreeMap<u32, u64>,
    last_serial: u64,
}

impl Resources {
    pub(super) fn close(&mut self, number: u32) {
        self.alive.remove(&number);
    }

    pub(super) fn count(&self) -> usize {
        self.alive.len()
    }

    fn handle(&mut self, number: u32) -> FakeResource {
        let last = &mut self.last_serial;
        let serial = *self.alive.entry(number).or_insert_with(|| {
            *last += 1;
            *last
        });
        FakeResource { number, serial }
    }

    fn is_alive(&self, resource: FakeResource) -> bool {
        self.alive.get(&resource.number) == Some(&resource.serial)
    }
}

/// The slots of a call, and the data that they lead to.
#[derive(Default)]
pub(super) struct Slots {
    pub(super) slots: Vec<u64>,
    /// In units of 8 bytes, so that addresses are multiples of 8.
    data: Vec<Vec<u64>>,
}

impl Slots {
    /// Converts arguments. The receiver is handle 0 of the heap, `arguments` are all that the message has.
    pub(super) fn convert(
        signature: &Signature,
        arguments: &[Fake],
        heap: &mut Heap,
        resources: &Resources,
    ) -> Result<Slots, PrimitiveError> {
        if !signature.arg_count().contains(&arguments.len()) {
            return Err(PrimitiveError::BadNumArgs);
        }
        let mut slots = Slots::default();
        let mut arguments = arguments.iter();
        for param in &signature.params {
            let is_receiver = param.name == "self";
            let argument = if is_receiver { heap.get(0)? } else { arguments.next().cloned().unwrap_or(Fake::Nil) };
            let wrong = if is_receiver { PrimitiveError::BadReceiver } else { PrimitiveError::BadArgument };
            slots.argument(param.crossing(), &argument, is_receiver, heap, resources).ok_or(wrong)?;
        }
        Ok(slots)
    }

    fn argument(&mut self, ty: TypeRef, fake: &Fake, is_receiver: bool, heap: &mut Heap, resources: &Resources) -> Option<()> {
        if ty.optional {
            self.slots.push(u64::from(*fake != Fake::Nil));
            if *fake == Fake::Nil {
                let value = TypeRef { optional: false, ..ty };
                self.slots.extend(value.slots().map(|_| 0));
                return Some(());
            }
        }
        match (ty.base, fake) {
            (Type::Int, _) => self.slots.push(fake.int()? as u64),
            (Type::Float, Fake::Float(value)) => self.slots.push(value.to_bits()),
            (Type::Float, _) => self.slots.push((fake.int()? as f64).to_bits()),
            (Type::Bool, Fake::Bool(value)) => self.slots.push(u64::from(*value)),
            (Type::Char, Fake::Char(code)) => self.slots.push(u64::from(*code)),
            (Type::Oop, _) => {
                let handle = if is_receiver { 0 } else { heap.add(fake.clone()) };
                self.slots.push(u64::from(handle));
            }
            (Type::Resource, Fake::Resource(resource)) if resources.is_alive(*resource) => {
                self.slots.push(u64::from(resource.number))
            }
            (Type::Text, Fake::Object(_)) => self.data(fake.text()?.as_bytes(), 1),
            (Type::Symbol, Fake::Object(object)) if object.is_symbol() => self.data(fake.text()?.as_bytes(), 1),
            (Type::Bytes | Type::Words | Type::Floats, _) => {
                let unit = match fake.shape() {
                    crate::Shape::Bytes | crate::Shape::LargeInteger { .. } => 1,
                    crate::Shape::Units(unit) => unit,
                    _ => return None,
                };
                if unit != ty.base.element_size() {
                    return None;
                }
                heap.lend(fake);
                self.data(&fake.data(), unit);
            }
            _ => return None,
        }
        Some(())
    }

    fn data(&mut self, bytes: &[u8], unit: usize) {
        let word = |chunk: &[u8]| {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            u64::from_ne_bytes(word)
        };
        let data: Vec<u64> = bytes.chunks(8).map(word).collect();
        self.slots.push(data.as_ptr() as usize as u64);
        self.slots.push((bytes.len() / unit) as u64);
        self.data.push(data);
    }
}

/// What a status and the result slots mean, or what is wrong with them.
pub(super) fn result(
    signature: &Signature,
    status: i32,
    slots: &[u64; RESULT_SLOTS],
    heap: &Heap,
    resources: &mut Resources,
) -> Result<Result<Fake, PrimitiveError>, String> {
    if status < 0 {
        let system = slots[0] as u32 as i32;
        let error = u8::try_from(-i64::from(status)).ok().and_then(|code| PrimitiveError::from_code(code, system));
        return error.map(Err).ok_or_else(|| format!("the status {status} is no failure"));
    }
    let optional = matches!(signature.result, ResultType::Tuple(_, true) | ResultType::Value(TypeRef { optional: true, .. }));
    match status {
        STATUS_NIL if optional => return Ok(Ok(Fake::Nil)),
        STATUS_VALUES => {}
        _ => return Err(format!("the status {status} does not go with the result {}", signature.result)),
    }
    let mut reader = Reader { slots: slots.iter(), heap, resources };
    Ok(Ok(match &signature.result {
        ResultType::Receiver => heap.get(0).map_err(|error| error.to_string())?,
        ResultType::Nil => Fake::Nil,
        ResultType::Value(ty) => reader.value(ty.base)?,
        ResultType::Tuple(types, _) => Fake::array(types.iter().map(|ty| reader.element(*ty)).collect::<Result<Vec<_>, _>>()?),
    }))
}

struct Reader<'a> {
    slots: std::slice::Iter<'a, u64>,
    heap: &'a Heap,
    resources: &'a mut Resources,
}

impl Reader<'_> {
    fn slot(&mut self) -> u64 {
        *self.slots.next().expect("a signature has no more slots than there are")
    }

    fn element(&mut self, ty: TypeRef) -> Result<Fake, String> {
        if ty.optional && self.slot() == 0 {
            for _ in (TypeRef { optional: false, ..ty }).slots() {
                self.slot();
            }
            return Ok(Fake::Nil);
        }
        self.value(ty.base)
    }

    fn value(&mut self, ty: Type) -> Result<Fake, String> {
        Ok(match ty {
            Type::Int => Fake::Int(self.slot() as i64),
            Type::Float => Fake::Float(f64::from_bits(self.slot())),
            Type::Bool => Fake::Bool(self.slot() != 0),
            Type::Char => {
                let code = self.slot();
                let code = u32::try_from(code).ok().filter(|&code| code <= 0x10_FFFF);
                Fake::Char(code.ok_or("a character is above 0x10FFFF")?)
            }
            Type::Oop => {
                let handle = self.slot();
                let handle = u32::try_from(handle).ok();
                handle.and_then(|handle| self.heap.get(handle).ok()).ok_or("the handle of an object is none of this call")?
            }
            Type::Resource => {
                let number = self.slot() as u32;
                Fake::Resource(self.resources.handle(number))
            }
            Type::Bytes => Fake::bytes(self.data::<u8>()),
            Type::Words => Fake::words(self.data::<u32>()),
            Type::Floats => Fake::floats(self.data::<f32>()),
            Type::Text | Type::Symbol => {
                Fake::string(std::str::from_utf8(self.data::<u8>()).map_err(|error| format!("text is no UTF-8: {error}"))?)
            }
        })
    }

    fn data<T: crate::interfaces::Unit>(&mut self) -> &[T] {
        let (address, len) = (self.slot(), self.slot());
        if len == 0 {
            return &[];
        }
        // SAFETY: the SDK puts addresses and lengths of data there that it keeps until the next call.
        unsafe { std::slice::from_raw_parts(address as usize as *const T, len as usize) }
    }
}
