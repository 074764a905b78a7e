//! Reading and writing images that a builder puts together byte by byte, sound ones and ones that make no sense.
//! (`../real_images.rs` does so with real ones.)

mod builder;
mod loading;
mod refusals;
mod round_trip;
mod support;
mod widening;
