//! Watches the engine's own counters through a trial: once a second, and around
//! each phase. The texts are kept as they came, and read when the load is over.
//!
//! It must not ask over the connections of the load, nor read a text inside the
//! measured window.

use std::collections::BTreeMap;
use std::time::Duration;

use tokenometer_core::{Nanos, Window};
use tokenometer_engine::{Control, CounterNames, EngineCounters, parse_samples};
use tokenometer_results::{
    self as results, CountersAround, CountersSeen, Kept, MetricsWriter, PhaseSpan, Phases, Reading,
    ScrapeRow, TrialFolder,
};
use tokenometer_telemetry::{Keep, KeepError, Scrape, Watch, WatchSettings, counters};

use crate::LabError;

/// How often the counters are asked for.
const INTERVAL: Duration = Duration::from_secs(1);

/// Who tells, in the file of readings.
const SOURCE: &str = "engine";

/// A watch over one trial.
pub(crate) struct Watching {
    watch: Watch<Keeping>,
    names: Option<CounterNames>,
}

/// Keeps the scrapes in the trial's folder.
struct Keeping(MetricsWriter);

impl Keep for Keeping {
    fn keep(&mut self, scrape: &Scrape) -> Result<(), KeepError> {
        let row = ScrapeRow {
            asked: scrape.asked,
            answered: scrape.answered,
            moment: scrape.moment.clone(),
            text: scrape.text.as_ref().ok().cloned(),
            failure: scrape.text.as_ref().err().cloned(),
        };
        self.0.keep(row).map_err(|error| KeepError(error.into()))
    }
}

/// What a watch has seen.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Its files.
    pub(crate) files: BTreeMap<String, Kept>,
    /// How well the engine could be watched.
    pub(crate) watched: results::Watched,
    /// Every reading, in the order of time.
    series: Vec<(Nanos, EngineCounters)>,
    /// The tokens of a block of its cache.
    block: Option<u32>,
}

/// What an engine found in its prefix cache.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Hits {
    /// The share of the prompt tokens that it looked up.
    pub(crate) share: f64,
    /// When it was first asked for its counters.
    pub(crate) from: Nanos,
    /// When it was asked for them again.
    pub(crate) until: Nanos,
}

impl Watching {
    /// Begins to watch.
    pub(crate) fn start(
        control: Control,
        names: Option<CounterNames>,
        folder: &TrialFolder,
    ) -> Result<Watching, LabError> {
        let settings = WatchSettings { control, names: names.clone(), interval: INTERVAL };
        let watch = Watch::start(settings, Keeping(folder.metrics_writer()?))?;
        Ok(Watching { watch, names })
    }

    /// Asks at this moment, outside of the measured window.
    pub(crate) fn mark(&self, moment: &str) -> Result<(), LabError> {
        self.watch.snapshot(moment)?;
        Ok(())
    }

    /// Ends the watch, and reads what it brought.
    pub(crate) fn finish(self, folder: &TrialFolder) -> Result<Seen, LabError> {
        let watched = self.watch.stop()?;
        let mut files = BTreeMap::from([("metrics.parquet".to_owned(), watched.keep.0.finish()?)]);
        if let Some(error) = watched.unkept {
            return Err(LabError::Watched(error));
        }
        let (series, block) = read(folder, self.names.as_ref())?;
        let readings = series.iter().flat_map(|(time, counters)| readings(*time, counters));
        files.insert("telemetry.parquet".to_owned(), folder.write_telemetry(readings)?);
        let watched = results::Watched {
            scrapes: watched.scrapes,
            gaps: watched.gaps,
            first_gap: watched.first_gap,
        };
        Ok(Seen { files, watched, series, block })
    }
}

/// The readings of a trial, and the tokens of a block.
type Readings = (Vec<(Nanos, EngineCounters)>, Option<u32>);

/// The counters in each text that was kept. A text that isn't one of counters is
/// kept all the same, and says nothing here.
fn read(folder: &TrialFolder, names: Option<&CounterNames>) -> Result<Readings, LabError> {
    let (mut series, mut block) = (Vec::new(), None);
    for row in folder.metrics()? {
        let row = row?;
        let middle = Nanos(row.asked.0 + (row.answered.0 - row.asked.0) / 2);
        let Some(text) = row.text else { continue };
        block = block.or_else(|| block_in(&text));
        if let Ok(counters) = counters(&text, names) {
            series.push((middle, counters));
        }
    }
    Ok((series, block))
}

/// The tokens of a block of the cache, as engines tell them in the labels of what
/// they call `…cache_config_info`: vLLM a `block_size`, SGLang a `page_size`.
fn block_in(text: &str) -> Option<u32> {
    let samples = parse_samples(text).ok()?;
    let info = samples.iter().find(|sample| sample.name.ends_with("cache_config_info"))?;
    let label = |name| info.label(name)?.parse().ok();
    label("block_size").or_else(|| label("page_size"))
}

fn readings(time: Nanos, counters: &EngineCounters) -> Vec<Reading> {
    let reading = |(counter, value): (tokenometer_engine::Counter, f64)| Reading {
        time,
        source: SOURCE.to_owned(),
        device: None,
        name: counter.name().to_owned(),
        unit: counter.unit().to_owned(),
        value,
    };
    counters.iter().map(reading).collect()
}

impl Seen {
    /// The counters around each phase: the last that were read before it began,
    /// and the first after it ended.
    pub(crate) fn around(&self, phases: &Phases) -> BTreeMap<String, CountersAround> {
        let phases = [
            ("warm_up", phases.warm_up),
            ("ramp_in", phases.ramp_in),
            ("measure", phases.measure),
            ("drain", phases.drain),
        ];
        let known = phases.into_iter().filter_map(|(name, span)| Some((name.to_owned(), span?)));
        known.map(|(name, span)| (name, self.around_span(&span))).collect()
    }

    fn around_span(&self, span: &PhaseSpan) -> CountersAround {
        let before = self.series.iter().rev().find(|(time, _)| time.0 <= span.start_ns);
        let after = self.series.iter().find(|(time, _)| time.0 >= span.end_ns);
        CountersAround { before: counters_seen(before), after: counters_seen(after) }
    }

    /// Requests running and waiting in the engine, averaged over the window.
    /// Between two readings the earlier one holds.
    pub(crate) fn concurrency(&self, window: Window) -> Option<f64> {
        let load = |counters: &EngineCounters| Some(counters.running? + counters.waiting?);
        let inside = |time: &Nanos| (window.opens..=window.closes).contains(time);
        let loads: Option<Vec<f64>> = self
            .series
            .iter()
            .filter(|(time, _)| inside(time))
            .map(|(_, counters)| load(counters))
            .collect();
        let loads = loads.filter(|loads| loads.len() >= LEAST_READINGS)?;
        Some(loads.iter().sum::<f64>() / loads.len() as f64)
    }

    /// What the engine found in its prefix cache, from its counters before the
    /// window to those after it. An engine that had prompts, and looked for none of
    /// them, has its cache switched off.
    pub(crate) fn hits(&self, window: Window) -> Option<Hits> {
        let (from, before) = self.series.iter().rev().find(|(time, _)| *time <= window.opens)?;
        let (until, after) = self.series.iter().find(|(time, _)| *time >= window.closes)?;
        let hits = after.prefix_hits? - before.prefix_hits?;
        let queries = after.prefix_queries? - before.prefix_queries?;
        let had_prompts = || Some(after.prompt_tokens? > before.prompt_tokens?);
        let share = match queries > 0.0 {
            true => (hits >= 0.0).then(|| hits / queries),
            false => had_prompts().filter(|had| *had && queries == 0.0).map(|_| 0.0),
        };
        Some(Hits { share: share?, from: *from, until: *until })
    }

    /// The tokens of a block of the engine's cache, where its counters tell.
    pub(crate) fn block(&self) -> Option<u32> {
        self.block
    }

    /// When the engine's process says it started, before the load and after it.
    pub(crate) fn starts(&self) -> (Option<f64>, Option<f64>) {
        let of = |reading: Option<&(Nanos, EngineCounters)>| reading?.1.process_start_s;
        (of(self.series.first()), of(self.series.last()))
    }
}

/// With fewer readings than this in a window their mean says little.
const LEAST_READINGS: usize = 5;

fn counters_seen(reading: Option<&(Nanos, EngineCounters)>) -> CountersSeen {
    match reading {
        Some((time, counters)) => CountersSeen {
            time_ns: Some(time.0),
            values: counters
                .iter()
                .map(|(counter, value)| (counter.name().to_owned(), value))
                .collect(),
            failure: None,
        },
        None => CountersSeen {
            failure: Some("no scrape brought anything on that side".to_owned()),
            ..CountersSeen::default()
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Window = Window { opens: Nanos(100), closes: Nanos(200) };

    /// A reading: when, hits, queries, prompt tokens.
    fn seen(readings: &[(i64, f64, f64, f64)]) -> Seen {
        let reading = |&(time, hits, queries, prompts): &(i64, f64, f64, f64)| {
            let counters = EngineCounters {
                prefix_hits: Some(hits),
                prefix_queries: Some(queries),
                prompt_tokens: Some(prompts),
                ..EngineCounters::default()
            };
            (Nanos(time), counters)
        };
        Seen { series: readings.iter().map(reading).collect(), ..Seen::default() }
    }

    #[test]
    fn hits_are_those_from_before_the_window_to_after_it() {
        let readings = [(50, 0.0, 10.0, 10.0), (90, 8.0, 20.0, 20.0), (150, 9.0, 30.0, 30.0)];
        assert_eq!(seen(&readings).hits(WINDOW), None, "nothing was read after it");
        let all = [&readings[..], &[(210, 28.0, 100.0, 100.0), (300, 90.0, 200.0, 1.0)]].concat();
        let hits = seen(&all).hits(WINDOW).unwrap();
        assert_eq!(hits, Hits { share: 0.25, from: Nanos(90), until: Nanos(210) });
    }

    #[test]
    fn a_cache_that_is_off_finds_nothing_and_an_idle_one_tells_nothing() {
        let off = seen(&[(90, 0.0, 0.0, 20.0), (210, 0.0, 0.0, 100.0)]).hits(WINDOW).unwrap();
        assert_eq!(off.share, 0.0);
        assert_eq!(seen(&[(90, 0.0, 7.0, 20.0), (210, 0.0, 7.0, 20.0)]).hits(WINDOW), None);
    }

    #[test]
    fn the_size_of_a_block_is_read_from_either_label() {
        let vllm = "# TYPE vllm:cache_config_info gauge\n\
            vllm:cache_config_info{block_size=\"32\",num_gpu_blocks=\"9\"} 1.0\n";
        assert_eq!(block_in(vllm), Some(32));
        assert_eq!(block_in("sglang:cache_config_info{page_size=\"1\"} 1.0\n"), Some(1));
        assert_eq!(block_in("vllm:cache_config_info{block_size=\"None\"} 1.0\n"), None);
        assert_eq!(block_in("vllm:num_requests_running 1.0\n"), None);
    }
}
