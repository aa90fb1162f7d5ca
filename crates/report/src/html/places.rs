//! Where in a study something was seen: the trials, gathered under what was seen there, so
//! that the same words are said once.

use std::collections::BTreeMap;

use askama::Template;
use askama::filters::HtmlSafe;

use super::amount::counted;
use super::words::visible;
use crate::number::count;

/// The most places that are named; of the others there is only their number.
const MOST_NAMED: usize = 12;

/// Trials in which the same was seen; on the page, in words.
#[derive(Clone, Debug, Default, Template)]
#[template(source = r#"<bdi class="dim">{{ self.words() }}</bdi>"#, ext = "html")]
pub(super) struct Places {
    /// The blocks, by scenario and arm in the order in which they came.
    cells: Vec<((String, String), Vec<u32>)>,
    index: BTreeMap<(String, String), usize>,
    trials: usize,
    /// Whether that is every trial that was carried out.
    everywhere: bool,
}

/// Its words are escaped by its own template.
impl HtmlSafe for Places {}

impl Places {
    /// One place more.
    pub(super) fn add(&mut self, scenario: &str, arm: &str, block: u32) {
        let key = (scenario.to_owned(), arm.to_owned());
        let place = *self.index.entry(key.clone()).or_insert_with(|| {
            self.cells.push((key, Vec::new()));
            self.cells.len() - 1
        });
        self.cells[place].1.push(block);
        self.trials += 1;
    }

    /// Says so where these are all trials there are.
    pub(super) fn of_all(&mut self, trials: usize) {
        self.everywhere = self.trials == trials && trials > 1;
    }

    /// How many trials they are.
    pub(super) fn trials(&self) -> String {
        counted(self.trials, "trial")
    }

    /// The places in words: `chat-c8, vllm (blocks 1, 2)`.
    pub(super) fn words(&self) -> String {
        if self.everywhere {
            return "in every trial".to_owned();
        }
        let mut words: Vec<String> = self.cells.iter().take(MOST_NAMED).map(cell).collect();
        if self.cells.len() > MOST_NAMED {
            words.push(format!("and {} more", count((self.cells.len() - MOST_NAMED) as u64)));
        }
        visible(&words.join("; ")).into_owned()
    }
}

fn cell(((scenario, arm), blocks): &((String, String), Vec<u32>)) -> String {
    let numbers: Vec<String> = blocks.iter().map(u32::to_string).collect();
    let word = if blocks.len() == 1 { "block" } else { "blocks" };
    format!("{scenario}, {arm} ({word} {})", numbers.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_gathered_and_bounded() {
        let mut places = Places::default();
        places.add("chat", "vllm", 1);
        places.add("chat", "sglang", 1);
        places.add("chat", "vllm", 3);
        assert_eq!(places.words(), "chat, vllm (blocks 1, 3); chat, sglang (block 1)");
        assert_eq!(places.trials(), "3 trials");
        places.of_all(4);
        assert_ne!(places.words(), "in every trial");
        places.of_all(3);
        assert_eq!(places.words(), "in every trial");
        places.of_all(0);
        for arm in 0..20 {
            places.add("code", &arm.to_string(), 2);
        }
        assert!(places.words().ends_with("; and 10 more"), "{}", places.words());
    }
}
