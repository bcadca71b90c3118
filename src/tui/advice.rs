//! What is wrong with how Docker keeps a log, and what helps.

use crate::model::{LogDriver, SafeText};

/// Less than this of a log is soon rotated away.
const LITTLE: u64 = 8 << 20;

/// How the Engine loses lines of such a log, as a sentence with the fix.
pub(crate) fn loss(log: &LogDriver) -> Option<SafeText> {
    if log.is_lossy {
        let text = "Docker throws lines away when they come fast (mode=non-blocking): set mode=blocking, or raise \
                    max-buffer-size";
        return Some(text.into());
    }
    let kept = log.kept().filter(|kept| *kept < LITTLE)?;
    let what = match kept {
        0 => "Docker keeps nothing of its log when it rotates".to_owned(),
        bytes => format!("Docker keeps only {} MB of its log", bytes.div_ceil(1 << 20)),
    };
    Some(format!("{what}: a burst is lost; raise max-size to 10m and max-file to 3").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_rotates_lines_away_says_what_helps() {
        let log = |max_size: Option<u64>, max_file, is_lossy| LogDriver {
            name: "json-file".into(),
            max_size,
            max_file,
            is_lossy,
        };
        for (log, word) in [
            (log(None, 1, false), None),
            (log(Some(20 << 20), 5, false), None),
            (log(Some(10 << 20), 1, false), Some("keeps nothing")),
            (log(Some(1 << 20), 2, false), Some("keeps only 1 MB of its log")),
            (log(None, 1, true), Some("non-blocking")),
        ] {
            let said = loss(&log);
            match word {
                None => assert_eq!(said, None, "{log:?}"),
                Some(word) => assert!(said.unwrap().contains(word), "{log:?}"),
            }
        }
    }
}
