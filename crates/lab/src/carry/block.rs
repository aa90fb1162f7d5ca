//! One block: a pass over all arms, under conditions that stay as they are.

use std::path::Path;

use super::{Carrying, conditions};
use crate::LabError;
use crate::study::Block;

/// How often a block is begun before a machine that changes all the time is
/// given up.
const MOST_TRIES: u32 = 3;

impl Carrying<'_> {
    /// Carries a block through, or what is left of it: of one that was over, too,
    /// where somebody has removed a trial so that it is run again. A block whose
    /// conditions changed on the way is moved aside and run again whole.
    pub(super) fn block(&self, block: &Block) -> Result<(), LabError> {
        let now = || conditions::now(Path::new("/"), self.plan, block);
        for _ in 0..MOST_TRIES {
            let begun = match self.run.block(block.number)? {
                Some(begun) if begun.finished_ns.is_some() && self.is_whole(block)? => {
                    return Ok(());
                }
                Some(begun) => begun,
                None => {
                    let begun = now();
                    self.run.write_block(&begun)?;
                    begun
                }
            };
            if self.is_void(block, conditions::broken(&begun, &now()))? {
                continue;
            }
            for (place, &arm) in block.arms.iter().enumerate() {
                self.arm(block, arm, place)?;
            }
            if self.is_void(block, conditions::broken(&begun, &now()))? {
                continue;
            }
            let finished_ns = Some(conditions::clock());
            self.run.write_block(&tokenometer_results::Block { finished_ns, ..begun })?;
            return Ok(());
        }
        Err(LabError::Restless { block: block.number, tries: MOST_TRIES })
    }

    /// Whether all trials of a block are settled.
    fn is_whole(&self, block: &Block) -> Result<bool, LabError> {
        for &arm in &block.arms {
            for step in self.plan.starts(block, arm).iter().flat_map(|start| &start.steps) {
                if !self.is_settled(block, arm, *step)? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Moves a broken block aside; says whether it was one.
    fn is_void(&self, block: &Block, why: Vec<String>) -> Result<bool, LabError> {
        if why.is_empty() {
            return Ok(false);
        }
        let number = block.number;
        self.note(format!("block {number} is void and run again: {}", why.join("; ")));
        self.run.void_block(number, conditions::clock(), why)?;
        Ok(true)
    }
}
