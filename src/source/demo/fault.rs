//! What goes wrong, and when: a script with chance in it, in seconds since the curtain rose.

use super::{cast::Role, dice::Dice};

/// Length of the play before the visitor comes: what has happened when the first screen is drawn.
pub(super) const PAST: f64 = 600.0;

/// Something that is wrong for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Somebody's browser calls the API from a page that it does not know.
    ForeignOrigin,
    /// A client goes on with tokens that are past their time.
    OldTokens,
    /// The worker grows until the kernel ends it.
    Leak,
    /// The database has no connection slots left.
    NoSlots,
    /// The mail server's certificate is past its time.
    MailCertificate,
    /// The planner chose badly.
    SlowQueries,
    /// A release that cannot add up a cart.
    BadRelease,
    /// The search index has no space.
    DiskFull,
    /// The payment provider does not answer.
    SlowProvider,
    /// Two transactions want the same rows.
    Deadlocks,
}

/// When a fault comes and how long it stays.
#[derive(Debug)]
struct Plot {
    fault: Fault,
    /// The first time: start and length.
    first: (f64, f64),
    /// Later: the pause before it, from and to.
    pause: (f64, f64),
    length: (f64, f64),
    /// A restart of any of these ends it.
    cures: &'static [Role],
}

const ENDLESS: f64 = 1e9;

#[rustfmt::skip]
const PLOTS: [Plot; 10] = [
    Plot { fault: Fault::ForeignOrigin, first: (40.0, 740.0), pause: (200.0, 500.0), length: (60.0, 240.0), cures: &[Role::Web] },
    Plot { fault: Fault::OldTokens, first: (70.0, 45.0), pause: (90.0, 260.0), length: (20.0, 50.0), cures: &[Role::Auth] },
    Plot { fault: Fault::Leak, first: (0.0, ENDLESS), pause: (240.0, 480.0), length: (ENDLESS, ENDLESS), cures: &[Role::Worker] },
    Plot { fault: Fault::NoSlots, first: (230.0, 75.0), pause: (340.0, 640.0), length: (40.0, 90.0), cures: &[Role::Db] },
    Plot { fault: Fault::MailCertificate, first: (380.0, 1_200.0), pause: (400.0, 900.0), length: (300.0, 900.0), cures: &[Role::Mailer] },
    Plot { fault: Fault::SlowQueries, first: (470.0, 80.0), pause: (120.0, 360.0), length: (40.0, 120.0), cures: &[Role::Db] },
    Plot { fault: Fault::BadRelease, first: (545.0, 900.0), pause: (420.0, 900.0), length: (400.0, 900.0), cures: &[Role::Api] },
    Plot { fault: Fault::DiskFull, first: (150.0, 35.0), pause: (500.0, 800.0), length: (30.0, 80.0), cures: &[Role::Search] },
    Plot { fault: Fault::SlowProvider, first: (300.0, 60.0), pause: (90.0, 300.0), length: (20.0, 60.0), cures: &[Role::Payments] },
    Plot { fault: Fault::Deadlocks, first: (410.0, 30.0), pause: (150.0, 420.0), length: (15.0, 40.0), cures: &[Role::Db] },
];

/// Which faults are there, and which come next.
#[derive(Debug)]
pub(super) struct Script {
    acts: Vec<Act>,
}

#[derive(Debug)]
struct Act {
    plot: &'static Plot,
    /// Begin and end of the present or the next time.
    from: f64,
    until: f64,
    is_on: bool,
}

impl Script {
    pub(super) fn new() -> Self {
        let acts = PLOTS.iter().map(|plot| Act {
            plot,
            from: plot.first.0,
            until: plot.first.0 + plot.first.1,
            is_on: false,
        });
        Self { acts: acts.collect() }
    }

    pub(super) fn is_on(&self, fault: Fault) -> bool {
        self.acts.iter().any(|act| act.is_on && act.plot.fault == fault)
    }

    /// Moves on to second `clock`; answers the faults that began just now.
    pub(super) fn advance(&mut self, clock: f64, dice: &mut Dice) -> Vec<Fault> {
        let mut begun = Vec::new();
        for act in &mut self.acts {
            if act.is_on && clock >= act.until {
                act.end(clock, dice);
            } else if !act.is_on && clock >= act.from {
                act.is_on = true;
                begun.push(act.plot.fault);
            }
        }
        begun
    }

    /// A restart of `role` ends what it can end.
    pub(super) fn cure(&mut self, role: Role, clock: f64, dice: &mut Dice) {
        for act in self.acts.iter_mut().filter(|act| act.is_on && act.plot.cures.contains(&role)) {
            act.end(clock, dice);
        }
    }
}

impl Act {
    fn end(&mut self, clock: f64, dice: &mut Dice) {
        let (pause, length) = (self.plot.pause, self.plot.length);
        self.is_on = false;
        self.from = clock + dice.between(pause.0, pause.1);
        self.until = self.from + dice.between(length.0, length.1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_come_go_and_come_again() {
        let (mut script, mut dice) = (Script::new(), Dice::new(1));
        let mut begun = Vec::new();
        for second in 0..3_600 {
            begun.extend(script.advance(f64::from(second), &mut dice));
        }
        for plot in &PLOTS {
            let times = begun.iter().filter(|f| **f == plot.fault).count();
            let least = if plot.first.1 >= 900.0 { 1 } else { 2 };
            assert!(times >= least, "{:?} came {times} times in an hour", plot.fault);
        }
    }

    #[test]
    fn the_right_restart_ends_a_fault_and_no_other_does() {
        for plot in &PLOTS {
            let (mut script, mut dice) = (Script::new(), Dice::new(1));
            script.advance(plot.first.0, &mut dice);
            script.advance(plot.first.0, &mut dice);
            assert!(script.is_on(plot.fault));
            let other = if plot.cures.contains(&Role::Cache) { Role::Web } else { Role::Cache };
            script.cure(other, plot.first.0 + 1.0, &mut dice);
            assert!(script.is_on(plot.fault));
            script.cure(plot.cures[0], plot.first.0 + 1.0, &mut dice);
            assert!(!script.is_on(plot.fault));
        }
    }

    #[test]
    fn several_faults_are_there_when_the_visitor_comes() {
        let (mut script, mut dice) = (Script::new(), Dice::new(1));
        for second in 0..=600 {
            script.advance(f64::from(second), &mut dice);
        }
        for fault in [Fault::Leak, Fault::MailCertificate, Fault::BadRelease] {
            assert!(script.is_on(fault), "{fault:?}");
        }
    }
}
