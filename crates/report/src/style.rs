//! Colour, for terminals that want it. Nothing may be said by colour alone.

/// Whether text is coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// Only text: for files, pipes and `NO_COLOR`.
    #[default]
    Plain,
    /// With ANSI escapes.
    Coloured,
}

impl Style {
    /// A heading.
    pub(crate) fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    /// What stands behind the rest.
    pub(crate) fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    /// All is well.
    pub(crate) fn good(self, text: &str) -> String {
        self.paint("32", text)
    }

    /// To be looked at.
    pub(crate) fn doubtful(self, text: &str) -> String {
        self.paint("33", text)
    }

    /// Not to be trusted.
    pub(crate) fn bad(self, text: &str) -> String {
        self.paint("31", text)
    }

    fn paint(self, code: &str, text: &str) -> String {
        match self {
            Style::Plain => text.to_owned(),
            Style::Coloured if text.is_empty() => String::new(),
            Style::Coloured => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        }
    }
}
