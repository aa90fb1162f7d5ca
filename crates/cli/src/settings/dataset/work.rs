//! What is to be shown or made, out of the same flags that `bench` takes.

use std::path::PathBuf;

use tokenometer_engine::Access;
use tokenometer_lab::dataset::{CATEGORIES, Category, PromptSettings, WorkSettings};

use crate::args::{MakeArgs, MakeFormatName, ShowArgs, WorkloadArgs};
use crate::environment::Environment;
use crate::failure::Mistake;
use crate::rules::Customs;
use crate::settings::backend::rules;
use crate::settings::requests::bearer;
use crate::settings::{Mistakes, backend, foreign_flags, workload};

/// How long an answer may be where neither a flag nor a model says it: what
/// llm_infra_bench takes then.
const OUTPUT_TOKENS: u32 = 256;

/// How many prompts of each category that tool has written.
const PER_CATEGORY: u32 = 2;

/// How many of the built-in conversations a workload of no other name uses.
const BUILTIN: u32 = 10_000;

/// What is to be shown. `given` are the flags on the command line, and `respelt`
/// the mistakes that were found in their spelling.
pub(crate) fn show(
    args: ShowArgs,
    given: &[String],
    respelt: Vec<Mistake>,
    environment: &Environment,
) -> Result<WorkSettings, Vec<Mistake>> {
    let mut mistakes = Mistakes(respelt);
    let work = work(&args.workload, given, environment, &mut mistakes);
    mistakes.or(work)
}

/// The workload, and how much of it.
fn work(
    args: &WorkloadArgs,
    given: &[String],
    environment: &Environment,
    mistakes: &mut Mistakes,
) -> WorkSettings {
    foreign_flags(args, given, mistakes);
    let backend = backend(args, mistakes);
    let tokenizer = args.tokenizer.clone().or_else(|| args.model.clone());
    // Where no tokenizer says which ids there are, they are the embedded
    // engine's, as in a bench that names no server.
    let vocabulary_size = tokenizer.is_none().then_some(tokenometer_sim::words::VOCABULARY);
    let count = mistakes.take("--num-prompts", args.num_prompts.clone());
    if count == Some(0) {
        mistakes.add("--num-prompts 0", "there is nothing to make", "give at least 1");
    }
    WorkSettings {
        workload: workload(args, backend, vocabulary_size, environment, mistakes),
        count: count.or(Customs::of(rules(args)).num_prompts),
        tokenizer,
        caches: environment.hub_caches.clone(),
    }
}

/// What is to be made, and where.
#[derive(Debug)]
pub(crate) enum ToMake {
    /// A frozen workload.
    Frozen(WorkSettings),
    /// The lines of a custom dataset.
    Lines(WorkSettings),
    /// So many conversations of our own.
    Conversations(u32),
    /// Prompts that a server writes.
    Prompts(PromptSettings),
}

/// What is to be made, and where.
pub(crate) fn make(
    args: MakeArgs,
    given: &[String],
    respelt: Vec<Mistake>,
    environment: &Environment,
) -> Result<(ToMake, PathBuf), Vec<Mistake>> {
    use MakeFormatName::{Custom, LlmInfraBench, Parquet, Sharegpt};
    let mut mistakes = Mistakes(respelt);
    let own = ["out", "format", "json", "what", "from-server", "categories", "per-category"];
    let given: Vec<String> =
        given.iter().filter(|flag| !own.contains(&flag.as_str())).cloned().collect();
    let to_make = match (args.what, &args.from_server) {
        (_, Some(_)) => {
            only(&given, &["model", "output-len"], "the server writes the prompts", &mut mistakes);
            format(args.format, LlmInfraBench, "prompts that a server writes", &mut mistakes);
            prompts(&args, environment, &mut mistakes)?
        }
        (Some(_), None) => {
            only(&given, &["num-prompts"], "the conversations are always the same", &mut mistakes);
            format(args.format, Sharegpt, "conversations", &mut mistakes);
            let count = mistakes.take("--num-prompts", args.workload.num_prompts.clone());
            ToMake::Conversations(count.unwrap_or(BUILTIN))
        }
        (None, None) => {
            let work = work(&args.workload, &given, environment, &mut mistakes);
            match args.format {
                None | Some(Parquet) => ToMake::Frozen(work),
                Some(Custom) => ToMake::Lines(work),
                Some(other) => {
                    format(
                        Some(other),
                        Parquet,
                        "a workload, which has no answers,",
                        &mut mistakes,
                    );
                    ToMake::Frozen(work)
                }
            }
        }
    };
    mistakes.or((to_make, args.out))
}

/// Notes flags that would do nothing.
fn only(given: &[String], act: &[&str], why: &str, mistakes: &mut Mistakes) {
    for flag in given.iter().filter(|flag| !act.contains(&flag.as_str())) {
        mistakes.add(format_args!("--{flag}"), why, "leave the flag out");
    }
}

/// Notes a shape that can't be had.
fn format(
    given: Option<MakeFormatName>,
    fits: MakeFormatName,
    what: &str,
    mistakes: &mut Mistakes,
) {
    let word = |name: MakeFormatName| match name {
        MakeFormatName::Parquet => "parquet",
        MakeFormatName::Custom => "custom",
        MakeFormatName::Sharegpt => "sharegpt",
        MakeFormatName::LlmInfraBench => "llm-infra-bench",
    };
    if let Some(given) = given.filter(|given| *given != fits) {
        let fitting = match fits {
            MakeFormatName::Parquet => "give --format parquet or custom",
            _ => "leave --format out",
        };
        let problem = format!("{what} can't be written in this shape");
        mistakes.add(format_args!("--format {}", word(given)), problem, fitting);
    }
}

/// The prompts that a server is to write.
fn prompts(
    args: &MakeArgs,
    environment: &Environment,
    mistakes: &mut Mistakes,
) -> Result<ToMake, Vec<Mistake>> {
    let categories = categories(&args.categories, mistakes);
    let per_category = mistakes.take("--per-category", args.per_category.clone());
    if per_category == Some(0) {
        mistakes.add("--per-category 0", "there is nothing to write", "give at least 1");
    }
    let output_tokens = mistakes.take("--output-len", args.workload.output_len.clone());
    let headers = bearer(environment, mistakes).into_iter();
    let address = mistakes.take("--from-server", args.from_server.clone());
    let Some(address) = address else { return Err(std::mem::take(&mut mistakes.0)) };
    Ok(ToMake::Prompts(PromptSettings {
        address,
        access: Access {
            headers: headers.map(|header| (header.name, header.value)).collect(),
            ..Access::default()
        },
        model: args.workload.model.clone(),
        categories,
        per_category: per_category.unwrap_or(PER_CATEGORY),
        output_tokens: output_tokens.unwrap_or(OUTPUT_TOKENS),
    }))
}

fn categories(names: &[String], mistakes: &mut Mistakes) -> Vec<&'static Category> {
    if names.is_empty() {
        return CATEGORIES.iter().collect();
    }
    let all: Vec<&str> = CATEGORIES.iter().map(|category| category.name).collect();
    let mut known = |name: &String| {
        let found = CATEGORIES.iter().find(|category| category.name == name);
        if found.is_none() {
            let cure = format!("use some of {}", all.join(", "));
            mistakes.add(format_args!("--categories {name}"), "there is no such category", &cure);
        }
        found
    };
    names.iter().filter_map(&mut known).collect()
}
