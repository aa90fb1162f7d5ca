//! Conversations that people had: the first prompt of each, with its answer's
//! length.
//!
//! Which conversations are fit is decided as benchmarks of inference servers
//! usually do: two turns at least, neither the prompt nor the answer shorter
//! than 4 tokens, the prompt no longer than 1024 and both together no longer
//! than 2048. With a context that is given, they may fill that instead.

use std::panic::resume_unwind;
use std::path::Path;
use std::thread;

use super::listed::{Entry, Listed};
use super::{Form, estimated_tokens, user_turn};
use crate::conversations::{self, Conversation};
use crate::lengths::{LONGEST, SHORTEST};
use crate::seed::Seed;
use crate::{ConversationSettings, Mistake, Source, WorkloadError};

/// The most tokens of prompt and answer together.
const LONGEST_TOGETHER: u32 = 2048;

/// How many conversations a thread looks at, at least.
const WORTH_A_THREAD: usize = 1024;

/// Reads the conversations, and keeps those that are fit.
///
/// # Errors
///
/// [`WorkloadError::Mistakes`] where the file can't be read, or none of them is
/// fit; [`WorkloadError::Encode`] and those of chat templates.
pub(super) fn open(
    chosen: &ConversationSettings,
    seed: Seed,
    form: Form,
) -> Result<Listed, WorkloadError> {
    let all = conversations::load(&chosen.source)?;
    let filter = Filter { chosen, form: &form };
    let mut entries = filter.all(&all)?;
    if entries.is_empty() {
        return Err(WorkloadError::Mistakes(vec![none_is_fit(chosen, all.len())]));
    }
    if chosen.shuffle {
        seed.stream("choice").draws().shuffle(&mut entries);
    }
    Ok(Listed::new(entries, form))
}

/// Which conversations are fit.
#[derive(Clone, Copy)]
struct Filter<'a> {
    chosen: &'a ConversationSettings,
    form: &'a Form,
}

impl Filter<'_> {
    /// Those that are fit, in their order. Counting their tokens takes long, so
    /// several threads do it.
    fn all(self, conversations: &[Conversation]) -> Result<Vec<Entry>, WorkloadError> {
        let threads = thread::available_parallelism().map_or(1, |threads| threads.get());
        let share = conversations.len().div_ceil(threads).max(WORTH_A_THREAD);
        let fit = |share: &[Conversation]| {
            share
                .iter()
                .filter_map(|one| self.entry(one).transpose())
                .collect::<Result<Vec<_>, _>>()
        };
        thread::scope(|scope| {
            let parts: Vec<_> =
                conversations.chunks(share).map(|share| scope.spawn(move || fit(share))).collect();
            let mut entries = Vec::new();
            for part in parts {
                entries.extend(part.join().unwrap_or_else(|panic| resume_unwind(panic))?);
            }
            Ok(entries)
        })
    }

    /// The entry of a conversation that is fit.
    fn entry(self, conversation: &Conversation) -> Result<Option<Entry>, WorkloadError> {
        let [prompt, answer] = conversation.turns.as_slice() else { return Ok(None) };
        let output = match (self.form.output_tokens, &self.form.tokenizer) {
            (Some(asked), _) => asked,
            (None, Some(tokenizer)) => tokenizer.count(&answer.text)?,
            (None, None) => estimated_tokens(answer.text.len()),
        };
        // An answer that is too short spares the count of its prompt.
        if output < SHORTEST && self.form.output_tokens.is_none() {
            return Ok(None);
        }
        let turns = user_turn(format!("{}{}", prompt.text, self.chosen.prompt_suffix));
        let counted = self.form.count(&turns)?;
        let input = counted.unwrap_or_else(|| super::listed::estimate(&turns));
        if !self.fit(input, output) {
            return Ok(None);
        }
        let entry = Entry::new(turns, output);
        Ok(Some(match counted {
            Some(tokens) => entry.counted(tokens),
            None => entry,
        }))
    }

    fn fit(self, input: u32, output: u32) -> bool {
        let together = u64::from(input) + u64::from(output);
        let fits = match (self.chosen.context_tokens, self.form.output_tokens) {
            (Some(context), _) => together <= context.into(),
            (None, Some(_)) => input <= LONGEST,
            (None, None) => input <= LONGEST && together <= LONGEST_TOGETHER.into(),
        };
        fits && input >= SHORTEST
    }
}

fn none_is_fit(chosen: &ConversationSettings, of: usize) -> Mistake {
    let place = match &chosen.source {
        Source::Builtin => Path::new("builtin").display(),
        Source::File(path) => path.display(),
    };
    Mistake::new(
        format!("--dataset-path {place}"),
        format!(
            "none of its {of} conversations has a prompt and an answer that are fit to be sent"
        ),
        "give a longer --sharegpt-context-len, or another file",
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;

    use tokenometer_core::{Phase, Prompt};

    use super::*;
    use crate::dataset::{Dataset, Row};
    use crate::{PromptShape, testing};

    fn settings(source: Source) -> ConversationSettings {
        ConversationSettings {
            source,
            context_tokens: None,
            prompt_suffix: String::new(),
            shuffle: true,
            oversample: true,
        }
    }

    /// A file of conversations whose prompts and answers have these lengths, in
    /// tokens without the one that begins a sequence.
    fn of_lengths(
        lengths: &[(usize, usize)],
        change: impl Fn(&mut ConversationSettings),
        form: Form,
    ) -> Result<Listed, WorkloadError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        let words = |count: usize| vec!["the"; count].join(" ");
        let list: Vec<_> = lengths
            .iter()
            .map(|&(prompt, answer)| {
                serde_json::json!({"conversations": [
            {"from": "human", "value": words(prompt)}, {"from": "gpt", "value": words(answer)}]})
            })
            .collect();
        fs::write(file.path(), serde_json::to_string(&list).unwrap()).unwrap();
        let mut settings = settings(Source::File(file.path().to_owned()));
        settings.shuffle = false;
        change(&mut settings);
        open(&settings, Seed(0), form)
    }

    fn kept(dataset: &Listed) -> Vec<(u32, u32)> {
        let lengths = |number| {
            let request = dataset.request(Row::measured(number)).unwrap();
            (request.input_tokens.unwrap(), request.output.tokens)
        };
        (0..dataset.rows().unwrap()).map(lengths).collect()
    }

    #[test]
    fn only_usual_lengths_are_kept() {
        let lengths = [
            (2, 4),
            (3, 3),
            (3, 4),
            (1023, 1024),
            (1024, 10),
            (1000, 1048),
            (400, 1600),
            (10, 3000),
        ];
        let form = testing::form(PromptShape::Text, true);
        let usual = of_lengths(&lengths, |_| {}, form.clone()).unwrap();
        assert_eq!(kept(&usual), [(4, 4), (1024, 1024), (401, 1600)]);
        let context =
            of_lengths(&lengths, |s| s.context_tokens = Some(2049), form.clone()).unwrap();
        assert_eq!(kept(&context), [(4, 4), (1024, 1024), (1025, 10), (1001, 1048), (401, 1600)]);
        let forced = Form { output_tokens: Some(2), ..form };
        let forced = of_lengths(&lengths, |_| {}, forced).unwrap();
        assert_eq!(
            kept(&forced).iter().map(|l| l.0).collect::<Vec<_>>(),
            [4, 4, 1024, 1001, 401, 11]
        );
        assert!(kept(&forced).iter().all(|lengths| lengths.1 == 2));
    }

    #[test]
    fn a_suffix_stands_behind_every_prompt_and_is_counted() {
        let form = testing::form(PromptShape::Text, true);
        let dataset =
            of_lengths(&[(4, 4)], |s| s.prompt_suffix = " the end".to_owned(), form).unwrap();
        let request = dataset.request(Row::measured(0)).unwrap();
        assert_eq!(request.prompt, Prompt::Text("the the the the the end".to_owned()));
        assert_eq!(
            request.input_tokens,
            Some(testing::tokenizer().prompt_ids("the the the the the end").unwrap().len() as u32)
        );
    }

    #[test]
    fn no_conversation_at_all_is_a_mistake() {
        let error =
            of_lengths(&[(1, 1)], |_| {}, testing::form(PromptShape::Text, true)).unwrap_err();
        assert!(error.to_string().contains("none of its 1 conversations"), "{error}");
    }

    fn prompts(dataset: &Listed, phase: Phase) -> Vec<String> {
        let prompt = |number| match dataset.request(Row { phase, number }).unwrap().prompt {
            Prompt::Messages(turns) => turns[0].content.clone(),
            other => panic!("messages were asked for, not {other:?}"),
        };
        (0..100).map(prompt).collect()
    }

    #[test]
    fn the_builtin_conversations_give_rows_in_an_order_of_the_seed() {
        let form = testing::form(PromptShape::Messages, false);
        let opened = |seed| open(&settings(Source::Builtin), Seed(seed), form.clone()).unwrap();
        let (one, other) = (opened(1), opened(2));
        let rows = one.rows().unwrap();
        assert_eq!(Some(rows), other.rows());
        assert!((9000..9900).contains(&rows), "{rows} of 10,000");
        let measured = prompts(&one, Phase::Measure);
        assert_ne!(measured, prompts(&other, Phase::Measure));
        let around = prompts(&one, Phase::WarmUp);
        let distinct: BTreeSet<String> = measured.into_iter().chain(around).collect();
        assert_eq!(distinct.len(), 200, "phases share no prompt");
    }

    #[test]
    fn several_threads_keep_the_order() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let count = 2 * WORTH_A_THREAD + 10;
        conversations::write_builtin_conversations(file.as_file(), count).unwrap();
        let chosen =
            ConversationSettings { shuffle: false, ..settings(Source::File(file.path().into())) };
        let form = testing::form(PromptShape::Messages, false);
        let dataset = open(&chosen, Seed(0), form).unwrap();
        let all = conversations::load(&Source::Builtin).unwrap();
        let mut left = all[..count].iter();
        for number in 0..dataset.rows().unwrap() {
            let Prompt::Messages(turns) = dataset.request(Row::measured(number)).unwrap().prompt
            else {
                panic!("messages were asked for");
            };
            assert!(left.any(|conversation| conversation.turns[0].text == turns[0].content));
        }
    }
}
