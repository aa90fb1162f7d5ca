//! One line of a custom dataset: what is asked, and how long the answer is.
//!
//! It must never guess: a line that can be read in two ways is a mistake.

use serde_json::{Map, Value};
use tokenometer_core::Message;

use super::lines::{Bad, kind};
use super::user_turn;
use crate::settings::MOST_TOKENS;

/// What a line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// The conversation up to the answer wanted.
    pub turns: Vec<Message>,
    /// How long the answer is.
    pub answer: Answer,
}

/// How long a line wants its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// So many tokens.
    Tokens(u32),
    /// As long as the answer that was once given.
    Like(String),
    /// It doesn't say.
    Unsaid,
}

/// What a line may look like.
pub(super) const SHAPES: &str = r#"write {"prompt": "…"}, {"messages": [{"role": "user", "content": "…"}]} or {"conversations": [{"from": "human", "value": "…"}]}"#;

impl Line {
    /// What an object says.
    pub(super) fn from_object(mut object: Map<String, Value>) -> Result<Line, Bad> {
        let keys = ["prompt", "messages", "conversations"];
        let mut given = keys.into_iter().filter(|&key| object.contains_key(key));
        let (key, other) = (given.next(), given.next());
        let Some(key) = key else {
            return Err(Bad::new("it has no `prompt`, `messages` or `conversations`", SHAPES));
        };
        if let Some(other) = other {
            let problem = format!("it has both `{key}` and `{other}`");
            return Err(Bad::new(problem, "leave one of them out"));
        }
        let said = object
            .remove("output_tokens")
            .map(|value| output_tokens("output_tokens", value))
            .transpose()?;
        let value = object.remove(key).expect("the key was just found");
        let (turns, answer) = match key {
            "prompt" => (prompt(value)?, None),
            "messages" => whole_conversation(turns(key, value)?),
            _ => first_exchange(turns(key, value)?),
        };
        if !turns.iter().any(|turn| !turn.content.trim().is_empty()) {
            return Err(Bad::new("nothing is asked in it", "remove the line, or write a prompt"));
        }
        let answer = match (said, answer) {
            (Some(tokens), _) => Answer::Tokens(tokens),
            (None, Some(answer)) => Answer::Like(answer),
            (None, None) => Answer::Unsaid,
        };
        Ok(Line { turns, answer })
    }
}

/// A number of tokens to generate, which stood under this key.
pub(super) fn output_tokens(key: &str, value: Value) -> Result<u32, Bad> {
    let tokens = value.as_u64().and_then(|tokens| u32::try_from(tokens).ok());
    tokens.filter(|tokens| (1..=MOST_TOKENS).contains(tokens)).ok_or_else(|| {
        let problem = format!("`{key}` is {value}, not a whole number from 1");
        Bad::new(problem, "write the tokens to generate, or leave it out")
    })
}

fn prompt(value: Value) -> Result<Vec<Message>, Bad> {
    match value {
        Value::String(text) => Ok(user_turn(text)),
        other => Err(Bad::new(format!("`prompt` is {}, not a string", kind(&other)), SHAPES)),
    }
}

/// The turns of a conversation, with either pair of names: `role` and `content`
/// or `from` and `value`.
fn turns(key: &str, value: Value) -> Result<Vec<Message>, Bad> {
    let Value::Array(list) = value else {
        return Err(Bad::new(format!("`{key}` is {}, not a list", kind(&value)), SHAPES));
    };
    list.into_iter()
        .enumerate()
        .map(|(index, turn)| {
            let field = |names: [&str; 2]| {
                names.iter().find_map(|name| match turn.get(name) {
                    Some(Value::String(text)) => Some(text.clone()),
                    _ => None,
                })
            };
            let place = index + 1;
            let role = field(["role", "from"]).ok_or_else(|| {
                Bad::new(format!("turn {place} of `{key}` has no `role` or `from`"), SHAPES)
            })?;
            let content = field(["content", "value"]).ok_or_else(|| {
                let problem =
                    format!("turn {place} of `{key}` has no text as `content` or `value`");
                Bad::new(problem, SHAPES)
            })?;
            Ok(Message { role: common_role(role), content })
        })
        .collect()
}

/// The names that exports of conversations use, as servers know them.
fn common_role(role: String) -> String {
    match role.as_str() {
        "human" => "user".to_owned(),
        "gpt" | "chatgpt" | "model" | "bot" => "assistant".to_owned(),
        _ => role,
    }
}

/// `messages` is a request as it would be sent: all of it is asked, but for an
/// answer at its end, which says how long the answer is.
fn whole_conversation(mut turns: Vec<Message>) -> (Vec<Message>, Option<String>) {
    let answer = turns.pop_if(|last| last.role == "assistant").map(|last| last.content);
    (turns, answer)
}

/// `conversations` is a log: what comes before its first answer is asked, and
/// that answer says how long the answer is.
fn first_exchange(mut turns: Vec<Message>) -> (Vec<Message>, Option<String>) {
    let Some(first) = turns.iter().position(|turn| turn.role == "assistant") else {
        return (turns, None);
    };
    let answer = turns.swap_remove(first).content;
    turns.truncate(first);
    (turns, Some(answer))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::lines::object;

    fn understood(line: &[u8]) -> Result<Line, Bad> {
        object(line, SHAPES).and_then(Line::from_object)
    }

    fn read(line: &str) -> (Vec<String>, Answer) {
        let line = understood(line.as_bytes()).unwrap();
        let turns = line.turns.iter().map(|turn| format!("{}: {}", turn.role, turn.content));
        (turns.collect(), line.answer)
    }

    #[test]
    fn prompts_may_say_how_long_the_answer_is() {
        assert_eq!(read(r#"{"prompt": "hi", "id": 3}"#), (vec!["user: hi".into()], Answer::Unsaid));
        let (_, answer) = read(r#"{"prompt": "hi", "output_tokens": 12}"#);
        assert_eq!(answer, Answer::Tokens(12));
    }

    #[test]
    fn a_log_gives_its_first_exchange() {
        let log = r#"{"conversations": [{"from": "system", "value": "be kind"},
            {"from": "human", "value": "one?"}, {"from": "gpt", "value": "two"},
            {"from": "human", "value": "three?"}, {"from": "gpt", "value": "four"}]}"#;
        let asked = vec!["system: be kind".into(), "user: one?".into()];
        assert_eq!(read(log), (asked, Answer::Like("two".into())));
    }

    #[test]
    fn a_request_is_asked_whole() {
        let open = r#"{"messages": [{"role": "user", "content": "one?"},
            {"role": "assistant", "content": "two"}, {"role": "user", "content": "three?"}]}"#;
        let asked = vec!["user: one?".into(), "assistant: two".into(), "user: three?".into()];
        assert_eq!(read(open), (asked, Answer::Unsaid));
        let closed = r#"{"messages": [{"role": "user", "content": "one?"},
            {"role": "assistant", "content": "two"}], "output_tokens": 5}"#;
        assert_eq!(read(closed), (vec!["user: one?".into()], Answer::Tokens(5)));
    }

    #[test]
    fn every_fault_is_named() {
        let faults: Vec<String> = [
            r#"{"prompt": "half"#,
            r#"{"prompt": tru}"#,
            "[",
            "[1]",
            "7",
            "{}",
            r#"{"prompt": "a", "messages": []}"#,
            r#"{"prompt": 5}"#,
            r#"{"prompt": "  "}"#,
            r#"{"prompt": "a", "output_tokens": 0}"#,
            r#"{"prompt": "a", "output_tokens": "ten"}"#,
            r#"{"messages": {}}"#,
            r#"{"messages": []}"#,
            r#"{"messages": [{"content": "a"}]}"#,
            r#"{"messages": [{"role": "user", "content": [{"type": "text"}]}]}"#,
            r#"{"conversations": [{"from": "gpt", "value": "a"}]}"#,
        ]
        .into_iter()
        .map(|line| format!("{line}\n  {}", understood(line.as_bytes()).unwrap_err().problem))
        .collect();
        insta::assert_snapshot!(faults.join("\n"));
        let binary = understood(b"{\"prompt\": \"\xff\"}").unwrap_err();
        assert_eq!(binary.problem, "byte 13 is not UTF-8");
    }
}
