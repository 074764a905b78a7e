//! The interface `objects`: the objects of one call.

use super::fake::{Body, Fake, FakeObject};
use super::host::{Answer, HostArguments};
use crate::abi::interfaces::op::objects as op;
use crate::{PrimitiveError, Shape};

/// The objects of a call by their handles.
pub(super) struct Heap {
    handles: Vec<Fake>,
    /// Objects whose data the running call reads.
    lent: Vec<Fake>,
    /// Resources that were closed.
    pub(super) closed: Vec<u32>,
}

impl Heap {
    /// With the receiver as handle 0.
    pub(super) fn new(receiver: Fake) -> Heap {
        Heap { handles: vec![receiver], lent: Vec::new(), closed: Vec::new() }
    }

    pub(super) fn add(&mut self, object: Fake) -> u32 {
        self.handles.push(object);
        (self.handles.len() - 1) as u32
    }

    pub(super) fn lend(&mut self, object: &Fake) {
        self.lent.push(object.clone());
    }

    pub(super) fn get(&self, handle: u32) -> Result<Fake, PrimitiveError> {
        self.handles.get(handle as usize).cloned().ok_or(PrimitiveError::BadArgument)
    }

    pub(super) fn answer(&mut self, op: u32, arguments: HostArguments<'_>, held: &mut Vec<Option<Fake>>) -> Answer {
        if op == op::class_named {
            let name = String::from_utf8_lossy(arguments.data(0)).into_owned();
            return self.new_object(Fake::instance("Metaclass", [Fake::string(&name)]));
        }
        if let Some(made) = self.make(op, arguments) {
            return made.and_then(|object| self.new_object(object));
        }
        match op {
            op::held => {
                let object = held.get(arguments.u32(0) as usize).cloned().flatten().ok_or(PrimitiveError::BadArgument)?;
                return self.new_object(object);
            }
            op::hold => {
                held.push(Some(self.get(arguments.u32(0))?));
                return Ok(held.len() as u64 - 1);
            }
            op::release => {
                let slot = held.get_mut(arguments.u32(0) as usize);
                return slot.and_then(Option::take).map(|_| 0).ok_or(PrimitiveError::BadArgument);
            }
            _ => {}
        }
        if op == op::close_resource {
            self.closed.push(arguments.u32(0));
            return Ok(0);
        }
        let object = self.get(arguments.u32(0))?;
        match op {
            op::shape => Ok(encode(object.shape())),
            op::size => Ok(size(&object)),
            op::byte_size => Ok(object.data().len() as u64),
            op::read => {
                let data = object.data();
                let rest = data.get(arguments.size(1)?..).unwrap_or_default();
                arguments.store(2, rest).map(|len| len.min(u64::from(arguments.u32(3))))
            }
            op::write => self.write(&object, arguments.size(1)?, arguments.data(2)).map(|()| 0),
            op::int => arguments.store(1, &object.int().ok_or(PrimitiveError::BadArgument)?.to_ne_bytes()),
            op::float => {
                let value = match object {
                    Fake::Float(value) => value,
                    other => other.int().ok_or(PrimitiveError::BadArgument)? as f64,
                };
                arguments.store(1, &value.to_ne_bytes())
            }
            op::text => arguments.store(1, object.text().ok_or(PrimitiveError::BadArgument)?.as_bytes()),
            op::class_name => arguments.store(1, object.class().as_bytes()),
            op::class_of => self.new_object(Fake::instance("Metaclass", [Fake::string(object.class())])),
            op::same => Ok(u64::from(object.is_same(&self.get(arguments.u32(1))?))),
            op::fetch => {
                let element = object.elements().get(arguments.u32(1) as usize).cloned().ok_or(PrimitiveError::BadIndex)?;
                self.new_object(element)
            }
            op::store => {
                let value = self.get(arguments.u32(2))?;
                change(&object, |body| match body {
                    Body::Fields(fields, _) => {
                        *fields.get_mut(arguments.u32(1) as usize).ok_or(PrimitiveError::BadIndex)? = value;
                        Ok(0)
                    }
                    _ => Err(PrimitiveError::BadArgument),
                })
            }
            _ => Err(PrimitiveError::Unsupported),
        }
    }

    /// A new object, if the function makes one.
    fn make(&self, op: u32, arguments: HostArguments<'_>) -> Option<Result<Fake, PrimitiveError>> {
        Some(Ok(match op {
            op::constant => match arguments.u32(0) {
                0 => Fake::Nil,
                which @ (1 | 2) => Fake::Bool(which == 2),
                _ => return Some(Err(PrimitiveError::BadArgument)),
            },
            op::new_int => Fake::Int(arguments.i64(0)),
            op::new_float => Fake::Float(arguments.f64(0)),
            op::new_char => Fake::Char(arguments.u32(0)),
            op::new_large_integer => Fake::large(arguments.u32(0) != 0, arguments.data(1)),
            op::new_bytes => Fake::bytes(arguments.data(0)),
            op::new_string => Fake::byte_string(arguments.data(0)),
            op::new_text => match std::str::from_utf8(arguments.data(0)) {
                Ok(text) => Fake::string(text),
                Err(_) => return Some(Err(PrimitiveError::BadArgument)),
            },
            op::new_array => {
                let handles = arguments.data(0).chunks_exact(4);
                let handles = handles.map(|unit| u32::from_ne_bytes(unit.try_into().expect("chunks of 4 bytes")));
                return Some(handles.map(|handle| self.get(handle)).collect::<Result<Vec<_>, _>>().map(Fake::array));
            }
            op::new_instance => return Some(self.instance(arguments)),
            _ => return None,
        }))
    }

    /// Classes of a test are objects with their name in the first field; those of the usual arrays and strings have data.
    fn instance(&self, arguments: HostArguments<'_>) -> Result<Fake, PrimitiveError> {
        let size = arguments.size(1)?;
        let class = self.get(arguments.u32(0))?.elements().first().and_then(Fake::text).ok_or(PrimitiveError::BadArgument)?;
        let body = match class.as_str() {
            "ByteArray" | "ByteString" | "String" | "ByteSymbol" => Body::Bytes(vec![0; size]),
            "DoubleByteArray" => Body::Units(2, vec![0; size * 2]),
            "WordArray" | "Bitmap" | "FloatArray" | "WideString" => Body::Units(4, vec![0; size * 4]),
            "DoubleWordArray" => Body::Units(8, vec![0; size * 8]),
            "LargePositiveInteger" | "LargeNegativeInteger" => Body::Large(class == "LargeNegativeInteger", vec![0; size]),
            _ => Body::Fields(vec![Fake::Nil; size], 0),
        };
        Ok(Fake::object(&class, body))
    }

    fn new_object(&mut self, object: Fake) -> Answer {
        Ok(u64::from(self.add(object)))
    }

    /// Writes into the data of an object, as a host does: not into read-only ones, and not into what the call reads.
    pub(super) fn write(&self, object: &Fake, offset: usize, bytes: &[u8]) -> Result<(), PrimitiveError> {
        if self.lent.iter().any(|lent| lent.is_same(object)) && matches!(object, Fake::Object(_)) {
            return Err(PrimitiveError::Inappropriate);
        }
        change(object, |body| match body {
            Body::Bytes(data) | Body::Units(_, data) | Body::Large(_, data) => {
                let end = offset.checked_add(bytes.len()).ok_or(PrimitiveError::BadIndex)?;
                data.get_mut(offset..end).ok_or(PrimitiveError::BadIndex)?.copy_from_slice(bytes);
                Ok(())
            }
            Body::Fields(..) => Err(PrimitiveError::BadArgument),
        })
    }
}

fn change<T>(object: &Fake, function: impl FnOnce(&mut Body) -> Result<T, PrimitiveError>) -> Result<T, PrimitiveError> {
    match object {
        Fake::Object(object) if object.is_read_only() => Err(PrimitiveError::NoModification),
        Fake::Object(object) => function(&mut FakeObject::body(object).borrow_mut()),
        _ => Err(PrimitiveError::BadArgument),
    }
}

/// How many indexable elements an object has.
fn size(object: &Fake) -> u64 {
    match object {
        Fake::Object(object) => match &*object.body().borrow() {
            Body::Bytes(bytes) | Body::Large(_, bytes) => bytes.len() as u64,
            Body::Units(size, bytes) => (bytes.len() / size) as u64,
            Body::Fields(fields, named) => (fields.len() - named) as u64,
        },
        other => other.data().len() as u64,
    }
}

/// The inverse of `Shape::decode`.
fn encode(shape: Shape) -> u64 {
    let (kind, detail) = match shape {
        Shape::Nil => (0, 0),
        Shape::Bool(value) => (1, u64::from(value)),
        Shape::SmallInteger => (2, 0),
        Shape::LargeInteger { negative } => (3, u64::from(negative)),
        Shape::Float => (4, 0),
        Shape::Character(code) => (5, u64::from(code)),
        Shape::Fields => (6, 0),
        Shape::Bytes => (7, 0),
        Shape::Units(bytes) => (8, bytes as u64),
        Shape::Code => (9, 0),
    };
    kind | detail << 8
}
