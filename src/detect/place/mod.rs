//! Where in the user's own code an exception was thrown: the innermost frame of it that no library has written.
//!
//! One frame, not all of them: what ten callers of one broken function meet is one problem.

mod frame;
#[cfg(test)]
mod tests;

use crate::model::{SafeText, is_foreign};
use frame::Frame;

/// The place that the lines of a trace name, without line numbers and names that a compiler made; `None` where no
/// line names code of one's own.
///
/// It is looked for below the deepest cause first. Python writes its newest frame last, everybody else first.
pub(super) fn of<'a>(lines: impl Iterator<Item = &'a str>) -> Option<SafeText> {
    let lines: Vec<&str> = lines.collect();
    let is_cause = |line: &&str| {
        let line = line.trim_start();
        line.starts_with("Caused by: ") || line.starts_with("[cause]: ")
    };
    let deepest = lines.iter().rposition(is_cause).unwrap_or(0);
    let (above, below) = lines.split_at(deepest);
    innermost(below).or_else(|| innermost(above)).map(|frame| frame.place().into())
}

fn innermost<'a>(lines: &[&'a str]) -> Option<Frame<'a>> {
    let is_python = lines.iter().any(|line| line.trim_start().starts_with("File \""));
    let mut own = (0..lines.len()).filter(|&at| !is_foreign(lines[at])).filter_map(|at| {
        let before = at.checked_sub(1).and_then(|at| lines.get(at)).copied();
        Frame::read(lines[at], before)
    });
    if is_python { own.next_back() } else { own.next() }
}

/// A trace inside a JSON string has its line breaks written out.
pub(super) fn unfolded(line: &str) -> impl Iterator<Item = &str> {
    line.split("\\n").map(|line| line.strip_prefix("\\t").unwrap_or(line))
}
