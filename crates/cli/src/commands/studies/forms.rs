//! A study in each of its forms. What they show is decided where they are made; here is only
//! read what they need.

use tokenometer_report::digest::Digest;
use tokenometer_report::export::{Exported, llm_infra_bench};
use tokenometer_report::{
    Plots, Style, csv_long, csv_wide, html, markdown, plots, study, study_json,
};
use tokenometer_results::ResultsError;

use super::Found;

impl Found {
    /// As a page for a terminal.
    pub(in super::super) fn page(&self, style: Style) -> Result<String, ResultsError> {
        Ok(study(&self.seen(), self.digest()?, style))
    }

    /// As one JSON object on one line.
    pub(in super::super) fn json(&self) -> Result<String, ResultsError> {
        Ok(study_json(&self.seen(), self.digest()?) + "\n")
    }

    /// As one file of HTML.
    pub(in super::super) fn html(&self) -> Result<String, ResultsError> {
        Ok(html(&self.seen(), self.digest()?))
    }

    /// As Markdown.
    pub(in super::super) fn markdown(&self) -> Result<String, ResultsError> {
        Ok(markdown(&self.seen(), self.digest()?))
    }

    /// As a table with a row a value.
    pub(in super::super) fn csv_long(&self) -> String {
        csv_long(&self.seen())
    }

    /// As a table with a row a trial.
    pub(in super::super) fn csv_wide(&self) -> String {
        csv_wide(&self.seen())
    }

    /// As pictures.
    pub(in super::super) fn plots(&self) -> Result<Plots, ResultsError> {
        Ok(plots(&self.seen(), self.digest()?))
    }

    /// Which trials go where in the folders of `llm_infra_bench`: what `with` makes of it.
    pub(in super::super) fn exported<T>(&self, with: impl FnOnce(Exported<'_>) -> T) -> T {
        with(llm_infra_bench(&self.seen()))
    }

    /// What is shown beside the trials' own summaries. It is read when the first form asks
    /// for it, since it takes longer than all else and some forms need none.
    fn digest(&self) -> Result<&Digest, ResultsError> {
        if let Some(digest) = self.digest.get() {
            return Ok(digest);
        }
        let digest = Digest::read(&self.folder, &self.planned.trials)?;
        Ok(self.digest.get_or_init(|| digest))
    }
}
