//! What the gates of the environment are to find.

use tokenometer_verdict::{Evidence, MachineFacts};

use crate::{Case, Failed, Passed, Unknown, Waived};

/// What is known of the machine.
fn known(evidence: &mut Evidence) -> &mut MachineFacts {
    evidence.machine.as_mut().unwrap()
}

pub const CASES: &[Case] = &[
    ("E1", "no GPU", |_| (), Waived),
    ("E1", "a GPU", |e| known(e).has_gpu = Some(true), Unknown),
    ("E1", "another machine", |e| e.machine = None, Unknown),
    ("E2", "no GPU", |_| (), Waived),
    ("E2", "a GPU", |e| known(e).has_gpu = Some(true), Unknown),
    ("E2", "another machine", |e| e.machine = None, Unknown),
    ("E3", "no GPU", |_| (), Waived),
    ("E3", "a GPU", |e| known(e).has_gpu = Some(true), Unknown),
    ("E3", "another machine", |e| e.machine = None, Unknown),
    ("E4", "no GPU", |_| (), Waived),
    ("E4", "a GPU", |e| known(e).has_gpu = Some(true), Unknown),
    ("E4", "another machine", |e| e.machine = None, Unknown),
    ("E5", "alone", |_| (), Passed),
    ("E5", "as much as others may take", |e| known(e).others_cpu_share = Ok(0.05), Passed),
    ("E5", "other work", |e| known(e).others_cpu_share = Ok(0.3), Failed),
    ("E5", "a busy host", |e| known(e).steal_share = Ok(0.04), Failed),
    ("E5", "swapping", |e| known(e).pages_swapped_in = Ok(512), Failed),
    ("E5", "one processor for both", |e| known(e).shared_cpus = Ok(vec![0]), Failed),
    ("E5", "no division", |e| known(e).shared_cpus = Ok(vec![0, 1, 2, 3]), Failed),
    (
        "E5",
        "other work on a busy host",
        |e| {
            known(e).others_cpu_share = Ok(0.3);
            known(e).steal_share = Ok(0.04);
        },
        Failed,
    ),
    (
        "E5",
        "an engine in a container",
        |e| known(e).others_cpu_share = Err("it runs in a container".to_owned()),
        Unknown,
    ),
    (
        "E5",
        "an engine in a container, and swapping",
        |e| {
            known(e).others_cpu_share = Err("it runs in a container".to_owned());
            known(e).pages_swapped_in = Ok(3);
        },
        Failed,
    ),
    ("E5", "a GPU", |e| known(e).has_gpu = Some(true), Unknown),
    ("E5", "another machine", |e| e.machine = None, Unknown),
    ("E6", "unchanged", |_| (), Passed),
    (
        "E6",
        "another governor",
        |e| known(e).changes = Ok(vec!["governor was performance, is powersave".to_owned()]),
        Failed,
    ),
    (
        "E6",
        "the block's begin not known",
        |e| known(e).changes = Err("this system doesn't tell".to_owned()),
        Unknown,
    ),
    ("E6", "a GPU", |e| known(e).has_gpu = None, Unknown),
    (
        "E6",
        "a GPU, and started anew",
        |e| {
            known(e).has_gpu = Some(true);
            known(e).changes = Ok(vec!["the machine was started anew".to_owned()]);
        },
        Failed,
    ),
    ("E6", "another machine", |e| e.machine = None, Unknown),
];
