//! The part of a compose file that is about one service, as it stands there: what somebody would edit.

use super::compose_file::scalar;

/// A part of a compose file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// The line of the file where it begins, from 1.
    pub line: usize,
    /// Its lines, as they stand there, comments included.
    pub text: String,
}

/// What a compose file says of a service: first the parts with an anchor that it takes in, then its own. Empty where it
/// says nothing, or in a way that is not read, such as braces.
pub fn definition(text: &str, service: &str) -> Vec<Definition> {
    let lines: Vec<&str> = text.lines().collect();
    let Some((from, to)) = below(&lines, (0, lines.len()), "services") else { return Vec::new() };
    let Some((from, to)) = below(&lines, (from + 1, to), service) else { return Vec::new() };
    let own = from..to;
    let mut parts: Vec<_> = lines[own.clone()]
        .iter()
        .flat_map(|line| aliases(line))
        .filter_map(|name| anchor(&lines, name))
        .filter(|(at, _)| !own.contains(at))
        .collect();
    parts.sort_unstable();
    parts.dedup();
    parts.push((own.start, own.end));
    parts
        .into_iter()
        .map(|(from, to)| Definition { line: from + 1, text: lines[from..to].join("\n") })
        .collect()
}

/// Lines from a key to the end of what belongs to it, among the outermost keys of a range.
fn below(lines: &[&str], (from, to): (usize, usize), name: &str) -> Option<(usize, usize)> {
    let range = lines.get(from..to)?;
    let least = range.iter().filter(|line| is_said(line)).map(|line| depth(line)).min()?;
    let is_it = |line: &&str| is_said(line) && depth(line) == least && key(line) == Some(name);
    let at = from + range.iter().position(is_it)?;
    Some((at, end(lines, at).min(to)))
}

/// Where the part that begins at a line ends; comments and empty lines after it are not its own.
fn end(lines: &[&str], at: usize) -> usize {
    let own = depth(lines[at]);
    let rest = lines[at + 1..].iter().take_while(|line| !is_said(line) || depth(line) > own);
    let mut end = at + 1 + rest.count();
    while end > at + 1 && !is_said(lines[end - 1]) {
        end -= 1;
    }
    end
}

/// The part that has this anchor: `x-app: &app`.
fn anchor(lines: &[&str], name: &str) -> Option<(usize, usize)> {
    let is_it = |line: &&str| words(line).any(|word| word.strip_prefix('&') == Some(name));
    let at = lines.iter().position(is_it)?;
    Some((at, end(lines, at)))
}

/// Names of anchors that a line takes in: `<<: [*app, *logs]`.
fn aliases(line: &str) -> impl Iterator<Item = &str> {
    let is_said = is_said(line);
    words(line).filter_map(move |word| word.strip_prefix('*').filter(|_| is_said))
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| c.is_whitespace() || "[]{},".contains(c)).filter(|word| word.len() > 1)
}

fn key(line: &str) -> Option<&str> {
    let (key, rest) = line.trim().split_once(':')?;
    let is_key = rest.is_empty() || rest.starts_with([' ', '\t']);
    is_key.then(|| key.trim().trim_matches(['"', '\'']))
}

fn depth(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn is_said(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && !line.starts_with('#')
}

/// The image that a definition names; `None` where it is built, or written with variables.
pub fn image(parts: &[Definition]) -> Option<String> {
    let lines = parts.iter().rev().flat_map(|part| part.text.lines());
    let value = lines.filter(|line| key(line) == Some("image")).find_map(|line| {
        let value = scalar(line.split_once(':')?.1);
        (!value.is_empty()).then_some(value)
    })?;
    (!value.contains(['$', '*', '&'])).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
# ours
x-app: &app
  image: \"shop/base:1\"
  init: true

services:
  # the database
  db:
    image: postgres:16

  api:          # answers
    <<: *app
    environment:
      URL: x

    command: run
  # the last one
  \"web\": {image: nginx}
volumes:
  api: {}
";

    #[test]
    fn a_service_comes_with_the_parts_that_it_takes_in() {
        let parts = definition(FILE, "api");
        let begins: Vec<_> = parts.iter().map(|part| part.line).collect();
        assert_eq!(begins, [2, 11]);
        assert!(parts[0].text.ends_with("init: true"), "{parts:?}");
        assert!(parts[1].text.starts_with("  api:") && parts[1].text.ends_with("command: run"));
        assert_eq!(image(&parts).as_deref(), Some("shop/base:1"));
        assert_eq!(image(&definition(FILE, "db")).as_deref(), Some("postgres:16"));
        assert_eq!(definition(FILE, "web")[0].text, "  \"web\": {image: nginx}");
    }

    #[test]
    fn what_is_not_there_or_not_read_is_nothing() {
        let deep = "services:\n".to_owned() + &"  ".repeat(5_000) + "api:\n";
        for (text, service) in [
            ("", "api"),
            ("services:", "api"),
            ("services: {api: {image: x}}\n", "api"),
            ("volumes:\n  api: {}\n", "api"),
            (FILE, "ap"),
            (FILE, "x-app"),
            ("services:\n  api: *gone\n    \u{0}: [", "web"),
            (&deep, "web"),
        ] {
            assert_eq!(definition(text, service), [], "{text:.40}");
        }
        assert_eq!(definition("services:\n  api: &api\n    <<: *api\n", "api").len(), 1);
        assert_eq!(image(&definition("services:\n api:\n  image: x:${TAG}\n", "api")), None);
    }
}
