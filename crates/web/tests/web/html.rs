//! What every page must keep to: no script in any form, one main heading, labels for every field,
//! and nothing that points to nowhere.

use std::collections::{HashMap, HashSet};

/// A start tag with its attributes.
#[derive(Debug)]
pub struct Tag {
    pub name: String,
    pub attributes: HashMap<String, String>,
}

impl Tag {
    pub fn get(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }
}

/// The start tags of a page, in order. Our pages quote every value, so this is enough.
pub fn tags(page: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut rest = page;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        let mut quoted = false;
        let end = rest
            .char_indices()
            .find(|(_, c)| {
                quoted ^= *c == '"';
                *c == '>' && !quoted
            })
            .expect("every tag ends")
            .0;
        let (inside, after) = (&rest[..end], &rest[end + 1..]);
        rest = after;
        if inside.starts_with(|c: char| c.is_ascii_alphabetic()) {
            tags.push(tag(inside));
        }
    }
    tags
}

fn tag(inside: &str) -> Tag {
    let (name, mut rest) = inside.split_once(' ').unwrap_or((inside, ""));
    let mut attributes = HashMap::new();
    while !rest.trim().is_empty() {
        rest = rest.trim_start();
        let end = rest.find([' ', '=']).unwrap_or(rest.len());
        let (key, after) = rest.split_at(end);
        let (value, after) = match after.strip_prefix("=\"") {
            Some(after) => after.split_once('"').expect("a quoted value ends"),
            None => ("", after),
        };
        attributes.insert(key.to_lowercase(), value.to_owned());
        rest = after;
    }
    Tag {
        name: name.to_lowercase(),
        attributes,
    }
}

/// The value of the first input with this name.
pub fn value(page: &str, name: &str) -> String {
    let tags = tags(page);
    let input = tags
        .iter()
        .find(|tag| tag.name == "input" && tag.get("name") == name);
    input
        .unwrap_or_else(|| panic!("no input '{name}' in {page}"))
        .get("value")
        .to_owned()
}

pub fn title(page: &str) -> &str {
    page.split_once("<title>")
        .unwrap()
        .1
        .split_once("</title>")
        .unwrap()
        .0
}

/// Panics with the page when it breaks a rule.
pub fn check(page: &str) {
    let tags = tags(page);
    let all = |name: &'static str| tags.iter().filter(move |tag| tag.name == name);
    assert!(page.starts_with("<!doctype html>"), "{page}");
    assert_eq!(all("html").next().unwrap().get("lang"), "en");
    assert!(!title(page).trim().is_empty(), "{page}");
    assert_eq!(all("h1").count(), 1, "{page}");
    assert_eq!(all("main").count(), 1, "{page}");
    assert_eq!(
        all("a").next().unwrap().get("href"),
        "#main",
        "skip link: {page}"
    );
    no_script(&tags, page);
    ids_lead_somewhere(&tags, page);
    fields_have_labels(&tags, page);
    headings_are_in_order(&tags, page);
    tables_have_headers(&tags, page);
}

fn no_script(tags: &[Tag], page: &str) {
    for tag in tags {
        assert!(
            !["script", "style", "iframe", "base", "object"].contains(&tag.name.as_str()),
            "{page}"
        );
        for (key, value) in &tag.attributes {
            assert!(
                !key.starts_with("on") && key != "style",
                "{tag:?} in {page}"
            );
            let here = value.starts_with('/') && !value.starts_with("//");
            let good = here || value.starts_with('#') || value.starts_with("mailto:");
            let address = ["href", "src", "action", "formaction"].contains(&key.as_str());
            assert!(!address || good, "{tag:?} in {page}");
        }
    }
}

fn ids_lead_somewhere(tags: &[Tag], page: &str) {
    let ids: Vec<&str> = tags
        .iter()
        .map(|tag| tag.get("id"))
        .filter(|id| !id.is_empty())
        .collect();
    let unique: HashSet<&str> = ids.iter().copied().collect();
    assert_eq!(
        ids.len(),
        unique.len(),
        "an id is used twice: {ids:?} in {page}"
    );
    for tag in tags {
        for key in ["aria-describedby", "aria-labelledby", "for"] {
            for id in tag.get(key).split_whitespace() {
                assert!(unique.contains(id), "{key}={id} leads nowhere in {page}");
            }
        }
        if let Some(id) = tag.get("href").strip_prefix('#') {
            assert!(unique.contains(id), "#{id} leads nowhere in {page}");
        }
    }
}

fn fields_have_labels(tags: &[Tag], page: &str) {
    let labelled: HashSet<&str> = tags
        .iter()
        .filter(|tag| tag.name == "label")
        .map(|tag| tag.get("for"))
        .collect();
    for tag in tags {
        let field = ["input", "textarea", "select"].contains(&tag.name.as_str());
        if field && tag.get("type") != "hidden" {
            assert!(
                labelled.contains(tag.get("id")),
                "{tag:?} has no label in {page}"
            );
        }
    }
}

/// No level is left out on the way down. An error summary may stand before the main heading.
fn headings_are_in_order(tags: &[Tag], page: &str) {
    let mut level = 1;
    for tag in tags {
        let next = match tag.name.as_str() {
            "h1" => 1,
            "h2" => 2,
            "h3" => 3,
            "h4" => 4,
            _ => continue,
        };
        assert!(next <= level + 1, "h{next} after h{level} in {page}");
        level = next;
    }
}

fn tables_have_headers(tags: &[Tag], page: &str) {
    for tag in tags.iter().filter(|tag| tag.name == "th") {
        assert!(["col", "row"].contains(&tag.get("scope")), "{page}");
    }
}

#[test]
fn the_checker_sees_what_it_is_for() {
    let page = |inside: &str| {
        format!(
            "<!doctype html><html lang=\"en\"><title>t</title><a href=\"#main\">s</a>\
             <main id=\"main\"><h1>h</h1>{inside}</main></html>"
        )
    };
    check(&page(""));
    for bad in [
        "<script>1</script>",
        "<p onclick=\"x\">",
        "<p style=\"x\">",
        "<input id=\"a\" name=\"a\">",
        "<a href=\"https://elsewhere.example/\">x</a>",
        "<a href=\"//elsewhere.example/\">x</a>",
        "<a href=\"#nowhere\">x</a>",
        "<h3>x</h3>",
        "<h1>x</h1>",
        "<p id=\"main\">",
        "<th>x</th>",
    ] {
        assert!(
            std::panic::catch_unwind(|| check(&page(bad))).is_err(),
            "{bad}"
        );
    }
}
