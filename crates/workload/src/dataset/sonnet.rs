//! Lines of a poem, drawn with replacement: prompts of natural text that all
//! begin with the same lines.
//!
//! A prompt has as many lines as fit into the tokens asked for, so it has that
//! many tokens or a few less.

use std::fs;

use tokenometer_core::Request;

use super::exact::Piece;
use super::{Dataset, Form, PhaseStreams, Row, user_turn};
use crate::seed::Seed;
use crate::{Mistake, SonnetSettings, WorkloadError};

/// What every prompt begins with.
const TASK: &str = "Choose the lines of this poem that you like best:\n";

/// How often another line is drawn where one is too long for what is left.
const TRIES: u32 = 16;

/// A dataset of lines.
#[derive(Debug)]
pub(crate) struct Sonnet {
    form: Form,
    /// With their ends, and with how many tokens each has.
    lines: Vec<Piece>,
    /// The task and the lines that all prompts begin with.
    beginning: Piece,
    input_tokens: u32,
    output_tokens: u32,
    choice: PhaseStreams,
}

impl Sonnet {
    /// Reads the poem.
    ///
    /// # Errors
    ///
    /// [`WorkloadError::Mistakes`] where it can't be read, or nothing of it fits
    /// into a prompt; [`WorkloadError::Encode`].
    pub(crate) fn open(
        poem: &SonnetSettings,
        seed: Seed,
        form: Form,
    ) -> Result<Sonnet, WorkloadError> {
        let tokenizer = form.known_tokenizer();
        let piece = |text: String| -> Result<Piece, WorkloadError> {
            Ok(Piece { tokens: tokenizer.count(&text)?, text })
        };
        let lines = read(poem).map_err(|mistake| WorkloadError::Mistakes(vec![mistake]))?;
        let lines = lines.into_iter().map(piece).collect::<Result<Vec<_>, _>>()?;
        let mut beginning = piece(TASK.to_owned())?;
        for line in &lines {
            let longer = piece(format!("{}{}", beginning.text, line.text))?;
            if longer.tokens > poem.prefix_tokens {
                break;
            }
            beginning = longer;
        }
        let sonnet = Sonnet {
            form,
            lines,
            beginning,
            input_tokens: poem.input_tokens,
            output_tokens: poem.output_tokens,
            choice: PhaseStreams::new(seed, "choice"),
        };
        match sonnet.lines.iter().map(|line| line.tokens).min() {
            Some(shortest) if sonnet.beginning.tokens + shortest <= sonnet.room() => Ok(sonnet),
            _ => Err(WorkloadError::Mistakes(vec![Mistake::new(
                format!("--sonnet-input-len {}", poem.input_tokens),
                format!(
                    "what all prompts begin with has {} tokens, and no line fits behind it",
                    sonnet.beginning.tokens
                ),
                "give longer prompts, or a shorter --sonnet-prefix-len",
            )])),
        }
    }

    /// How many tokens a text may have by itself.
    fn room(&self) -> u32 {
        self.input_tokens.saturating_sub(self.form.added_tokens())
    }

    /// The prompt of a row, and how many tokens it has.
    fn write(&self, row: Row) -> Result<Piece, WorkloadError> {
        let mut draws = self.choice.of(row.phase).row(row.number);
        let Piece { mut text, mut tokens } = self.beginning.clone();
        let mut ends = vec![text.len()];
        let mut tries = 0;
        while tries < TRIES {
            let line = &self.lines[draws.below(self.lines.len() as u64) as usize];
            if tokens + line.tokens > self.room() {
                tries += 1;
                continue;
            }
            text.push_str(&line.text);
            tokens += line.tokens;
            ends.push(text.len());
        }
        // Lines may have more tokens in a row than by themselves.
        let tokenizer = self.form.known_tokenizer();
        loop {
            let kept = text.trim_end();
            let tokens = tokenizer.count(kept)?;
            if tokens <= self.room() || ends.len() == 1 {
                return Ok(Piece { text: kept.to_owned(), tokens });
            }
            ends.pop();
            text.truncate(*ends.last().expect("the beginning stays"));
        }
    }
}

impl Dataset for Sonnet {
    fn rows(&self) -> Option<u64> {
        None
    }

    fn request(&self, row: Row) -> Result<Request, WorkloadError> {
        let piece = self.write(row)?;
        let tokens = piece.tokens + self.form.added_tokens();
        self.form.request(user_turn(piece.text), Some(tokens), self.output_tokens)
    }

    fn input_length(&self, row: Row) -> Result<u32, WorkloadError> {
        Ok(self.write(row)?.tokens + self.form.added_tokens())
    }

    /// All prompts are about equally long, so any is like another.
    fn request_like(&self, row: Row, _: Row) -> Result<Request, WorkloadError> {
        self.request(row)
    }
}

/// The lines of the poem that hold something, with their ends.
fn read(poem: &SonnetSettings) -> Result<Vec<String>, Mistake> {
    let mistake = |problem: String, cure: &str| {
        Mistake::new(format!("--dataset-path {}", poem.path.display()), problem, cure)
    };
    let text = fs::read_to_string(&poem.path).map_err(|e| {
        mistake(
            format!("it can't be read ({e})"),
            "name a text file with a line of the poem a line",
        )
    })?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let lines: Vec<String> = lines.map(|line| format!("{line}\n")).collect();
    if lines.is_empty() {
        return Err(mistake("the file is empty".to_owned(), "give a poem with lines in it"));
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::PathBuf;

    use tokenometer_core::{Phase, Prompt};

    use super::*;
    use crate::{PromptShape, testing};

    fn settings(path: PathBuf) -> SonnetSettings {
        SonnetSettings { path, input_tokens: 200, output_tokens: 9, prefix_tokens: 60 }
    }

    fn open(
        poem: &str,
        change: impl Fn(&mut SonnetSettings),
        shape: PromptShape,
    ) -> Result<Sonnet, String> {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("poem.txt");
        fs::write(&path, poem).unwrap();
        let mut settings = settings(path);
        change(&mut settings);
        Sonnet::open(&settings, Seed(6), testing::form(shape, true))
            .map_err(|e| e.to_string().replace(&home.path().display().to_string(), "HOME"))
    }

    fn poem() -> String {
        crate::dataset::sample_of_prose()
            .iter()
            .map(|text| format!("{}\n\n", &text[..40]))
            .collect()
    }

    #[test]
    fn prompts_fill_what_was_asked_for_and_begin_alike() {
        let dataset = open(&poem(), |_| {}, PromptShape::Text).unwrap();
        let mut seen = BTreeSet::new();
        for phase in Phase::ALL {
            for number in 0..50 {
                let row = Row { phase, number };
                let request = dataset.request(row).unwrap();
                let Prompt::Text(text) = request.prompt else { panic!("text was asked for") };
                let tokens = testing::tokenizer().count(&text).unwrap() + 1;
                assert_eq!(request.input_tokens, Some(tokens));
                assert_eq!(dataset.input_length(row).unwrap(), tokens);
                assert!((180..=200).contains(&tokens), "{tokens}");
                assert!(text.starts_with(&dataset.beginning.text));
                assert!(seen.insert(text), "two prompts are the same");
            }
        }
        assert!((45..=60).contains(&dataset.beginning.tokens), "{}", dataset.beginning.tokens);
    }

    #[test]
    fn what_cannot_be_made_is_told() {
        let missing = settings(PathBuf::from("no-such-poem.txt"));
        let form = testing::form(PromptShape::Text, true);
        let faults = [
            Sonnet::open(&missing, Seed(0), form).unwrap_err().to_string(),
            open("\n \n", |_| {}, PromptShape::Text).unwrap_err(),
            open(&poem(), |settings| settings.input_tokens = 20, PromptShape::Text).unwrap_err(),
        ];
        insta::assert_snapshot!(faults.join("\n"));
    }
}
