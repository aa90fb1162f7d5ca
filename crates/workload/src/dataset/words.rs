//! The words that built-in prompts are made of: common ones, chosen by this
//! project. Their order is part of what a seed means, so the lists may not
//! change; a new list needs a new dataset.

/// Things and people, singular, one word each, so that they serve as
/// identifiers too.
pub(super) const NOUNS: &[&str] = &[
    "river", "stone", "garden", "window", "letter", "market", "teacher", "engine", "bridge",
    "forest", "island", "winter", "summer", "morning", "evening", "village", "mountain", "harbour",
    "ship", "train", "road", "field", "farmer", "baker", "doctor", "student", "worker", "writer",
    "painter", "singer", "door", "roof", "wall", "table", "chair", "lamp", "mirror", "kettle",
    "basket", "bottle", "book", "page", "map", "picture", "song", "story", "question", "answer",
    "idea", "plan", "number", "pattern", "signal", "system", "machine", "tool", "wheel", "clock",
    "camera", "radio", "cloud", "storm", "wind", "flame", "shadow", "light", "colour", "sound",
    "smell", "flavour", "apple", "onion", "lemon", "carrot", "potato", "loaf", "meal", "kitchen",
    "cellar", "barn", "horse", "dog", "cat", "bird", "eagle", "bee", "spider", "lion", "turtle",
    "whale", "friend", "neighbour", "stranger", "traveller", "soldier", "sailor", "driver", "pilot",
    "miner", "hunter", "mother", "father", "sister", "brother", "cousin", "daughter", "uncle",
    "queen", "king", "mayor", "law", "vote", "meeting", "report", "budget", "contract", "office",
    "company", "factory", "library", "school", "museum", "theatre", "temple", "tower", "castle",
    "station", "airport", "hotel", "cafe", "sentence", "chapter", "poem", "lesson", "method",
    "theory", "sample", "result", "error", "rule", "hand", "eye", "heart", "voice", "dream",
    "moment", "habit", "journey", "season", "hour", "coin", "ticket", "parcel", "pocket", "button",
    "needle", "thread", "blanket", "carpet", "ladder",
];

/// What things are like.
pub(super) const ADJECTIVES: &[&str] = &[
    "old", "new", "small", "large", "quiet", "loud", "bright", "dark", "warm", "cold", "heavy",
    "light", "narrow", "wide", "early", "late", "young", "gentle", "rough", "smooth", "simple",
    "strange", "common", "rare", "distant", "near", "empty", "full", "broken", "careful", "patient",
    "curious", "honest", "clever", "tired", "hungry", "happy", "lonely", "famous", "secret",
    "wooden", "golden", "silver", "green", "blue", "red", "white", "black", "grey", "yellow",
    "ancient", "modern", "northern", "southern", "eastern", "western", "local", "foreign", "public",
    "private", "sharp", "soft", "deep", "shallow", "steep", "flat", "round", "square", "hidden",
    "open", "useful", "dangerous", "steady", "sudden", "gradual", "exact", "rapid", "slow", "final",
    "second",
];

/// What was done to something.
pub(super) const VERBS: &[&str] = &[
    "carried", "followed", "crossed", "opened", "closed", "watched", "painted", "repaired", "found",
    "lost", "remembered", "described", "measured", "counted", "moved", "lifted", "covered",
    "reached", "left", "entered", "built", "burned", "cleaned", "collected", "compared", "copied",
    "drew", "explained", "filled", "hid", "kept", "learned", "marked", "named", "noticed",
    "offered", "passed", "planted", "pulled", "pushed", "raised", "read", "replaced", "returned",
    "saved", "sent", "shared", "sold", "studied", "taught", "tested", "touched", "traced", "turned",
    "visited", "warned", "washed", "welcomed", "wrapped", "wove",
];

/// What somebody does, in the plain form that follows `does`, `can`, `should`.
pub(super) const PLAIN_VERBS: &[&str] = &[
    "carry", "follow", "cross", "open", "close", "watch", "paint", "repair", "find", "lose",
    "remember", "describe", "measure", "count", "move", "lift", "cover", "reach", "leave", "enter",
    "build", "burn", "clean", "collect", "compare", "copy", "draw", "explain", "fill", "hide",
    "keep", "learn", "mark", "name", "notice", "offer", "pass", "plant", "pull", "push",
];

/// How something was done.
pub(super) const ADVERBS: &[&str] = &[
    "slowly", "quickly", "quietly", "carefully", "often", "rarely", "again", "later", "soon",
    "suddenly", "usually", "sometimes", "always", "never", "almost", "clearly", "gladly", "barely",
    "together", "alone", "twice", "once", "early", "finally", "perhaps", "still", "mostly",
    "exactly", "nearly", "calmly",
];

/// Where something was.
pub(super) const PREPOSITIONS: &[&str] = &[
    "near", "behind", "under", "above", "beside", "beyond", "inside", "outside", "across from",
    "opposite", "before", "after", "without", "against", "towards", "around", "past", "beneath",
    "along", "with",
];

/// How one clause leads to the next.
pub(super) const LINKS: &[&str] = &[
    "and", "but", "because", "although", "while", "until", "so", "when", "before", "after",
    "unless", "whereas",
];

/// How a question begins, before a plain verb's subject.
pub(super) const ASKING: &[&str] = &[
    "why does", "how does", "when does", "where does", "how often does", "in what way does",
    "why should", "how can", "when should", "how soon does", "for whom does", "how would",
];

/// The beginnings of the syllables that names are made of.
pub(super) const ONSETS: [&str; 16] =
    ["b", "d", "l", "m", "n", "r", "s", "t", "v", "w", "y", "br", "dr", "th", "st", "tr"];

/// Their ends.
pub(super) const VOWELS: [&str; 4] = ["a", "e", "i", "o"];
