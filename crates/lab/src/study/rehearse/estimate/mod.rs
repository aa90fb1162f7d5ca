//! What the study itself would take: each trial of its plan, simulated in virtual
//! time, with warm-ups, pauses and the starts of engines, over all blocks.
//!
//! Nothing here may pass for a measurement: whatever is shown of it is called an
//! estimate, and simulated.

mod asked;
mod assumed;
mod trial;

use std::time::Duration;

use tokenometer_results::{ArmEstimate, BlockEstimate, Estimate, SCHEMA_VERSION, Taken};
use tokenometer_sim::SimError;
use tokenometer_sim::scheduled::{Asked, Simulation};

use super::Rehearsal;
use super::cast::Cast;
use crate::study::grammar::{Blocks, Price};
use crate::study::simulated;
use crate::{LabError, WarmUp};
use asked::Asking;
use trial::{Sent, TrialTime};

/// What money is counted in where nothing is said.
const CURRENCY: &str = "USD";

/// An estimate in the making.
struct Estimating<'a> {
    rehearsal: &'a Rehearsal,
    /// What an hour of a GPU costs, instead of the study's prices.
    per_gpu_hour: Option<f64>,
    /// What each cell asks.
    asked: Vec<Vec<Asked>>,
}

/// What became of an arm.
type Foreseen = Result<(BlockEstimate, Vec<String>), String>;

impl Rehearsal {
    /// What the study would take. `per_gpu_hour` is what an hour of a GPU costs,
    /// instead of the prices that the study names.
    ///
    /// # Errors
    ///
    /// Where what is sent can't be made. An arm that can't be foretold is a part of
    /// the answer.
    pub fn estimate(&self, per_gpu_hour: Option<f64>) -> Result<Estimate, LabError> {
        let asking = Asking::new();
        let asked = (0..self.of.cells.len()).map(|cell| asked(self, &asking, cell));
        let asked = asked.collect::<Result<_, LabError>>()?;
        Ok(Estimating { rehearsal: self, per_gpu_hour, asked }.whole())
    }
}

/// What a cell asks: the same on all arms, which differ only in how it is written.
fn asked(rehearsal: &Rehearsal, asking: &Asking, cell: usize) -> Result<Vec<Asked>, LabError> {
    let Some(arm) = rehearsal.of.cells[cell].arms.first() else { return Ok(Vec::new()) };
    let settings = rehearsal.of.settings_of(*arm, cell).expect("the cell is this arm's");
    Ok(asking.requests(settings, trial::wanted(&settings.load))?)
}

impl Estimating<'_> {
    fn whole(&self) -> Estimate {
        let plan = &self.rehearsal.of;
        let (least, most) = match plan.block_budget() {
            Blocks::Fixed(count) => (count, None),
            Blocks::Until { from, at_most } => (from, Some(at_most)),
        };
        let mut notes = self.rehearsal.notes().to_vec();
        let arms: Vec<ArmEstimate> =
            (0..plan.arms.len()).map(|arm| self.arm(arm, (least, most), &mut notes)).collect();
        let sum = |of: fn(&ArmEstimate) -> Option<Taken>, blocks| {
            let taken = arms.iter().filter_map(of);
            taken.fold(Taken { blocks, cost: Some(0.0), ..Taken::default() }, added)
        };
        let least = sum(|arm| arm.least, least);
        let most = most.map(|most| sum(|arm| arm.most, most));
        let currency = self.currency();
        let priced =
            |taken: Taken| Taken { cost: taken.cost.filter(|_| currency.is_some()), ..taken };
        Estimate {
            schema_version: SCHEMA_VERSION,
            study: plan.study.name.clone(),
            least: priced(least),
            most: most.map(priced),
            currency,
            notes,
            assumed: self.assumed(),
            arms,
        }
    }

    fn arm(
        &self,
        arm: usize,
        (least, most): (u32, Option<u32>),
        notes: &mut Vec<String>,
    ) -> ArmEstimate {
        let name = self.rehearsal.of.arms[arm].name.clone();
        let (block, why_not) = match self.block(arm) {
            Ok((block, more)) => {
                notes.extend(more);
                (Some(block), None)
            }
            Err(why) => (None, Some(why)),
        };
        let simulations = self.simulations(arm);
        let gpus = self.is_played(arm).then(|| simulations.iter().map(Simulation::gpus).max());
        let gpus = gpus.flatten();
        let taken = |blocks| Some(self.taken(arm, block.as_ref()?, gpus.unwrap_or(0), blocks));
        ArmEstimate {
            arm: name,
            simulated: simulations.first().map(|one| simulated::seen(one).to_string()),
            gpus,
            least: taken(least),
            most: most.and_then(taken),
            block,
            why_not,
        }
    }

    /// What so many blocks of an arm take.
    fn taken(&self, arm: usize, block: &BlockEstimate, gpus: u32, blocks: u32) -> Taken {
        let duration_s = block.total_s() * f64::from(blocks);
        let hours = duration_s / 3600.0;
        let gpu_hours = hours * f64::from(gpus);
        let by_study = self.price(arm).map(|price| price.per_hour * hours);
        let cost = self.per_gpu_hour.map(|price| price * gpu_hours).or(by_study);
        Taken { blocks, duration_s, gpu_hours, cost }
    }

    /// One block of an arm: what it takes, and what else was seen; or why that can't
    /// be foretold.
    fn block(&self, arm: usize) -> Foreseen {
        let plan = &self.rehearsal.of;
        let Some(first) = plan.blocks.first() else { return Err("it has no block".to_owned()) };
        let mut times: Vec<Option<TrialTime>> = vec![None; plan.cells.len()];
        let mut block = BlockEstimate::default();
        let mut notes = Vec::new();
        for start in plan.starts(first, arm) {
            block.starts += 1;
            for (index, step) in start.steps.iter().enumerate() {
                let time = match times[step.cell] {
                    Some(time) => time,
                    None => {
                        let time = self.trial(arm, step.cell)?;
                        notes.extend(self.refusals(arm, step.cell, time));
                        *times[step.cell].insert(time)
                    }
                };
                block.trials += 1;
                block.warm_ups_s += time.warm_up.as_secs_f64();
                block.loads_s += time.load.as_secs_f64();
                if index > 0 {
                    block.pauses_s += plan.pause().as_secs_f64();
                }
            }
            block.starts_s += self.start(arm).as_secs_f64();
        }
        Ok((block, notes))
    }

    /// How long a trial of a cell on an arm takes.
    fn trial(&self, arm: usize, cell: usize) -> Result<TrialTime, String> {
        let plan = &self.rehearsal.of;
        let simulation = match self.rehearsal.simulation(arm, cell) {
            Ok(Some(simulation)) => simulation,
            Ok(None) => return Err("it keeps to a script, and no time can be foretold".to_owned()),
            Err(why) => return Err(told_at(&plan.cells[cell].name, &why)),
        };
        let settings = plan.settings_of(arm, cell).expect("a step is only made of an arm's cell");
        let sent = Sent {
            load: &settings.load,
            warm_up: settings.warm_up,
            rules: settings.workload.rules,
            requests: &self.asked[cell],
        };
        trial::time(&simulation, &sent).map_err(|why| told_at(&plan.cells[cell].name, &why))
    }

    /// What is said of requests that an engine would refuse.
    fn refusals(&self, arm: usize, cell: usize, time: TrialTime) -> Option<String> {
        let (refused, of) = time.refused;
        let plan = &self.rehearsal.of;
        (refused > 0).then(|| {
            format!(
                "{} would refuse {refused} of {of} requests of {}: they don't fit into its KV cache",
                plan.arms[arm].name, plan.cells[cell].name
            )
        })
    }

    /// How long a start of an arm's engine takes.
    fn start(&self, arm: usize) -> Duration {
        match &self.rehearsal.casts[arm] {
            Cast::Played(part) => assumed::start(part.engine(), part.model().weight_bytes()),
            Cast::Script | Cast::Itself => assumed::OWN_START,
        }
    }

    /// Whether a simulation takes the place of a real engine, which needs GPUs.
    fn is_played(&self, arm: usize) -> bool {
        matches!(self.rehearsal.casts[arm], Cast::Played(_))
    }

    /// What is simulated for an arm, in each of its cells that can be simulated.
    fn simulations(&self, arm: usize) -> Vec<Simulation> {
        let cells = self.rehearsal.of.cells.iter().enumerate();
        let own = cells.filter(|(_, cell)| cell.arms.contains(&arm)).map(|(index, _)| index);
        own.filter_map(|cell| self.rehearsal.simulation(arm, cell).ok()?).collect()
    }

    /// What the study says that an hour of an arm's hardware costs.
    fn price(&self, arm: usize) -> Option<&Price> {
        let plan = &self.rehearsal.of;
        plan.arms[arm].words.price.as_ref().or(plan.study.price.as_ref())
    }

    /// What money is counted in; `None` where there is no price, or several
    /// currencies can't be added up.
    fn currency(&self) -> Option<String> {
        let of = |price: &Price| price.currency.clone().unwrap_or_else(|| CURRENCY.to_owned());
        let arms = 0..self.rehearsal.of.arms.len();
        let mut all: Vec<String> = arms.filter_map(|arm| self.price(arm)).map(of).collect();
        all.dedup();
        match (all.as_slice(), self.per_gpu_hour) {
            ([one], _) => Some(one.clone()),
            ([], Some(_)) => Some(CURRENCY.to_owned()),
            _ => None,
        }
    }

    /// What was assumed.
    fn assumed(&self) -> Vec<String> {
        let mut engines: Vec<&str> = Vec::new();
        for cast in &self.rehearsal.casts {
            if let Cast::Played(part) = cast
                && !engines.contains(&part.engine())
            {
                engines.push(part.engine());
            }
        }
        let mut lines = vec![
            "lengths are those of the plan's first block, by the tokenizer that comes with this \
             program; requests of a rate come evenly"
                .to_owned(),
        ];
        if !engines.is_empty() {
            lines.insert(0, assumed::told(&engines));
        }
        let cells = &self.rehearsal.of.cells;
        if cells.iter().any(|cell| matches!(cell.warm_up, WarmUp::UntilSettled { .. })) {
            lines.push(format!("warm-ups settle after {} batches", assumed::BATCHES));
        }
        let played = (0..self.rehearsal.of.arms.len()).filter(|arm| self.is_played(*arm));
        let mut simulations = played.flat_map(|arm| self.simulations(arm));
        if simulations.any(|one| !one.calibration().calibrated) {
            lines.push(
                "an uncalibrated arm is a fast one: what its engine's host adds to a step is not \
                 in it, so that the real one takes longer"
                    .to_owned(),
            );
        }
        lines
    }
}

/// Two arms together. What one of them costs unknown, all of it does.
fn added(sum: Taken, more: Taken) -> Taken {
    Taken {
        blocks: sum.blocks,
        duration_s: sum.duration_s + more.duration_s,
        gpu_hours: sum.gpu_hours + more.gpu_hours,
        cost: sum.cost.zip(more.cost).map(|(one, other)| one + other),
    }
}

fn told_at(cell: &str, why: &SimError) -> String {
    format!("in {cell} it can't {}", simulated::told(why))
}
