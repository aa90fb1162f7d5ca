//! Names of files on the Hugging Face hub, or on a server that mirrors it.

use std::fmt;

/// A file of a repository on the hub: `org/name:path/in/repo` of a model, or
/// `datasets/org/name:path`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubFile {
    /// Whether the repository holds a data set rather than a model.
    pub is_dataset: bool,
    /// The repository: `org/name`.
    pub repository: String,
    /// The file's path in it.
    pub path: String,
}

impl HubFile {
    /// Reads a name; `None` where it is none. A model's repository may have one
    /// part only, as `gpt2` has.
    pub fn read(name: &str) -> Option<HubFile> {
        let (repository, path) = name.split_once(':')?;
        let (is_dataset, repository) = match repository.strip_prefix("datasets/") {
            Some(rest) => (true, rest),
            None => (false, repository),
        };
        let fine = is_repository(repository) && is_path(path);
        fine.then(|| HubFile {
            is_dataset,
            repository: repository.to_owned(),
            path: path.to_owned(),
        })
    }

    /// A file of a model's repository.
    pub fn of_model(repository: &str, path: &str) -> HubFile {
        HubFile { is_dataset: false, repository: repository.to_owned(), path: path.to_owned() }
    }

    /// Where it lies on the hub at `endpoint`, in a revision: a branch, a tag or
    /// a commit.
    pub fn url(&self, endpoint: &str, revision: &str) -> String {
        let kind = if self.is_dataset { "datasets/" } else { "" };
        let HubFile { repository, path, .. } = self;
        let endpoint = endpoint.trim_end_matches('/');
        // A branch may have a slash in its name, which would end it here.
        let revision = revision.replace('/', "%2F");
        format!("{endpoint}/{kind}{repository}/resolve/{revision}/{path}")
    }
}

impl fmt::Display for HubFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.is_dataset { "datasets/" } else { "" };
        write!(f, "{kind}{}:{}", self.repository, self.path)
    }
}

/// Whether a name can be that of a repository: one or two parts of letters,
/// digits, `-`, `_` and `.`.
pub fn is_repository(name: &str) -> bool {
    let parts: Vec<&str> = name.split('/').collect();
    let fine = |part: &&str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    parts.len() <= 2 && parts.iter().all(fine)
}

fn is_path(path: &str) -> bool {
    !path.is_empty() && path.split('/').all(|part| !["", ".", ".."].contains(&part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_addresses() {
        const HUB: &str = "https://huggingface.co/";
        for (name, url) in [
            ("org/name:a.json", "https://huggingface.co/org/name/resolve/main/a.json"),
            ("gpt2:b/c.json", "https://huggingface.co/gpt2/resolve/main/b/c.json"),
            (
                "datasets/org/na.me:b/c.json",
                "https://huggingface.co/datasets/org/na.me/resolve/main/b/c.json",
            ),
        ] {
            let file = HubFile::read(name).unwrap();
            assert_eq!(
                (file.url(HUB, "main"), file.to_string()),
                (url.to_owned(), name.to_owned())
            );
        }
        let file = HubFile::of_model("org/name", "a.json");
        assert_eq!(
            file.url(HUB, "refs/pr/1"),
            format!("{HUB}org/name/resolve/refs%2Fpr%2F1/a.json")
        );
    }

    #[test]
    fn what_is_no_name_is_none() {
        for name in
            ["org/name", "a/b/c:d", "org/../x:a", "org/name:", "org/name:/etc/x", "o/n:a/../b"]
        {
            assert_eq!(HubFile::read(name), None, "{name}");
        }
    }
}
