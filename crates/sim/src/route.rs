//! Finds what a request asks for, and makes the answer. No socket, and no
//! clock but the request's own arrival.

mod control;
mod info;

use std::collections::HashMap;

use serde_json::json;
use tokenometer_core::{Nanos, Outcome};

use crate::answer::{Answer, End};
use crate::ask::{self, Ask, Offer, Refusal};
use crate::entry::Entry;
use crate::http::{HttpError, Request};
use crate::metrics::Counters;
use crate::plan::{self, Plan};
use crate::render::{self, Finish, Frames, Generate, Openai, Response, Tgi, Triton, Voice};
use crate::simulated::{Handed, Order, Simulated};
use crate::stream::Stream;
use crate::whole::Whole;
use crate::{Dialect, ErrorShape, Settings, SimError, Truth};

/// What is kept of one answer while it is given.
pub(crate) struct Account {
    pub(crate) truth: Truth,
    /// The finish reason that it will have given if it comes to its end.
    finish: Option<Finish>,
    /// The sequence of the simulated machine that feeds it.
    sequence: Option<u64>,
}

/// What the server knows beyond its connections.
pub(crate) struct State {
    settings: Settings,
    pub(crate) counters: Counters,
    /// The machine that is simulated, if one is.
    simulated: Option<Simulated>,
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
    pub(crate) fn new(settings: Settings, now: Nanos) -> Result<State, SimError> {
        let model_json = json!(settings.model).to_string();
        let simulated = settings.simulation.as_ref().map(Simulated::new).transpose()?;
        Ok(State {
            settings,
            counters: Counters::new(now),
            simulated,
            truths: Vec::new(),
            asked: HashMap::new(),
            named: 0,
            model_json,
        })
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// When the simulated machine has something to do next, if it has.
    pub(crate) fn next_step(&self) -> Option<Nanos> {
        self.simulated.as_ref()?.next()
    }

    /// Ends the simulated machine's steps up to `now`, and gives the tokens that
    /// are due. All that arrived up to then must have been replied to.
    pub(crate) fn step(&mut self, now: Nanos) -> Vec<Handed> {
        self.simulated.as_mut().map_or_else(Vec::new, |simulated| simulated.advance(now))
    }

    /// The answer to a request that came on the connection at `place`.
    pub(crate) fn reply(&mut self, request: Request, place: u32) -> Reply {
        let Some(entry) = Entry::at(&request.path) else {
            return (self.control(&request), None);
        };
        if request.method != "POST" {
            return (not_allowed(&request), None);
        }
        self.generation(entry, request, place)
    }

    /// The answer to bytes that are no request.
    pub(crate) fn reject(error: HttpError, now: Nanos) -> Answer {
        let (status, message) = (error.status(), error.to_string());
        let (body, content_type) = render::error_body(ErrorShape::Openai, status, &message, None);
        let response = Response { status, content_type, id: None, close: true, body: &body };
        Answer::once(response.render(), now, 0, End::Shut)
    }

    fn generation(&mut self, entry: Entry, request: Request, place: u32) -> Reply {
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
            sequence: None,
        };
        let offer = Offer {
            model: &self.settings.model,
            check_model: self.settings.check_model,
            max_model_len: self.settings.max_model_len,
            prompt_count_offset: self.settings.prompt_count_offset,
            script: self.settings.script,
            simulated: self.simulated.is_some(),
        };
        let answer = Ask::read(entry, &request.body, request.sim.as_deref(), offer)
            .and_then(|ask| self.settle(ask, (entry, place), &request, &mut account))
            .unwrap_or_else(|refusal| {
                refuse(&refusal, &request, Some((&account.truth.request, entry.dialect)))
            });
        (answer, Some(account))
    }

    /// The answer to a sound request for generation, which came by this entry on
    /// the connection at this place.
    fn settle(
        &mut self,
        ask: Ask,
        (entry, place): (Entry, u32),
        request: &Request,
        account: &mut Account,
    ) -> Result<Answer, Refusal> {
        let times = self.asked.entry(plan::key_of(&ask.prompt, ask.script.seed)).or_default();
        let plan = Plan::new(&ask, &self.settings, *times);
        *times += 1;
        let arrival = request.arrival.at;
        if plan.bends.status.is_none() {
            account.sequence = self.order(&ask, &plan, arrival, place)?;
        }
        let truth = &mut account.truth;
        truth.dialect = ask.dialect;
        truth.prompt_tokens = Some(plan.prompt);
        truth.outcome = plan.outcome;
        truth.faults.clone_from(&plan.faults);
        if let Some(status) = plan.bends.status {
            return Ok(failed(status, &plan, request, &truth.request));
        }
        truth.writes.reserve_exact(plan.writes() as usize);
        account.finish = plan.finish.filter(|_| plan.bends.departure.is_none());
        self.counters.prompt_tokens += u64::from(plan.prompt);
        let (close, stream) = (!request.keep_alive, ask.stream);
        let frames = self.frames(ask, entry, &plan, arrival);
        Ok(if stream {
            Answer::Stream(Box::new(Stream::new(plan, frames, &truth.request, arrival, close)))
        } else {
            Answer::Whole(Box::new(Whole::new(plan, frames, &truth.request, arrival, close)))
        })
    }

    /// Has the simulated machine generate what is planned, if there is one, and
    /// gives the sequence's name. Refused is what it could never hold.
    fn order(
        &mut self,
        ask: &Ask,
        plan: &Plan,
        arrival: Nanos,
        place: u32,
    ) -> Result<Option<u64>, Refusal> {
        let Some(simulated) = &mut self.simulated else { return Ok(None) };
        let order = Order {
            place,
            prompt: ask.prompt.clone(),
            key: plan.key,
            // An answer without words still takes the token that ended it.
            output: plan.total.max(1),
            streamed: ask.stream,
            arrival,
        };
        simulated.order(order).map(Some).map_err(|error| ask::refused(&error, Some("max_tokens")))
    }

    /// What renders the answer.
    fn frames(&self, ask: Ask, entry: Entry, plan: &Plan, arrival: Nanos) -> Box<dyn Frames> {
        let voice = Voice {
            key: plan.key,
            model: self.model_json.clone(),
            created: arrival.0.div_euclid(1_000_000_000),
            ids: ask.ids,
            prompt: if ask.ids { ask.prompt } else { Vec::new() },
        };
        match ask.dialect {
            Dialect::SglangGenerate => Box::new(Generate::new(&voice)),
            Dialect::TritonGenerateStream => Box::new(Triton::new(entry.accumulates)),
            Dialect::Tgi => Box::new(Tgi::default()),
            dialect => Box::new(Openai::new(dialect, voice)),
        }
    }

    /// Closes an account; `outcome` is what a correct client must conclude.
    pub(crate) fn close_account(&mut self, mut account: Account, outcome: Outcome) {
        self.counters.running -= 1;
        if let (Some(simulated), Some(sequence)) = (&mut self.simulated, account.sequence) {
            simulated.leave(sequence);
        }
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

/// The error status that a fault puts in an answer's place.
fn failed(
    (status, shape): (u16, ErrorShape),
    plan: &Plan,
    request: &Request,
    name: &str,
) -> Answer {
    let message = format!("status {status}, as asked");
    let (body, content_type) = render::error_body(shape, status, &message, None);
    let close = !request.keep_alive;
    let bytes = Response { status, content_type, id: Some(name), close, body: &body }.render();
    let held = plan.bends.headers_after;
    Answer::once(bytes, request.arrival.at + held, 0, End::proper(close))
        .held_back(held > Nanos::ZERO)
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
