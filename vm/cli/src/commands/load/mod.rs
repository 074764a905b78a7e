//! `osvm load`: packages of source into an image, which is written to a new file.

mod bar;
mod initialize;
mod summary;

use crate::args::{LoadArgs, SessionArgs};
use crate::desktop::{self, Desktop};
use crate::failure::Failure;
use crate::image::Image;
use bar::Bar;
use osvm_compiler::evaluate::{Session, options_for};
use osvm_compiler::load::{LoadOptions, Report, load};
use osvm_compiler::packages::Packages;
use osvm_compiler::world::World;
use osvm_core::heap::NoRoots;
use osvm_core::image::{self, LoadedImage};
use osvm_host::replace_file;
use std::io;
use std::path::{Path, PathBuf};

/// Loads the packages; 1 if something is wrong with them, and nothing is written then.
pub fn run(args: &LoadArgs) -> Result<i32, Failure> {
    let image = desktop::image(&args.session)?;
    let packages = read(&args.packages)?;
    let what = Loading { packages: &packages, keep_going: args.keep_going, initialize: !args.no_initialize };
    let (report, failures) = what.write_to(&image, &args.session, &args.save)?;
    summary::print(&report, failures, &args.save);
    Ok(0)
}

/// An image that is there as long as this is.
pub struct Loaded {
    /// The file.
    pub path: PathBuf,
    _folder: tempfile::TempDir,
}

/// Loads packages into a copy of an image, for a while.
pub fn load_temporarily(image: &Image, paths: &[PathBuf], keep_going: bool, args: &SessionArgs) -> Result<Loaded, Failure> {
    let folder = tempfile::tempdir().map_err(|error| Failure::bad_input("a temporary folder", error))?;
    let path = folder.path().join(image.path.file_name().unwrap_or_default());
    let packages = read(paths)?;
    Loading { packages: &packages, keep_going, initialize: true }.write_to(image, args, &path)?;
    Ok(Loaded { path, _folder: folder })
}

/// A session in an image, or in a copy of it into which packages were loaded, which must be kept as long.
pub fn start_with(args: &SessionArgs, packages: &[PathBuf]) -> Result<(Session<Desktop>, Option<Loaded>), Failure> {
    if packages.is_empty() {
        return Ok((desktop::start(args)?, None));
    }
    let copy = load_temporarily(&desktop::image(args)?, packages, false, args)?;
    Ok((desktop::start_image(args, &copy.path)?, Some(copy)))
}

fn read(paths: &[PathBuf]) -> Result<Packages, Failure> {
    Packages::read(paths).map_err(|error| Failure::bad_input("nothing is loaded", error))
}

/// What is to be loaded, and how.
struct Loading<'p> {
    packages: &'p Packages,
    keep_going: bool,
    initialize: bool,
}

impl<'p> Loading<'p> {
    /// Loads, initialises and writes; answers what was loaded, and how many initialisations failed.
    fn write_to(&self, image: &Image, args: &SessionArgs, save: &Path) -> Result<(Report<'p>, usize), Failure> {
        let mut loaded = image.load(args.max_heap).map_err(Failure::load)?;
        let compile = options_for(&loaded.heap, &World::read(&loaded.heap));
        let options = LoadOptions { compile, keep_going: self.keep_going };
        let mut bar = Bar::new();
        let report = load(&mut loaded.heap, self.packages, &options, &mut |progress| bar.show(progress));
        bar.clear();
        let report = report.map_err(|error| Failure::bad_input(image.path.display(), error))?;
        summary::print_problems(&report);
        if !report.is_complete() && !self.keep_going {
            return Err(Failure::incomplete(report.errors(), save.display()));
        }
        let expressions = initialize::expressions(self.packages, &report);
        if expressions.is_empty() || !self.initialize {
            write(&mut loaded, save)?;
            return Ok((report, 0));
        }
        let folder = tempfile::tempdir().map_err(|error| Failure::bad_input("a temporary folder", error))?;
        let path = folder.path().join(image.path.file_name().unwrap_or_default());
        write(&mut loaded, &path)?;
        drop(loaded);
        let failures = initialize::run(self.packages, &expressions, args, &path, save, self.keep_going)?;
        Ok((report, failures))
    }
}

/// Writes the image, all of it or nothing.
fn write(image: &mut LoadedImage, path: &Path) -> Result<(), Failure> {
    let unwritten = |why: String| Failure::bad_input(path.display(), format!("the image is not written: {why}"));
    image.heap.prepare_snapshot(&mut NoRoots).map_err(|_| unwritten("there is no memory to prepare it".into()))?;
    let written = replace_file(path, &mut |out| match image::write(&image.heap, &image.header, out) {
        Ok(_) => Ok(()),
        Err(error) => Err(io::Error::other(error.to_string())),
    });
    written.map_err(|error| unwritten(error.to_string()))
}
