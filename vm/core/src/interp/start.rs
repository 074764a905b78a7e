//! Starting an image and saving it.

use super::handles::Handles;
use super::layout::process;
use super::{CodeCache, MethodCache, Native, StackZone};
use crate::error::VmError;
use crate::heap::Heap;
use crate::image::{ImageHeader, LoadedImage};
use crate::platform::Platform;
use crate::plugin::PluginHost;
use crate::vm::{Counters, Options, Vm};

impl Vm {
    /// A machine with this image, about to go on where it was saved. An error says what is wrong with the active process.
    pub fn new(
        image: LoadedImage,
        platform: Box<dyn Platform>,
        plugins: Box<dyn PluginHost>,
        options: Options,
    ) -> Result<Vm, VmError> {
        let LoadedImage { mut heap, header } = image;
        heap.set_stress(options.gc_stress);
        let mut vm = Vm { options, ..Vm::idle(heap, header, platform, plugins) };
        vm.resume_active_process()?;
        Ok(vm)
    }

    /// A machine with this heap that has nothing to run yet.
    pub(crate) fn idle(heap: Heap, header: ImageHeader, mut platform: Box<dyn Platform>, plugins: Box<dyn PluginHost>) -> Vm {
        let start_time = platform.utc_microseconds();
        let preemption_yields = header.preemption_yields();
        Vm {
            heap,
            platform,
            plugins,
            handles: Handles::default(),
            options: Options::default(),
            counters: Counters::default(),
            stack: StackZone::new(),
            fp: 0,
            sp: 0,
            ip: 0,
            page: 0,
            limit: 0,
            codes: CodeCache::default(),
            native: Native::default(),
            method_cache: MethodCache::new(),
            fatal: None,
            outcome: None,
            next_wake: 0,
            budget: 0,
            preemption_yields,
            generation: 0,
            missing_modules: Default::default(),
            gc_semaphore: 0,
            futile_collections: 0,
            collected: false,
            header,
            start_time,
        }
    }

    pub(crate) fn resume_active_process(&mut self) -> Result<(), VmError> {
        let nil = self.heap.nil();
        let active = self.active_process();
        if active.is_immediate() || self.heap.pointer_slots(active) <= process::MY_LIST {
            return Err(VmError::Corrupt(format!("its active process is {}", self.describe(active))));
        }
        let ctx = self.heap.fetch_followed(active, process::SUSPENDED_CONTEXT);
        if !self.is_context(ctx) {
            return Err(VmError::Corrupt(format!("its active process has {} to run", self.describe(ctx))));
        }
        self.heap.store(active, process::SUSPENDED_CONTEXT, nil);
        self.resume_context(ctx)?;
        self.check_depth();
        Ok(())
    }

    /// Header fields of the image, as the next snapshot has them.
    pub fn header(&self) -> &ImageHeader {
        &self.header
    }

    /// Writes the image; false if the file could not be written.
    pub(crate) fn snapshot(&mut self) -> Result<bool, VmError> {
        self.plugins.snapshot();
        let active_context = self.flush_stack()?;
        let active = self.active_process();
        self.heap.store(active, process::SUSPENDED_CONTEXT, active_context);
        self.fp = 0;
        let result = if self.prepare_heap_for_snapshot().is_err() {
            Err(std::io::Error::other("memory is too short to prepare it"))
        } else {
            let (heap, header) = (&self.heap, &self.header);
            self.platform.write_snapshot(&mut |out| match crate::image::write(heap, header, out) {
                Ok(_) => Ok(()),
                Err(error) => Err(std::io::Error::other(error.to_string())),
            })
        };
        if let Err(error) = &result {
            self.platform.report(&format!("the image was not saved: {error}\n"));
        }
        self.resume_active_process()?;
        Ok(result.is_ok())
    }
}
