//! Classes that change their shape: their instances, and those of their subclasses, become objects with the new fields, which have the
//! values of the old ones of the same names; methods that are not loaded anew follow the fields.

use super::LoadError;
use super::define::{Before, Moves};
use super::hashed::methods;
use super::plan::{Plan, name_and_side};
use super::report::Report;
use super::rewrite::{Failure, Rewritten, rewrite};
use super::shape::{METHODS, has_fields, kind_of};
use crate::packages::Kind;
use crate::world::World;
use osvm_core::heap::Heap;
use osvm_core::object::CLASS_INDEX_CONTEXT;
use osvm_core::oop::Oop;

/// The field of a context that holds its method.
const CONTEXT_PC: usize = 1;
const CONTEXT_METHOD: usize = 3;

/// Gives instances and methods what the new shapes ask for.
pub(super) fn reshape(heap: &mut Heap, moves: Moves, plan: &Plan<'_>, report: &mut Report<'_>) -> Result<(), LoadError> {
    let Moves { reshaped, mut replaced } = moves;
    let world = World::read_for_load(heap);
    for before in &reshaped {
        let after = world.field_names(heap, before.class);
        let kind = heap.instance_spec(before.class).map_or(Kind::Normal, |spec| kind_of(spec.1));
        if after == before.fields && kind == before.kind {
            continue;
        }
        migrate(heap, before, &after, kind, &mut replaced, report)?;
        methods_follow(heap, &world, before, &after, plan, &mut replaced, report);
    }
    if replaced.is_empty() {
        return Ok(());
    }
    let (old, new): (Vec<Oop>, Vec<Oop>) = replaced.into_iter().unzip();
    let (old, new) = (heap.array(&old)?, heap.array(&new)?);
    heap.become_one_way(old, new, true)?;
    Ok(())
}

/// Makes the new instances of a class.
fn migrate(
    heap: &mut Heap,
    before: &Before,
    after: &[String],
    kind: Kind,
    replaced: &mut Vec<(Oop, Oop)>,
    report: &mut Report<'_>,
) -> Result<(), LoadError> {
    let found = heap.all_instances(before.class)?;
    let instances: Vec<Oop> = heap.slots(found).to_vec();
    if instances.is_empty() {
        return Ok(());
    }
    let (name, _) = name_and_side(heap, before.class);
    if !has_fields(kind) || !has_fields(before.kind) {
        let message = format!("{name} has {} instances, and fields cannot become bytes, or bytes fields", instances.len());
        report.wrong_class(&name, message);
        return Ok(());
    }
    let from: Vec<Option<usize>> = after.iter().map(|name| before.fields.iter().position(|other| other == name)).collect();
    for &old in &instances {
        let indexable = heap.num_slots(old).saturating_sub(before.fields.len());
        let is_indexable = matches!(kind, Kind::Variable | Kind::Weak);
        let new = heap.instantiate(before.class, if is_indexable { indexable } else { 0 })?;
        for (index, from) in from.iter().enumerate() {
            if let Some(from) = *from {
                let value = heap.fetch(old, from);
                heap.store(new, index, value);
            }
        }
        for index in 0..if is_indexable { indexable } else { 0 } {
            let value = heap.fetch(old, before.fields.len() + index);
            heap.store(new, after.len() + index, value);
        }
        replaced.push((old, new));
    }
    report.change(&name).migrated += instances.len();
    Ok(())
}

/// Changes the methods of a class that are not loaded anew.
fn methods_follow(
    heap: &mut Heap,
    world: &World,
    before: &Before,
    after: &[String],
    plan: &Plan<'_>,
    replaced: &mut Vec<(Oop, Oop)>,
    report: &mut Report<'_>,
) {
    let map = |index: u16| -> Option<u16> {
        let Some(name) = before.fields.get(usize::from(index)) else { return Some(index) };
        after.iter().position(|other| other == name).map(|index| index as u16)
    };
    let moves = (0..before.fields.len()).any(|index| map(index as u16) != Some(index as u16));
    let (name, class_side) = name_and_side(heap, before.class);
    let found = world.class(&name).map(|class| if class_side { heap.class_of(class) } else { class });
    let is_loaded = found == Some(before.class);
    let dictionary = heap.follow(heap.fetch(before.class, METHODS));
    for (selector, method) in if moves { methods(heap, dictionary) } else { Vec::new() } {
        let selector = heap.text(selector).unwrap_or_default();
        if is_loaded && plan.has_method(&name, class_side, &selector)
            || !method.is_pointer()
            || !heap.format(method).is_compiled_method()
        {
            continue;
        }
        let side = if class_side { " class" } else { "" };
        if let Err(why) = code_follows(heap, method, &map, replaced) {
            let why = match why {
                Failure::Gone(index) => format!("uses the instance variable {}, which is gone", before.fields[usize::from(index)]),
                Failure::Unreadable => "cannot be changed to follow the instance variables".to_string(),
                Failure::NoMemory => "cannot be changed, as memory is full".to_string(),
            };
            report.wrong_class(&name, format!("{name}{side}>>{selector} {why}: load it with the class"));
        }
    }
}

/// Changes a method and the blocks in it.
fn code_follows(
    heap: &mut Heap,
    code: Oop,
    map: &dyn Fn(u16) -> Option<u16>,
    replaced: &mut Vec<(Oop, Oop)>,
) -> Result<(), Failure> {
    let literals = heap.literal_count(code);
    // The last literal of a block is the code that it is in.
    for index in 1..literals {
        let literal = heap.follow(heap.fetch(code, index));
        if literal.is_pointer() && heap.format(literal).is_compiled_method() {
            code_follows(heap, literal, map, replaced)?;
        }
    }
    if let Rewritten::Replaced(new) = rewrite(heap, code, map)? {
        let runs = |&context: &Oop| {
            let slots = heap.slots(context);
            slots.get(CONTEXT_METHOD) == Some(&code) && slots.get(CONTEXT_PC).is_some_and(|pc| pc.is_small_int())
        };
        let mut contexts = heap.objects().filter(|&oop| heap.class_index(oop) == CLASS_INDEX_CONTEXT);
        if contexts.any(|context| runs(&context)) {
            return Err(Failure::Unreadable);
        }
        replaced.push((code, new));
    }
    Ok(())
}
