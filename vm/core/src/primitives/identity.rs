//! Identity, class and hash: primitives 75, 110, 111, 159, 161, 169 to 171, 175 and 176.

use super::operands::{Answer, Operands, boolean, large, plain_object};
use super::{Primitive, value};
use crate::error::PrimError;
use crate::heap::Heap;
use crate::object::{HASH_MASK, HASH_SHIFT};
use crate::oop::Oop;
use crate::vm::{Args, Vm};

/// The family's rows.
pub(super) const PRIMITIVES: &[Primitive] = &[
    value(75, "primitiveIdentityHash", (0, 1), "The identity hash of an object; fails for immediates.", identity_hash),
    value(110, "primitiveIdentical", (1, 2), "== of two objects.", |vm, args| identical(vm, args, true)),
    value(111, "primitiveClass", (0, 1), "The class of an object.", class),
    value(159, "primitiveHashMultiply", (0, 0), "A 28-bit hash of a SmallInteger or LargePositiveInteger.", hash_multiply),
    value(
        161,
        "primitiveSetOrHasIdentityHash",
        (0, 2),
        "Without argument whether the object has an identity hash; else sets it and answers the old one. A second argument of true \
         says that it is a class, whose place in the class table that is to be.",
        set_or_has_hash,
    ),
    value(169, "primitiveNotIdentical", (1, 2), "~~ of two objects.", |vm, args| identical(vm, args, false)),
    value(170, "primitiveAsCharacter", (0, 1), "The Character of a code point.", as_character),
    value(
        171,
        "primitiveImmediateAsInteger",
        (0, 1),
        "Code of a Character, SmallInteger itself, bits of a SmallFloat64.",
        as_integer,
    ),
    value(175, "primitiveBehaviorHash", (0, 1), "The hash of a class: its index in the class table.", behavior_hash),
    value(176, "primitiveMaxIdentityHash", (0, 0), "The largest identity hash.", |_, _| Ok(Oop::from_small_int(HASH_MASK as i64))),
];

/// Indices below this are the VM's own, of immediates and of objects that are none.
const FIRST_CLASS_INDEX: u32 = 32;
const CLASS_TABLE_PAGE: u32 = 1024;

fn identity_hash(vm: &mut Vm, args: Args) -> Answer {
    let object = args.operand(0);
    if object.is_immediate() || vm.heap.is_forwarded(object) {
        return Err(PrimError::GENERIC);
    }
    Ok(Oop::from_small_int(vm.heap.identity_hash(object) as i64))
}

fn identical(vm: &mut Vm, args: Args, expected: bool) -> Answer {
    let (a, b) = (args.operand(1), args.operand(0));
    let same = a == b || (vm.heap.has_forwarders && vm.heap.follow(a) == vm.heap.follow(b));
    Ok(vm.heap.bool(same == expected))
}

fn class(vm: &mut Vm, args: Args) -> Answer {
    let object = vm.heap.follow(args.operand(0));
    Ok(vm.heap.class_of(object))
}

fn hash_multiply(vm: &mut Vm, args: Args) -> Answer {
    let number = args.receiver();
    let low = match number.as_small_int() {
        Some(value) => value as u32,
        None => match large(&vm.heap, number) {
            Some((false, bytes)) => bytes.iter().take(4).rev().fold(0, |word, &byte| word << 8 | byte as u32),
            _ => return Err(PrimError::BAD_RECEIVER),
        },
    };
    Ok(Oop::from_small_int((low.wrapping_mul(1_664_525) & 0xFFF_FFFF) as i64))
}

fn set_or_has_hash(vm: &mut Vm, args: Args) -> Answer {
    let object = args.receiver();
    if args.count() == 0 {
        let has = object.is_pointer() && (vm.heap.header(object) >> HASH_SHIFT) & HASH_MASK != 0;
        return Ok(vm.heap.bool(has));
    }
    let is_class = if args.count() == 2 { boolean(&vm.heap, args.get(1)).ok_or(PrimError::BAD_ARGUMENT)? } else { false };
    let hash = args.get(0).as_small_int().and_then(|hash| u64::try_from(hash).ok()).ok_or(PrimError::GENERIC)?;
    if hash > HASH_MASK {
        return Err(PrimError::BAD_ARGUMENT);
    }
    let object = plain_object(&vm.heap, object, PrimError::GENERIC)?;
    if is_class {
        if vm.heap.instance_spec(object).is_none() {
            return Err(PrimError::BAD_RECEIVER);
        }
        set_class_at(&mut vm.heap, hash as u32, object)?;
        vm.flush_caches();
    }
    let old = vm.heap.identity_hash(object);
    let header = vm.heap.header(object) & !(HASH_MASK << HASH_SHIFT);
    vm.heap.set_header(object, header | hash << HASH_SHIFT);
    Ok(Oop::from_small_int(old as i64))
}

/// Enters a class at an index of the class table whose page is there: all objects of that index are from now on its instances.
fn set_class_at(heap: &mut Heap, index: u32, class: Oop) -> Result<(), PrimError> {
    let roots = heap.hidden_roots();
    let page = heap.fetch(roots, (index / CLASS_TABLE_PAGE) as usize);
    if index < FIRST_CLASS_INDEX || page == heap.nil() {
        return Err(PrimError::BAD_ARGUMENT);
    }
    heap.store(page, (index % CLASS_TABLE_PAGE) as usize, class);
    heap.forget_templates();
    Ok(())
}

fn as_character(_: &mut Vm, args: Args) -> Answer {
    let failure = if args.count() == 0 { PrimError::BAD_RECEIVER } else { PrimError::BAD_ARGUMENT };
    match args.operand(0).as_small_int().map(u32::try_from) {
        Some(Ok(code)) if code <= Oop::MAX_CHARACTER => Ok(Oop::from_character(code)),
        _ => Err(failure),
    }
}

fn as_integer(_: &mut Vm, args: Args) -> Answer {
    let oop = args.operand(0);
    if let Some(code) = oop.as_character() {
        Ok(Oop::from_small_int(code as i64))
    } else if oop.is_small_int() {
        Ok(oop)
    } else if oop.is_small_float() {
        // The sign, which is in the lowest bit above the tag, goes to the top: the exponent and mantissa stay as they are.
        let bits = oop.bits() >> 4;
        let negative = oop.bits() & 8 != 0;
        Ok(Oop::from_small_int(if negative { bits as i64 - (1 << 60) } else { bits as i64 }))
    } else {
        Err(PrimError::BAD_RECEIVER)
    }
}

fn behavior_hash(vm: &mut Vm, args: Args) -> Answer {
    let class = args.operand(0);
    if vm.heap.instance_spec(class).is_none() {
        return Err(PrimError::BAD_RECEIVER);
    }
    Ok(Oop::from_small_int(vm.heap.class_table_index(class)? as i64))
}
