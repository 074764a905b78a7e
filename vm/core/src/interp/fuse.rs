//! Frequent sequences of instructions become one.

use super::code::Op;

/// Rewrites the first opcode of frequent sequences. The words behind it stay as they are, so that the sequence can be entered
/// or left anywhere in it, and the fused opcode can always fall back on the first instruction alone.
pub(super) fn fuse(words: &mut [u64]) {
    let mut starts = Vec::with_capacity(words.len());
    let mut i = 0;
    while i < words.len() {
        starts.push(i);
        i += Op::ALL[(words[i] & 0xFF) as usize].words();
    }
    let ops: Vec<Op> = starts.iter().map(|&i| Op::ALL[(words[i] & 0xFF) as usize]).collect();
    for (n, &i) in starts.iter().enumerate() {
        if let Some(fused) = fused(&ops[n..]) {
            words[i] = (words[i] & !0xFF) | fused as u64;
        }
    }
}

/// The opcode for the longest sequence that these begin with, if there is one.
fn fused(ops: &[Op]) -> Option<Op> {
    fused_increment(ops).or_else(|| fused_four(ops)).or_else(|| fused_three(ops)).or_else(|| fused_two(ops))
}

/// The opcode for `i := i + 1` as a loop has it: behind a statement or not, and before the jump back or not.
fn fused_increment(ops: &[Op]) -> Option<Op> {
    let (behind_statement, rest) = match ops {
        [Op::Pop, rest @ ..] => (true, rest),
        _ => (false, ops),
    };
    let before_jump = match rest {
        [Op::PushTemp, Op::PushConstant, Op::Add, Op::PopTemp, rest @ ..] => rest.first() == Some(&Op::JumpBack),
        _ => return None,
    };
    Some(match (behind_statement, before_jump) {
        (false, false) => Op::TempConstantAddPopTemp,
        (false, true) => Op::TempConstantAddPopTempJumpBack,
        (true, false) => Op::PopTempConstantAddPopTemp,
        (true, true) => Op::PopTempConstantAddPopTempJumpBack,
    })
}

/// The opcode for the first four.
fn fused_four(ops: &[Op]) -> Option<Op> {
    Some(match ops.first_chunk()? {
        [Op::PushTemp, Op::PushConstant, Op::Less, Op::JumpFalse] => Op::TempConstantLessJumpFalse,
        [Op::PushTemp, Op::PushConstant, Op::LessEqual, Op::JumpFalse] => Op::TempConstantLessEqualJumpFalse,
        [Op::PushTemp, Op::PushConstant, Op::Greater, Op::JumpFalse] => Op::TempConstantGreaterJumpFalse,
        [Op::PushTemp, Op::PushConstant, Op::GreaterEqual, Op::JumpFalse] => Op::TempConstantGreaterEqualJumpFalse,
        [Op::PushTemp, Op::PushConstant, Op::Equal, Op::JumpFalse] => Op::TempConstantEqualJumpFalse,
        [Op::PushTemp, Op::PushTemp, Op::Less, Op::JumpFalse] => Op::TempTempLessJumpFalse,
        [Op::PushTemp, Op::PushTemp, Op::LessEqual, Op::JumpFalse] => Op::TempTempLessEqualJumpFalse,
        [Op::PushTemp, Op::PushTemp, Op::Greater, Op::JumpFalse] => Op::TempTempGreaterJumpFalse,
        [Op::PushTemp, Op::PushTemp, Op::GreaterEqual, Op::JumpFalse] => Op::TempTempGreaterEqualJumpFalse,
        _ => return None,
    })
}

/// The opcode for the first three.
fn fused_three(ops: &[Op]) -> Option<Op> {
    Some(match ops.first_chunk()? {
        [Op::PushTemp, Op::PushConstant, Op::Add] => Op::TempConstantAdd,
        [Op::PushTemp, Op::PushConstant, Op::Subtract] => Op::TempConstantSubtract,
        [Op::PushTemp, Op::PushTemp, Op::Add] => Op::TempTempAdd,
        [Op::PushTemp, Op::PushTemp, Op::Less] => Op::TempTempLess,
        [Op::PushTemp, Op::PushTemp, Op::LessEqual] => Op::TempTempLessEqual,
        [Op::PushTemp, Op::PushTemp, Op::Greater] => Op::TempTempGreater,
        [Op::PushTemp, Op::PushTemp, Op::GreaterEqual] => Op::TempTempGreaterEqual,
        _ => return None,
    })
}

/// The opcode for the first two.
fn fused_two(ops: &[Op]) -> Option<Op> {
    Some(match ops.first_chunk()? {
        [Op::Less, Op::JumpFalse] => Op::LessJumpFalse,
        [Op::Greater, Op::JumpFalse] => Op::GreaterJumpFalse,
        [Op::LessEqual, Op::JumpFalse] => Op::LessEqualJumpFalse,
        [Op::GreaterEqual, Op::JumpFalse] => Op::GreaterEqualJumpFalse,
        [Op::Equal, Op::JumpFalse] => Op::EqualJumpFalse,
        [Op::Identical, Op::JumpFalse] => Op::IdenticalJumpFalse,
        [Op::Identical, Op::JumpTrue] => Op::IdenticalJumpTrue,
        [Op::Add, Op::PopTemp] => Op::AddPopTemp,
        [Op::Subtract, Op::PopTemp] => Op::SubtractPopTemp,
        [Op::PushConstant, Op::Add] => Op::ConstantAdd,
        [Op::PushConstant, Op::Subtract] => Op::ConstantSubtract,
        [Op::PushConstant, Op::BitAnd] => Op::ConstantBitAnd,
        [Op::PushConstant, Op::ReturnTop | Op::BlockReturnTop] => Op::ConstantReturn,
        [Op::PushTemp, Op::ReturnTop | Op::BlockReturnTop] => Op::TempReturn,
        [Op::PushTemp, Op::Add] => Op::TempAdd,
        [Op::PushTemp, Op::Send] => Op::TempSend,
        [Op::PushTemp, Op::At] => Op::TempAt,
        [Op::PushTemp, Op::AtPut] => Op::TempAtPut,
        [Op::PushTemp, Op::PopTemp] => Op::TempPopTemp,
        [Op::PushTemp, Op::PushField] => Op::TempField,
        [Op::PushField, Op::PushTemp] => Op::FieldTemp,
        [Op::Pop, Op::JumpBack] => Op::PopJumpBack,
        [Op::PushTemp, Op::PushConstant] => Op::TempConstant,
        [Op::PushTemp, Op::PushTemp] => Op::TempTemp,
        [Op::PushField, Op::Send] => Op::FieldSend,
        [Op::Pop, Op::PushTemp] => Op::PopPushTemp,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A fused instruction that runs alone must be the first of its sequence.
    #[test]
    fn a_fused_instruction_begins_with_its_first() {
        let alone: Vec<Op> = Op::ALL.iter().copied().filter(|op| op.unfused() == *op).collect();
        let mut fused = std::collections::HashSet::new();
        let mut check = |first: Op, found: Option<Op>| {
            if let Some(op) = found {
                assert_eq!(op.unfused(), first, "{op:?}");
                fused.insert(op as u8);
            }
        };
        for &a in &alone {
            for &b in &alone {
                check(a, fused_two(&[a, b]));
                for &c in &alone {
                    check(a, fused_three(&[a, b, c]));
                    if a == Op::PushTemp {
                        alone.iter().for_each(|&d| check(a, fused_four(&[a, b, c, d])));
                    }
                }
            }
        }
        let increment = [Op::Pop, Op::PushTemp, Op::PushConstant, Op::Add, Op::PopTemp, Op::JumpBack];
        for ops in [&increment[..], &increment[..5], &increment[1..], &increment[1..5]] {
            check(ops[0], super::fused(ops));
        }
        assert_eq!(fused.len() + alone.len(), Op::ALL.len(), "every fused instruction is made by some sequence");
    }
}
