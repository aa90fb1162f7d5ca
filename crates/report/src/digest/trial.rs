//! One trial's rows, in one pass.

use std::collections::BTreeMap;

use tokenometer_core::metric::{Absent, e2e, icl, tpot, ttft};
use tokenometer_core::timeline::{Arrival, Bearing, Timeline, arrivals};
use tokenometer_core::{Distribution, Nanos, Outcome, Phase, Record, Summary, TokenRule, Window};
use tokenometer_results::{PhaseSpan, ResultsError, Trial, TrialFolder};

use super::course::CourseOf;
use super::curve::curve;
use super::gaps::GapHistogram;
use super::waterfall::{Due, beginning};
use super::{OutcomeSeen, TrialDigest, Waterfall, readings::readings};

/// What a distribution says its whole is withheld under.
const ALL: &str = "all";

impl TrialDigest {
    /// Reads what is shown of a trial whose measured window was this.
    pub(super) fn of(
        folder: &TrialFolder,
        trial: &Trial,
        window: PhaseSpan,
    ) -> Result<TrialDigest, ResultsError> {
        let window = Window { opens: Nanos(window.start_ns), closes: Nanos(window.end_ns) };
        let mut pass = Pass::new(window, &trial.summary);
        let mut timelines = folder.timelines()?;
        let mut place = 0;
        while let Some((record, chunks)) = timelines.next_request()? {
            if record.phase != Phase::WarmUp {
                let arrivals = arrivals(chunks, pass.bearing);
                pass.add(&record, &arrivals, place);
            }
            place += 1;
        }
        pass.finish(folder, &trial.summary)
    }
}

/// What is gathered on the way.
struct Pass {
    window: Window,
    /// By what chunks bear tokens: one rule for the whole trial, the summary's (M1).
    bearing: Bearing,
    course: CourseOf,
    cohort: Vec<Due>,
    latencies: Latencies,
    gaps: GapHistogram,
    outcomes: BTreeMap<Outcome, OutcomeSeen>,
}

/// Values of the requests that ended well, in milliseconds.
#[derive(Default)]
struct Latencies {
    ttft: Vec<f64>,
    tpot: Vec<f64>,
    e2e: Vec<f64>,
}

impl Pass {
    fn new(window: Window, summary: &Summary) -> Pass {
        let all_told = summary.token_rules.keys().all(|rule| *rule == TokenRule::Told);
        Pass {
            window,
            bearing: if all_told { Bearing::Counted } else { Bearing::Text },
            course: CourseOf::new(window),
            cohort: Vec::new(),
            latencies: Latencies::default(),
            gaps: GapHistogram::new(),
            outcomes: BTreeMap::new(),
        }
    }

    /// Adds a request of any phase but the warm-up.
    fn add(&mut self, record: &Record, arrivals: &[Arrival], place: u64) {
        let timeline = Timeline::of(record, arrivals);
        self.course.add(record, &timeline, arrivals);
        if record.phase != Phase::Measure {
            return;
        }
        let Record { intended, request, outcome, .. } = *record;
        self.cohort.push(Due { intended, request, place });
        let seen = self.outcomes.entry(outcome).or_insert_with(|| OutcomeSeen {
            outcome: outcome.name().to_owned(),
            ..OutcomeSeen::default()
        });
        seen.requests += 1;
        if seen.example.is_none() {
            seen.example = record.error.as_deref().map(beginning);
        }
        if outcome.is_ok() {
            self.latencies.add(&timeline);
            if record.streamed {
                icl::gaps(arrivals).for_each(|(gap, _)| self.gaps.add(gap));
            }
        }
    }

    fn finish(
        mut self,
        folder: &TrialFolder,
        summary: &Summary,
    ) -> Result<TrialDigest, ResultsError> {
        let has_gaps = is_given(&summary.icl_ms);
        let mut outcomes: Vec<OutcomeSeen> = self.outcomes.into_values().collect();
        outcomes.sort_by_key(|seen| std::cmp::Reverse(seen.requests));
        let mut quantiles = self.latencies.curves(summary);
        quantiles.extend(has_gaps.then(|| ("icl_ms", self.gaps.curve())));
        quantiles.retain(|_, curve| !curve.is_empty());
        Ok(TrialDigest {
            quantiles,
            gaps: if has_gaps { self.gaps.shown() } else { Default::default() },
            waterfall: Waterfall::of(self.cohort, folder, self.window)?,
            course: self.course.finish(summary.output_throughput.is_some()),
            readings: readings(folder, self.window)?,
            outcomes,
        })
    }
}

impl Latencies {
    fn add(&mut self, timeline: &Timeline) {
        let millis = |span: Result<Nanos, Absent>| span.ok().map(Nanos::as_millis_f64);
        self.ttft.extend(millis(ttft::ttft(timeline)));
        self.e2e.extend(millis(e2e::e2e(timeline)));
        let pace = tpot::tpot(timeline).ok().and_then(|pace| pace.value());
        self.tpot.extend(pace.map(|nanos| nanos / 1e6));
    }

    /// The curves of those that the summary gives.
    fn curves(&mut self, summary: &Summary) -> BTreeMap<&'static str, Vec<[f64; 2]>> {
        [
            ("ttft_ms", &summary.ttft_ms, &mut self.ttft),
            ("tpot_ms", &summary.tpot_ms, &mut self.tpot),
            ("e2e_ms", &summary.e2e_ms, &mut self.e2e),
        ]
        .into_iter()
        .filter(|(_, given, _)| is_given(given))
        .map(|(name, _, values)| (name, curve(values)))
        .collect()
    }
}

/// Whether the summary doesn't withhold all of a metric.
fn is_given(distribution: &Distribution) -> bool {
    !distribution.withheld.contains_key(ALL)
}
