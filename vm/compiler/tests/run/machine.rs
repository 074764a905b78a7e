//! A machine for compiled code: it takes the instructions as the VM's decoder reads them, and just enough messages.

use osvm_compiler::CompiledCode;
use osvm_compiler::literal::Literal;
use osvm_compiler::semantics::VariableId;
use osvm_compiler::syntax::{argument_count, print_literal};
use osvm_core::bytecode::{Answer, Instruction, SPECIAL_SELECTORS, Variable, decode};
use std::cell::RefCell;
use std::rc::Rc;

/// A value.
#[derive(Clone)]
pub enum Value {
    Nil,
    Bool(bool),
    Number(i64),
    Text(String),
    Receiver,
    Array(Rc<RefCell<Vec<Value>>>),
    Closure(Rc<Closure>),
}

/// A block: its code, where in it it begins, and what it copied.
pub struct Closure {
    code: Rc<CompiledCode>,
    start: usize,
    copied: Vec<Value>,
}

/// How code ends.
enum End {
    /// With a value for its caller.
    Local(Value),
    /// With a value for the caller of the method.
    Home(Value),
}

/// The receiver's fields, the variables outside, and how many methods ran.
#[derive(Default)]
pub struct Machine {
    fields: [Option<Value>; 2],
    global: Option<Value>,
    activations: usize,
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Value::Nil => f.write_str("nil"),
            Value::Bool(value) => write!(f, "{value}"),
            Value::Number(value) => write!(f, "{value}"),
            Value::Text(text) => f.write_str(text),
            Value::Receiver => f.write_str("self"),
            Value::Array(elements) => {
                let texts: Vec<String> = elements.borrow().iter().map(Value::to_string).collect();
                write!(f, "({})", texts.join(" "))
            }
            Value::Closure(_) => f.write_str("a block"),
        }
    }
}

fn value(literal: &Literal) -> Value {
    match literal {
        Literal::Nil => Value::Nil,
        Literal::True => Value::Bool(true),
        Literal::False => Value::Bool(false),
        Literal::Integer(value) => Value::Number(*value),
        Literal::String(text) | Literal::Symbol(text) => Value::Text(text.clone()),
        Literal::Array(elements) => Value::Array(Rc::new(RefCell::new(elements.iter().map(value).collect()))),
        other => Value::Text(print_literal(other)),
    }
}

impl Machine {
    /// Runs a method without arguments, and prints what it answers.
    pub fn run(&mut self, code: &CompiledCode) -> String {
        let stack = vec![Value::Nil; code.temporaries.into()];
        match self.execute(&Rc::new(code.clone()), 0, stack) {
            End::Local(value) | End::Home(value) => value.to_string(),
        }
    }

    fn execute(&mut self, code: &Rc<CompiledCode>, mut pc: usize, mut stack: Vec<Value>) -> End {
        loop {
            let (instruction, next) = decode(code.set, &code.bytecodes, pc).expect("code ends with a return");
            pc = next;
            let mut jump = |distance: i32| pc = (pc as i64 + i64::from(distance)) as usize;
            match instruction {
                Instruction::Jump(distance) => jump(distance),
                Instruction::JumpIf(condition, distance) => match pop(&mut stack) {
                    Value::Bool(value) if value == condition => jump(distance),
                    Value::Bool(_) => {}
                    other => panic!("{other} is no boolean"),
                },
                Instruction::PushClosure { copied, size, .. } => {
                    let copied = take(&mut stack, copied.into());
                    stack.push(Value::Closure(Rc::new(Closure { code: code.clone(), start: pc, copied })));
                    pc += size as usize;
                }
                Instruction::Return(answer) => return End::Home(answered(answer, &mut stack)),
                Instruction::BlockReturn(answer) => return End::Local(answered(answer, &mut stack)),
                _ => {
                    if let Err(end) = self.step(code, instruction, &mut stack) {
                        return end;
                    }
                }
            }
        }
    }

    fn step(&mut self, code: &CompiledCode, instruction: Instruction, stack: &mut Vec<Value>) -> Result<(), End> {
        let literal = |index: u16| &code.literals[index as usize];
        let text = |index: u16| match literal(index) {
            Literal::Symbol(text) => text.clone(),
            other => panic!("{other:?} is no selector"),
        };
        let pushed = match instruction {
            Instruction::Push(variable) => self.read(literal, variable, stack),
            Instruction::Store { to, pop: is_popped } => {
                let value = stack.last().expect("there is a value").clone();
                if is_popped {
                    stack.pop();
                }
                self.write(to, value, stack);
                return Ok(());
            }
            Instruction::PushLiteral(index) => value(literal(index)),
            Instruction::PushReceiver => Value::Receiver,
            Instruction::PushTrue => Value::Bool(true),
            Instruction::PushFalse => Value::Bool(false),
            Instruction::PushNil => Value::Nil,
            Instruction::PushInteger(value) => Value::Number(value.into()),
            Instruction::Duplicate => stack.last().expect("there is a value").clone(),
            Instruction::Pop => {
                pop(stack);
                return Ok(());
            }
            Instruction::PushNewArray { size, pop: true } => Value::Array(Rc::new(RefCell::new(take(stack, size.into())))),
            Instruction::PushNewArray { size, pop: false } => Value::Array(Rc::new(RefCell::new(vec![Value::Nil; size.into()]))),
            Instruction::PushFullClosure { literal: index, copied, .. } => {
                let Literal::Block(block) = literal(index) else { panic!("no block") };
                let copied = take(stack, copied.into());
                Value::Closure(Rc::new(Closure { code: Rc::new((**block).clone()), start: 0, copied }))
            }
            Instruction::Send { selector, .. } => self.send(&text(selector), stack)?,
            Instruction::SpecialSend(index) => self.send(SPECIAL_SELECTORS[index as usize].0, stack)?,
            Instruction::SuperSend { selector, .. } => super_send(&text(selector), stack),
            Instruction::DirectedSuperSend { selector, .. } => {
                pop(stack);
                super_send(&text(selector), stack)
            }
            other => panic!("{other:?} is not expected"),
        };
        stack.push(pushed);
        Ok(())
    }

    fn read<'c>(&self, literal: impl Fn(u16) -> &'c Literal, variable: Variable, stack: &[Value]) -> Value {
        match variable {
            Variable::Receiver(index) => self.fields[index as usize].clone().unwrap_or(Value::Nil),
            Variable::Temporary(index) => stack[index as usize].clone(),
            Variable::Literal(index) => match literal(index) {
                Literal::Variable(VariableId(0)) => self.global.clone().unwrap_or(Value::Nil),
                Literal::MethodClass => Value::Text("the class".into()),
                other => panic!("{other:?} is no variable"),
            },
            Variable::Remote { index, vector } => elements(&stack[vector as usize]).borrow()[index as usize].clone(),
        }
    }

    fn write(&mut self, variable: Variable, value: Value, stack: &mut [Value]) {
        match variable {
            Variable::Receiver(index) => self.fields[index as usize] = Some(value),
            Variable::Temporary(index) => stack[index as usize] = value,
            Variable::Literal(_) => self.global = Some(value),
            Variable::Remote { index, vector } => elements(&stack[vector as usize]).borrow_mut()[index as usize] = value,
        }
    }

    fn call(&mut self, closure: &Value, arguments: Vec<Value>) -> Result<Value, End> {
        let Value::Closure(closure) = closure else { return Ok(closure.clone()) };
        self.activations += 1;
        assert!(self.activations < 100_000, "this does not end");
        let mut stack = arguments;
        stack.extend(closure.copied.iter().cloned());
        if closure.start == 0 {
            stack.resize(closure.code.temporaries.into(), Value::Nil);
        }
        match self.execute(&closure.code, closure.start, stack) {
            End::Local(value) => Ok(value),
            end => Err(end),
        }
    }

    fn send(&mut self, selector: &str, stack: &mut Vec<Value>) -> Result<Value, End> {
        let arguments = take(stack, argument_count(selector));
        let receiver = pop(stack);
        match (&receiver, selector, &arguments[..]) {
            (Value::Closure(_), "value" | "value:" | "value:value:", _) => self.call(&receiver, arguments),
            (Value::Closure(_), _, _) => self.repeat(&receiver, selector, &arguments),
            (Value::Bool(value), _, _) => self.branch(*value, selector, &arguments).unwrap_or_else(|| panic!("{selector}")),
            (_, "ifNil:" | "ifNotNil:" | "ifNil:ifNotNil:" | "ifNotNil:ifNil:", _) => {
                self.nil_branch(receiver, selector, &arguments)
            }
            (_, "caseOf:otherwise:", _) => self.cases(&receiver, &arguments),
            (Value::Array(_), "do:", [block]) => {
                let all = elements(&receiver).borrow().clone();
                all.into_iter().try_for_each(|element| self.call(block, vec![element]).map(drop))?;
                Ok(receiver)
            }
            (Value::Number(from), "to:do:" | "to:by:do:" | "timesRepeat:", _) => self.count(*from, selector, &arguments),
            _ => Ok(simple(&receiver, selector, &arguments)),
        }
    }

    fn branch(&mut self, value: bool, selector: &str, blocks: &[Value]) -> Option<Result<Value, End>> {
        let (chosen, otherwise) = match (selector, value) {
            ("ifTrue:" | "and:", true) | ("ifFalse:" | "or:", false) | ("ifTrue:ifFalse:", true) | ("ifFalse:ifTrue:", false) => {
                (Some(0), Value::Nil)
            }
            ("ifTrue:ifFalse:", false) | ("ifFalse:ifTrue:", true) => (Some(1), Value::Nil),
            ("and:" | "or:", _) => (None, Value::Bool(value)),
            ("ifTrue:" | "ifFalse:", _) => (None, Value::Nil),
            ("->", _) => return Some(Ok(Value::Text(format!("{value}->{}", blocks[0])))),
            _ => return None,
        };
        Some(chosen.map_or(Ok(otherwise), |index: usize| self.call(&blocks[index], Vec::new())))
    }

    fn nil_branch(&mut self, receiver: Value, selector: &str, blocks: &[Value]) -> Result<Value, End> {
        let is_nil = matches!(receiver, Value::Nil);
        let part = if is_nil { "ifNil:" } else { "ifNotNil:" };
        let Some(index) = selector.split_inclusive(':').position(|other| other == part) else { return Ok(receiver) };
        let takes = if is_nil { Vec::new() } else { vec![receiver] };
        self.call(&blocks[index], takes)
    }

    fn cases(&mut self, receiver: &Value, arguments: &[Value]) -> Result<Value, End> {
        for case in elements(&arguments[0]).borrow().iter() {
            let pair = elements(case).borrow().clone();
            if self.call(&pair[0], Vec::new())?.to_string() == receiver.to_string() {
                return self.call(&pair[1], Vec::new());
            }
        }
        self.call(&arguments[1], Vec::new())
    }

    fn repeat(&mut self, block: &Value, selector: &str, arguments: &[Value]) -> Result<Value, End> {
        if selector == "->" {
            return Ok(Value::Array(Rc::new(RefCell::new(vec![block.clone(), arguments[0].clone()]))));
        }
        loop {
            let value = self.call(block, Vec::new())?;
            let goes_on = match (selector, value) {
                ("repeat", _) => true,
                ("whileTrue" | "whileTrue:", Value::Bool(value)) => value,
                ("whileFalse" | "whileFalse:", Value::Bool(value)) => !value,
                (other, value) => panic!("{other} of {value}"),
            };
            if !goes_on {
                return Ok(Value::Nil);
            }
            arguments.first().map_or(Ok(Value::Nil), |body| self.call(body, Vec::new()))?;
        }
    }

    fn count(&mut self, from: i64, selector: &str, arguments: &[Value]) -> Result<Value, End> {
        let number = |value: &Value| if let Value::Number(number) = value { *number } else { panic!("{value} is no number") };
        let body = arguments.last().expect("there is a block");
        let (start, limit, step) = match selector {
            "timesRepeat:" => (1, from, 1),
            "to:do:" => (from, number(&arguments[0]), 1),
            _ => (from, number(&arguments[0]), number(&arguments[1])),
        };
        let mut at = start;
        while if step > 0 { at <= limit } else { at >= limit } {
            let takes = if selector == "timesRepeat:" { Vec::new() } else { vec![Value::Number(at)] };
            self.call(body, takes)?;
            at += step;
        }
        Ok(Value::Number(from))
    }
}

fn pop(stack: &mut Vec<Value>) -> Value {
    stack.pop().expect("the stack is not empty")
}

fn take(stack: &mut Vec<Value>, count: usize) -> Vec<Value> {
    stack.split_off(stack.len() - count)
}

fn answered(answer: Answer, stack: &mut Vec<Value>) -> Value {
    match answer {
        Answer::Receiver => Value::Receiver,
        Answer::True => Value::Bool(true),
        Answer::False => Value::Bool(false),
        Answer::Nil => Value::Nil,
        Answer::Top => pop(stack),
    }
}

fn elements(value: &Value) -> &RefCell<Vec<Value>> {
    match value {
        Value::Array(elements) => elements,
        other => panic!("{other} is no array"),
    }
}

fn described(selector: &str, receiver: &Value, arguments: &[Value]) -> Value {
    Value::Text(format!("{selector} {receiver} {}", arguments.iter().map(Value::to_string).collect::<Vec<_>>().join(" ")))
}

fn super_send(selector: &str, stack: &mut Vec<Value>) -> Value {
    let arguments = take(stack, argument_count(selector));
    let receiver = pop(stack);
    described(&format!("super {selector}"), &receiver, &arguments)
}

/// Messages that run no blocks.
fn simple(receiver: &Value, selector: &str, arguments: &[Value]) -> Value {
    use Value::{Bool, Number};
    match (receiver, selector, arguments) {
        (Number(a), "+", [Number(b)]) => Number(a + b),
        (Number(a), "-", [Number(b)]) => Number(a - b),
        (Number(a), "*", [Number(b)]) => Number(a * b),
        (Number(a), "<", [Number(b)]) => Bool(a < b),
        (Number(a), ">", [Number(b)]) => Bool(a > b),
        (Number(a), "<=", [Number(b)]) => Bool(a <= b),
        (Number(a), ">=", [Number(b)]) => Bool(a >= b),
        (Number(a), "abs", _) => Number(a.abs()),
        (a, "=" | "==", [b]) => Bool(a.to_string() == b.to_string()),
        (a, "->", [b]) => Value::Text(format!("{a}->{b}")),
        (a, "yourself" | "foo" | "bar", []) => a.clone(),
        (array, "size", []) => Number(elements(array).borrow().len() as i64),
        (array, "at:", [Number(index)]) => elements(array).borrow()[*index as usize - 1].clone(),
        (array, "at:put:", [Number(index), value]) => {
            elements(array).borrow_mut()[*index as usize - 1] = value.clone();
            value.clone()
        }
        _ => described(selector, receiver, arguments),
    }
}
