//! The form that the requests of a workload have in common, whatever their
//! dataset: how a prompt is given, and how long its answer is to be.

use std::sync::Arc;

use tokenometer_core::{Message, OutputLength, Prompt, Request};

use crate::{Mistake, PromptShape, Tokenizer, WorkloadError, WorkloadSettings};

/// What the requests of a workload have in common.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    /// How prompts are given.
    pub shape: PromptShape,
    /// Whether exactly the output asked for is generated.
    pub exact: bool,
    /// The output length of every request, where one was asked for.
    pub output_tokens: Option<u32>,
    /// The model's tokenizer, where it is known.
    pub tokenizer: Option<Arc<Tokenizer>>,
    /// Whether what is sent as text or ids is put into the model's chat
    /// template first, which takes a tokenizer.
    pub chat_template: bool,
}

impl Form {
    /// The form that these settings ask for.
    ///
    /// # Errors
    ///
    /// [`WorkloadError::NoChatTemplate`].
    pub(crate) fn new(
        settings: &WorkloadSettings,
        tokenizer: Option<Arc<Tokenizer>>,
    ) -> Result<Form, WorkloadError> {
        if let Some(tokenizer) = &tokenizer
            && settings.chat_template
            && !tokenizer.has_chat_template()
        {
            return Err(WorkloadError::NoChatTemplate { path: tokenizer.path().to_owned() });
        }
        Ok(Form {
            shape: settings.prompt_shape,
            exact: settings.exact,
            output_tokens: settings.output_tokens,
            tokenizer,
            chat_template: settings.chat_template,
        })
    }

    /// The tokenizer, for a dataset that can't do without.
    pub(crate) fn known_tokenizer(&self) -> Arc<Tokenizer> {
        self.tokenizer.clone().expect("settings that lack it are mistaken")
    }

    /// Tokens that are in a prompt beside those of its text.
    pub(crate) fn added_tokens(&self) -> u32 {
        match (self.shape, &self.tokenizer) {
            (PromptShape::Text | PromptShape::TokenIds, Some(tokenizer)) => {
                tokenizer.added_tokens()
            }
            _ => 0,
        }
    }

    /// The output length to ask for, where a dataset has one of its own.
    pub(crate) fn output(&self, own: u32) -> OutputLength {
        OutputLength { tokens: self.output_tokens.unwrap_or(own), exact: self.exact }
    }

    /// A request of this form. `known` is what [`Form::count`] says of these
    /// turns, or would say without a chat template: what one adds is counted
    /// here.
    pub(crate) fn request(
        &self,
        turns: Vec<Message>,
        known: Option<u32>,
        output_tokens: u32,
    ) -> Result<Request, WorkloadError> {
        let output = self.output(output_tokens);
        let (text, tokens) = match self.shape {
            PromptShape::Messages => {
                return Ok(Request::new(Prompt::Messages(turns), known, output));
            }
            PromptShape::Text | PromptShape::TokenIds if self.chat_template => {
                let text = self.rendered(&turns)?;
                let tokens = self.count_text(&text)?;
                (text, tokens)
            }
            PromptShape::Text | PromptShape::TokenIds => (into_joined(turns), known),
        };
        let prompt = match (self.shape, &self.tokenizer) {
            (PromptShape::TokenIds, Some(tokenizer)) => {
                Prompt::TokenIds(tokenizer.prompt_ids(&text)?)
            }
            (PromptShape::TokenIds, None) => return Err(without_a_tokenizer()),
            _ => Prompt::Text(text),
        };
        Ok(Request::new(prompt, tokens, output))
    }

    /// The tokens of a prompt in this form; `None` without a tokenizer. What a
    /// server's chat template adds to a conversation is not in it.
    pub(crate) fn count(&self, turns: &[Message]) -> Result<Option<u32>, WorkloadError> {
        match (self.shape, &self.tokenizer) {
            (_, None) => Ok(None),
            (PromptShape::Messages, Some(tokenizer)) => {
                let counts = turns.iter().map(|turn| tokenizer.count(&turn.content));
                counts.sum::<Result<u32, _>>().map(Some)
            }
            _ if self.chat_template => self.count_text(&self.rendered(turns)?),
            _ => self.count_text(&joined(turns)),
        }
    }

    fn count_text(&self, text: &str) -> Result<Option<u32>, WorkloadError> {
        let Some(tokenizer) = &self.tokenizer else { return Ok(None) };
        Ok(Some(tokenizer.count(text)? + self.added_tokens()))
    }

    /// The turns in the model's chat template. Most templates begin with the
    /// token that begins a sequence; where the tokenizer puts it there by
    /// itself, it would stand there twice.
    fn rendered(&self, turns: &[Message]) -> Result<String, WorkloadError> {
        let Some(tokenizer) = &self.tokenizer else { return Err(without_a_tokenizer()) };
        let mut text = tokenizer.chat(turns, true)?;
        if let Some(bos) = tokenizer.bos_token()
            && tokenizer.added_tokens() > 0
            && text.starts_with(bos)
        {
            text.drain(..bos.len());
        }
        Ok(text)
    }
}

fn without_a_tokenizer() -> WorkloadError {
    WorkloadError::Mistakes(vec![ids_need_a_tokenizer()])
}

/// What a dataset of texts says where token ids are asked of it in vain.
pub(crate) fn ids_need_a_tokenizer() -> Mistake {
    Mistake::new(
        "--tokenizer",
        "prompts are to be sent as token ids, but nothing says how to turn text into them",
        "give the model's tokenizer, or send the prompts as text",
    )
}

/// One turn of the user's.
pub(crate) fn user_turn(content: String) -> Vec<Message> {
    vec![Message { role: "user".to_owned(), content }]
}

/// A conversation as one text: its turns with a blank line between them, without
/// their roles, since only the model's template knows how to write those.
fn joined(turns: &[Message]) -> String {
    let contents: Vec<&str> = turns.iter().map(|turn| turn.content.as_str()).collect();
    contents.join("\n\n")
}

/// As [`joined`], without copying where there is only one turn.
fn into_joined(mut turns: Vec<Message>) -> String {
    if turns.len() == 1 { turns.remove(0).content } else { joined(&turns) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn form(shape: PromptShape, chat_template: bool) -> Form {
        Form { chat_template, ..testing::form(shape, true) }
    }

    #[test]
    fn a_chat_template_is_counted_and_begins_a_sequence_once() {
        let tokenizer = testing::tokenizer();
        let turns = user_turn("the river carried the stone".to_owned());
        let text = form(PromptShape::Text, true);
        let request = text.request(turns.clone(), Some(1), 5).unwrap();
        let Prompt::Text(sent) = &request.prompt else { panic!("text was asked for") };
        assert_eq!(sent, "[user]\nthe river carried the stone</s>\n[assistant]\n");
        let ids = tokenizer.prompt_ids(sent).unwrap();
        assert_eq!(ids.iter().filter(|&&id| id == ids[0]).count(), 1, "one <s>");
        assert_eq!(request.input_tokens, Some(ids.len() as u32));
        assert_eq!(text.count(&turns).unwrap(), request.input_tokens);
        let by_ids = form(PromptShape::TokenIds, true).request(turns.clone(), Some(1), 5).unwrap();
        assert_eq!(by_ids.prompt, Prompt::TokenIds(ids));
        let messages = form(PromptShape::Messages, true).request(turns.clone(), Some(1), 5);
        assert_eq!(messages.unwrap().prompt, Prompt::Messages(turns));
    }

    #[test]
    fn turns_are_joined_by_a_blank_line() {
        let turns = [user_turn("one".to_owned()), user_turn("two".to_owned())].concat();
        let form = form(PromptShape::Text, false);
        assert_eq!(
            form.count(&turns).unwrap(),
            Some(testing::tokenizer().count("one\n\ntwo").unwrap() + 1)
        );
        let request = form.request(turns, None, 5).unwrap();
        assert_eq!(request.prompt, Prompt::Text("one\n\ntwo".to_owned()));
    }
}
