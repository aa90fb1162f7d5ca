//! SGLang's own route, whose frames hold everything said so far.

mod frame;
mod growth;
mod render;

pub(super) use frame::read_frame;
pub(super) use growth::Growth;
pub(super) use render::body;
