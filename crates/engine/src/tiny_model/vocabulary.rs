//! What the tiny model has to know of its tokenizer: the tokens in the order of
//! their numbers, the merges, which token begins and which ends a text, and which
//! are words.
//!
//! The tokenizer's file is read as far as that; what it does with a text stays
//! with the library that loads it.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::error::TinyModelError;

/// A tokenizer's vocabulary.
#[derive(Clone, Debug)]
pub(super) struct Vocabulary {
    /// The tokens by number, in the spelling of byte-level BPE.
    pub tokens: Vec<String>,
    /// Which of them are special: no text, but marks.
    pub special: Vec<bool>,
    /// The merges, the first first; `left right` each.
    pub merges: Vec<String>,
    /// The number of the token that begins a text.
    pub begin: u32,
    /// The number of the token that ends a text.
    pub end: u32,
    /// Whether the beginning is put before every text.
    pub adds_begin: bool,
    /// The chat template, in Jinja.
    pub chat_template: String,
}

/// As much of `tokenizer.json` as is needed.
#[derive(Deserialize)]
struct File {
    added_tokens: Vec<Added>,
    model: Model,
    /// It is of many shapes; that it names the first token is all that counts.
    post_processor: serde_json::Value,
}

#[derive(Deserialize)]
struct Added {
    id: u32,
    content: String,
    special: bool,
}

#[derive(Deserialize)]
struct Model {
    vocab: BTreeMap<String, u32>,
    merges: Vec<Merge>,
}

/// Newer versions of the library write a pair, older ones one string.
#[derive(Deserialize)]
#[serde(untagged)]
enum Merge {
    Pair(String, String),
    Joined(String),
}

/// As much of `tokenizer_config.json` as is needed.
#[derive(Deserialize)]
struct Config {
    bos_token: String,
    eos_token: String,
    chat_template: String,
}

impl Vocabulary {
    /// Reads `tokenizer.json` and `tokenizer_config.json`.
    pub(super) fn read(tokenizer: &str, config: &str) -> Result<Vocabulary, TinyModelError> {
        let wrong = |why: String| TinyModelError::Tokenizer { why };
        let file: File = serde_json::from_str(tokenizer)
            .map_err(|error| wrong(format!("tokenizer.json: {error}")))?;
        let config: Config = serde_json::from_str(config)
            .map_err(|error| wrong(format!("tokenizer_config.json: {error}")))?;
        let tokens = in_order(&file).map_err(wrong)?;
        let mut special = vec![false; tokens.len()];
        for added in file.added_tokens.iter().filter(|added| added.special) {
            special[added.id as usize] = true;
        }
        let number = |token: &str| match tokens.iter().position(|known| known == token) {
            Some(number) => Ok(number as u32),
            None => Err(wrong(format!("`{token}` is not in its vocabulary"))),
        };
        let vocabulary = Vocabulary {
            begin: number(&config.bos_token)?,
            end: number(&config.eos_token)?,
            adds_begin: names(&file.post_processor, &config.bos_token),
            merges: file.model.merges.into_iter().map(Merge::joined).collect(),
            chat_template: config.chat_template,
            tokens,
            special,
        };
        match vocabulary.words().is_empty() {
            true => Err(wrong("none of its tokens is a blank and a word".to_owned())),
            false => Ok(vocabulary),
        }
    }

    /// How many tokens there are.
    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }

    /// The numbers of the tokens of which answers are made: those that are a blank
    /// and a word of plain letters. Each is whole text, so that no engine has to
    /// hold it back until the rest of a character is there; and a text of such
    /// words has as many tokens as words, since byte-level BPE never joins what a
    /// blank divides.
    pub(super) fn words(&self) -> Vec<usize> {
        let tokens = self.tokens.iter().enumerate();
        tokens.filter(|(_, token)| is_word(token)).map(|(number, _)| number).collect()
    }
}

impl Merge {
    fn joined(self) -> String {
        match self {
            Merge::Pair(left, right) => format!("{left} {right}"),
            Merge::Joined(both) => both,
        }
    }
}

/// All tokens, by number; or what is wrong with their numbers.
fn in_order(file: &File) -> Result<Vec<String>, String> {
    let mut numbered: BTreeMap<u32, &str> = BTreeMap::new();
    let added = file.added_tokens.iter().map(|added| (&added.content, &added.id));
    for (token, &number) in file.model.vocab.iter().chain(added) {
        let before = numbered.insert(number, token);
        if before.is_some_and(|before| before != token) {
            return Err(format!("number {number} is that of several tokens"));
        }
    }
    let count = numbered.len();
    if numbered.last_key_value().is_none_or(|(&last, _)| last as usize != count - 1) {
        return Err("its numbers leave some out".to_owned());
    }
    Ok(numbered.into_values().map(str::to_owned).collect())
}

/// Whether a token is named anywhere in what is done with a text at last.
fn names(post_processor: &serde_json::Value, token: &str) -> bool {
    use serde_json::Value;
    match post_processor {
        Value::String(text) => text == token,
        Value::Array(list) => list.iter().any(|inner| names(inner, token)),
        Value::Object(map) => map.values().any(|inner| names(inner, token)),
        _ => false,
    }
}

/// Whether a token in the spelling of byte-level BPE, which writes a blank as `Ġ`,
/// is a blank and a word.
fn is_word(token: &str) -> bool {
    let word = token.strip_prefix('Ġ').unwrap_or_default();
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_has_one_blank_before_it_and_nothing_but_letters() {
        assert!(is_word("Ġriver") && is_word("Ġa"));
        assert!(!is_word("river") && !is_word("Ġ") && !is_word("ĠĠa"));
        assert!(!is_word("Ġ20") && !is_word("ĠÃ©") && !is_word("Ġa."));
    }

    #[test]
    fn what_is_missing_is_named() {
        let told = |tokenizer: &str, config: &str| {
            Vocabulary::read(tokenizer, config).unwrap_err().to_string()
        };
        let config = r#"{"bos_token":"<s>","eos_token":"</s>","chat_template":""}"#;
        let tokenizer = |vocabulary: &str| {
            format!(
                r#"{{"added_tokens":[],"post_processor":null,"model":{{"vocab":{vocabulary},"merges":[]}}}}"#
            )
        };
        let all = [
            told("{}", config),
            told(&tokenizer(r#"{"a":0,"b":2}"#), config),
            told(&tokenizer(r#"{"a":0,"b":0}"#), config),
            told(&tokenizer(r#"{"<s>":0,"b":1}"#), config),
            told(&tokenizer(r#"{"<s>":0}"#), r#"{"bos_token":"<s>"}"#),
            told(&tokenizer(r#"{"<s>":0,"</s>":1,"a":2}"#), config),
        ];
        insta::assert_snapshot!(all.join("\n"));
    }
}
