//! Finds what a request asks for, and makes the answer. No socket, and no
//! clock but the request's own arrival.

mod control;

use std::collections::HashMap;

use serde_json::json;
use tokenometer_core::{Nanos, Outcome};

use crate::answer::{Answer, End};
use crate::ask::{Ask, Offer, Refusal};
use crate::entry::Entry;
use crate::http::{HttpError, Request};
use crate::metrics::Counters;
use crate::plan::{self, Plan};
use crate::render::{self, Finish, Frames, Generate, Openai, Response, Tgi, Triton, Voice};
use crate::stream::Stream;
use crate::whole::whole;
use crate::{Dialect, ErrorShape, Settings, Truth};

/// What is kept of one answer while it is given.
pub(crate) struct Account {
    pub(crate) truth: Truth,
    /// The finish reason that it will have given if it comes to its end.
    finish: Option<Finish>,
}

/// What the server knows beyond its connections.
pub(crate) struct State {
    settings: Settings,
    pub(crate) counters: Counters,
    truths: Vec<Truth>,
    /// How many times a prompt has been asked, by its key.
    asked: HashMap<u64, u32>,
    /// Requests for generation so far, to name those without a name.
    named: u64,
    /// The model's name as it stands in JSON.
    model_json: String,
}

/// An answer, and the account to be kept of it.
pub(crate) type Reply = (Answer, Option<Account>);

impl State {
    pub(crate) fn new(settings: Settings, now: Nanos) -> State {
        let model_json = json!(settings.model).to_string();
        State {
            settings,
            counters: Counters::new(now),
            truths: Vec::new(),
            asked: HashMap::new(),
            named: 0,
            model_json,
        }
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The answer to a request.
    pub(crate) fn reply(&mut self, request: Request) -> Reply {
        let Some(entry) = Entry::at(&request.path) else {
            return (self.control(&request), None);
        };
        if request.method != "POST" {
            return (not_allowed(&request), None);
        }
        self.generation(entry, request)
    }

    /// The answer to bytes that are no request.
    pub(crate) fn reject(error: HttpError, now: Nanos) -> Answer {
        let (status, message) = (error.status(), error.to_string());
        let (body, content_type) = render::error_body(ErrorShape::Openai, status, &message, None);
        let response = Response { status, content_type, id: None, close: true, body: &body };
        Answer::once(response.render(), now, 0, End::Shut)
    }

    fn generation(&mut self, entry: Entry, request: Request) -> Reply {
        self.counters.arrivals += 1;
        self.counters.unstamped += u64::from(!request.arrival.stamped);
        self.counters.running += 1;
        self.named += 1;
        let mut account = Account {
            truth: Truth {
                request: request.id.clone().unwrap_or_else(|| format!("sim-{}", self.named)),
                arrival_ns: request.arrival.at.0,
                arrival_stamped: request.arrival.stamped,
                dialect: entry.dialect,
                prompt_tokens: None,
                output_tokens: 0,
                faults: Vec::new(),
                writes: Vec::new(),
                outcome: Outcome::HttpError,
            },
            finish: None,
        };
        let offer = Offer {
            model: &self.settings.model,
            check_model: self.settings.check_model,
            max_model_len: self.settings.max_model_len,
            prompt_count_offset: self.settings.prompt_count_offset,
            script: self.settings.script,
        };
        let answer = match Ask::read(entry, &request.body, request.sim.as_deref(), offer) {
            Ok(ask) => self.settle(ask, entry, &request, &mut account),
            Err(refusal) => {
                refuse(&refusal, &request, Some((&account.truth.request, entry.dialect)))
            }
        };
        (answer, Some(account))
    }

    /// The answer to a sound request for generation.
    fn settle(
        &mut self,
        ask: Ask,
        entry: Entry,
        request: &Request,
        account: &mut Account,
    ) -> Answer {
        let times = self.asked.entry(plan::key_of(&ask.prompt, ask.script.seed)).or_default();
        let plan = Plan::new(&ask, &self.settings, *times);
        *times += 1;
        let arrival = request.arrival.at;
        let truth = &mut account.truth;
        truth.dialect = ask.dialect;
        truth.prompt_tokens = Some(plan.prompt);
        truth.outcome = plan.outcome;
        truth.faults.clone_from(&plan.faults);
        if let Some((status, shape)) = plan.bends.status {
            let message = format!("status {status}, as asked");
            let (body, content_type) = render::error_body(shape, status, &message, None);
            let id = Some(&*truth.request);
            let close = !request.keep_alive;
            let bytes = Response { status, content_type, id, close, body: &body }.render();
            let held = plan.bends.headers_after;
            return Answer::once(bytes, arrival + held, 0, End::proper(close))
                .held_back(held > Nanos::ZERO);
        }
        truth.writes.reserve_exact(plan.writes() as usize);
        account.finish = plan.finish.filter(|_| plan.bends.departure.is_none());
        self.counters.prompt_tokens += u64::from(plan.prompt);
        let voice = Voice {
            key: plan.key,
            model: self.model_json.clone(),
            created: arrival.0.div_euclid(1_000_000_000),
            ids: ask.ids,
            prompt: if ask.ids { ask.prompt } else { Vec::new() },
        };
        let frames: Box<dyn Frames> = match ask.dialect {
            Dialect::SglangGenerate => Box::new(Generate::new(&voice)),
            Dialect::TritonGenerateStream => Box::new(Triton::new(entry.accumulates)),
            Dialect::Tgi => Box::new(Tgi::default()),
            dialect => Box::new(Openai::new(dialect, voice)),
        };
        let close = !request.keep_alive;
        if ask.stream {
            let stream = Stream::new(plan, frames, &truth.request, arrival, close);
            Answer::Stream(Box::new(stream))
        } else {
            whole(plan, frames, &truth.request, arrival, close)
        }
    }

    /// Closes an account; `outcome` is what a correct client must conclude.
    pub(crate) fn close_account(&mut self, mut account: Account, outcome: Outcome) {
        self.counters.running -= 1;
        let reached = outcome == account.truth.outcome;
        if let Some(finish) = account.finish.filter(|_| reached) {
            self.counters.finished(finish);
        }
        account.truth.outcome = outcome;
        if self.settings.keep_truth {
            self.truths.push(account.truth);
        }
    }
}

/// Refuses a request; `account` names it, and its dialect, where it is one for
/// generation.
fn refuse(refusal: &Refusal, request: &Request, account: Option<(&str, Dialect)>) -> Answer {
    let Refusal { status, message, param } = refusal;
    let dialect = account.map_or(Dialect::OpenaiCompletions, |(_, dialect)| dialect);
    let (body, content_type) = render::refusal_body(dialect, *status, message, *param);
    let close = !request.keep_alive;
    let id = account.map(|(id, _)| id);
    let bytes = Response { status: *status, content_type, id, close, body: &body }.render();
    Answer::once(bytes, request.arrival.at, 0, End::proper(close))
}

fn not_allowed(request: &Request) -> Answer {
    plain(request, 405, "application/json", br#"{"detail":"Method Not Allowed"}"#)
}

fn as_json(request: &Request, body: &serde_json::Value) -> Answer {
    plain(request, 200, "application/json", body.to_string().as_bytes())
}

fn plain(request: &Request, status: u16, content_type: &str, body: &[u8]) -> Answer {
    let close = !request.keep_alive;
    let bytes = Response { status, content_type, id: None, close, body }.render();
    Answer::once(bytes, request.arrival.at, 0, End::proper(close))
}
