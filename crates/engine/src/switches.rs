//! What a running engine can be told to do beside generating: empty its prefix
//! cache, run its profiler, say how it is set up. Each has routes of its own.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::error::EngineError;
use crate::http::Control;

/// The longest that emptying a cache may take: SGLang waits for what runs.
const FLUSH_LIMIT: Duration = Duration::from_secs(60);

/// The longest that the profiler may take to stop: it writes its file first.
const PROFILE_LIMIT: Duration = Duration::from_secs(600);

/// The longest that a description may take.
const INFO_LIMIT: Duration = Duration::from_secs(10);

/// Words in the name of a field whose value may be a secret.
const SECRET: [&str; 6] = ["key", "token", "password", "secret", "credential", "auth"];

/// Empties the prefix cache: SGLang's `/flush_cache`, or else vLLM's
/// `/reset_prefix_cache`, which it has in its development mode alone.
///
/// # Errors
/// [`EngineError::NoSwitch`] where the engine has neither route, or refuses.
pub fn flush_cache(control: &Control) -> Result<(), EngineError> {
    switch(
        control,
        "empty its prefix cache",
        &["/flush_cache", "/reset_prefix_cache"],
        FLUSH_LIMIT,
        "SGLang can always; start vLLM with VLLM_SERVER_DEV_MODE=1; or leave out --flush-cache",
    )?;
    Ok(())
}

/// Empties the prefix cache by the first of these routes that does it; says
/// which.
///
/// # Errors
/// [`EngineError::NoSwitch`] where none does.
pub fn flush_by<'r>(control: &Control, routes: &'r [String]) -> Result<&'r str, EngineError> {
    let words: Vec<&'r str> = routes.iter().map(String::as_str).collect();
    switch(
        control,
        "empty its prefix cache",
        &words,
        FLUSH_LIMIT,
        "see what its profile says under `cache`",
    )
}

/// Whether the profiler is to begin or to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// It is to begin.
    Start,
    /// It is to end, and to write what it saw.
    Stop,
}

/// Starts or stops the engine's profiler.
///
/// # Errors
/// [`EngineError::NoSwitch`] where the engine has none, or refuses.
pub fn profile(control: &Control, profile: Profile) -> Result<(), EngineError> {
    let (what, route) = match profile {
        Profile::Start => ("start its profiler", "/start_profile"),
        Profile::Stop => ("stop its profiler", "/stop_profile"),
    };
    let cure = "start the engine with a profiler set up (SGLANG_TORCH_PROFILER_DIR, vLLM's \
                --profiler-config), or leave out --profile";
    switch(control, what, &[route], PROFILE_LIMIT, cure)?;
    Ok(())
}

/// Asks each route in turn until one does it, and says which.
fn switch<'r>(
    control: &Control,
    what: &'static str,
    routes: &[&'r str],
    limit: Duration,
    cure: &'static str,
) -> Result<&'r str, EngineError> {
    let mut said = Vec::new();
    for route in routes {
        let answer = control.post(route, &json!({}), limit)?;
        if answer.is_success() {
            return Ok(route);
        }
        said.push(format!("{route}: HTTP {}: {}", answer.status, control.complaint(&answer)));
    }
    Err(EngineError::NoSwitch {
        address: control.address().to_string(),
        what,
        said: said.join("; "),
        cure,
    })
}

/// Where engines say how they are set up, where no profile knows it.
const INFO_ROUTES: [&str; 2] = ["/server_info", "/get_server_info"];

/// What the engine says of its set-up, without the values of fields whose names
/// speak of secrets; `None` where it has no such route. `routes` are those of
/// its profile; the first that answers holds.
pub fn server_info(control: &Control, routes: &[String]) -> Option<Value> {
    let named = routes.iter().map(String::as_str);
    named.chain(INFO_ROUTES).find_map(|route| {
        let answer = control.get_within(route, INFO_LIMIT).ok()?;
        let info = answer.is_success().then(|| answer.json()).flatten()?;
        info.is_object().then(|| without_secrets(info))
    })
}

fn without_secrets(value: Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(name, value)| {
                    let hidden = is_secret(&name) && value.is_string();
                    let value = if hidden { json!("(not shown)") } else { without_secrets(value) };
                    (name, value)
                })
                .collect::<Map<_, _>>(),
        ),
        Value::Array(items) => items.into_iter().map(without_secrets).collect(),
        other => other,
    }
}

/// Whether a field of this name may hold a secret. Only whole words count, so
/// that `tokenizer_path` and `max_total_tokens` are told.
fn is_secret(name: &str) -> bool {
    name.to_lowercase().split(['_', '-', '.']).any(|word| SECRET.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_told() {
        let info = json!({
            "api_key": "sk-1", "admin_api_key": null, "hf_token": "t",
            "tokenizer_path": "m", "max_total_tokens": 7,
            "internal_states": [{ "ssl_keyfile_password": "p", "avg_spec_accept_length": 2.5 }],
        });
        let told = without_secrets(info);
        assert_eq!(
            told,
            json!({
                "api_key": "(not shown)", "admin_api_key": null, "hf_token": "(not shown)",
                "tokenizer_path": "m", "max_total_tokens": 7,
                "internal_states": [
                    { "ssl_keyfile_password": "(not shown)", "avg_spec_accept_length": 2.5 }
                ],
            })
        );
    }
}
