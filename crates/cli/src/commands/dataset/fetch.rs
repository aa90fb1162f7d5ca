//! `tokenometer dataset fetch`.

use std::io::{IsTerminal as _, stderr};

use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;
use tokenometer_engine::{Network, Notice};
use tokenometer_lab::dataset::{self, Hub};

use crate::commands::roots;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::settings::ToFetch;

/// Fetches it, and prints where it lies.
pub(crate) fn fetch(
    to_fetch: &ToFetch,
    hub: &Hub,
    json: bool,
    printer: Printer,
) -> Result<Exit, Failure> {
    let network = Network { roots: roots_for(hub)?, ..Network::default() };
    let line = Line::new(printer);
    let mut notice = |notice| line.show(&notice);
    let (path, object) = match to_fetch {
        ToFetch::File(settings) => {
            let fetched = dataset::fetch(settings, hub, &network, &mut notice)?;
            line.end();
            let state = match (fetched.was_there, fetched.checked) {
                (true, _) => "was there already; it is the right one",
                (false, true) => "fetched; it is the right one",
                (false, false) => "fetched; nobody said which SHA-256 it should have",
            };
            let size = HumanBytes(fetched.bytes);
            printer.say(&format!("{state}: {size}, SHA-256 {}", fetched.sha256));
            (fetched.path.clone(), json!(fetched))
        }
        ToFetch::Tokenizer(settings) => {
            let fetched = dataset::fetch_tokenizer(settings, hub, &network, &mut notice)?;
            line.end();
            let files = fetched.files.join(", ");
            printer.say(&format!("{} at commit {}: {files}", settings.name, fetched.commit));
            (fetched.path.clone(), json!(fetched))
        }
    };
    let text = if json { object.to_string() } else { path.display().to_string() };
    printer.data(&format!("{text}\n"))?;
    Ok(Exit::DONE)
}

/// The authorities to trust. A hub without TLS needs none, and redirects from
/// it to one with TLS are rare enough to fail.
fn roots_for(hub: &Hub) -> Result<Vec<Vec<u8>>, Failure> {
    match roots() {
        Err(_) if hub.endpoint.starts_with("http://") => Ok(Vec::new()),
        roots => roots,
    }
}

/// The line that shows how far a download has come, if there is a terminal to
/// show it.
struct Line {
    printer: Printer,
    bar: Option<ProgressBar>,
}

impl Line {
    fn new(printer: Printer) -> Line {
        let bar = stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            bar.set_style(
                ProgressStyle::with_template(
                    "{wide_bar} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} to go",
                )
                .expect("the template is one"),
            );
            bar
        });
        Line { printer, bar }
    }

    fn show(&self, notice: &Notice) {
        match notice {
            Notice::Progress { bytes, size } => {
                if let Some(bar) = &self.bar {
                    if let Some(size) = size {
                        bar.set_length(*size);
                    }
                    bar.set_position(*bytes);
                }
            }
            Notice::Resumed { bytes } => {
                self.say(&format!("going on after the {} that were there", HumanBytes(*bytes)));
                if let Some(bar) = &self.bar {
                    bar.reset_eta();
                }
            }
            Notice::BegunAgain => self.say("what was there is of no use; beginning again"),
            Notice::Broken { why } => {
                self.say(&format!("the connection broke ({why}); trying again"))
            }
        }
    }

    fn say(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| self.printer.say(text)),
            None => self.printer.say(text),
        }
    }

    fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.end();
    }
}
