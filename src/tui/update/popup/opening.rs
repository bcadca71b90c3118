//! Opens the popups that need to know the stack.

use crate::{
    model::ServiceName,
    source::Link,
    tui::{
        popup::{Away, Confirm, Pick, Popup, Verb},
        state::{State, World},
    },
};

/// Asks before acting on services. One service that is restarted or started may be done with Enter; what
/// stops something, or touches more than one, has Cancel as its default.
pub(in crate::tui) fn ask(verb: Verb, services: Vec<ServiceName>, world: &World<'_>) -> Popup {
    let mut dependants: Vec<ServiceName> =
        services.iter().flat_map(|service| world.store.dependants(service)).collect();
    dependants.sort();
    dependants.dedup();
    dependants.retain(|dependant| !services.contains(dependant));
    let enter_accepts = services.len() == 1 && verb != Verb::Stop;
    Popup::Confirm(Confirm { verb, services, dependants, with_dependants: false, enter_accepts })
}

/// Asks which services to restart; those in trouble come first, `preferred` before all and chosen.
pub(in crate::tui) fn ask_which(preferred: Option<&ServiceName>, world: &World<'_>) -> Popup {
    let mut services: Vec<_> = world.store.services().collect();
    services.sort_by_key(|s| (Some(&s.name) != preferred, !s.is_troubled()));
    let rows = services.into_iter().map(|s| (s.name.clone(), Some(&s.name) == preferred)).collect();
    Popup::Pick(Pick { rows, at: 0 })
}

/// Says that the source is away, where no other popup is open; a live link takes it away again.
pub(in crate::tui) fn follow_link(state: &mut State, link: &Link) {
    match (link, &state.popup) {
        (Link::Away { since, .. }, None) if state.away_seen != Some(*since) => {
            state.away_seen = Some(*since);
            state.popup = Some(Popup::Away(Away));
        }
        (Link::Live | Link::Ended, Some(Popup::Away(_))) => state.popup = None,
        _ => {}
    }
}
