//! Flags that other tools have and that would do nothing here: why, and what to
//! use instead. A flag that is swallowed in silence is a lie.

/// A flag that would do nothing here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refused {
    /// Its name, without dashes before it.
    pub(crate) flag: &'static str,
    /// How many values may follow it.
    pub(crate) values: Values,
    /// Why it would do nothing.
    pub(crate) why: &'static str,
    /// What to do.
    pub(crate) cure: &'static str,
}

/// How many values a flag takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Values {
    None,
    One,
    /// All that follow, up to the next flag.
    Any,
}

use Values::{Any, None as No, One};

/// Flags with one reason, and one way out.
struct Group {
    flags: &'static [(&'static str, Values)],
    why: &'static str,
    cure: &'static str,
}

const GROUPS: &[Group] = &[
    Group {
        flags: &[("multi", No), ("request-rate-range", One)],
        why: "one command measures one load",
        cure: "run it once for each rate",
    },
    Group {
        flags: &[
            ("lora-name", Any),
            ("lora-modules", Any),
            ("lora-assignment", One),
            ("lora-request-distribution", One),
            ("lora-zipf-alpha", One),
            ("lora-path", One),
            ("max-loras", One),
        ],
        why: "adapters are not drawn here",
        cure: "name one adapter with --model, or as SGLang takes it with \
               --extra-request-body '{\"lora_path\": \"NAME\"}'",
    },
    Group {
        flags: &[("trust-remote-code", No)],
        why: "no code of a model's is ever run here",
        cure: "leave it out; start the engine with it",
    },
    Group {
        flags: &[("tokenizer-mode", One), ("skip-tokenizer-init", No)],
        why: "every tokenizer here is a tokenizer.json",
        cure: "leave it out; without --tokenizer answers are counted by the server alone",
    },
    Group {
        flags: &[("use-beam-search", No), ("n", One), ("best-of", One)],
        why: "one answer a request is what is measured",
        cure: "leave it out",
    },
    Group {
        flags: &[
            ("hf-name", One),
            ("hf-subset", One),
            ("hf-split", One),
            ("hf-output-len", One),
            ("image-count", One),
            ("image-resolution", One),
            ("image-format", One),
            ("image-content", One),
            ("random-image-count", No),
            ("enable-multimodal-chat", No),
            ("mooncake-slowdown-factor", One),
            ("mooncake-num-rounds", One),
            ("mooncake-workload", One),
            ("use-trace-timestamps", No),
            ("timed-trace-chunk-hash-size", One),
            ("timed-trace-sec-multiplier", One),
            ("self-timed", No),
            ("agentic-max-turns", One),
            ("dataset-offset", One),
            ("speed-bench-category", One),
            ("speed-bench-output-len", One),
            ("speed-bench-dataset-subset", One),
            ("spec-bench-output-len", One),
            ("spec-bench-category", One),
            ("bfcl-categories", One),
            ("blazedit-min-distance", One),
            ("blazedit-max-distance", One),
            ("asr-max-audio-len-sec", One),
            ("asr-min-audio-len-sec", One),
            ("random-batch-size", One),
            ("no-reranker", No),
            ("gsp-num-turns", One),
        ],
        why: "it belongs to a dataset that isn't here",
        cure: "write the requests as a custom or openai dataset, a JSON object a line",
    },
    Group {
        flags: &[("gsp-fast-prepare", No)],
        why: "it spares the tool the counting of its prompts, which costs nothing here",
        cure: "leave it out",
    },
    Group {
        flags: &[("gsp-send-routing-key", No)],
        why: "no header differs from request to request here",
        cure: "leave it out; a router can't tell the groups apart then",
    },
    Group {
        flags: &[("probe-request-rate", One)],
        why: "nothing is sent beside the load, which it would disturb",
        cure: "leave it out",
    },
    Group {
        flags: &[
            ("plot-throughput", No),
            ("plot-timeline", No),
            ("plot-dataset-stats", No),
            ("timeline-itl-thresholds", One),
        ],
        why: "bench draws nothing",
        cure: "leave it out; requests.parquet and chunks.parquet in the run folder hold every instant",
    },
    Group {
        flags: &[("insecure", No)],
        why: "certificates are always checked",
        cure: "name the authority's certificate in SSL_CERT_FILE",
    },
    Group {
        flags: &[("chat-template-kwargs", One)],
        why: "the template is the server's",
        cure: "pass it on with --extra-request-body '{\"chat_template_kwargs\": {…}}'",
    },
    Group {
        flags: &[
            ("top-logprobs-num", One),
            ("token-ids-logprob", Any),
            ("logprob-start-len", One),
            ("return-routed-experts", No),
        ],
        why: "it only adds a field to the body",
        cure: "add that field with --extra-request-body",
    },
    Group {
        flags: &[("rust-client", No), ("rust-worker-threads", One)],
        why: "it chooses between that tool's clients, and this is another one",
        cure: "leave it out",
    },
    Group {
        flags: &[("print-requests", No), ("no-stream", No), ("cache-report", No)],
        why: "it changes what that tool prints",
        cure: "leave it out; the run folder holds every request, and the report the cached tokens",
    },
    Group {
        flags: &[
            ("pd-separated", No),
            ("pd-seperated", No),
            ("fake-prefill", No),
            ("profile-prefill-url", Any),
            ("profile-decode-url", Any),
        ],
        why: "prefill and decode servers are not addressed apart",
        cure: "name the router with --base-url",
    },
    Group {
        flags: &[
            ("profile-activities", Any),
            ("profile-start-step", One),
            ("profile-steps", One),
            ("profile-num-steps", One),
            ("profile-by-stage", No),
            ("profile-stages", Any),
            ("profile-output-dir", One),
            ("profile-prefix", One),
        ],
        why: "the profiler is only switched on and off",
        cure: "set it up when starting the engine, and give --profile alone",
    },
    Group {
        flags: &[("flush-cache-timeout", One)],
        why: "the cache is emptied when nothing runs, which takes no waiting",
        cure: "leave it out",
    },
    Group {
        flags: &[("request-id-prefix", One)],
        why: "every request has an id that tells its phase and number",
        cure: "leave it out",
    },
    Group {
        flags: &[("custom-ensure-client-side-data", No), ("hf-max-batch-size", One)],
        why: "it has no counterpart here",
        cure: "leave it out",
    },
    Group {
        flags: &[
            ("tensor-parallel-size", One),
            ("pipeline-parallel-size", One),
            ("max-model-len", One),
            ("gpu-memory-utilization", One),
            ("mem-frac", One),
            ("mem-fraction-static", One),
            ("tp", One),
            ("dtype", One),
            ("quantization", One),
            ("enforce-eager", No),
            ("async-engine", No),
            ("disable-frontend-multiprocessing", No),
            ("enable-dp-attention", Any),
            ("load-format", One),
        ],
        why: "it sets up an engine, and bench measures one that runs already",
        cure: "start the engine with it, and leave it out here",
    },
    Group {
        flags: &[("output-json", One), ("output", One)],
        why: "that tool's file is not written here",
        cure: "use --json, or --out for the run folder",
    },
    Group {
        flags: &[("save-to-pytorch-benchmark-format", No)],
        why: "that format is not written here",
        cure: "leave it out",
    },
];

/// The flag of this name, if it is one that would do nothing here.
pub(crate) fn refused(flag: &str) -> Option<Refused> {
    GROUPS.iter().find_map(|group| {
        let &(flag, values) = group.flags.iter().find(|(name, _)| *name == flag)?;
        Some(Refused { flag, values, why: group.why, cure: group.cure })
    })
}
