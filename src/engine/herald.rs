//! Tells people elsewhere what happened: each event that the settings name becomes a message to every place.
//!
//! Nothing waits for it, and what cannot be sent is told on the screen, not tried again.

use super::Handle;
use crate::{
    action::notify::{self, Gate, Level, Message, Occasion, Settings, Target},
    model::{
        Decision, Ending, Event, Fingerprint, GuardState, Remedy, SafeText, ServiceName, Severity,
    },
};
use chrono::Utc;
use tokio::{
    sync::{broadcast::error::RecvError, oneshot},
    task::{JoinHandle, JoinSet},
};

/// Messages that may be on their way.
const MOST: usize = 32;

/// What became of the messages to one place since dogwatch began.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Told {
    /// The place, by its kind; the second of a kind is `slack-2`.
    pub place: String,
    /// Messages that it took.
    pub sent: u64,
    /// Messages that it did not take, or that were not tried because too many were on their way.
    pub failed: u64,
    /// Messages that were held back because the same had just been told.
    pub held_back: u64,
}

impl Told {
    /// Of these places, none so far.
    fn of(targets: &[Target]) -> Vec<Self> {
        let mut all = Vec::<Self>::new();
        for (at, target) in targets.iter().enumerate() {
            let kind = target.kind();
            let before = targets.iter().take(at).filter(|other| other.kind() == kind).count();
            let place =
                if before == 0 { kind.to_owned() } else { format!("{kind}-{}", before + 1) };
            all.push(Self { place, ..Self::default() });
        }
        all
    }
}

/// What is to be told.
struct News {
    occasion: Occasion,
    /// What is the same is told once in a while.
    about: SafeText,
    level: Level,
    service: Option<ServiceName>,
    text: String,
}

/// Tells until it is ended.
#[derive(Debug)]
pub struct Herald {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Herald {
    /// Starts telling; `None` where the settings name no place.
    pub fn start(handle: &Handle, settings: Settings) -> Option<Self> {
        if settings.to.is_empty() {
            return None;
        }
        let (stop, stopped) = oneshot::channel();
        Some(Self { stop, task: tokio::spawn(run(handle.clone(), settings, stopped)) })
    }

    /// Tells what happened so far, which takes twenty seconds at most, and no more.
    pub async fn end(self) {
        let _ = self.stop.send(());
        let _ = self.task.await;
    }
}

async fn run(handle: Handle, settings: Settings, mut stopped: oneshot::Receiver<()>) {
    let mut events = handle.events();
    let mut gate = Gate::new(settings.cooldown_seconds);
    let mut under_way: JoinSet<(usize, Result<(), notify::Error>)> = JoinSet::new();
    handle.shared.count_told(|told| *told = Told::of(&settings.to));
    loop {
        let event = tokio::select! {
            biased;
            Some(Ok((place, sent))) = under_way.join_next() => {
                arrived(&handle, place, sent);
                continue;
            }
            event = events.recv() => event,
            _ = &mut stopped => break,
        };
        let news = match event {
            Ok(Event::Decided(decision)) => of_decision(&decision),
            Ok(Event::Alarm(fingerprint)) => of_problem(&handle, fingerprint),
            Ok(_) | Err(RecvError::Lagged(_)) => None,
            Err(RecvError::Closed) => break,
        };
        let Some(news) = news.filter(|news| settings.on.contains(&news.occasion)) else { continue };
        let Some(held_back) = gate.pass(news.occasion, news.about, Utc::now()) else {
            handle.shared.count_told(|told| told.iter_mut().for_each(|place| place.held_back += 1));
            continue;
        };
        let message = Message {
            level: news.level,
            project: handle.capabilities().source.name.clone(),
            service: news.service,
            text: handle.redact(&news.text).0.into(),
            held_back,
        };
        for (place, target) in settings.to.iter().enumerate() {
            if under_way.len() >= MOST {
                handle.trouble("a message was not sent: too many are on their way");
                handle.shared.count_told(|told| {
                    told.iter_mut().skip(place).for_each(|place| place.failed += 1);
                });
                break;
            }
            let (target, message) = (target.clone(), message.clone());
            under_way.spawn(async move {
                let sent = notify::send(&target, &message, |name| std::env::var(name).ok()).await;
                (place, sent)
            });
        }
    }
    while let Some(last) = under_way.join_next().await {
        if let Ok((place, sent)) = last {
            arrived(&handle, place, sent);
        }
    }
}

/// Counts what became of a message, and says so where it was not taken.
fn arrived(handle: &Handle, place: usize, sent: Result<(), notify::Error>) {
    handle.shared.count_told(|told| {
        if let Some(told) = told.get_mut(place) {
            let count = if sent.is_ok() { &mut told.sent } else { &mut told.failed };
            *count += 1;
        }
    });
    if let Err(error) = sent {
        handle.trouble(format!("a message was not sent: {error}"));
    }
}

/// What a decision of the watchdog means to somebody who is away; `None` for what is of no matter there.
fn of_decision(decision: &Decision) -> Option<News> {
    let verb = decision.remedy.map_or("repair", Remedy::verb);
    let reason = &decision.reason;
    let (occasion, level, text) = match (decision.ending, decision.state) {
        (Some(Ending::Worked), _) if decision.service.is_none() => {
            (Occasion::Repair, Level::Info, reason.to_string())
        }
        (Some(Ending::Worked), _) => {
            (Occasion::Repair, Level::Info, format!("{verb} worked: {reason}"))
        }
        (Some(Ending::Failed | Ending::Cut | Ending::RolledBack), _) => {
            (Occasion::Repair, Level::Warning, format!("{verb} did not help: {reason}"))
        }
        (None, GuardState::GivenUp) => (Occasion::GiveUp, Level::Critical, reason.to_string()),
        (None, GuardState::Paused) => (Occasion::Pause, Level::Critical, reason.to_string()),
        (None, GuardState::Asking) => {
            (Occasion::Ask, Level::Warning, format!("asks to {verb}: {reason}"))
        }
        // That it is given up follows.
        (Some(Ending::Skipped | Ending::NeedsPerson) | None, _) => return None,
    };
    let name = decision.service.as_ref().map_or("", |service| service.as_str());
    let ending = decision.ending.map_or("", Ending::as_str);
    // A pause is one thing, however many services it holds.
    let about = if occasion == Occasion::Pause { "" } else { name };
    let about = format!("{about} {ending}").into();
    Some(News { occasion, about, level, service: decision.service.clone(), text })
}

fn of_problem(handle: &Handle, fingerprint: Fingerprint) -> Option<News> {
    handle.read(|store| {
        let group = store.group(fingerprint)?;
        let level =
            if group.severity() == Severity::Critical { Level::Critical } else { Level::Warning };
        Some(News {
            occasion: Occasion::Problem,
            about: fingerprint.to_string().into(),
            level,
            service: group.main_service().cloned(),
            text: format!("{}: {}", group.severity().as_str(), group.title()),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Strategy;

    #[test]
    fn places_of_one_kind_are_told_apart() {
        use crate::action::notify::Hook;
        let slack = || Target::Slack(Hook::default());
        let places = Told::of(&[slack(), Target::Webhook(Hook::default()), slack()]);
        let places: Vec<_> = places.iter().map(|told| told.place.as_str()).collect();
        assert_eq!(places, ["slack", "webhook", "slack-2"]);
    }

    #[test]
    fn only_what_matters_to_somebody_away_is_told() {
        let decision = |state: GuardState, ending: Option<Ending>| Decision {
            time: Utc::now(),
            service: Some("api".into()),
            state,
            strategy: Some(Strategy::Exited),
            remedy: Some(Remedy::Start),
            ending,
            reason: "exited with 1".into(),
        };
        for (state, ending, want) in [
            (GuardState::Fine, Some(Ending::Worked), Some((Occasion::Repair, "api worked"))),
            (GuardState::Waiting, Some(Ending::Failed), Some((Occasion::Repair, "api failed"))),
            (GuardState::Waiting, Some(Ending::Skipped), None),
            (GuardState::GivenUp, None, Some((Occasion::GiveUp, "api "))),
            (GuardState::Asking, None, Some((Occasion::Ask, "api "))),
            (GuardState::Paused, None, Some((Occasion::Pause, " "))),
            (GuardState::Waiting, None, None),
            (GuardState::LeftAlone, None, None),
            (GuardState::WouldAct, None, None),
        ] {
            let news = of_decision(&decision(state, ending));
            let got = news.as_ref().map(|news| (news.occasion, news.about.as_str()));
            assert_eq!(got, want, "{state:?} {ending:?}");
        }
    }
}
