//! SGLang's own route, whose frames hold everything said so far.

mod frame;
mod frames;
mod growth;
mod render;

pub(super) use frame::read_frame;
pub(super) use frames::Frames;
pub(super) use render::body;
