//! The embedded engine as a bench and the doctor start it: by its profile, as
//! every engine is started, with arguments of whoever asked.

use std::path::Path;

use tokenometer_core::{Event, Observer};
use tokenometer_engine::Access;
use tokenometer_engine::profile::{ProfileFile, Wanted};
use tokenometer_load::Stop;
use tokenometer_results::EngineFolder;

use crate::LabError;
use crate::processors::Division;
use crate::settings::{Embedded, Host};
use crate::start::{Started, Starting, start};

/// The profile of the embedded engine.
const PROFILE: &str = "sim";

/// What it keeps to where it is told nothing: about half a second a request, as
/// a small model on a fast machine takes, and drawn, so that there is something
/// to measure.
const USUAL_SCRIPT: [&str; 4] = ["--ttft", "lognormal:40ms:0.25", "--gap", "lognormal:2ms:0.2"];

/// Starts it on the processors that the division leaves it, and waits until it
/// answers.
pub(crate) fn start_embedded(
    settings: &Embedded,
    host: &Host,
    division: &Division,
    folder: &EngineFolder,
    (observer, stop): (&dyn Observer, &Stop),
) -> Result<Started, LabError> {
    observer.notice(Event::Step("starting the embedded engine".to_owned()));
    let file = ProfileFile::find(PROFILE, Path::new("")).map_err(LabError::Mistakes)?;
    let profile = file.at(None).map_err(LabError::Mistakes)?;
    let arguments = match settings.arguments.is_empty() {
        true => USUAL_SCRIPT.map(str::to_owned).to_vec(),
        false => settings.arguments.clone(),
    };
    let starting = Starting {
        profile: &profile,
        place: None,
        wanted: Wanted { args: arguments, place: PROFILE.to_owned(), ..Wanted::default() },
        name: PROFILE.to_owned(),
        cores: division.engine.clone(),
        ready_within: None,
        access: Access::default(),
        folder,
    };
    start(starting, host, observer, stop)
}
