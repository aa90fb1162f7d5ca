//! What is spoken to: a backend's name, under the rules that are followed.

use tokenometer_core::Rules;

use super::Mistakes;
use crate::args::WorkloadArgs;
use crate::rules::{Backend, Customs};

/// The backend that is meant.
pub(crate) fn backend(args: &WorkloadArgs, mistakes: &mut Mistakes) -> Backend {
    let rules = rules(args);
    let usual = || Backend::named(Customs::of(rules).backend, rules);
    let named = match &args.backend {
        None => usual(),
        Some(name) => Backend::named(name, rules).or_else(|| {
            unknown(name, rules, mistakes);
            usual()
        }),
    };
    named.expect("every tool's usual backend is one of its own")
}

/// Whose rules are followed.
pub(crate) fn rules(args: &WorkloadArgs) -> Option<Rules> {
    args.rules.map(|name| name.0)
}

fn unknown(name: &str, rules: Option<Rules>, mistakes: &mut Mistakes) {
    let known: Vec<&str> = Backend::all(rules).iter().map(|backend| backend.name).collect();
    let whose = match rules {
        Some(rules) => format!("under the rules of {rules} there is no such backend"),
        None => "there is no such backend".to_owned(),
    };
    mistakes.add(
        format_args!("--backend {name}"),
        whose,
        &format!("use one of {}", known.join(", ")),
    );
}
