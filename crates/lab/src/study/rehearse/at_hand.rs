//! What a workload needs that would have to be fetched first, replaced by what
//! comes with this program. A file that the study names itself is no such thing:
//! where that isn't there, the study has a mistake.

use std::collections::BTreeSet;

use tokenometer_workload::SonnetSettings;

use crate::Customs;
use crate::customs::{SHAREGPT_FILE, SONNET_FILE};
use crate::study::World;
use crate::study::grammar::{DatasetKind, Workload};

/// The word for the conversations that come with this program.
const BUILTIN: &str = "builtin";

/// Puts into a workload's words what is at hand here. Says what was replaced.
pub(super) fn put(words: &mut Workload, world: &World<'_>, told: &mut BTreeSet<String>) {
    // A simulated engine needs no model's tokenizer, and has none to compare with.
    words.tokenizer = None;
    words.strict_tokenizer = None;
    let is_missing = |file: &str| world.find_dataset(file).is_none();
    if words.path.is_some() {
        return;
    }
    match words.dataset.unwrap_or(Customs::of(words.rules).dataset) {
        DatasetKind::Sonnet if is_missing(SONNET_FILE) => {
            told.insert(format!(
                "{SONNET_FILE} isn't here: prompts of the same lengths are drawn instead"
            ));
            in_place_of_sonnet(words);
        }
        DatasetKind::Sharegpt if is_missing(SHAREGPT_FILE) => {
            told.insert(format!(
                "{SHAREGPT_FILE} isn't here: the conversations that come with this program are \
                 sent instead"
            ));
            words.path = Some(BUILTIN.to_owned());
        }
        // SGLang's tools cut these prompts out of conversations.
        DatasetKind::Random
            if words.rules.is_some_and(|rules| rules.is_sglang()) && is_missing(SHAREGPT_FILE) =>
        {
            told.insert(format!(
                "{SHAREGPT_FILE} isn't here: prompts are cut out of the conversations that come \
                 with this program"
            ));
            words.path = Some(BUILTIN.to_owned());
        }
        _ => {}
    }
}

fn in_place_of_sonnet(words: &mut Workload) {
    let usual = SonnetSettings::of(SONNET_FILE.into());
    let own = words.clone();
    // A poem's prompts begin alike with so many of their tokens; here these come
    // before the others.
    let prefix = own.prefix_len.unwrap_or(usual.prefix_tokens);
    *words = Workload {
        dataset: Some(DatasetKind::Random),
        rules: None,
        input_len: Some(own.input_len.unwrap_or(usual.input_tokens).saturating_sub(prefix).max(1)),
        prefix_len: Some(prefix),
        output_len: Some(own.output_len.unwrap_or(usual.output_tokens)),
        ..own
    };
}
