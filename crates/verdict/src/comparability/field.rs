//! The fields in which arms can differ.

/// What a difference in a field does to a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// It must be the same, and nothing declares that away.
    Identity,
    /// It must be the same, unless the study declares that it differs.
    Budget,
    /// It is free, and printed; it must be the same only where strategies are matched.
    Strategy,
}

impl Tier {
    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Tier::Identity => "identity",
            Tier::Budget => "budget",
            Tier::Strategy => "strategy",
        }
    }
}

/// When two facts are the same.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Likeness {
    /// Where they are equal.
    Exact,
    /// Where the smaller is at most this share smaller than the larger.
    Within(f64),
}

/// A field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Field {
    /// Its name, as `differs` in a study writes it.
    pub name: &'static str,
    /// What a difference does.
    pub tier: Tier,
    /// When two facts are the same.
    pub likeness: Likeness,
    /// What it is, and why it matters.
    pub about: &'static str,
}

const fn identity(name: &'static str, about: &'static str) -> Field {
    Field { name, tier: Tier::Identity, likeness: Likeness::Exact, about }
}

const fn budget(name: &'static str, about: &'static str) -> Field {
    Field { name, tier: Tier::Budget, likeness: Likeness::Exact, about }
}

const fn strategy(name: &'static str, about: &'static str) -> Field {
    Field { name, tier: Tier::Strategy, likeness: Likeness::Exact, about }
}

/// Every field, tier by tier.
pub const FIELDS: &[Field] = &[
    identity("workload", "the requests: every prompt, length and due time, by their hash"),
    identity("load", "how they were sent: concurrency, rate, their number or duration"),
    identity("prompt-tokens", "the tokens of all prompts together, as each server counts them"),
    identity("model", "the model that is served, and its revision"),
    identity("weights", "the weights themselves, by their hash, or a conversion that is declared"),
    identity("tokenizer", "what makes tokens of a text, and the template around a conversation"),
    identity("sampling", "temperature and all else by which tokens are chosen"),
    identity("stop-rule", "whether answers end of themselves, or after exactly the length asked"),
    identity("cache-state", "what the prefix cache held when the window opened"),
    identity("streaming", "whether answers were streamed"),
    identity("route", "the family of routes that was asked: chat, completions, the engine's own"),
    identity("counting-rule", "by which rule tokens were counted, and shared out over chunks"),
    identity("window-rule", "which requests and which time the numbers are of"),
    identity("stamp-source", "whose clock stamped what arrived"),
    identity("client", "the program that measured, and the host that it ran on"),
    budget("gpu", "the kind of the devices"),
    budget("gpu-count", "how many of them"),
    budget("power-limit", "what each may draw"),
    budget("precision", "how weights are stored"),
    budget("activation-precision", "what is computed with"),
    budget("kv-precision", "how keys and values are stored"),
    budget("context", "the most tokens of prompt and answer together"),
    Field {
        name: "kv-capacity",
        tier: Tier::Budget,
        likeness: Likeness::Within(0.05),
        about: "the tokens that the cache holds: a share of memory means another amount in \
                each engine",
    },
    budget("speculation", "whether tokens are guessed ahead, by what"),
    budget("host", "the processors that the engine runs on"),
    budget("driver", "the driver of the devices"),
    budget("lora", "adapters that are loaded"),
    budget("grammar", "whether answers are held to a grammar"),
    budget("dummy-weights", "whether the weights are made up"),
    strategy("parallel-layout", "how a model is shared out over the same number of devices"),
    strategy("max-num-seqs", "the most sequences that run"),
    strategy("max-num-batched-tokens", "the most tokens of a step"),
    strategy("chunked-prefill", "whether prompts are cut"),
    strategy("prefix-cache", "whether beginnings that prompts have in common are kept"),
    strategy("graphs", "whether steps are captured, or launched one kernel at a time"),
    strategy("attention-backend", "what computes attention"),
    strategy("stream-interval", "the tokens that are sent together"),
    strategy("scheduler", "which of the waiting requests is next"),
    strategy("compilation", "what is compiled, and whether that was kept from before"),
];

/// The field of this name.
pub fn field(name: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.name == name)
}
