//! What `tokenometer dataset` was told, as the lab wants to hear it.

mod work;

use std::path::PathBuf;

pub(crate) use work::{ToMake, make, show};

use tokenometer_lab::dataset::{
    FetchSettings, FetchTokenizerSettings, Hub, KnownFile, SampleFormat, SampleSettings, Wanted,
};
use tokenometer_workload::Source;

use super::Mistakes;
use crate::args::{FetchArgs, SampleArgs, SampleFormatName};
use crate::environment::Environment;
use crate::failure::Mistake;

/// Where the hub is, unless the environment says otherwise.
const HUB: &str = "https://huggingface.co";

/// What is to be fetched.
#[derive(Debug)]
pub(crate) enum ToFetch {
    /// A data file.
    File(FetchSettings),
    /// A tokenizer.
    Tokenizer(FetchTokenizerSettings),
}

/// What is to be fetched, and from which hub.
pub(crate) fn fetch(
    args: FetchArgs,
    environment: &Environment,
) -> Result<(ToFetch, Hub), Vec<Mistake>> {
    let mut mistakes = Mistakes::default();
    let hub = hub(environment, &mut mistakes);
    let to_fetch = match (args.tokenizer, args.what) {
        (Some(name), _) => {
            let cache = environment.hub_caches.first().cloned().unwrap_or_else(|| {
                no_home(&mut mistakes, "HF_HUB_CACHE", "the tokenizer");
                PathBuf::new()
            });
            let settings = FetchTokenizerSettings { name, revision: args.revision, cache };
            mistakes.extend(settings.mistakes());
            ToFetch::Tokenizer(settings)
        }
        (None, what) => {
            let wanted = Wanted::read(&what.unwrap_or_default()).map_err(|mistake| {
                mistakes.extend(vec![mistake]);
            });
            let Ok(wanted) = wanted else { return Err(mistakes.0) };
            let to = place(args.out, &wanted, environment, &mut mistakes);
            let (revision, sha256) = (args.revision, args.sha256);
            let settings = FetchSettings { wanted, revision, sha256, to };
            mistakes.extend(settings.mistakes());
            ToFetch::File(settings)
        }
    };
    mistakes.or((to_fetch, hub))
}

/// The hub, and who asks it.
fn hub(environment: &Environment, mistakes: &mut Mistakes) -> Hub {
    let mut word = |name: &str, value: &Option<std::ffi::OsString>| {
        let value = value.as_ref()?.to_str().map(str::trim);
        let fine = value.filter(|value| !value.chars().any(char::is_control));
        if fine.is_none() {
            let cure = "set it to one line of plain text";
            mistakes.add(name, "it holds characters that can't be sent", cure);
        }
        fine.map(str::to_owned)
    };
    Hub {
        endpoint: word("HF_ENDPOINT", &environment.hub_endpoint).unwrap_or_else(|| HUB.to_owned()),
        token: word("HF_TOKEN", &environment.hub_token),
    }
}

/// Where a data file is to lie.
fn place(
    out: Option<PathBuf>,
    wanted: &Wanted,
    environment: &Environment,
    mistakes: &mut Mistakes,
) -> PathBuf {
    let Some(out) = out else {
        let name = wanted.place().unwrap_or_else(|mistake| {
            mistakes.extend(vec![mistake]);
            PathBuf::new()
        });
        let Some(folder) = &environment.datasets else {
            no_home(mistakes, "--out", "the file");
            return name;
        };
        return folder.join(name);
    };
    if out.is_dir() {
        mistakes.add(
            format_args!("--out {}", out.display()),
            "it is a folder",
            "name the file that is to lie in it",
        );
    }
    out
}

fn no_home(mistakes: &mut Mistakes, place: &str, what: &str) {
    mistakes.add(
        place,
        format_args!("nothing says where {what} is to lie: the environment has no HOME"),
        "name a place",
    );
}

/// What is to be sampled, and where it is to be written.
pub(crate) fn sample(
    args: SampleArgs,
    environment: &Environment,
) -> Result<(SampleSettings, Option<PathBuf>), Vec<Mistake>> {
    let mut mistakes = Mistakes::default();
    let settings = SampleSettings {
        source: source(&args.file, environment, &mut mistakes),
        count: mistakes.take("--num-prompts", Some(args.num_prompts)).unwrap_or(1),
        seed: mistakes.take("--seed", Some(args.seed)).unwrap_or_default(),
        format: match args.format {
            SampleFormatName::Custom => SampleFormat::Custom,
            SampleFormatName::Sharegpt => SampleFormat::ShareGpt,
            SampleFormatName::LlmInfraBench => SampleFormat::LlmInfraBench,
        },
        output_tokens: mistakes.take("--output-len", Some(args.output_len)).unwrap_or(1),
    };
    for (flag, number) in
        [("--num-prompts", settings.count), ("--output-len", settings.output_tokens)]
    {
        if number == 0 {
            mistakes.add(format_args!("{flag} 0"), "there is nothing to take", "give at least 1");
        }
    }
    mistakes.or((settings, args.out))
}

/// The conversations to take from: our own, a known file that was fetched, or
/// the user's.
fn source(file: &str, environment: &Environment, mistakes: &mut Mistakes) -> Source {
    if file == "builtin" {
        return Source::Builtin;
    }
    let Some(known) = KnownFile::of(file).filter(|_| !PathBuf::from(file).exists()) else {
        return Source::File(file.into());
    };
    let found = environment.find_dataset(known.file_name);
    Source::File(found.unwrap_or_else(|| {
        mistakes.add(
            format_args!("`{file}`"),
            "it was not fetched yet",
            &format!("run `tokenometer dataset fetch {file}` first, or name a file"),
        );
        known.file_name.into()
    }))
}
