//! Conversations out of a JSON file in the shape of ShareGPT's.
//!
//! Such a file has hundreds of megabytes, so it is read as a stream: no tree of
//! it is built, and what isn't kept is read past.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, SeqAccess, Visitor};

use super::{Conversation, KEPT_TURNS, Turn};
use crate::Mistake;

/// How much of the file is read at once, in bytes.
const PIECE: usize = 1 << 20;

/// The shape that the file must have.
const SHAPE: &str = r#"it must be one list, as in [{"conversations": [{"from": "human", "value": "…"}, {"from": "gpt", "value": "…"}]}]"#;

/// Reads a file; entries that hold no turn are left out.
pub(super) fn read(path: &Path) -> Result<Vec<Conversation>, Mistake> {
    let mistake = |problem: String, cure: &str| {
        Mistake::new(format!("--dataset-path {}", path.display()), problem, cure)
    };
    if path.is_dir() {
        return Err(mistake("it is a directory".to_owned(), "name the JSON file in it"));
    }
    let unreadable = |e: &io::Error| {
        mistake(format!("it can't be read ({e})"), "check the path and who may read it")
    };
    let file = File::open(path).map_err(|e| match e.kind() {
        io::ErrorKind::NotFound => mistake(
            "there is no such file".to_owned(),
            "fetch the conversations with `tokenometer dataset fetch sharegpt`, or give \
             --dataset-path builtin for those that this project writes",
        ),
        _ => unreadable(&e),
    })?;
    let mut file = BufReader::with_capacity(PIECE, file);
    let first = first_byte(&mut file).map_err(|e| unreadable(&e))?;
    match first {
        None => return Err(mistake("the file is empty".to_owned(), "fetch or copy it again")),
        Some(b'{') => {
            return Err(mistake(
                "it begins with an object, not with a list of conversations".to_owned(),
                "give a file of one JSON object a line with --dataset-name custom",
            ));
        }
        Some(_) => {}
    }
    let List(conversations) =
        serde_json::from_reader(file).map_err(|e| match e.io_error_kind() {
            Some(kind) => unreadable(&kind.into()),
            None if e.is_eof() => mistake(
                format!("the file ends in the middle ({e})"),
                "fetch or copy it again: it was cut short",
            ),
            None => mistake(format!("it can't be understood ({e})"), SHAPE),
        })?;
    if conversations.is_empty() {
        return Err(mistake("there is no conversation in it".to_owned(), SHAPE));
    }
    Ok(conversations)
}

/// The first byte that means something, left where it is. Some editors put a
/// mark before it, which is skipped.
fn first_byte(file: &mut impl BufRead) -> io::Result<Option<u8>> {
    if file.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
        file.consume(3);
    }
    loop {
        let read = file.fill_buf()?;
        let blanks = read.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        match read.get(blanks) {
            Some(&first) => return Ok(Some(first)),
            None if read.is_empty() => return Ok(None),
            None => file.consume(blanks),
        }
    }
}

/// All conversations of a file.
struct List(Vec<Conversation>);

/// One of them, as the file has it. Older tools write one name, newer ones
/// either.
#[derive(serde::Deserialize)]
#[serde(expecting = "a conversation")]
struct Entry {
    conversations: Option<FirstTurns>,
    conversation: Option<FirstTurns>,
}

/// The turns that are kept.
struct FirstTurns(Vec<Turn>);

/// A turn, as the file has it.
#[derive(serde::Deserialize)]
#[serde(expecting = "a turn")]
struct WrittenTurn {
    from: Option<String>,
    role: Option<String>,
    value: Option<String>,
    content: Option<String>,
}

impl<'de> Deserialize<'de> for List {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<List, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = List;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of conversations")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<List, A::Error> {
                let mut conversations = Vec::new();
                while let Some(entry) = list.next_element::<Entry>()? {
                    if let Some(FirstTurns(turns)) = entry.conversations.or(entry.conversation)
                        && !turns.is_empty()
                    {
                        conversations.push(Conversation { turns });
                    }
                }
                conversations.shrink_to_fit();
                Ok(List(conversations))
            }
        }
        deserializer.deserialize_seq(Entries)
    }
}

impl<'de> Deserialize<'de> for FirstTurns {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<FirstTurns, D::Error> {
        struct Turns;
        impl<'de> Visitor<'de> for Turns {
            type Value = FirstTurns;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of turns")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<FirstTurns, A::Error> {
                let mut turns = Vec::with_capacity(KEPT_TURNS);
                while turns.len() < KEPT_TURNS
                    && let Some(turn) = list.next_element::<WrittenTurn>()?
                {
                    let text = turn.value.or(turn.content);
                    let text = text.ok_or_else(|| A::Error::missing_field("value"))?;
                    let role = turn.from.or(turn.role).unwrap_or_default();
                    turns.push(Turn { role, text });
                }
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(FirstTurns(turns))
            }
        }
        deserializer.deserialize_seq(Turns)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::conversations;

    fn of(contents: &[u8]) -> Result<Vec<Conversation>, Mistake> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), contents).unwrap();
        read(file.path())
    }

    fn spoken(conversation: &Conversation) -> Vec<(&str, &str)> {
        conversation.turns.iter().map(|turn| (&*turn.role, &*turn.text)).collect()
    }

    #[test]
    fn both_shapes_are_read_and_later_turns_are_not_kept() {
        let file = br#"[
            {"id": "a", "conversations": [{"from": "human", "value": "one"},
                {"from": "gpt", "value": "two", "markdown": null}, {"from": "human", "value": 3}]},
            {"id": "b", "conversations": []}, {"id": "c"}, {"conversations": null},
            {"conversation": [{"role": "user", "content": "t\u00e9n"}], "more": {"x": [1]}}]"#;
        let read = of(file).unwrap();
        assert_eq!(read.len(), 2);
        assert_eq!(spoken(&read[0]), [("human", "one"), ("gpt", "two")]);
        assert_eq!(spoken(&read[1]), [("user", "tén")]);
        let marked = [b"\xef\xbb\xbf\n  ".as_slice(), file].concat();
        assert_eq!(of(&marked).unwrap(), read);
    }

    #[test]
    fn what_is_written_is_read_back() {
        let mut bytes = Vec::new();
        conversations::write_builtin_conversations(&mut bytes, 10_000).unwrap();
        let builtin = conversations::load(&crate::Source::Builtin).unwrap();
        assert_eq!(of(&bytes).unwrap(), *builtin);
    }

    #[test]
    fn what_is_no_list_of_conversations_says_so() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("chats.json");
        let mut told = Vec::new();
        let mut tell = |path: &Path| {
            let mistake = read(path).unwrap_err().to_string();
            told.push(mistake.replace(&home.path().display().to_string(), "HOME"));
        };
        tell(&path);
        tell(home.path());
        for contents in [
            "",
            " \n",
            "{\"conversations\": []}\n",
            "version https://git-lfs.github.com/spec/v1\n",
            "[]",
            "[1]",
            "[{\"conversations\": [{\"from\": \"human\"}]}]",
            "[{\"conversations\": [{\"from\": \"human\", \"value\": 5}]}]",
            "[{\"conversations\": \"none\"}]",
            "[{\"conversations\": [{\"from\": \"human\", \"va",
            "[] and more",
        ] {
            fs::write(&path, contents).unwrap();
            tell(&path);
        }
        insta::assert_snapshot!(told.join("\n"));
    }
}
