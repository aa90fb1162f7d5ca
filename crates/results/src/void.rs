//! A block that ended under other conditions than it began is void, and so is a trial
//! whose instrument or environment was at fault. Either is kept, whole and out of the
//! way, since what was thrown away can't be checked.

use std::fs;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::{read_json, write_json};
use crate::run::{create_folder, entries};
use crate::{ResultsError, Run, SCHEMA_VERSION, TrialFolder, TrialId, draft};

/// The name of the block's conditions in a void folder. It is moved last: where
/// it is, the rest is too.
const BLOCK: &str = "block.json";
/// The name of the file that says why a block is void.
const VOID: &str = "void.json";
/// What stands between the name of a void trial and how often it was void by then.
const TRY: char = '~';

/// `void.json`: why a block does not count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Void {
    /// The version of this file's layout.
    pub schema_version: u32,
    /// The block.
    pub block: u32,
    /// When it was found void, in nanoseconds since the Unix epoch.
    pub time_ns: i64,
    /// Why.
    pub why: Vec<String>,
}

/// Something that was put aside because it doesn't count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PutAside {
    /// A block, whole: the name of its folder, and what is said of it.
    Block(String, Void),
    /// A trial, whole: the name of its folder, and the folder.
    Trial(String, TrialFolder),
}

impl Run {
    /// What was put aside, by the name of its folder.
    ///
    /// # Errors
    /// If the folder `void` or what is said of a block in it can't be read.
    pub fn put_aside(&self) -> Result<Vec<PutAside>, ResultsError> {
        let mut folders = entries(&self.path().join("void"))?;
        folders.sort_by_cached_key(|path| (block_of(path), path.clone()));
        let mut aside = Vec::new();
        for path in folders {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            // No name of an arm or a scenario may hold this sign.
            if name.contains(TRY) {
                aside.push(PutAside::Trial(name, TrialFolder::at(path)));
            } else {
                aside.push(PutAside::Block(name, read_json(&path.join(VOID))?));
            }
        }
        Ok(aside)
    }

    /// Moves all that belongs to a block into `void/<block>-<k>/`: its trials,
    /// the starts of its engines and its conditions. Says where that is.
    ///
    /// Each part is moved in one step; a move that was broken off is continued
    /// by the next call for that block.
    ///
    /// # Errors
    /// If the folders can't be written to.
    pub fn void_block(
        &self,
        block: u32,
        time_ns: i64,
        why: Vec<String>,
    ) -> Result<PathBuf, ResultsError> {
        let target = self.void_folder(block);
        for part in ["trials", "engines"] {
            create_folder(&target.join(part))?;
        }
        let void = Void { schema_version: SCHEMA_VERSION, block, time_ns, why };
        write_json(&target.join(VOID), &void)?;
        for part in ["trials", "engines"] {
            for folder in entries(&self.path().join(part))? {
                if block_of(&folder) == Some(block) {
                    move_into(&folder, &target.join(part))?;
                }
            }
        }
        let conditions = self.block_path(block);
        if conditions.exists() {
            rename(&conditions, &target.join(BLOCK))?;
        }
        Ok(target)
    }

    /// Moves a trial that is void into `void/<its folder>~<k>/`, so that it can be run
    /// again. Says where that is.
    ///
    /// # Errors
    /// If it can't be moved.
    pub fn void_trial(&self, id: &TrialId, pass: u32) -> Result<PathBuf, ResultsError> {
        let folder = self.pass(id, pass)?;
        let aside = self.path().join("void");
        create_folder(&aside)?;
        let target = (1_u32..)
            .map(|k| aside.join(void_name(folder.path(), k)))
            .find(|target| !target.exists())
            .expect("there are fewer than 2^32 folders");
        rename(folder.path(), &target)?;
        Ok(target)
    }

    /// How often a trial was void and moved aside.
    ///
    /// # Errors
    /// If its name can't be a folder's.
    pub fn void_tries(&self, id: &TrialId, pass: u32) -> Result<u32, ResultsError> {
        let folder = self.pass(id, pass)?;
        let aside = self.path().join("void");
        let is_there = |k: &u32| aside.join(void_name(folder.path(), *k)).exists();
        Ok((1_u32..).take_while(is_there).count() as u32)
    }

    /// The folder of a void block: one that was begun and not ended, or the
    /// next.
    fn void_folder(&self, block: u32) -> PathBuf {
        (1_u32..)
            .map(|k| self.path().join("void").join(format!("{block}-{k}")))
            .find(|folder| !folder.join(BLOCK).exists())
            .expect("there are fewer than 2^32 folders")
    }
}

/// What a void trial is called for the `k`th time.
fn void_name(folder: &Path, k: u32) -> String {
    let name = folder.file_name().expect("a trial's folder has a name");
    format!("{}{TRY}{k}", name.to_string_lossy())
}

/// The block in the name of a folder.
pub(crate) fn block_of(folder: &Path) -> Option<u32> {
    folder.file_name()?.to_str()?.split('-').next()?.parse().ok()
}

fn move_into(path: &Path, folder: &Path) -> Result<(), ResultsError> {
    let name = path.file_name().expect("what was listed has a name");
    rename(path, &folder.join(name))
}

/// Moves a file or a folder, so that the move survives a power cut.
fn rename(from: &Path, to: &Path) -> Result<(), ResultsError> {
    let failed = |source| ResultsError::io("move", from, crate::error::WHOLE_FILE, source);
    fs::rename(from, to).map_err(failed)?;
    draft::sync_folder_of(to).map_err(failed)?;
    draft::sync_folder_of(from).map_err(failed)
}
