//! Which lines of a stack trace tell the most: its head, the last frame of one's own code, its cause.

use crate::model::is_foreign;

/// For each line of an event, whether it is shown while the trace is folded; one of at most `short` lines is whole.
pub(crate) fn keep(lines: &[&str], short: usize) -> Vec<bool> {
    if lines.len() <= short.max(4) {
        return vec![true; lines.len()];
    }
    let mut keep = vec![false; lines.len()];
    let last = lines.len() - 1;
    for at in [0, 1, last] {
        keep[at] = true;
    }
    let is_frame = |line: &str| {
        let line = line.trim_start();
        line.starts_with("File \"")
            || line.starts_with("at ")
            || line.contains(".go:")
            || line.contains(".rs:")
    };
    let is_own = |line: &&str| is_frame(line) && !is_foreign(line);
    // Python's newest frame is the last one, everybody else's the first.
    let is_python = lines.iter().any(|l| l.trim_start().starts_with("File \""));
    let own =
        if is_python { lines.iter().rposition(is_own) } else { lines.iter().position(is_own) };
    if let Some(own) = own {
        keep[own] = true;
        if is_python && own < last {
            keep[own + 1] = true;
        }
    }
    for (at, line) in lines.iter().enumerate() {
        if line.trim_start().starts_with("Caused by") {
            keep[at] = true;
        }
    }
    keep
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_keeps_head_own_frame_and_cause() {
        let lines = [
            "ERROR request failed",
            "Traceback (most recent call last):",
            "  File \"/usr/lib/python3/x.py\", line 1, in a",
            "    a()",
            "  File \"/app/tasks.py\", line 88, in run",
            "    run()",
            "  File \"/app/venv/site-packages/y.py\", line 2, in b",
            "    b()",
            "  File \"/app/venv/site-packages/y.py\", line 9, in c",
            "    c()",
            "MemoryError",
        ];
        let kept: Vec<_> =
            lines.iter().zip(keep(&lines, 8)).filter(|(_, k)| *k).map(|(l, _)| *l).collect();
        assert_eq!(kept, [lines[0], lines[1], lines[4], lines[5], lines[10]]);
    }

    #[test]
    fn short_traces_are_whole_and_java_keeps_its_causes() {
        assert!(keep(&["a", "b"], 8).iter().all(|k| *k));
        let mut lines =
            vec!["java.lang.IllegalStateException: x", "\tat org.springframework.A.b(A.java:1)"];
        lines.extend(["\tat com.shop.Cart.pay(Cart.java:9)"; 9]);
        lines.push("Caused by: java.net.ConnectException: refused");
        lines.push("\t... 12 more");
        let kept = keep(&lines, 8);
        assert!(kept[2] && !kept[3] && kept[11] && kept[12]);
    }
}
