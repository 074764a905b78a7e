//! Calling a plugin's primitives.

use super::fake::FakeObjects;
use super::{Fake, MemoryWorld};
use crate::classic::{Arg, Call, Object, Plugin, PrimitiveError, Value};
use osvm_plugin_abi::{ResultType, Signature, Type, TypeRef};
use std::collections::HashSet;

/// A plugin, its world, and what it has open.
pub struct Tester {
    plugin: Box<dyn Plugin>,
    resources: HashSet<u32>,
    /// The plugin's world.
    pub world: MemoryWorld,
}

impl Tester {
    /// Checks that every signature can be read, so that no test needs to.
    ///
    /// # Panics
    /// If one cannot.
    pub fn new(plugin: Box<dyn Plugin>) -> Tester {
        for (name, signature) in (0..).map_while(|i| plugin.primitive(i)) {
            if let Err(error) = signature.parse::<Signature>() {
                panic!("{name} {signature}: {error}");
            }
        }
        Tester { plugin, resources: HashSet::new(), world: MemoryWorld::default() }
    }

    /// Calls a primitive. What it changes in `args` can be seen there.
    ///
    /// # Panics
    /// If there is no such primitive, or it answers something else than its signature says.
    pub fn call(&mut self, name: &str, receiver: Fake, args: &mut [Fake]) -> Result<Fake, PrimitiveError> {
        let index = self.plugin.find(name).unwrap_or_else(|| panic!("there is no {name}"));
        let (_, signature) = self.plugin.primitive(index).expect("what was found is there");
        let signature: Signature = signature.parse().expect("signatures were checked");
        if !signature.arg_count().contains(&args.len()) {
            return Err(PrimitiveError::BadNumArgs);
        }
        let mut objects = FakeObjects { objects: vec![receiver] };
        objects.objects.extend(args.iter().cloned());
        let first = usize::from(!signature.takes_receiver());
        let mut converted = Vec::new();
        for (i, param) in signature.params.iter().enumerate() {
            let number = i + first;
            let error = if number == 0 { PrimitiveError::BadReceiver } else { PrimitiveError::BadArgument };
            converted.push(self.argument(param.ty, number, &objects).ok_or(error)?);
        }
        let mut closed = Vec::new();
        let outcome = {
            let mut call = Call::new(&converted, &mut closed, &mut objects, &mut self.world);
            self.plugin.call(index, &mut call)
        };
        for number in closed {
            self.resources.remove(&number);
        }
        for (arg, object) in args.iter_mut().zip(&objects.objects[1..]) {
            *arg = object.clone();
        }
        let value = outcome?;
        let described = format!("{name} answers {value:?}, which is not {}", signature.result);
        Ok(self.result(&signature.result, value, &objects).expect(&described))
    }

    /// The VM ends.
    pub fn shutdown(&mut self) {
        self.plugin.shutdown(&mut self.world);
    }

    fn argument(&self, ty: TypeRef, number: usize, objects: &FakeObjects) -> Option<Arg> {
        let fake = &objects.objects[number];
        let object = Arg::Object(Object::from_index(number as u32));
        match (ty.base, fake) {
            (_, Fake::Nil) if ty.optional => Some(Arg::Nil),
            (Type::Oop, _) => Some(object),
            (Type::Int, _) => fake.int().map(Arg::Int),
            (Type::Float, Fake::Float(value)) => Some(Arg::Float(*value)),
            (Type::Float, _) => fake.int().map(|value| Arg::Float(value as f64)),
            (Type::Bool, Fake::Bool(value)) => Some(Arg::Bool(*value)),
            (Type::Char, Fake::Char(value)) => Some(Arg::Char(*value)),
            (Type::Bytes, Fake::Bytes(_) | Fake::Frozen(_) | Fake::Large(..)) => Some(object),
            (Type::Words | Type::Floats, Fake::Words(4, _)) => Some(object),
            (Type::Text | Type::Symbol, Fake::Bytes(bytes)) => Some(Arg::Text(bytes.iter().map(|&b| char::from(b)).collect())),
            (Type::Resource, Fake::Resource(number)) if self.resources.contains(number) => Some(Arg::Resource(*number)),
            _ => None,
        }
    }

    fn result(&mut self, ty: &ResultType, value: Value, objects: &FakeObjects) -> Option<Fake> {
        match (ty, value) {
            (ResultType::Receiver, Value::Receiver) => Some(objects.objects[0].clone()),
            (ResultType::Nil | ResultType::Tuple(_, true), Value::Nil) => Some(Fake::Nil),
            (ResultType::Value(ty), value) => self.single(*ty, value, objects),
            (ResultType::Tuple(types, _), Value::Tuple(values)) if types.len() == values.len() => {
                types.iter().zip(values).map(|(&ty, value)| self.single(ty, value, objects)).collect::<Option<_>>().map(Fake::Array)
            }
            _ => None,
        }
    }

    fn single(&mut self, ty: TypeRef, value: Value, objects: &FakeObjects) -> Option<Fake> {
        Some(match (ty.base, value) {
            (_, Value::Nil) if ty.optional => Fake::Nil,
            (Type::Int, Value::Int(value)) => Fake::Int(value),
            (Type::Float, Value::Float(value)) => Fake::Float(value),
            (Type::Bool, Value::Bool(value)) => Fake::Bool(value),
            (Type::Char, Value::Char(value)) => Fake::Char(value),
            (Type::Bytes, Value::Bytes(bytes)) => Fake::Bytes(bytes),
            (Type::Text, Value::Text(text)) => Fake::string(&text),
            (Type::Oop | Type::Bytes | Type::Words | Type::Floats, Value::Object(object)) => objects.get(object).clone(),
            (Type::Resource, Value::Resource(number)) => {
                self.resources.insert(number);
                Fake::Resource(number)
            }
            _ => return None,
        })
    }
}
