//! An assembler for tests: one list of instructions becomes code of either bytecode set.

use crate::bytecode::{BytecodeSet, SPECIAL_SELECTORS};

/// A literal, made an object when the method is.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// An Integer of any size that a word has.
    Integer(i64),
    /// A symbol: equal ones are the same object.
    Symbol(String),
    /// A new ByteString.
    String(String),
    /// A Float.
    Float(f64),
    /// The class of this name.
    Class(String),
    /// The association of a global variable.
    Global(String),
    /// The method of this selector in this class.
    Method(String, String),
    /// What a named primitive is called: module, which may be empty, and function.
    Named(String, String),
    /// A CompiledBlock.
    Block(Box<Asm>),
}

impl From<i64> for Literal {
    fn from(value: i64) -> Literal {
        Literal::Integer(value)
    }
}

/// A symbol.
pub fn symbol(text: &str) -> Literal {
    Literal::Symbol(text.into())
}

/// A string.
pub fn string(text: &str) -> Literal {
    Literal::String(text.into())
}

/// A method or CompiledBlock in the making.
#[derive(Clone, Debug, PartialEq)]
pub struct Asm {
    /// Whose bytecodes it has.
    pub set: BytecodeSet,
    /// How many arguments it takes.
    pub args: usize,
    /// How many temporaries it has beside them.
    pub temps: usize,
    /// Its primitive, or 0.
    pub primitive: u16,
    /// Its literals.
    pub literals: Vec<Literal>,
    /// Its bytecodes, in which the distances of jumps are missing.
    pub code: Vec<u8>,
    jumps: Vec<(usize, String)>,
    labels: Vec<(String, usize)>,
}

impl Asm {
    /// A method with so many arguments and temporaries beside them.
    pub fn new(set: BytecodeSet, args: usize, temps: usize) -> Asm {
        let (literals, code, jumps, labels) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Asm { set, args, temps, primitive: 0, literals, code, jumps, labels }
    }

    fn v3(&self) -> bool {
        self.set == BytecodeSet::V3PlusClosures
    }

    /// Its frame has 56 slots, not 16.
    pub fn is_large(&self) -> bool {
        self.args + self.temps > 8
    }

    /// Bytes as they are: one for each set.
    pub fn bytes(&mut self, v3: &[u8], sista: &[u8]) {
        let bytes = if self.v3() { v3 } else { sista };
        self.code.extend_from_slice(bytes);
    }

    /// The number of a literal, which is added if it is new.
    pub fn literal(&mut self, literal: Literal) -> u8 {
        let index = self.literals.iter().position(|l| *l == literal).unwrap_or_else(|| {
            self.literals.push(literal);
            self.literals.len() - 1
        });
        u8::try_from(index).expect("few literals")
    }

    /// callPrimitive; then, with `error` the temporary of the failure code, the store that tells of it.
    pub fn primitive(&mut self, number: u16, error: Option<u8>) {
        self.primitive = number;
        let [low, high] = number.to_le_bytes();
        self.bytes(&[139, low, high], &[248, low, high]);
        if let Some(temp) = error {
            self.store_temp(temp);
        }
    }

    /// callPrimitive for a named primitive, whose name is the method's first literal; the VM's own have no module.
    ///
    /// # Panics
    /// If there are literals already.
    pub fn named_primitive(&mut self, module: &str, function: &str, error: Option<u8>) {
        assert!(self.literals.is_empty(), "the name of the primitive is the first literal");
        self.literal(Literal::Named(module.into(), function.into()));
        self.primitive(117, error);
    }

    /// Pushes a literal.
    pub fn push(&mut self, literal: impl Into<Literal>) {
        let index = self.literal(literal.into());
        self.bytes(&[132, 3 << 5, index], &[228, index]);
    }

    /// Pushes a symbol.
    pub fn push_symbol(&mut self, text: &str) {
        self.push(symbol(text));
    }

    /// Pushes a class.
    pub fn push_class(&mut self, name: &str) {
        self.push(Literal::Class(name.into()));
    }

    /// Pushes the value of a global variable.
    pub fn push_global(&mut self, name: &str) {
        let index = self.literal(Literal::Global(name.into()));
        self.bytes(&[132, 4 << 5, index], &[227, index]);
    }

    /// Stores the top value into a global variable.
    pub fn store_global(&mut self, name: &str) {
        let index = self.literal(Literal::Global(name.into()));
        self.bytes(&[132, 7 << 5, index], &[244, index]);
    }

    /// Stores the top value into a global variable, and pops it.
    pub fn pop_global(&mut self, name: &str) {
        self.store_global(name);
        self.pop();
    }

    /// Pushes an argument or temporary, counted from 0.
    pub fn push_temp(&mut self, index: u8) {
        self.bytes(&[128, 64 | index], &[229, index]);
    }

    /// Stores the top value into a temporary.
    pub fn store_temp(&mut self, index: u8) {
        self.bytes(&[129, 64 | index], &[245, index]);
    }

    /// Stores the top value into a temporary, and pops it.
    pub fn pop_temp(&mut self, index: u8) {
        self.bytes(&[130, 64 | index], &[242, index]);
    }

    /// Pushes a field of the receiver, counted from 0.
    pub fn push_field(&mut self, index: u8) {
        self.bytes(&[132, 2 << 5, index], &[226, index]);
    }

    /// Stores the top value into a field of the receiver.
    pub fn store_field(&mut self, index: u8) {
        self.bytes(&[132, 5 << 5, index], &[243, index]);
    }

    /// Stores the top value into a field of the receiver, and pops it.
    pub fn pop_field(&mut self, index: u8) {
        self.bytes(&[132, 6 << 5, index], &[240, index]);
    }

    /// Pushes an element of an Array that a temporary has: a variable that closures share.
    pub fn push_remote(&mut self, index: u8, vector: u8) {
        self.bytes(&[140, index, vector], &[251, index, vector]);
    }

    /// Stores the top value into such an element, and pops it.
    pub fn pop_remote(&mut self, index: u8, vector: u8) {
        self.bytes(&[142, index, vector], &[253, index, vector]);
    }

    /// Pushes a new Array of nils.
    pub fn push_array(&mut self, size: u8) {
        self.bytes(&[138, size], &[231, size]);
    }

    /// An Array of the top values.
    pub fn pop_array(&mut self, size: u8) {
        self.bytes(&[138, 128 | size], &[231, 128 | size]);
    }

    /// Pushes the receiver.
    pub fn push_self(&mut self) {
        self.bytes(&[112], &[76]);
    }

    /// Pushes true.
    pub fn push_true(&mut self) {
        self.bytes(&[113], &[77]);
    }

    /// Pushes false.
    pub fn push_false(&mut self) {
        self.bytes(&[114], &[78]);
    }

    /// Pushes nil.
    pub fn push_nil(&mut self) {
        self.bytes(&[115], &[79]);
    }

    /// Pushes the running context.
    pub fn this_context(&mut self) {
        self.bytes(&[137], &[82]);
    }

    /// Pops the top value.
    pub fn pop(&mut self) {
        self.bytes(&[135], &[216]);
    }

    /// Sends a message; its arguments are counted from the selector.
    pub fn send(&mut self, selector: &str) {
        let args = arguments(selector);
        if let Some(special) = SPECIAL_SELECTORS.iter().position(|(name, _)| *name == selector && *name != "class") {
            self.bytes(&[176 + special as u8], &[96 + special as u8]);
        } else {
            self.send_args(selector, args);
        }
    }

    fn send_args(&mut self, selector: &str, args: u8) {
        let index = self.literal(symbol(selector));
        self.bytes(&[132, args, index], &[224, index >> 5, 234, index << 3 | args]);
    }

    /// Sends a message, looked up from above the class that the method belongs to.
    pub fn send_super(&mut self, selector: &str) {
        let args = arguments(selector);
        let index = self.literal(symbol(selector));
        self.bytes(&[132, 1 << 5 | args, index], &[235, index << 3 | args]);
    }

    /// Returns the top value.
    pub fn ret(&mut self) {
        self.bytes(&[124], &[92]);
    }

    /// Returns the receiver.
    pub fn ret_self(&mut self) {
        self.bytes(&[120], &[88]);
    }

    /// From a block to its caller.
    pub fn ret_block(&mut self) {
        self.bytes(&[125], &[94]);
    }

    /// A closure whose code is in this method; its copied values are on the stack.
    pub fn closure(&mut self, args: u8, copied: u8, body: impl FnOnce(&mut Asm)) {
        let at = self.code.len();
        self.bytes(&[143, copied << 4 | args, 0, 0], &[225, 0, 250, copied << 3 | args, 0]);
        let start = self.code.len();
        body(self);
        let [high, low] = u16::try_from(self.code.len() - start).expect("a small block").to_be_bytes();
        if self.v3() {
            self.code[at + 2..at + 4].copy_from_slice(&[high, low]);
        } else {
            (self.code[at + 1], self.code[at + 4]) = (high, low);
        }
    }

    /// A closure whose code is a CompiledBlock. `flags`: 128 receiver on the stack, 64 no outer context.
    pub fn full_closure(&mut self, args: usize, temps: usize, copied: u8, flags: u8, body: impl FnOnce(&mut Asm)) {
        let mut block = Asm::new(self.set, args, temps + copied as usize);
        body(&mut block);
        let index = self.literal(Literal::Block(Box::new(block)));
        self.code.extend_from_slice(&[249, index, copied | flags]);
    }

    /// The place that jumps to this name lead to.
    pub fn label(&mut self, name: &str) {
        self.labels.push((name.into(), self.code.len()));
    }

    /// Jumps.
    pub fn jump(&mut self, to: &str) {
        self.bytes(&[164, 0], &[225, 0, 237, 0]);
        self.jumps.push((self.code.len(), to.into()));
    }

    /// Pops a Boolean, and jumps if it is `condition`.
    pub fn jump_if(&mut self, condition: bool, to: &str) {
        let (v3, sista) = if condition { (168, 238) } else { (172, 239) };
        self.bytes(&[v3, 0], &[225, 0, sista, 0]);
        self.jumps.push((self.code.len(), to.into()));
    }

    fn distance(&self, at: usize, label: &str) -> i64 {
        let target = self.labels.iter().find(|(name, _)| name == label).unwrap_or_else(|| panic!("no label {label}")).1;
        target as i64 - at as i64
    }

    /// All jumps are as short as both sets can have them, and the literals few enough.
    pub fn is_sound(&self) -> bool {
        self.literals.len() < 250 && self.jumps.iter().all(|(at, label)| (-1024..1024).contains(&self.distance(*at, label)))
    }

    /// Code with its jumps resolved.
    pub fn finished_code(&self) -> Vec<u8> {
        let mut code = self.code.clone();
        for (at, label) in &self.jumps {
            let by = i16::try_from(self.distance(*at, label)).expect("a short jump");
            let [low, high] = by.to_le_bytes();
            code[at - 1] = low;
            if self.v3() {
                code[at - 2] = code[at - 2].wrapping_add(high);
            } else {
                code[at - 3] = high;
            }
        }
        code
    }
}

/// The number of arguments of a selector.
pub fn arguments(selector: &str) -> u8 {
    match selector.matches(':').count() {
        0 if selector.starts_with(|c: char| c.is_alphabetic() || c == '_') => 0,
        0 => 1,
        keywords => keywords as u8,
    }
}
