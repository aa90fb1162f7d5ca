//! The answer of a study: the words for it. The rules that give it are in the room
//! `verdict`, and its file is `verdict.json`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a study has to say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// The study's name.
    pub study: String,
    /// Arms that were simulated: what is said of them describes no real engine.
    pub simulated: Vec<String>,
    /// Whether the study only tried things out, with gates of sample size waived.
    pub rehearsal: bool,
    /// The rule by which it was decided.
    pub rule: DecisionRule,
    /// What the same arm twice has shown, where the study has such a pair.
    pub twins: Option<Twins>,
    /// Every comparison of the family, in the order of the plan.
    pub comparisons: Vec<Comparison>,
    /// Other metrics: numbers alone, without any word, each as if there were no other.
    pub others: Vec<OtherMetric>,
    /// For each scenario and primary metric, the arms than which none is better.
    pub best: Vec<Best>,
    /// What the study declares to differ and that was found in no comparison.
    pub idle_declarations: Vec<String>,
    /// Which arms met the study's objectives, where it says what share of requests must.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objectives: Vec<Attained>,
}

/// How a study was decided; fixed when it was planned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DecisionRule {
    /// How often any false difference may be found in the whole family, and any false
    /// equivalence.
    pub alpha: f64,
    /// How small a ratio's distance from 1 counts as none.
    pub margin: f64,
    /// How small a difference of shares counts as none.
    pub margin_points: f64,
    /// Comparisons in the family (m).
    pub family: usize,
    /// The block after which was looked first; absent where there was one look at the end.
    pub from: Option<u32>,
    /// The most blocks that the plan allows.
    pub at_most: u32,
    /// Blocks that there are.
    pub blocks: u32,
}

/// What the same arm twice has shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Twins {
    /// The arm, and the one that is the same.
    pub arms: [String; 2],
    /// What it says of the study.
    pub noise: Noise,
    /// The smallest ratio that would be found in four of five such studies, over all
    /// comparisons of the twins; absent where there are too few blocks.
    pub resolvable_ratio: Option<f64>,
}

/// What twins say of a study.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Noise {
    /// They came out equivalent everywhere.
    Clean,
    /// Neither different nor equivalent: the verdicts stand, since their intervals carry
    /// that noise already.
    Noisy,
    /// They differ: nothing that the study says can be believed.
    Biased,
}

/// One comparison: a metric, in a scenario, of an arm with a reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// The scenario.
    pub scenario: String,
    /// The metric, by the name that `primary` writes.
    pub metric: String,
    /// Whether more of it is better.
    pub higher_is_better: bool,
    /// Whether its differences are points of a share, and not ratios.
    pub in_points: bool,
    /// The arm.
    pub arm: String,
    /// What it is compared with.
    pub reference: String,
    /// The answer.
    pub answer: Answer,
    /// The same as a sentence.
    pub sentence: String,
    /// The arm's value over the reference's, as the mean of blocks has it, or the
    /// difference of shares; absent without an answer.
    pub effect: Option<f64>,
    /// Its interval, for the whole family.
    pub interval: Option<[f64; 2]>,
    /// Its 95 % interval, as if there were no other comparison.
    pub alone: Option<[f64; 2]>,
    /// How likely so much is where there is no difference.
    pub difference_p: Option<f64>,
    /// How likely so little is where the difference is as large as the margin.
    pub equivalence_p: Option<f64>,
    /// The effect that would have been found in four of five studies of this size.
    pub resolvable: Option<f64>,
    /// The study that would resolve the margin, where this one is undecided.
    pub more: Option<StudySize>,
    /// The blocks, and what each arm has in them.
    pub blocks: Vec<BlockValues>,
    /// Of the requests that both answered, over all blocks, how many have the same text;
    /// absent where none is common to both.
    pub agreement: Option<Agreement>,
    /// What both arms differ in by declaration: the effect is of all of it together.
    pub declared: Vec<FieldDifference>,
    /// What their engines chose for themselves.
    pub strategy: Vec<FieldDifference>,
    /// What could not be verified: gates of trials, and fields of arms.
    pub unverified: Vec<String>,
    /// What stands beside the answer: that an effect is below what the client can see,
    /// that lengths differ …
    pub remarks: Vec<String>,
}

/// The answer of one comparison, the first that applies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "word")]
pub enum Answer {
    /// The arms must not be ranked.
    NotComparable {
        /// Why, field by field, each with its cure.
        reasons: Vec<String>,
    },
    /// An engine failed in more than one block in five.
    Failed {
        /// Which of the two arms.
        arms: Vec<String>,
    },
    /// An engine could not keep up with the load, so that its latencies say how long the
    /// window was.
    Saturated {
        /// Which of the two arms.
        arms: Vec<String>,
    },
    /// The trials of an arm are void: instrument or environment were at fault.
    Invalid {
        /// Which of the two arms.
        arms: Vec<String>,
    },
    /// There are only numbers.
    NoVerdict {
        /// Why.
        reason: String,
    },
    /// The arms differ by less than the margin.
    Equivalent {
        /// Whether they surely differ, by less than that.
        differ: bool,
    },
    /// The arm is better.
    Better,
    /// The arm is worse.
    Worse,
    /// Neither is sure.
    Undecided,
}

impl Comparison {
    /// What stands among the remarks of a comparison of what each GPU yields.
    pub const PER_GPU: &'static str = "per GPU";

    /// Whether what is compared is each GPU's share, since the arms have different numbers
    /// of them.
    pub fn is_per_gpu(&self) -> bool {
        self.remarks.iter().any(|remark| remark == Comparison::PER_GPU)
    }
}

impl Answer {
    /// It in a word, as tables and pictures have it.
    pub fn word(&self) -> &'static str {
        match self {
            Answer::NotComparable { .. } => "not comparable",
            Answer::Failed { .. } => "failed",
            Answer::Saturated { .. } => "saturated",
            Answer::Invalid { .. } => "invalid",
            Answer::NoVerdict { .. } => "no verdict",
            Answer::Equivalent { .. } => "equivalent",
            Answer::Better => "better",
            Answer::Worse => "worse",
            Answer::Undecided => "undecided",
        }
    }

    /// Whether the comparison has been answered: whether nothing is open that more blocks
    /// could close.
    pub fn is_decided(&self) -> bool {
        !matches!(self, Answer::Undecided | Answer::NoVerdict { .. } | Answer::Invalid { .. })
    }

    /// Whether it ranks the arms, or calls them alike.
    pub fn is_verdict(&self) -> bool {
        matches!(
            self,
            Answer::Equivalent { .. } | Answer::Better | Answer::Worse | Answer::Undecided
        )
    }
}

/// How large a study would resolve the margin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StudySize {
    /// Blocks in all.
    pub blocks: u64,
    /// The same at the ends of the 80 % interval of the spread.
    pub range: [u64; 2],
}

/// What both arms have in a block.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BlockValues {
    /// The block, from 1.
    pub block: u32,
    /// The arm's value; absent where the block doesn't count for this comparison.
    pub arm: Option<f64>,
    /// The reference's, likewise.
    pub reference: Option<f64>,
    /// Why the block doesn't count.
    pub left_out: Option<String>,
}

/// How far the answers of two arms agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Agreement {
    /// Requests with the same text.
    pub same: u64,
    /// Requests that both answered.
    pub of: u64,
}

/// A field in which two arms differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FieldDifference {
    /// The field, as `differs` writes it.
    pub field: String,
    /// What the arm has.
    pub arm: String,
    /// What the reference has.
    pub reference: String,
}

/// A metric beside the primary ones: a number, and no word.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OtherMetric {
    /// The scenario.
    pub scenario: String,
    /// The metric.
    pub metric: String,
    /// The arm.
    pub arm: String,
    /// What it is compared with.
    pub reference: String,
    /// The ratio, or the difference of shares.
    pub effect: f64,
    /// Its 95 % interval, unadjusted.
    pub alone: [f64; 2],
    /// Blocks that have both.
    pub blocks: usize,
}

/// Arms than which none is better, by all pairs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Best {
    /// The scenario.
    pub scenario: String,
    /// The metric.
    pub metric: String,
    /// The arms; one alone has won.
    pub arms: Vec<String>,
}

/// Whether an arm met the study's objectives in a scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Attained {
    /// The scenario.
    pub scenario: String,
    /// The arm.
    pub arm: String,
    /// The share of requests that must meet all of them, from 0 to 1.
    pub asked: f64,
    /// The least share of the blocks that count; absent where none does.
    pub least: Option<f64>,
    /// Whether it met them in every block; absent where no block can say so.
    pub met: Option<bool>,
}
