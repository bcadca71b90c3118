//! Which line of which file an event names: the first frame of the user's own code in its trace.

use super::is_foreign;

/// A place in a file, as the program that wrote the trace knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// A path, or for Java the path of the class from its source folder: `com/shop/Cart.java`.
    pub path: String,
    /// From 1.
    pub line: u32,
}

/// Endings of files that a person writes.
const ENDINGS: [&str; 28] = [
    "py", "js", "mjs", "cjs", "ts", "tsx", "jsx", "go", "rs", "rb", "php", "java", "kt", "scala",
    "cs", "fs", "ex", "exs", "erl", "lua", "pl", "c", "cc", "cpp", "h", "hpp", "vue", "sh",
];

/// The frame to look at first among an event's lines; `None` where no line names a file of one's own.
///
/// Python writes its newest frame last, everybody else first.
pub fn first_own<'a>(lines: impl Iterator<Item = &'a str>) -> Option<Frame> {
    own(lines).into_iter().next()
}

/// All frames of one's own code among an event's lines, each once, the innermost first.
pub fn own<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<Frame> {
    let lines: Vec<String> = lines.map(unfolded).collect();
    let lines: Vec<&str> = lines.iter().flat_map(|line| line.lines()).collect();
    let is_python = lines.iter().any(|line| line.trim_start().starts_with("File \""));
    let own = lines.iter().filter(|line| !is_foreign(line)).filter_map(|line| frame(line));
    let mut found = Vec::new();
    for frame in own {
        if !found.contains(&frame) {
            found.push(frame);
        }
    }
    if is_python {
        found.reverse();
    }
    found
}

/// A trace inside a JSON string has its line breaks written out.
fn unfolded(line: &str) -> String {
    if line.contains("\\n") {
        line.replace("\\n", "\n").replace("\\t", "\t")
    } else {
        line.to_owned()
    }
}

/// The place that a line names.
fn frame(line: &str) -> Option<Frame> {
    python(line).or_else(|| java(line)).or_else(|| worded(line)).or_else(|| coloned(line))
}

/// `File "/app/x.py", line 88, in run`.
fn python(line: &str) -> Option<Frame> {
    let (path, rest) = line.trim_start().strip_prefix("File \"")?.split_once('"')?;
    made(path, number(rest.strip_prefix(", line ")?)?)
}

/// `at com.shop.Cart.pay(Cart.java:9)`.
fn java(line: &str) -> Option<Frame> {
    let (call, rest) = line.trim_start().strip_prefix("at ")?.split_once('(')?;
    let (file, line) = rest.split_once(')')?.0.rsplit_once(':')?;
    if file.contains('/') || !["java", "kt", "scala"].contains(&ending(file)?) {
        return None;
    }
    let call = call.rsplit('/').next()?;
    let class = call.rsplit_once('.')?.0;
    let package = class.rsplit_once('.').map_or("", |(package, _)| package);
    let folder = package.replace('.', "/");
    let path = if folder.is_empty() { file.to_owned() } else { format!("{folder}/{file}") };
    made(&path, number(line)?)
}

/// `in /var/www/x.php on line 12`, `in /src/X.cs:line 42`.
fn worded(line: &str) -> Option<Frame> {
    for word in [" on line ", ":line "] {
        if let Some((before, after)) = line.split_once(word) {
            let path = before.rsplit_once(" in ").map_or(before, |(_, path)| path);
            ending(path.trim())?;
            return made(path.trim(), number(after)?);
        }
    }
    None
}

/// `at pay (/app/src/cart.js:12:5)`, `/app/main.go:42 +0x1d`, `src/main.rs:10:5`, `/app/x.rb:12:in`.
fn coloned(line: &str) -> Option<Frame> {
    let is_edge = |c: char| c.is_whitespace() || "()[]{}\"'`,;<>=|".contains(c);
    line.split(is_edge).find_map(|word| {
        let word = word.strip_prefix("file://").unwrap_or(word);
        let (path, rest) = word.split_once(':')?;
        ending(path)?;
        made(path, number(rest)?)
    })
}

fn made(path: &str, line: u32) -> Option<Frame> {
    let path = path.strip_prefix("file://").unwrap_or(path).trim_start_matches("./");
    let is_plain = !path.is_empty()
        && path.len() < 1_000
        && !path.split('/').any(|part| part == "..")
        && !path.starts_with(['-', '<']);
    (is_plain && line > 0).then(|| Frame { path: path.to_owned(), line })
}

fn number(text: &str) -> Option<u32> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    text.get(..digits)?.parse().ok()
}

fn ending(path: &str) -> Option<&'static str> {
    let (stem, ending) = path.rsplit_once('.')?;
    (!stem.is_empty()).then(|| ENDINGS.into_iter().find(|known| *known == ending))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_own_frame_is_found_in_every_language() {
        for (text, path, line) in [
            (
                "File \"/usr/lib/python3/a.py\", line 1, in a\n File \"/app/tasks.py\", line 88, in run\n\
              File \"/app/site-packages/b.py\", line 3, in b\nMemoryError",
                "/app/tasks.py",
                88,
            ),
            ("File \"/app/a.py\", line 1, in a\nFile \"/app/b.py\", line 2, in b", "/app/b.py", 2),
            (
                "Error: no\n    at node:internal/x:1:2\n    at pay (/app/src/cart.js:12:5)\n\
              at run (/app/src/run.js:1:1)",
                "/app/src/cart.js",
                12,
            ),
            ("    at async file:///srv/app/x.mjs:7:1", "/srv/app/x.mjs", 7),
            (
                "\tat java.base/java.util.List.get(List.java:3)\n\tat com.shop.Cart.pay(Cart.java:9)",
                "com/shop/Cart.java",
                9,
            ),
            ("at Shop.step(Shop.java:39)", "Shop.java", 39),
            ("goroutine 1 [running]:\nmain.main()\n\t/app/main.go:42 +0x1d", "/app/main.go", 42),
            ("thread 'main' panicked at src/main.rs:10:5:", "src/main.rs", 10),
            ("/app/models/user.rb:12:in `name'", "/app/models/user.rb", 12),
            (
                "PHP Fatal error: x in /var/www/html/index.php on line 12",
                "/var/www/html/index.php",
                12,
            ),
            ("   at App.X.Y() in /src/App/X.cs:line 42", "/src/App/X.cs", 42),
            ("{\"stack\":\"Error: x\\n    at f (/app/a.ts:3:1)\"}", "/app/a.ts", 3),
        ] {
            let want = Some(Frame { path: path.to_owned(), line });
            assert_eq!(first_own(std::iter::once(text)), want, "{text}");
            assert_eq!(first_own(text.lines()), want, "{text}");
        }
    }

    #[test]
    fn lines_that_name_no_file_of_ones_own_give_none() {
        for text in [
            "connection to db:5432 refused",
            "at 10:12:13 it failed",
            "File \"/usr/lib/python3/a.py\", line 1, in a",
            "at f (/app/node_modules/x/y.js:1:2)",
            "see ../../etc/passwd.py:1",
            "GET /index.php 500",
            "File \"\", line 3",
            "x.py:0",
            "an error on line 3",
            "x.py:99999999999",
        ] {
            assert_eq!(first_own(text.lines()), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_line_is_read(text in "\\PC{0,80}") {
            let _ = first_own(text.lines());
        }
    }
}
