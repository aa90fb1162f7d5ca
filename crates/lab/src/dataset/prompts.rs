//! Has a running server write prompts, of the kinds that `llm_infra_bench` has
//! written for it, and in the shape of its file.
//!
//! That tool asks for a JSON list of all prompts at once, which only a large
//! model can be trusted to write. Here each prompt is asked for by itself, and
//! the answer is the prompt: any model can do that.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use tokenometer_core::{Address, Message};
use tokenometer_engine::{Access, Control, Question, ask, probe};

use super::DatasetError;
use super::sample::TheirPrompt;

/// The temperature at which that tool has its prompts written.
const TEMPERATURE: f64 = 0.8;

/// The most tokens that a prompt may have.
const MOST_TOKENS: u32 = 700;

/// The longest that writing one may take.
const LIMIT: Duration = Duration::from_secs(300);

/// A kind of prompt.
#[derive(Debug, PartialEq, Eq)]
pub struct Category {
    /// Its name, as that tool's files have it.
    pub name: &'static str,
    /// What is asked for.
    asks_for: &'static str,
}

/// The nine kinds.
pub const CATEGORIES: [Category; 9] = [
    Category { name: "coding", asks_for: "writing a program or an algorithm" },
    Category { name: "reasoning", asks_for: "solving a puzzle of logic" },
    Category { name: "creative_writing", asks_for: "writing a story or a poem" },
    Category { name: "summarization", asks_for: "summing up a text that stands in the request" },
    Category {
        name: "json_extraction",
        asks_for: "turning facts in a text that stands in the request into JSON",
    },
    Category { name: "math", asks_for: "solving a problem of mathematics" },
    Category { name: "question_answering", asks_for: "answering a question about the world" },
    Category { name: "translation", asks_for: "translating a text that stands in the request" },
    Category {
        name: "code_debugging",
        asks_for: "finding the mistake in a piece of code that stands in the request",
    },
];

/// What is to be written, and by whom.
#[derive(Clone, Debug)]
pub struct PromptSettings {
    /// Where the server is.
    pub address: Address,
    /// How it is spoken to.
    pub access: Access,
    /// The model to ask; `None` takes the only one that it serves.
    pub model: Option<String>,
    /// Of which kinds.
    pub categories: Vec<&'static Category>,
    /// How many of each.
    pub per_category: u32,
    /// The most tokens of the answers to them.
    pub output_tokens: u32,
}

/// Has the prompts written, and writes them to `out`. `notice` hears of each
/// before it is asked for. Gives their number.
///
/// # Errors
///
/// What keeps the server from answering; [`DatasetError::NoPrompts`] where an
/// answer is empty.
pub fn write_prompts(
    settings: &PromptSettings,
    notice: &mut dyn FnMut(&Category, u32),
    to: &Path,
    out: &mut dyn Write,
) -> Result<u32, DatasetError> {
    let control = Control::new(&settings.address, settings.access.clone())?;
    let model = probe(&control)?.choose(settings.model.as_deref())?;
    let failed = |source| DatasetError::file("write", to, source);
    let mut written = 0;
    for category in &settings.categories {
        for number in 1..=settings.per_category {
            notice(category, number);
            let prompt = prompt(&control, &model, category, (number, settings.per_category))?;
            let theirs = TheirPrompt {
                id: &format!("{}_{written}", category.name),
                category: category.name,
                prompt: &prompt,
                min_output_tokens: 1,
                max_output_tokens: settings.output_tokens,
                ignore_eos: false,
            };
            out.write_all(if written == 0 { b"[\n" } else { b",\n" }).map_err(failed)?;
            serde_json::to_writer(&mut *out, &theirs).map_err(|error| failed(error.into()))?;
            written += 1;
        }
    }
    out.write_all(b"\n]\n").map_err(failed)?;
    Ok(written)
}

/// Has one prompt written: the `number`th of so many.
fn prompt(
    control: &Control,
    model: &str,
    category: &Category,
    (number, count): (u32, u32),
) -> Result<String, DatasetError> {
    let content = format!(
        "Write one request that somebody could send to an assistant. It asks for {}. It stands on \
         its own: whatever text, data or code it is about is in it. It is number {number} of \
         {count}, and unlike the others. Answer with the request alone.",
        category.asks_for
    );
    let question = Question {
        model,
        messages: &[Message { role: "user".to_owned(), content }],
        temperature: TEMPERATURE,
        max_tokens: MOST_TOKENS,
        limit: LIMIT,
    };
    let answer = ask(control, &question)?;
    let prompt = answer.trim();
    if prompt.is_empty() {
        let (url, category) = (control.address().to_string(), category.name.to_owned());
        return Err(DatasetError::NoPrompts { url, category });
    }
    Ok(prompt.to_owned())
}
