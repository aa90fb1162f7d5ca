//! The OpenAI routes, as real servers speak them.

mod frame;
mod render;

pub(super) use frame::read_frame;
pub(super) use render::{chat_body, completions_body};
