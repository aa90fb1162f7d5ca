//! What a browser would take for markup in a page: its elements and their attributes.

/// The beginning of an element.
#[derive(Debug, PartialEq, Eq)]
pub struct Tag {
    pub name: String,
    pub attributes: Vec<(String, String)>,
}

impl Tag {
    /// The value of an attribute.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// The beginnings of all elements of a page. What stands in scripts and styles is none; and
/// every `<` elsewhere must begin or end an element, or the page is broken.
pub fn tags(page: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if let Some(end) = rest.strip_prefix('/') {
            rest = &end[end.find('>').unwrap() + 1..];
            continue;
        }
        if rest.starts_with("!DOCTYPE html>") {
            continue;
        }
        let (tag, after) = tag(rest);
        rest = after;
        if tag.name == "script" || tag.name == "style" {
            let end = format!("</{}", tag.name);
            rest = &rest[rest.find(&end).unwrap()..];
        }
        tags.push(tag);
    }
    tags
}

/// The element that begins here, and what follows it.
fn tag(text: &str) -> (Tag, &str) {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap();
    assert!(end > 0, "a `<` that begins no element: {}", &text[..text.len().min(80)]);
    let mut tag = Tag { name: text[..end].to_owned(), attributes: Vec::new() };
    let mut rest = text[end..].trim_start();
    loop {
        if let Some(after) = rest.strip_prefix('>') {
            return (tag, after);
        }
        if let Some(after) = rest.strip_prefix("/>") {
            return (tag, after);
        }
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != ':').unwrap();
        assert!(end > 0, "no attribute in {}: {}", tag.name, &rest[..rest.len().min(80)]);
        let name = rest[..end].to_owned();
        rest = &rest[end..];
        let mut value = String::new();
        if let Some(quoted) = rest.strip_prefix("=\"") {
            let end = quoted.find('"').unwrap();
            value = quoted[..end].to_owned();
            rest = &quoted[end + 1..];
        }
        tag.attributes.push((name, value));
        rest = rest.trim_start();
    }
}

/// What is between the beginning and the end of each element of this name.
pub fn contents<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let (begin, end) = (format!("<{name}"), format!("</{name}>"));
    let mut contents = Vec::new();
    let mut rest = page;
    while let Some(at) = rest.find(&begin) {
        let inner = &rest[at + rest[at..].find('>').unwrap() + 1..];
        let until = inner.find(&end).unwrap();
        contents.push(&inner[..until]);
        rest = &inner[until..];
    }
    contents
}

/// A page without what is not for reading, or has tests of its own: scripts, styles,
/// drawings, data and charts.
pub fn readable(page: &str) -> String {
    let mut text = page.to_owned();
    for (name, mark) in [("style", "…"), ("script", "…"), ("pre", "…")] {
        for content in contents(page, name) {
            if content.len() > 200 {
                text = text.replacen(content, mark, 1);
            }
        }
    }
    for chart in contents(&text.clone(), "figure") {
        text = text.replacen(chart, "…", 1);
    }
    for drawing in contents(page, "svg") {
        text = text.replacen(drawing, "", 1);
    }
    // Hashes are those of scripts, which have tests of their own.
    let parts = text.split("'sha256-").enumerate().map(|(place, part)| match place {
        0 => part.to_owned(),
        _ => format!("'…{}", &part[part.find('\'').unwrap()..]),
    });
    let text: String = parts.collect();
    let lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}
