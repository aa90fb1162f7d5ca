//! What can be known of a trial before anybody is asked anything: whether its
//! settings can be meant, whether its workload can be made, whether its requests
//! can be written. Nothing here opens a socket or makes a folder.

use std::sync::Arc;

use tokenometer_core::{Address, Endpoint, Mistake, Target};
use tokenometer_load::prepare;
use tokenometer_workload::{DatasetSettings, Extent, LoadSettings, Pattern, Tokenizer, Workload};

use crate::LabError;
use crate::settings::{TrialSettings, WarmUp};

/// Opens the workload of a trial, once everything about the trial is checked.
pub(crate) fn open(
    settings: &TrialSettings,
    tokenizer: Option<Arc<Tokenizer>>,
) -> Result<Workload, LabError> {
    can_be_meant(settings, tokenizer.is_some())?;
    let workload = Workload::open(&settings.workload, tokenizer)?;
    has_rows(settings, &workload)?;
    can_be_written(settings, &workload)?;
    Ok(workload)
}

/// The workload sizes the batches of a warm-up, so it must know of one of
/// fixed size.
pub(crate) fn with_warm_up_size(settings: &TrialSettings) -> TrialSettings {
    let mut settings = settings.clone();
    settings.load.warm_up_requests = match settings.warm_up {
        WarmUp::None => Some(0),
        WarmUp::Requests(count) => Some(count),
        WarmUp::UntilSettled { .. } => None,
    };
    settings
}

/// All mistakes of both kinds, at once.
fn can_be_meant(settings: &TrialSettings, has_tokenizer: bool) -> Result<(), LabError> {
    let mut mistakes = settings.workload.mistakes(has_tokenizer);
    mistakes.extend(settings.load.mistakes());
    if mistakes.is_empty() { Ok(()) } else { Err(LabError::Mistakes(mistakes)) }
}

/// Whether there are as many prompts as are asked for, where none may be sent
/// twice.
fn has_rows(settings: &TrialSettings, workload: &Workload) -> Result<(), LabError> {
    let DatasetSettings::ShareGpt(conversations) = &settings.workload.dataset else {
        return Ok(());
    };
    let (Extent::Requests(count), Some(rows)) = (settings.load.extent, workload.rows()) else {
        return Ok(());
    };
    if conversations.oversample || u64::from(count) <= rows {
        return Ok(());
    }
    Err(LabError::Mistakes(vec![Mistake::new(
        format!("--num-prompts {count} with --no-oversample"),
        format!("only {rows} conversations may be sent"),
        "ask for fewer, or leave out --no-oversample",
    )]))
}

/// Renders one request, so that what can't be written is known before anybody
/// is asked anything.
fn can_be_written(settings: &TrialSettings, workload: &Workload) -> Result<(), LabError> {
    let one = LoadSettings {
        pattern: Pattern::Closed { concurrency: 1 },
        extent: Extent::Requests(1),
        ..settings.load.clone()
    };
    let nowhere = Endpoint::Tcp { host: "localhost".to_owned(), port: 1, tls: false };
    let target = Target {
        address: Address { endpoint: nowhere, prefix: String::new() },
        dialect: settings.dialect,
        model: String::new(),
    };
    prepare(workload.schedule(&one, None)?, &target, &settings.rendering)?;
    Ok(())
}
