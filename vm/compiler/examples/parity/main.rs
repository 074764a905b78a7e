//! Compiles the methods of an image again from their source in Tonel, and compares: `parity IMAGE SOURCEDIR [EXAMPLES]`.
//!
//! Prints how many have the same bytecodes and literals, and a table of the kinds of differences with examples. `SOURCEDIR` has
//! the packages as they were when the image was made.

mod compare;
mod image;
mod sources;

use compare::Verdict;
use osvm_compiler::codegen::Options;
use osvm_compiler::compile_method;
use osvm_compiler::world::World;
use std::collections::BTreeMap;
use std::process::ExitCode;

/// Fewer identical methods than this are a failure.
const REQUIRED_PERCENT: usize = 99;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [image, directory, rest @ ..] = &arguments[..] else {
        eprintln!("usage: parity IMAGE SOURCEDIR [EXAMPLES]");
        return ExitCode::from(2);
    };
    let examples = rest.first().and_then(|count| count.parse().ok()).unwrap_or(2);
    match run(image, directory, examples) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("parity: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(image: &str, directory: &str, examples: usize) -> Result<(), String> {
    let (image, _) = image::Image::load(image)?;
    let sources = sources::Sources::read(directory)?;
    let world = World::read(&image.heap);
    let mut classes: BTreeMap<Verdict, Vec<String>> = BTreeMap::new();
    let options = Options::PHARO_8;
    let methods = image.methods();
    for method in &methods {
        let (verdict, example) = judge(&image, &world, &sources, method, &options);
        classes.entry(verdict).or_default().push(example);
    }
    let total = methods.len();
    println!("{}", speed(&image, &world, &sources, &methods, &options));
    for (verdict, found) in &classes {
        println!("{:>6} {:>6.2}%  {}", found.len(), found.len() as f64 * 100.0 / total as f64, verdict.name());
    }
    for (verdict, found) in classes.iter().filter(|(verdict, _)| **verdict != Verdict::Same) {
        found.iter().take(examples).for_each(|example| println!("\n--- {}: {example}", verdict.name()));
    }
    let same = classes.get(&Verdict::Same).map_or(0, Vec::len);
    if same * 100 < total * REQUIRED_PERCENT {
        return Err(format!("only {same} of {total} methods are identical"));
    }
    Ok(())
}

/// How fast the sources of all methods are compiled.
fn speed(image: &image::Image, world: &World, sources: &sources::Sources, methods: &[image::Method], options: &Options) -> String {
    let environment = |method: &image::Method| world.environment(&image.heap, method.class);
    let pairs: Vec<_> = methods
        .iter()
        .filter_map(|method| {
            Some((environment(method), *sources.of(&method.class_name, method.class_side, &method.selector).first()?))
        })
        .collect();
    let lines: usize = pairs.iter().map(|(_, source)| source.split('\r').count()).sum();
    let start = std::time::Instant::now();
    let compiled = pairs.iter().filter(|(environment, source)| compile_method(source, environment, options).code.is_some()).count();
    let seconds = start.elapsed().as_secs_f64();
    format!("{compiled} methods, {lines} lines, compiled in {seconds:.3} s: {:.0} lines a second", lines as f64 / seconds)
}

/// Compiles the sources that a method may be from; the best of them counts.
fn judge(
    image: &image::Image,
    world: &World,
    sources: &sources::Sources,
    method: &image::Method,
    options: &Options,
) -> (Verdict, String) {
    let name = format!("{}{}>>{}", method.class_name, if method.class_side { " class" } else { "" }, method.selector);
    let found = sources.of(&method.class_name, method.class_side, &method.selector);
    let judge_one = |source: &&String| {
        let environment = world.environment(&image.heap, method.class);
        let compilation = compile_method(source, &environment, options);
        let Some(code) = compilation.code else {
            let messages = compilation.diagnostics.iter().map(|diagnostic| diagnostic.render(&name, source).to_string());
            return (Verdict::NotCompiled, messages.collect::<String>());
        };
        let (verdict, detail) = compare::compare(image, method, &code, &environment);
        (verdict, format!("{name}\n{source}\n{detail}"))
    };
    found.iter().map(judge_one).min_by_key(|(verdict, _)| *verdict).unwrap_or((Verdict::NoSource, name.clone()))
}
