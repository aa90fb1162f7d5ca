//! Whether a requirement of a Python package pins exactly one version. It must
//! not judge anything else of a requirement: that is `uv`'s.

/// The name that a requirement begins with.
pub(super) fn name(requirement: &str) -> &str {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let requirement = requirement.trim();
    &requirement[..requirement.find(|c| !is_name(c)).unwrap_or(requirement.len())]
}

/// Whether a requirement names one version and no other: `name==1.2`, with
/// extras and markers as may be, or a file at a URL, or a commit of a
/// repository.
pub(super) fn is_exact(requirement: &str) -> bool {
    if name(requirement).is_empty() {
        return false;
    }
    let rest = requirement.trim()[name(requirement).len()..].trim_start();
    let Some(rest) = without_extras(rest) else { return false };
    if let Some(url) = rest.strip_prefix('@') {
        return is_exact_url(url.trim());
    }
    let version = rest.split(';').next().unwrap_or_default().trim();
    let version = version.strip_prefix("===").or_else(|| version.strip_prefix("=="));
    version.map(str::trim).is_some_and(|version| {
        let one = |c: char| c.is_whitespace() || matches!(c, ',' | '*' | '<' | '>' | '=');
        !version.is_empty() && !version.contains(one)
    })
}

/// What follows the extras in brackets, if there are any. `None` if they have
/// no end.
fn without_extras(rest: &str) -> Option<&str> {
    match rest.strip_prefix('[') {
        Some(extras) => extras.split_once(']').map(|(_, rest)| rest.trim_start()),
        None => Some(rest),
    }
}

/// Whether what lies at a URL is always the same: a file whose name holds its
/// version, or a commit named in full.
fn is_exact_url(url: &str) -> bool {
    let url = url.split([';', ' ']).next().unwrap_or_default();
    let bare = url.split('#').next().unwrap_or_default();
    if url.starts_with("git+") {
        let commit = bare.rsplit_once('@').map_or("", |(_, commit)| commit);
        return commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    }
    bare.contains("://") && [".whl", ".tar.gz", ".zip"].iter().any(|end| bare.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_pins_exactly_one_version() {
        for exact in [
            "vllm==0.32.0",
            "vllm=={version}",
            "vllm == 0.32.0+cpu",
            "sglang[all,srt]==0.5.5.post1",
            "torch===2.1.0",
            "uvloop==0.21.0; sys_platform == 'linux'",
            "vllm @ https://host/vllm-0.7.3-cp310-linux_x86_64.whl",
            "vllm@https://host/vllm-0.7.3-cp310.whl#sha256=00",
            "x @ git+https://host/x.git@0123456789012345678901234567890123456789",
        ] {
            assert!(is_exact(exact), "{exact}");
        }
    }

    #[test]
    fn what_leaves_the_version_open() {
        for open in [
            "vllm",
            "vllm>=0.32",
            "vllm==0.32.*",
            "vllm==0.32,<1",
            "vllm==",
            "vllm~=0.32",
            "sglang[all",
            "sglang[all]",
            "x @ git+https://host/x.git@main",
            "x @ https://host/latest",
            "./wheels/x.whl",
            "",
            "-r requirements.txt",
        ] {
            assert!(!is_exact(open), "{open}");
        }
    }

    #[test]
    fn a_name_ends_where_anything_else_begins() {
        for (requirement, expected) in
            [("vllm>=1", "vllm"), (" a.b-c_d [x]", "a.b-c_d"), ("torch", "torch"), ("==1", "")]
        {
            assert_eq!(name(requirement), expected, "{requirement}");
        }
    }
}
