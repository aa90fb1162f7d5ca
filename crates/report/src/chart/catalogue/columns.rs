//! Bars of arms, put together column by column.

use crate::chart::{Axis, Bar, Bars, Group};
use crate::measured::{ArmMeasured, Figure, Measured, ScenarioMeasured};

use super::left_out::{LeftOut, left_out, note};
use super::names::{Arm, arms, at};
use super::sureness::Sureness;

/// Columns in the making: each has a name, and a bar of every arm that has one in it.
pub(super) struct Columns {
    arms: Vec<Arm>,
    names: Vec<String>,
    columns: Vec<Vec<Option<Bar>>>,
    /// Of which kinds the whiskers are.
    pub(super) sureness: Sureness,
    /// What is left out.
    pub(super) notes: Vec<LeftOut>,
}

impl Columns {
    /// None yet, for the arms of a study.
    pub(super) fn of(measured: &Measured<'_>) -> Columns {
        Columns {
            arms: arms(measured),
            names: Vec::new(),
            columns: Vec::new(),
            sureness: Sureness::default(),
            notes: Vec::new(),
        }
    }

    /// Adds a column: a figure of those arms of a scenario that belong in it. Where none has
    /// any, there is no column.
    pub(super) fn add(
        &mut self,
        name: String,
        scenario: &ScenarioMeasured<'_>,
        figure: &Figure,
        belongs: impl Fn(&ArmMeasured<'_>) -> bool,
    ) {
        let mut column = Vec::new();
        for arm in &self.arms {
            let ours = at(&scenario.arms, arm.look).filter(|arm| belongs(arm));
            note(
                &mut self.notes,
                ours.into_iter().flat_map(|arm| left_out(arm, scenario.name, figure)),
            );
            let mean = ours.and_then(|arm| arm.mean(figure));
            column.push(mean.map(|mean| self.sureness.bar(&mean)));
        }
        if column.iter().any(Option::is_some) {
            self.names.push(name);
            self.columns.push(column);
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.columns.len()
    }

    /// The bars; an arm that has none at all isn't named.
    pub(super) fn into_bars(self, y: Axis) -> Bars {
        let group = |(place, arm): (usize, Arm)| Group {
            series: arm.series(),
            bars: self.columns.iter().map(|column| column[place].clone()).collect(),
        };
        let groups = self.arms.into_iter().enumerate().map(group);
        let groups = groups.filter(|group| group.bars.iter().any(Option::is_some)).collect();
        Bars { y, names: self.names, stacked: false, groups }
    }
}
