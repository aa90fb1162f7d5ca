//! An error as people see it: `error:` with what went wrong and where, a line
//! `caused by:` for each cause, and `hint:` lines with what to do; and the exit
//! code that goes with it.

use std::error::Error;
use std::fmt::{self, Write as _};

use tokenometer_engine::{DownloadError, EngineError};
use tokenometer_lab::dataset::DatasetError;
use tokenometer_lab::{Blame, LabError};
use tokenometer_load::LoadError;
use tokenometer_results::ResultsError;
use tokenometer_sim::SimError;
use tokenometer_workload::WorkloadError;

use crate::exit::Exit;

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    what: What,
    hints: Vec<String>,
    exit: Exit,
}

#[derive(Debug)]
enum What {
    /// Mistakes of the user's, all of them.
    Mistakes(Vec<Mistake>),
    /// Something that failed, with its causes.
    Error(Box<dyn Error + Send + Sync>),
}

/// One mistake in what the program was told.
#[derive(Clone, Debug)]
pub(crate) struct Mistake {
    /// Where, and what is wrong there.
    pub(crate) text: String,
    /// What to do about it.
    pub(crate) cure: Option<String>,
}

impl Mistake {
    /// A mistake at `place`: usually a flag with its value.
    pub(crate) fn new(
        place: impl fmt::Display,
        problem: impl fmt::Display,
        cure: impl Into<String>,
    ) -> Mistake {
        Mistake { text: format!("{place}: {problem}"), cure: Some(cure.into()) }
    }
}

impl From<tokenometer_workload::Mistake> for Mistake {
    fn from(mistake: tokenometer_workload::Mistake) -> Mistake {
        Mistake::new(mistake.place, mistake.problem, mistake.cure)
    }
}

impl Failure {
    /// Something that failed, with its causes.
    pub(crate) fn new(error: impl Into<Box<dyn Error + Send + Sync>>, exit: Exit) -> Failure {
        Failure { what: What::Error(error.into()), hints: Vec::new(), exit }
    }

    /// The same, with something more to do about it.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Failure {
        self.hints.push(hint.into());
        self
    }

    /// The exit code that says so.
    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }
}

impl From<Vec<Mistake>> for Failure {
    fn from(mistakes: Vec<Mistake>) -> Failure {
        Failure { what: What::Mistakes(mistakes), hints: Vec::new(), exit: Exit::USAGE }
    }
}

impl From<Vec<tokenometer_workload::Mistake>> for Failure {
    fn from(mistakes: Vec<tokenometer_workload::Mistake>) -> Failure {
        mistakes.into_iter().map(Mistake::from).collect::<Vec<_>>().into()
    }
}

impl From<LabError> for Failure {
    fn from(error: LabError) -> Failure {
        let exit = match error.blame() {
            Blame::Usage => Exit::USAGE,
            Blame::Target => Exit::TARGET,
            Blame::Stopped => Exit::INTERRUPTED,
        };
        let hint = hint_of(&error).map(str::to_owned);
        let said = error.last_words().map(|(log, lines)| {
            let lines: String = lines.iter().map(|line| format!("\n  {line}")).collect();
            format!("its log, {}, ends in:{lines}", log.display())
        });
        let failure = match error {
            LabError::Mistakes(mistakes)
            | LabError::Workload(WorkloadError::Mistakes(mistakes)) => mistakes.into(),
            LabError::Workload(error) => Failure::new(FailedTo(error), exit),
            error => Failure::new(error, exit),
        };
        said.into_iter().chain(hint).fold(failure, Failure::hint)
    }
}

/// What only the command line knows to advise.
fn hint_of(error: &LabError) -> Option<&'static str> {
    match error {
        LabError::Engine(
            EngineError::Refused { .. }
            | EngineError::NoSocket { .. }
            | EngineError::UnknownHost { .. },
        ) => Some("without --base-url the embedded engine is started and measured"),
        LabError::NoTokenizerOfServer { .. } => Some(
            "give it with --tokenizer PATH, or fetch it: tokenometer dataset fetch --tokenizer NAME",
        ),
        LabError::OtherTokenizer { .. } => Some(
            "give the model's own with --tokenizer; without --strict-tokenizer the server's counts \
             are used, and W8 tells of the difference",
        ),
        LabError::NoCounting { .. } | LabError::NothingToCompare => {
            Some("leave out --strict-tokenizer; W8 compares the counts after the run")
        }
        LabError::Engine(EngineError::Certificate { .. }) => Some(
            "SSL_CERT_FILE may name a file with the certificates of other authorities to trust",
        ),
        LabError::Load(LoadError::Connect { .. }) => {
            Some("the server may refuse so many connections: try a lower --max-concurrency")
        }
        LabError::Results(ResultsError::Occupied { .. }) => {
            Some("without --out a new folder below runs/ is made")
        }
        LabError::Results(ResultsError::Permission { .. } | ResultsError::Io { .. }) => {
            Some("--out says where the run folder is made")
        }
        _ => None,
    }
}

impl From<DatasetError> for Failure {
    fn from(error: DatasetError) -> Failure {
        match error {
            DatasetError::Mistakes(mistakes)
            | DatasetError::Workload(WorkloadError::Mistakes(mistakes)) => mistakes.into(),
            DatasetError::Workload(error) => Failure::new(FailedTo(error), Exit::USAGE),
            DatasetError::Results(error) => error.into(),
            DatasetError::Engine(error) => Failure::new(error, Exit::TARGET),
            DatasetError::Download(error) => of_download(error),
            error @ DatasetError::NoPrompts { .. } => Failure::new(FailedTo(error), Exit::TARGET),
            error => Failure::new(FailedTo(error), Exit::USAGE),
        }
    }
}

/// A download that failed, with what only the command line knows to advise.
fn of_download(error: DownloadError) -> Failure {
    let hint = match &error {
        DownloadError::Forbidden { .. } => Some(
            "HF_TOKEN from the environment is told to the hub; make one in your settings there",
        ),
        DownloadError::Exists { expected: None, .. } => {
            Some("--sha256 says which file it should be, --out where else to put it")
        }
        DownloadError::Exists { .. } => Some("--out says where else to put it"),
        _ => None,
    };
    let exit = match &error {
        DownloadError::Exists { .. }
        | DownloadError::Url { .. }
        | DownloadError::Busy { .. }
        | DownloadError::DiskFull { .. }
        | DownloadError::File { .. } => Exit::USAGE,
        _ => Exit::TARGET,
    };
    hint.into_iter().fold(Failure::new(error, exit), Failure::hint)
}

impl From<ResultsError> for Failure {
    fn from(error: ResultsError) -> Failure {
        Failure::new(error, Exit::USAGE)
    }
}

impl From<SimError> for Failure {
    fn from(error: SimError) -> Failure {
        let exit = match error {
            SimError::Wait(_) | SimError::Died { .. } => Exit::TARGET,
            _ => Exit::USAGE,
        };
        Failure::new(FailedTo(error), exit)
    }
}

/// An error whose words complete "failed to …".
#[derive(Debug)]
pub(crate) struct FailedTo<E>(pub(crate) E);

impl<E: Error> fmt::Display for FailedTo<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed to {}", self.0)
    }
}

impl<E: Error> Error for FailedTo<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            What::Error(error) => {
                let error: &(dyn Error + 'static) = error.as_ref();
                writeln!(f, "error: {}", indented(error, 2))?;
                let causes = std::iter::successors(error.source(), |cause| (*cause).source());
                for cause in causes {
                    writeln!(f, "caused by: {}", indented(cause, 2))?;
                }
            }
            What::Mistakes(mistakes) => match mistakes.as_slice() {
                [Mistake { text, cure }] => {
                    writeln!(f, "error: {text}")?;
                    cure.iter().try_for_each(|cure| writeln!(f, "hint: {cure}"))?;
                }
                several => {
                    writeln!(f, "error: there are {} mistakes", several.len())?;
                    for Mistake { text, cure } in several {
                        writeln!(f, "  {text}")?;
                        cure.iter().try_for_each(|cure| writeln!(f, "    hint: {cure}"))?;
                    }
                }
            },
        }
        self.hints.iter().try_for_each(|hint| writeln!(f, "hint: {hint}"))
    }
}

/// Words that may run over several lines, the later ones moved to the right.
fn indented(words: impl fmt::Display, by: usize) -> String {
    let text = words.to_string();
    let mut lines = text.lines();
    let mut indented = lines.next().unwrap_or_default().to_owned();
    for line in lines {
        let _ = write!(indented, "\n{:by$}{line}", "");
    }
    indented
}
