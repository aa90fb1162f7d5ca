//! Before a trial: who answers at an address, does it do what the load will ask
//! of it, and does it publish counters?

use std::time::{Duration, Instant};

use tokenometer_core::{Address, Target};
use tokenometer_engine::{
    Access, Ask, Control, CounterNames, Probed, one_token, probe, scrape_raw, wait_ready,
};

use crate::LabError;
use crate::settings::{Host, TrialSettings};

/// A target that has been found, asked who it is, and tried.
pub(crate) struct Met {
    pub(crate) target: Target,
    pub(crate) probed: Probed,
    pub(crate) control: Control,
    /// Whether it publishes counters.
    pub(crate) has_counters: bool,
    /// How long its first token took.
    pub(crate) first_token: Duration,
}

/// How the control plane is spoken to.
pub(crate) fn access(settings: &TrialSettings, host: &Host) -> Access {
    let headers = &settings.rendering.headers;
    Access {
        roots: host.roots.clone(),
        headers: headers.iter().map(|header| (header.name.clone(), header.value.clone())).collect(),
        connect: settings.limits.connect,
        ..Access::default()
    }
}

/// Waits until a running server answers, where that was asked for.
pub(crate) fn wait(ready_within: Duration, control: &Control) -> Result<(), LabError> {
    if !ready_within.is_zero() {
        wait_ready(control, "/v1/models", ready_within, &mut || None)?;
    }
    Ok(())
}

/// Finds out who answers at an address, and whether it does what the load will
/// ask of it, with one token.
pub(crate) fn meet(
    settings: &TrialSettings,
    host: &Host,
    address: &Address,
    (model, ready_within): (Option<&str>, Duration),
    counters: Option<&CounterNames>,
) -> Result<Met, LabError> {
    let control = Control::new(address, access(settings, host))?;
    wait(ready_within, &control)?;
    let probed = probe(&control)?;
    let model = probed.choose(model)?;
    let target = Target { address: address.clone(), dialect: settings.dialect, model };
    let ask = Ask {
        stream: settings.rendering.stream,
        ignore_eos: settings.workload.exact,
        token_ids: settings.workload.prompt_shape == tokenometer_workload::PromptShape::TokenIds,
        temperature: settings.rendering.temperature,
        route: settings.rendering.route.clone(),
        extra: settings.rendering.extra.clone(),
        limit: settings.limits.first,
    };
    let began = Instant::now();
    one_token(&control, &target, &ask)?;
    let first_token = began.elapsed();
    let has_counters = scrape_raw(&control, counters).is_ok_and(|answer| answer.is_some());
    Ok(Met { target, probed, control, has_counters, first_token })
}
