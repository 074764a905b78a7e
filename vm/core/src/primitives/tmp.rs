//! TEMPORARY
#![allow(missing_docs, clippy::all, clippy::undocumented_unsafe_blocks)]
use super::{Primitive, Run};
use crate::error::PrimError as E;
use crate::object::Format;
use crate::oop::Oop;
use crate::special::Special;
use crate::vm::{Args, Vm};
type R = Result<Oop, E>;
fn ints(a: Args) -> Result<(i64, i64), E> {
    Ok((a.receiver().as_small_int().ok_or(E::BadReceiver)?, a.get(0).as_small_int().ok_or(E::BadArgument)?))
}
fn int(v: i128) -> R {
    i64::try_from(v).ok().and_then(Oop::try_from_small_int).ok_or(E::Generic)
}
fn p1(_: &mut Vm, a: Args) -> R {
    let (x, y) = ints(a)?;
    int(x as i128 + y as i128)
}
fn p2(_: &mut Vm, a: Args) -> R {
    let (x, y) = ints(a)?;
    int(x as i128 - y as i128)
}
fn p3(vm: &mut Vm, a: Args) -> R {
    let (x, y) = ints(a)?;
    Ok(vm.heap.bool(x < y))
}
fn p4(vm: &mut Vm, a: Args) -> R {
    let (x, y) = ints(a)?;
    Ok(vm.heap.bool(x > y))
}
fn p5(vm: &mut Vm, a: Args) -> R {
    let (x, y) = ints(a)?;
    Ok(vm.heap.bool(x <= y))
}
fn p6(vm: &mut Vm, a: Args) -> R {
    let (x, y) = ints(a)?;
    Ok(vm.heap.bool(x >= y))
}
fn p7(vm: &mut Vm, a: Args) -> R {
    let (x, y) = ints(a)?;
    Ok(vm.heap.bool(x == y))
}
fn p8(vm: &mut Vm, a: Args) -> R {
    let (x, y) = ints(a)?;
    Ok(vm.heap.bool(x != y))
}
fn p9(_: &mut Vm, a: Args) -> R {
    let (x, y) = ints(a)?;
    int(x as i128 * y as i128)
}
fn p10(_: &mut Vm, a: Args) -> R {
    let (x, y) = ints(a)?;
    if y != 0 && x % y == 0 { int((x / y) as i128) } else { Err(E::Generic) }
}
fn p11(_: &mut Vm, a: Args) -> R {
    let (x, y) = ints(a)?;
    if y == 0 {
        return Err(E::Generic);
    }
    let r = x % y;
    int((if r != 0 && (r < 0) != (y < 0) { r + y } else { r }) as i128)
}
fn p12(_: &mut Vm, a: Args) -> R {
    let (x, y) = ints(a)?;
    if y == 0 {
        return Err(E::Generic);
    }
    let (q, r) = (x / y, x % y);
    int((if r != 0 && (r < 0) != (y < 0) { q - 1 } else { q }) as i128)
}
fn p13(_: &mut Vm, a: Args) -> R {
    let (x, y) = ints(a)?;
    if y == 0 {
        return Err(E::Generic);
    }
    int((x / y) as i128)
}
fn p14(_: &mut Vm, a: Args) -> R {
    let (x, y) = ints(a)?;
    int((x & y) as i128)
}
fn p15(_: &mut Vm, a: Args) -> R {
    let (x, y) = ints(a)?;
    int((x | y) as i128)
}
fn p16(_: &mut Vm, a: Args) -> R {
    let (x, y) = ints(a)?;
    int((x ^ y) as i128)
}
fn p17(_: &mut Vm, a: Args) -> R {
    let (x, y) = ints(a)?;
    if y < 0 {
        int((x >> (-y).min(63)) as i128)
    } else if y < 61 {
        int((x as i128) << y)
    } else {
        Err(E::Generic)
    }
}
fn p40(vm: &mut Vm, a: Args) -> R {
    let x = a.receiver().as_small_int().ok_or(E::BadReceiver)?;
    vm.heap.float(x as f64)
}
fn index(vm: &Vm, o: Oop, i: Oop) -> Result<usize, E> {
    let _ = vm;
    let _ = o;
    usize::try_from(i.as_small_int().ok_or(E::BadArgument)? - 1).map_err(|_| E::BadIndex)
}
fn operand(a: Args, usual: usize) -> (Oop, usize) {
    if a.count() > usual { (a.get(0), 1) } else { (a.receiver(), 0) }
}
fn p60(vm: &mut Vm, a: Args) -> R {
    let (o, k) = operand(a, 1);
    if o.is_immediate() {
        return Err(E::BadReceiver);
    }
    let i = index(vm, o, a.get(k))?;
    let f = vm.heap.format(o);
    let fixed = vm.heap.fixed_fields(o);
    if f.is_pointers() {
        let n = vm.heap.num_slots(o);
        if f.0 < 2 || f.0 == 5 {
            return Err(E::BadReceiver);
        }
        return if i + fixed < n { Ok(vm.heap.fetch_followed(o, i + fixed)) } else { Err(E::BadIndex) };
    }
    let b = vm.heap.bytes(o);
    if f.is_bytes() || f.is_compiled_method() {
        return b.get(i).map(|&x| Oop::from_small_int(x as i64)).ok_or(E::BadIndex);
    }
    if f.is_words_32() {
        return b
            .get(i * 4..i * 4 + 4)
            .map(|x| Oop::from_small_int(u32::from_le_bytes(x.try_into().unwrap()) as i64))
            .ok_or(E::BadIndex);
    }
    Err(E::BadReceiver)
}
fn p61(vm: &mut Vm, a: Args) -> R {
    let (o, k) = operand(a, 2);
    if o.is_immediate() {
        return Err(E::BadReceiver);
    }
    let i = index(vm, o, a.get(k))?;
    let v = a.get(k + 1);
    let f = vm.heap.format(o);
    let fixed = vm.heap.fixed_fields(o);
    if vm.heap.is_immutable(o) {
        return Err(E::NoModification);
    }
    if f.is_pointers() {
        let n = vm.heap.num_slots(o);
        if f.0 < 2 || f.0 == 5 {
            return Err(E::BadReceiver);
        }
        return if i + fixed < n {
            vm.heap.store(o, i + fixed, v);
            Ok(v)
        } else {
            Err(E::BadIndex)
        };
    }
    let x = v.as_small_int().ok_or(E::BadArgument)?;
    if f.is_bytes() {
        let x = u8::try_from(x).map_err(|_| E::BadArgument)?;
        *vm.heap.bytes_mut(o).get_mut(i).ok_or(E::BadIndex)? = x;
        return Ok(v);
    }
    if f.is_compiled_method() {
        let x = u8::try_from(x).map_err(|_| E::BadArgument)?;
        let s = 8 * (1 + vm.heap.literal_count(o));
        if i < s {
            return Err(E::BadIndex);
        }
        *vm.heap.bytes_mut(o).get_mut(i - s).ok_or(E::BadIndex)? = x;
        return Ok(v);
    }
    if f.is_words_32() {
        let x = u32::try_from(x).map_err(|_| E::BadArgument)?;
        vm.heap.bytes_mut(o).get_mut(i * 4..i * 4 + 4).ok_or(E::BadIndex)?.copy_from_slice(&x.to_le_bytes());
        return Ok(v);
    }
    Err(E::BadReceiver)
}
fn p62(vm: &mut Vm, a: Args) -> R {
    let (o, _) = operand(a, 0);
    if o.is_immediate() {
        return Err(E::BadReceiver);
    }
    let f = vm.heap.format(o);
    let n = if f.is_pointers() {
        if f.0 < 2 || f.0 == 5 { 0 } else { vm.heap.num_slots(o) - vm.heap.fixed_fields(o) }
    } else {
        let b = vm.heap.byte_size(o);
        if f.is_words_32() {
            b / 4
        } else if f.is_shorts() {
            b / 2
        } else if f.0 == 9 {
            b / 8
        } else {
            b
        }
    };
    Ok(Oop::from_small_int(n as i64))
}
fn p63(vm: &mut Vm, a: Args) -> R {
    let o = a.receiver();
    let i = index(vm, o, a.get(0))?;
    let f = vm.heap.format(o);
    let b = vm.heap.bytes(o);
    if f.is_bytes() {
        b.get(i).map(|&x| Oop::from_character(x as u32)).ok_or(E::BadIndex)
    } else if f.is_words_32() {
        b.get(i * 4..i * 4 + 4).map(|x| Oop::from_character(u32::from_le_bytes(x.try_into().unwrap()))).ok_or(E::BadIndex)
    } else {
        Err(E::BadReceiver)
    }
}
fn p64(vm: &mut Vm, a: Args) -> R {
    let o = a.receiver();
    let i = index(vm, o, a.get(0))?;
    let c = a.get(1).as_character().ok_or(E::BadArgument)?;
    if vm.heap.is_immutable(o) {
        return Err(E::NoModification);
    }
    let f = vm.heap.format(o);
    if f.is_bytes() {
        let x = u8::try_from(c).map_err(|_| E::BadArgument)?;
        *vm.heap.bytes_mut(o).get_mut(i).ok_or(E::BadIndex)? = x;
        Ok(a.get(1))
    } else if f.is_words_32() {
        vm.heap.bytes_mut(o).get_mut(i * 4..i * 4 + 4).ok_or(E::BadIndex)?.copy_from_slice(&c.to_le_bytes());
        Ok(a.get(1))
    } else {
        Err(E::BadReceiver)
    }
}
fn p68(vm: &mut Vm, a: Args) -> R {
    let o = a.receiver();
    let i = index(vm, o, a.get(0))?;
    if i < vm.heap.pointer_slots(o) { Ok(vm.heap.fetch(o, i)) } else { Err(E::BadIndex) }
}
fn p69(vm: &mut Vm, a: Args) -> R {
    let o = a.receiver();
    let i = index(vm, o, a.get(0))?;
    if i < vm.heap.pointer_slots(o) {
        vm.heap.store(o, i, a.get(1));
        Ok(a.get(1))
    } else {
        Err(E::BadIndex)
    }
}
fn p70(vm: &mut Vm, a: Args) -> R {
    vm.heap.instantiate(operand(a, 0).0, 0)
}
fn p71(vm: &mut Vm, a: Args) -> R {
    let (o, k) = operand(a, 1);
    let n = a.get(k).as_small_int().ok_or(E::BadArgument)?;
    vm.heap.instantiate(o, usize::try_from(n).map_err(|_| E::BadArgument)?)
}
fn p79(vm: &mut Vm, a: Args) -> R {
    let (o, k) = operand(a, 2);
    let bytes = a.get(k).as_small_int().ok_or(E::BadArgument)?;
    let h = a.get(k + 1).as_small_int().ok_or(E::BadArgument)?;
    let lits = (h & 0x7fff) as u64;
    let n = (lits + 1) * 8 + bytes as u64;
    let (f, s) = Format::for_units(Format::COMPILED_METHOD, n, 0);
    let ci = vm.heap.class_table_index(o)?;
    let m = vm.heap.alloc_bits(ci, f, s as usize)?;
    vm.heap.store(m, 0, a.get(k + 1));
    let nil = vm.heap.nil();
    for i in 0..lits as usize {
        vm.heap.store(m, 1 + i, nil)
    }
    Ok(m)
}
fn p75(vm: &mut Vm, a: Args) -> R {
    let (o, _) = operand(a, 0);
    if o.is_immediate() {
        return Err(E::BadReceiver);
    }
    Ok(Oop::from_small_int(vm.heap.identity_hash(o) as i64))
}
fn p105(vm: &mut Vm, a: Args) -> R {
    let d = a.receiver();
    let (s, e, src, r) = (a.get(0), a.get(1), a.get(2), a.get(3));
    let (s, e, r) =
        (s.as_small_int().ok_or(E::BadArgument)?, e.as_small_int().ok_or(E::BadArgument)?, r.as_small_int().ok_or(E::BadArgument)?);
    if src.is_immediate() {
        return Err(E::BadArgument);
    }
    if vm.heap.is_immutable(d) {
        return Err(E::NoModification);
    }
    if e < s {
        return Ok(d);
    }
    let n = (e - s + 1) as usize;
    if s < 1 || r < 1 {
        return Err(E::BadIndex);
    }
    let (df, sf) = (vm.heap.format(d), vm.heap.format(src));
    let (s, r) = ((s - 1) as usize, (r - 1) as usize);
    if df.is_pointers() && sf.is_pointers() {
        let (df, sf) = (vm.heap.fixed_fields(d), vm.heap.fixed_fields(src));
        if s + n + df > vm.heap.num_slots(d) || r + n + sf > vm.heap.num_slots(src) {
            return Err(E::BadIndex);
        }
        let v: Vec<Oop> = vm.heap.slots(src)[r + sf..r + sf + n].to_vec();
        for (i, o) in v.into_iter().enumerate() {
            vm.heap.store(d, s + df + i, o)
        }
        return Ok(d);
    }
    let w = |f: Format| {
        if f.is_bytes() {
            1
        } else if f.is_words_32() {
            4
        } else if f.is_shorts() {
            2
        } else if f.0 == 9 {
            8
        } else {
            0
        }
    };
    if w(df) == 0 || w(df) != w(sf) {
        return Err(E::BadArgument);
    }
    let u = w(df);
    if (s + n) * u > vm.heap.byte_size(d) || (r + n) * u > vm.heap.byte_size(src) {
        return Err(E::BadIndex);
    }
    let v = vm.heap.bytes(src)[r * u..(r + n) * u].to_vec();
    vm.heap.bytes_mut(d)[s * u..(s + n) * u].copy_from_slice(&v);
    Ok(d)
}
fn p110(vm: &mut Vm, a: Args) -> R {
    let (o, k) = operand(a, 1);
    Ok(vm.heap.bool(o == a.get(k)))
}
fn p169(vm: &mut Vm, a: Args) -> R {
    Ok(vm.heap.bool(a.receiver() != a.get(0)))
}
fn p111(vm: &mut Vm, a: Args) -> R {
    let o = if a.count() > 0 { a.get(0) } else { a.receiver() };
    Ok(vm.heap.class_of(o))
}
fn p112(_: &mut Vm, _: Args) -> R {
    Ok(Oop::from_small_int(1 << 30))
}
fn p115(vm: &mut Vm, a: Args) -> R {
    let ci = vm.heap.class_table_index(vm.heap.class_of(a.get(0)))? as u64;
    let h = vm.heap.header(a.receiver());
    vm.heap.set_header(a.receiver(), h & !0x3fffff | ci);
    Ok(a.receiver())
}
fn p160(vm: &mut Vm, a: Args) -> R {
    let ci = vm.heap.class_table_index(a.receiver())? as u64;
    let h = vm.heap.header(a.get(0));
    vm.heap.set_header(a.get(0), h & !0x3fffff | ci);
    Ok(a.receiver())
}
fn p121(vm: &mut Vm, _: Args) -> R {
    let n = vm.platform.image_name();
    vm.heap.string(&n)
}
fn p124(vm: &mut Vm, a: Args) -> R {
    vm.heap.set_special(Special::TheLowSpaceSemaphore, a.get(0));
    Ok(a.receiver())
}
fn p125(_: &mut Vm, a: Args) -> R {
    Ok(a.receiver())
}
fn p129(vm: &mut Vm, _: Args) -> R {
    Ok(vm.heap.special_objects())
}
fn p132(vm: &mut Vm, a: Args) -> R {
    let o = a.receiver();
    Ok(vm.heap.bool(!o.is_immediate() && vm.heap.slots(o).contains(&a.get(0))))
}
fn p135(vm: &mut Vm, _: Args) -> R {
    Ok(Oop::from_small_int((vm.platform.monotonic_microseconds() / 1000 & 0x1fffffff) as i64))
}
fn p145(vm: &mut Vm, a: Args) -> R {
    let x = a.get(0).as_small_int().ok_or(E::BadArgument)?;
    if vm.heap.format(a.receiver()).is_bytes() {
        vm.heap.bytes_mut(a.receiver()).fill(x as u8);
        Ok(a.receiver())
    } else {
        Err(E::BadReceiver)
    }
}
fn clone(vm: &mut Vm, o: Oop) -> R {
    if o.is_immediate() {
        return Ok(o);
    }
    let n = vm.heap.num_slots(o);
    let c = vm.heap.alloc_bits(vm.heap.class_index(o), vm.heap.format(o), n)?;
    let p = vm.heap.pointer_slots(o);
    for i in 0..n {
        if i < p {
            let v = vm.heap.fetch(o, i);
            vm.heap.store(c, i, v)
        } else {
            let v = vm.heap.fetch_word(o, i).unwrap();
            vm.heap.store_word(c, i, v)
        }
    }
    Ok(c)
}
fn p148(vm: &mut Vm, a: Args) -> R {
    clone(vm, operand(a, 0).0)
}
fn p149(vm: &mut Vm, a: Args) -> R {
    let n = a.get(0).as_small_int().ok_or(E::BadArgument)?;
    match vm.platform.attribute(n) {
        Some(s) => vm.heap.string(&s),
        None => Err(E::Generic),
    }
}
fn p159(_: &mut Vm, a: Args) -> R {
    let x = a.receiver().as_small_int().ok_or(E::BadReceiver)?;
    Ok(Oop::from_small_int((x.wrapping_mul(1664525) & 0xfffffff) as i64))
}
fn p170(_: &mut Vm, a: Args) -> R {
    let v = operand(a, 0).0;
    Ok(Oop::from_character(v.as_small_int().ok_or(E::BadArgument)? as u32))
}
fn p171(_: &mut Vm, a: Args) -> R {
    Ok(Oop::from_small_int(a.receiver().as_character().ok_or(E::BadReceiver)? as i64))
}
fn p173(vm: &mut Vm, a: Args) -> R {
    let (o, k) = operand(a, 1);
    let i = index(vm, o, a.get(k))?;
    if o.is_pointer() && i < vm.heap.pointer_slots(o) { Ok(vm.heap.fetch_followed(o, i)) } else { p60(vm, a) }
}
fn p174(vm: &mut Vm, a: Args) -> R {
    let (o, k) = operand(a, 2);
    let i = index(vm, o, a.get(k))?;
    if o.is_pointer() && i < vm.heap.pointer_slots(o) {
        vm.heap.store(o, i, a.get(k + 1));
        Ok(a.get(k + 1))
    } else {
        p61(vm, a)
    }
}
fn p175(vm: &mut Vm, a: Args) -> R {
    Ok(Oop::from_small_int(vm.heap.class_table_index(operand(a, 0).0)? as i64))
}
fn p177(vm: &mut Vm, a: Args) -> R {
    let c = operand(a, 0).0;
    let v: Vec<Oop> = vm.heap.objects().filter(|o| vm.heap.class_of(*o) == c).collect();
    vm.heap.array(&v)
}
fn p240(vm: &mut Vm, _: Args) -> R {
    let t = vm.platform.utc_microseconds();
    vm.heap.integer(t as i64)
}
fn p254(_: &mut Vm, a: Args) -> R {
    if a.count() == 0 {
        return Err(E::Generic);
    }
    Ok(Oop::from_small_int(match a.get(0).as_small_int() {
        Some(40) => 8,
        Some(44) => 4 << 20,
        Some(46) => 0,
        _ => 0,
    }))
}
fn p541(vm: &mut Vm, a: Args) -> R {
    let (x, y) = (vm.heap.float_value(a.receiver()), vm.heap.float_value(a.get(0)));
    match (x, y) {
        (Some(x), Some(y)) => vm.heap.float(x + y),
        _ => Err(E::BadArgument),
    }
}
fn p551(vm: &mut Vm, a: Args) -> R {
    let x = vm.heap.float_value(a.receiver()).ok_or(E::BadReceiver)?;
    if x.abs() < 1e18 { Ok(Oop::from_small_int(x.trunc() as i64)) } else { Err(E::Generic) }
}
fn p558(vm: &mut Vm, a: Args) -> R {
    let x = vm.heap.float_value(a.receiver()).ok_or(E::BadReceiver)?;
    vm.heap.float(x.ln())
}
macro_rules! table { ($($n:literal $f:ident),*) => { &[$(Primitive { number: $n, name: "", args: (0, 0), doc: "", run: Run::Value($f) }),*] } }
pub static TABLE: &[Primitive] = table!(1 p1,2 p2,3 p3,4 p4,5 p5,6 p6,7 p7,8 p8,9 p9,10 p10,11 p11,12 p12,13 p13,14 p14,15 p15,16 p16,17 p17,40 p40,60 p60,61 p61,62 p62,63 p63,64 p64,68 p68,69 p69,70 p70,71 p71,75 p75,79 p79,105 p105,110 p110,111 p111,112 p112,115 p115,121 p121,124 p124,125 p125,129 p129,132 p132,135 p135,145 p145,148 p148,149 p149,159 p159,160 p160,169 p169,170 p170,171 p171,173 p173,174 p174,175 p175,177 p177,240 p240,254 p254,541 p541,551 p551,558 p558);
