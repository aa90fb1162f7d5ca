//! Other tools' spellings: dashes and underscores alike, and their flags that
//! would do nothing here, which are told as mistakes with all the others. (That
//! flags may be shortened is clap's affair.)

use std::ffi::OsString;

use crate::failure::Mistake;
use crate::rules::{Values, refused};

/// A command line in our spelling.
#[derive(Debug)]
pub(crate) struct Respelt {
    /// What is left of it.
    pub(crate) arguments: Vec<OsString>,
    /// What was taken out of it, and why.
    pub(crate) mistakes: Vec<Mistake>,
}

/// The commands that take other tools' flags.
const COMMANDS: [&str; 2] = ["bench", "dataset"];

/// Puts a command line into our spelling.
pub(crate) fn respell(arguments: impl Iterator<Item = OsString>) -> Respelt {
    let mut arguments = arguments.peekable();
    let mut respelt = Respelt { arguments: Vec::new(), mistakes: Vec::new() };
    respelt.arguments.extend(arguments.next());
    let command = arguments.peek().and_then(|argument| argument.to_str());
    if !command.is_some_and(|command| COMMANDS.contains(&command)) {
        respelt.arguments.extend(arguments);
        return respelt;
    }
    while let Some(argument) = arguments.next() {
        if argument == "--" {
            respelt.arguments.push(argument);
            respelt.arguments.extend(arguments);
            break;
        }
        let Some((flag, value)) = argument.to_str().and_then(flag) else {
            respelt.arguments.push(argument);
            continue;
        };
        let Some(refused) = refused(&flag) else {
            let value = value.map(|value| format!("={value}")).unwrap_or_default();
            respelt.arguments.push(format!("--{flag}{value}").into());
            continue;
        };
        let place = format!("--{}", refused.flag);
        respelt.mistakes.push(Mistake::new(place, refused.why, refused.cure));
        if value.is_none() {
            let most = match refused.values {
                Values::None => 0,
                Values::One => 1,
                Values::Any => usize::MAX,
            };
            for _ in 0..most {
                if arguments.next_if(|next| !is_flag(next)).is_none() {
                    break;
                }
            }
        }
    }
    respelt
}

/// A long flag in our spelling, and the value that is joined to it.
fn flag(argument: &str) -> Option<(String, Option<&str>)> {
    let long = argument.strip_prefix("--")?;
    let (name, value) = match long.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (long, None),
    };
    Some((name.replace('_', "-"), value))
}

fn is_flag(argument: &OsString) -> bool {
    argument.to_str().is_some_and(|argument| argument.starts_with("--"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn respelt(line: &str) -> (String, Vec<String>) {
        let words = line.split_whitespace().map(OsString::from);
        let Respelt { arguments, mistakes } = respell(words);
        let arguments: Vec<_> =
            arguments.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        (arguments.join(" "), mistakes.into_iter().map(|mistake| mistake.text).collect())
    }

    #[test]
    fn underscores_are_dashes_in_flags_alone() {
        let (line, mistakes) =
            respelt("t bench --dataset_name prefix_repetition --num_prompts=3 -- --a_b");
        assert_eq!(line, "t bench --dataset-name prefix_repetition --num-prompts=3 -- --a_b");
        assert_eq!(mistakes, Vec::<String>::new());
        assert_eq!(respelt("t sim --a_b").0, "t sim --a_b");
    }

    #[test]
    fn what_would_do_nothing_is_taken_out_with_its_values() {
        let line =
            "t bench --trust-remote-code --seed 1 --lora-name a b --hf-split=x --multi --json";
        let (line, mistakes) = respelt(line);
        assert_eq!(line, "t bench --seed 1 --json");
        assert_eq!(mistakes.len(), 4, "{mistakes:?}");
    }
}
