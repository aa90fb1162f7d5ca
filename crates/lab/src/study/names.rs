//! Names that must lead somewhere: of workloads, arms and models. They are
//! looked up in the values as they stand, so that this needs no study that is
//! whole.

use serde_json::{Map, Value};
use tokenometer_core::Mistake;
use tokenometer_core::roofline::Model;
use tokenometer_document::{Document, nearest};
use tokenometer_verdict::answer::METRICS;
use tokenometer_verdict::comparability::Rules;

/// The word with which arms are compared as they are served, whatever their budgets.
pub(crate) const ALL_DIFFERS: &str = "all";

/// Every name in a study that leads nowhere.
pub(super) fn judge(document: &Document) -> Vec<Mistake> {
    let names = Names { document, found: Vec::new() };
    names.judge()
}

struct Names<'a> {
    document: &'a Document,
    found: Vec<Mistake>,
}

impl<'a> Names<'a> {
    fn judge(mut self) -> Vec<Mistake> {
        let value = &self.document.value;
        let arms = keys(value.get("arms"));
        let workloads = keys(value.get("workloads"));
        for (index, scenario) in items(value.get("scenarios")).enumerate() {
            let at = index.to_string();
            self.one(
                scenario.get("workload"),
                "workload",
                &workloads,
                &["scenarios", &at, "workload"],
            );
            for key in ["arms", "skip"] {
                for (number, arm) in items(scenario.get(key)).enumerate() {
                    let number = number.to_string();
                    self.one(Some(arm), "arm", &arms, &["scenarios", &at, key, &number]);
                }
            }
            for arm in keys(scenario.get("options")) {
                self.name(arm, "arm", &arms, &["scenarios", &at, "options", arm]);
            }
        }
        self.one(value.get("reference"), "arm", &arms, &["reference"]);
        for (index, pair) in items(value.get("compare")).enumerate() {
            for (side, arm) in items(Some(pair)).enumerate() {
                let (at, side) = (index.to_string(), side.to_string());
                self.one(Some(arm), "arm", &arms, &["compare", &at, &side]);
            }
        }
        let mut declarable: Vec<&str> = Rules::declarable().collect();
        declarable.push(ALL_DIFFERS);
        self.list("differs", "field that may be declared to differ", &declarable);
        let metrics: Vec<&str> = METRICS.iter().map(|metric| metric.name).collect();
        self.list("primary", "metric that a verdict can be of", &metrics);
        self.models(value.get("arms").and_then(Value::as_object), &keys(value.get("models")));
        self.found
    }

    /// The names in a list of the study's own.
    fn list(&mut self, key: &str, kind: &str, known: &[&str]) {
        for (index, name) in items(self.document.value.get(key)).enumerate() {
            let Some(name) = name.as_str().filter(|name| !known.contains(name)) else { continue };
            let cure = match nearest(name, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are {}", listed(known)),
            };
            self.found.push(Mistake::new(
                self.document.place(&[key, &index.to_string()]),
                format!("`{key}.{index}`: there is no {kind} `{name}`"),
                cure,
            ));
        }
    }

    /// A model may be one that the engine knows, so only a near alias makes a
    /// name a mistake: one letter off, it was hardly meant for the hub.
    fn models(&mut self, arms: Option<&Map<String, Value>>, models: &[&str]) {
        for (arm, settings) in arms.into_iter().flatten() {
            let Some(model) = settings.get("model").and_then(Value::as_str) else { continue };
            // Our own engine knows the models that it can simulate.
            let is_simulated = settings.get("engine").and_then(Value::as_str) == Some("sim")
                && Model::named(model).is_some();
            let is_name = !model.contains('/') && !models.contains(&model) && !is_simulated;
            if is_name && let Some(near) = nearest(model, models.iter().copied()) {
                self.found.push(Mistake::new(
                    self.document.place(&["arms", arm, "model"]),
                    format!("`arms.{arm}.model`: no model of this study is called `{model}`"),
                    format!("did you mean `{near}`? a path begins with `./`"),
                ));
            }
        }
    }

    /// What should be a name, unless it is something else altogether, which is a
    /// mistake of form.
    fn one(&mut self, value: Option<&Value>, kind: &str, known: &[&str], path: &[&str]) {
        if let Some(name) = value.and_then(Value::as_str) {
            self.name(name, kind, known, path);
        }
    }

    fn name(&mut self, name: &str, kind: &str, known: &[&str], path: &[&str]) {
        if known.contains(&name) {
            return;
        }
        let cure = match nearest(name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if known.is_empty() => format!("write it under `{kind}s`"),
            None => format!("write it under `{kind}s`, which has {}", listed(known)),
        };
        self.found.push(Mistake::new(
            self.document.place(path),
            format!("`{}`: there is no {kind} `{name}`", path.join(".")),
            cure,
        ));
    }
}

fn keys(value: Option<&Value>) -> Vec<&str> {
    value.and_then(Value::as_object).into_iter().flatten().map(|(key, _)| key.as_str()).collect()
}

fn items(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
