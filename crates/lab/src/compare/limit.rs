//! A limit that somebody set: whether a metric surely lies further on the wrong side of
//! the reference's than is allowed, surely doesn't, or neither can be said.
//!
//! All checks of one command are one family: their intervals together miss once in twenty
//! times (Bonferroni), so that whoever checks thirty metrics after each change isn't
//! called by chance after each.

use tokenometer_report::compare::{
    Check, FigurePair, Finding, How, LimitSeen, PairSeen, ScenarioPair,
};

use super::ToCompare;
use super::figures::Apart;

/// How often the intervals of all checks together may miss.
const MISS: f64 = 0.05;

/// What is checked.
enum Asked<'a> {
    /// A metric of a scenario.
    Metric(&'a PairSeen, &'a ScenarioPair, &'a str),
    /// A scenario that the other side lacks.
    Missing(&'a PairSeen, &'a str),
}

/// Holds every metric that is asked for against the limit.
pub(super) fn judge(pairs: &[PairSeen], limit: f64, asked: &ToCompare) -> LimitSeen {
    let all: Vec<Asked<'_>> = pairs.iter().flat_map(|pair| checks_of(pair, asked)).collect();
    let miss = MISS / all.len().max(1) as f64;
    let rule = Rule { limit, miss, numbers_only: asked.numbers_only };
    let checks: Vec<Check> = all.iter().map(|one| rule.check(one)).collect();
    let has = |finding: Finding| checks.iter().any(|check| check.finding == finding);
    let finding = if has(Finding::Beyond) {
        // What is sure stays so, whatever else can't be said.
        Finding::Beyond
    } else if has(Finding::Open) || checks.is_empty() {
        Finding::Open
    } else {
        Finding::Within
    };
    LimitSeen { limit, miss: MISS, finding, checks }
}

fn checks_of<'a>(pair: &'a PairSeen, asked: &'a ToCompare) -> Vec<Asked<'a>> {
    let mut all = Vec::new();
    for scenario in &pair.scenarios {
        let names = if asked.metrics.is_empty() { &scenario.primary } else { &asked.metrics };
        all.extend(names.iter().map(|name| Asked::Metric(pair, scenario, name)));
    }
    all.extend(pair.only_reference.iter().map(|name| Asked::Missing(pair, name)));
    all
}

/// When a limit is crossed.
struct Rule {
    limit: f64,
    miss: f64,
    numbers_only: bool,
}

impl Rule {
    fn check(&self, asked: &Asked<'_>) -> Check {
        match asked {
            Asked::Missing(pair, name) => Check {
                compared: pair.compared.name.clone(),
                scenario: (*name).to_owned(),
                metric: None,
                loss: None,
                interval: None,
                finding: Finding::Open,
                why: Some("measured of the reference alone".to_owned()),
            },
            Asked::Metric(pair, scenario, name) => {
                let figure = scenario.figures.iter().find(|figure| figure.metric == *name);
                // Looking after each block makes a plain interval miss more often.
                let figure_of = figure.filter(|_| !pair.could_end_early);
                let seen = figure_of.map(|figure| self.seen(figure, pair.how));
                let seen = seen.unwrap_or_default();
                let finding = self.finding(&seen);
                let why = (finding == Finding::Open).then(|| match pair.could_end_early {
                    true => "the study could end after each block: only its own verdict allows \
                             for that"
                        .to_owned(),
                    false => self.why(scenario, figure, &seen),
                });
                Check {
                    compared: pair.compared.name.clone(),
                    scenario: scenario.name.clone(),
                    metric: Some((*name).to_owned()),
                    loss: seen.loss,
                    interval: seen.interval,
                    finding,
                    why,
                }
            }
        }
    }

    /// How far a metric lies on the wrong side.
    fn seen(&self, figure: &FigurePair, how: How) -> Seen {
        // What means two things lies on no side of itself.
        let Some(effect) = figure.effect.filter(|_| !figure.defined_otherwise) else {
            return Seen::default();
        };
        let loss = |effect: f64| {
            let more = if figure.in_points { effect } else { effect - 1.0 };
            if figure.higher_is_better { -more } else { more }
        };
        let ends = Apart::of(figure, how).interval(self.miss).map(|ends| ends.map(loss));
        let interval = ends.map(|[one, two]| [one.min(two), one.max(two)]);
        Seen { loss: Some(loss(effect)), interval }
    }

    fn finding(&self, seen: &Seen) -> Finding {
        match (seen.interval, seen.loss) {
            (Some([near, _]), _) if near > self.limit => Finding::Beyond,
            (Some([_, far]), _) if far <= self.limit => Finding::Within,
            (Some(_), _) | (None, None) => Finding::Open,
            (None, Some(_)) if !self.numbers_only => Finding::Open,
            (None, Some(loss)) if loss > self.limit => Finding::Beyond,
            (None, Some(_)) => Finding::Within,
        }
    }

    /// Why nothing can be said.
    fn why(&self, scenario: &ScenarioPair, figure: Option<&FigurePair>, seen: &Seen) -> String {
        if let Some(refusal) = scenario.refusals.first() {
            return format!("not comparable, because {refusal}");
        }
        match (figure, seen.interval) {
            (None, _) => "neither side has it".to_owned(),
            (Some(_), Some(_)) => {
                "the interval holds the limit: more blocks would tell, or both as arms of one \
                 study, whose intervals are narrower"
                    .to_owned()
            }
            (Some(_), None) if seen.loss.is_some() => {
                "there is no interval: it takes three blocks on either side, or --numbers-only, \
                 which compares the plain ratio"
                    .to_owned()
            }
            (Some(figure), None) if figure.notes.is_empty() => "one side has no value".to_owned(),
            (Some(figure), None) => figure.notes.join("; "),
        }
    }
}

/// How far a metric lies on the wrong side, as far as that is known.
#[derive(Default)]
struct Seen {
    loss: Option<f64>,
    interval: Option<[f64; 2]>,
}

#[cfg(test)]
mod tests {
    use tokenometer_report::compare::{BlockFigure, SideSeen};
    use tokenometer_verdict::answer::metric;

    use super::super::figures::Beside;
    use super::*;

    /// A pair with one scenario of these metrics, each by its values on either side.
    fn pair(how: How, figures: &[(&str, [&[f64]; 2])]) -> PairSeen {
        let blocks = |values: &[f64]| -> Vec<BlockFigure> {
            (1..).zip(values).map(|(block, &value)| BlockFigure { block, value }).collect()
        };
        let figure = |(name, values): &(&str, [&[f64]; 2])| {
            let beside = Beside { metric: metric(name).unwrap(), how, ranks: true };
            beside.figure(values.map(blocks), Vec::new())
        };
        let side = |name: &str| SideSeen {
            name: name.to_owned(),
            what: String::new(),
            simulated: false,
            began_ns: None,
        };
        PairSeen {
            reference: side("a"),
            compared: side("b"),
            how,
            could_end_early: false,
            study_says: Vec::new(),
            scenarios: vec![ScenarioPair {
                name: "chat".to_owned(),
                compared_name: "chat".to_owned(),
                load: None,
                asked: None,
                primary: figures.iter().map(|(name, _)| (*name).to_owned()).collect(),
                refusals: Vec::new(),
                budget: Vec::new(),
                strategy: Vec::new(),
                unknown: Vec::new(),
                left_out: Vec::new(),
                figures: figures.iter().map(figure).collect(),
            }],
            only_reference: Vec::new(),
            only_compared: Vec::new(),
            unchecked: Vec::new(),
            definitions: Vec::new(),
        }
    }

    fn finding(how: How, metric: &str, values: [&[f64]; 2]) -> Finding {
        judge(&[pair(how, &[(metric, values)])], 0.03, &ToCompare::default()).finding
    }

    const STEADY: &[f64] = &[100.0, 100.2, 99.8, 100.1, 99.9];

    fn times(values: &[f64], factor: f64) -> Vec<f64> {
        values.iter().map(|value| value * factor).collect()
    }

    #[test]
    fn the_wrong_side_is_less_work_and_more_time() {
        let seen =
            |metric, factor| finding(How::Observational, metric, [STEADY, &times(STEADY, factor)]);
        assert_eq!(seen("output_throughput", 0.95), Finding::Beyond);
        assert_eq!(seen("output_throughput", 1.05), Finding::Within);
        assert_eq!(seen("output_throughput", 0.99), Finding::Within);
        assert_eq!(seen("ttft_p50", 1.05), Finding::Beyond);
        assert_eq!(seen("ttft_p50", 0.95), Finding::Within);
        // Neither end of the interval is on its own side.
        assert_eq!(seen("output_throughput", 0.97), Finding::Open);
    }

    #[test]
    fn points_are_held_against_points() {
        let shares: &[f64] = &[0.95, 0.951, 0.949];
        let less: Vec<f64> = shares.iter().map(|share| share - 0.05).collect();
        assert_eq!(finding(How::Observational, "attainment", [shares, &less]), Finding::Beyond);
        assert_eq!(finding(How::OneStudy, "attainment", [&less, shares]), Finding::Within);
    }

    #[test]
    fn noise_leaves_it_open() {
        let noisy: &[f64] = &[80.0, 120.0, 100.0];
        let seen = finding(How::Observational, "output_throughput", [STEADY, noisy]);
        assert_eq!(seen, Finding::Open);
    }

    #[test]
    fn one_value_a_side_says_nothing_unless_it_is_asked_to() {
        let pairs = [pair(How::NumbersOnly, &[("output_throughput", [&[100.0], &[90.0]])])];
        let open = judge(&pairs, 0.03, &ToCompare::default());
        assert_eq!(open.finding, Finding::Open);
        assert!(open.checks[0].why.as_ref().unwrap().contains("--numbers-only"));
        let asked = ToCompare { numbers_only: true, ..ToCompare::default() };
        assert_eq!(judge(&pairs, 0.03, &asked).finding, Finding::Beyond);
        assert_eq!(judge(&pairs, 0.2, &asked).finding, Finding::Within);
    }

    #[test]
    fn a_sure_loss_stays_sure_beside_what_is_open() {
        let slow = times(STEADY, 0.9);
        let figures: [(&str, [&[f64]; 2]); 2] =
            [("output_throughput", [STEADY, &slow]), ("ttft_p50", [&[1.0], &[1.0]])];
        let mut pairs = [pair(How::Observational, &figures)];
        let seen = judge(&pairs, 0.03, &ToCompare::default());
        assert_eq!(seen.finding, Finding::Beyond);
        assert_eq!(seen.checks[1].finding, Finding::Open);
        pairs[0].scenarios.clear();
        pairs[0].only_reference.push("chat".to_owned());
        let seen = judge(&pairs, 0.03, &ToCompare::default());
        assert_eq!((seen.finding, seen.checks[0].metric.clone()), (Finding::Open, None));
    }

    #[test]
    fn more_checks_have_wider_intervals() {
        let slow = times(STEADY, 0.99);
        let one = [pair(How::Observational, &[("output_throughput", [STEADY, &slow])])];
        let width = |pairs: &[PairSeen]| {
            let [low, high] = judge(pairs, 0.03, &ToCompare::default()).checks[0].interval.unwrap();
            high - low
        };
        let many = vec![one[0].clone(); 10];
        assert!(width(&many) > 1.5 * width(&one));
    }

    #[test]
    fn nothing_to_check_is_nothing_kept() {
        assert_eq!(judge(&[], 0.03, &ToCompare::default()).finding, Finding::Open);
    }

    /// Numbers around 0 with a deviation of 1 (Box and Muller 1958), the same each time.
    struct Normal(u64);

    impl Normal {
        fn draw(&mut self) -> f64 {
            let mut uniform = || {
                // Knuth's multiplier and increment for 64 bits (MMIX).
                self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005);
                self.0 = self.0.wrapping_add(1_442_695_040_888_963_407);
                ((self.0 >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
            };
            (-2.0 * uniform().ln()).sqrt() * (std::f64::consts::TAU * uniform()).cos()
        }

        /// Five blocks around a value, two per cent apart.
        fn blocks(&mut self, value: f64) -> Vec<f64> {
            (0..5).map(|_| value * (0.02 * self.draw()).exp()).collect()
        }
    }

    /// How many of a thousand pipelines end so, with so many metrics that all lie by
    /// `loss` on the wrong side.
    fn pipelines(how: How, metrics: usize, loss: f64, finding: Finding) -> usize {
        let mut normal = Normal(42);
        let ends_so = |_: &usize| {
            let pairs: Vec<PairSeen> = (0..metrics)
                .map(|_| {
                    let (one, two) = (normal.blocks(100.0), normal.blocks(100.0 * (1.0 - loss)));
                    pair(how, &[("output_throughput", [&one, &two])])
                })
                .collect();
            judge(&pairs, 0.03, &ToCompare::default()).finding == finding
        };
        (0..1000).filter(ends_so).count()
    }

    #[test]
    fn a_pipeline_errs_as_seldom_as_is_said() {
        // 42 is the 99.9 % quantile of how many of 1,000 err, each once in forty times.
        for (how, metrics) in [
            (How::Observational, 1),
            (How::Observational, 4),
            (How::OneStudy, 1),
            (How::OneStudy, 4),
        ] {
            let crossed = pipelines(how, metrics, 0.03, Finding::Beyond);
            assert!(crossed <= 42, "{how:?} {metrics}: {crossed} of 1,000 at the limit");
            let kept = pipelines(how, metrics, 0.0301, Finding::Within);
            assert!(kept <= 42, "{how:?} {metrics}: {kept} of 1,000 beyond it");
            assert_eq!(pipelines(how, metrics, -0.05, Finding::Beyond), 0);
        }
    }
}
