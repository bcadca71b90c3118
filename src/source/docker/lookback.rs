//! A second look at a log by another request: whether newer lines are there, and what became of lines that do not come.
//!
//! A damaged log is read by the Engine up to the damage and no further, without a word; only asked for its last lines
//! does it begin behind the damage. Asked for the last lines of a log that was emptied it is silent until that log is as
//! long again as it was.

use super::{
    cursor::{Taken, since},
    decoder::Line,
    logs::Follower,
    part,
    stop::Stop,
};
use crate::{
    model::{Gap, GapReason},
    source::{Delivery, Error},
};
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// Last lines that are looked at behind a damage; halved until the damage is not among them.
const TAIL: u32 = 1024;
/// No more lines are taken from one look.
const MOST: usize = 4096;

impl Follower<'_> {
    /// After silence: whether another connection shows a line that ours does not bring.
    ///
    /// Only where the last line is ours has all come; a log without it was emptied, and what stood in it is not known.
    pub(super) async fn is_newer_there(&mut self) -> Result<bool, Stop> {
        let mut newest = self.read_last(1).await;
        let begin = self.cursor.newest();
        let is_shown = begin.is_none() || !newest.is_empty();
        if let (Some(begin), false) = (begin, is_shown) {
            // Emptied: the last line that we have should be there.
            newest = self.read_part(&since(begin), 16).await?;
        }
        // Every line is looked at: the cursor learns from each.
        let is_newer = newest.iter().filter(|line| self.cursor.is_behind(line)).count() > 0;
        self.has_all_come = is_shown && !is_newer;
        Ok(is_newer)
    }

    /// Before a line behind which the last one that was taken did not come: brings what the Engine only hides, and
    /// tells what is missing.
    pub(super) async fn look_before(&mut self, line: &Line) -> Result<(), Stop> {
        let from = self.cursor.newest();
        let mut last = self.read_last(TAIL).await;
        let here = last.iter().position(|other| is_same(other, line));
        last.truncate(here.unwrap_or(0));
        if last.is_empty() {
            let is_endless = !self.driver.name.is_empty() && self.driver.max_size.is_none();
            return match () {
                // All that was written before it was emptied had come.
                () if is_endless && self.has_all_come => Ok(()),
                () if is_endless => self.tell_gap(from, line.time, GapReason::Truncated).await,
                () => self.tell_gap(from, line.time, GapReason::Rotated).await,
            };
        }
        self.take_hidden(last).await
    }

    /// After an end that was none and brought nothing: takes what stands behind a damage.
    pub(super) async fn look_behind(&mut self) -> Result<(), Stop> {
        if self.cursor.newest().is_none() {
            return Ok(());
        }
        let mut count = TAIL;
        while count > 0 {
            let last = self.read_last(count).await;
            match last.last() {
                None => return Ok(()),
                Some(line) if !self.cursor.knows(line) && line.time > self.cursor.newest() => {
                    self.take_hidden(last).await?;
                    return Ok(());
                }
                // The damage is among them, or nothing is hidden; the last line says which.
                Some(_) if count == TAIL => {
                    let newest = self.read_last(1).await;
                    if newest.iter().all(|line| self.cursor.knows(line)) {
                        return Ok(());
                    }
                    count /= 2;
                }
                Some(_) => count /= 2,
            }
        }
        Ok(())
    }

    /// Takes lines that are there and do not come, and tells a gap where they do not begin at the last one taken.
    async fn take_hidden(&mut self, mut lines: Vec<Line>) -> Result<(), Stop> {
        let from = self.cursor.newest();
        if let Some(known) = lines.iter().rposition(|line| self.cursor.knows(line)) {
            lines.drain(..=known);
        } else {
            let to = lines.first().and_then(|line| line.time);
            self.tell_gap(from, to, GapReason::Damaged).await?;
        }
        for line in lines {
            // What is lost has just been told.
            let taken = match self.cursor.take(&line) {
                Taken::Lost | Taken::Unsure => {
                    self.cursor.give_up();
                    self.cursor.take(&line)
                }
                taken => taken,
            };
            if taken != Taken::Known {
                self.take(line).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn tell_gap(
        &mut self,
        from: Option<DateTime<Utc>>,
        to: Option<DateTime<Utc>>,
        reason: GapReason,
    ) -> Result<(), Stop> {
        let Some(to) = to else { return Ok(()) };
        let origin = Arc::clone(&self.target);
        self.send(Delivery::Gap(Gap { origin, from, to, lines: None, reason })).await
    }

    /// The last lines; none where the Engine does not give them. Whether it answers at all, other requests tell.
    async fn read_last(&mut self, count: u32) -> Vec<Line> {
        self.read_part(&format!("&tail={count}"), MOST).await.unwrap_or_default()
    }

    async fn read_part(&mut self, parameters: &str, most: usize) -> Result<Vec<Line>, Error> {
        part::read(self.connection, &self.target, parameters, most).await
    }
}

fn is_same(one: &Line, other: &Line) -> bool {
    one.stream == other.stream && one.time == other.time
}
