//! Holes in templates, and the evidence in them that some templates are one.

use super::{
    families::Families,
    forest::{Forest, Id},
    hole::Hole,
    places::{covers, places, titles},
    shape::{Shape, mix},
    word::{choices, is_identifier, is_plain, is_thing, stands_before_name},
};
use crate::model::{Fingerprint, Learnt};
use foldhash::HashMap;
use std::collections::VecDeque;

/// Templates that are remembered; beyond them all but the general ones are forgotten.
const MAX_NODES: usize = 16_000;
/// General templates that outlive that.
const MAX_GENERAL: usize = MAX_NODES / 4;
/// Templates of one form that a general one is compared with.
const MAX_BUCKET: usize = 4_000;

/// Words of its own that a message has beside one of few.
const CHOOSING: usize = 2;

/// Learns from templates in any order.
#[derive(Debug, Default)]
pub(in crate::group) struct Miner {
    forest: Forest,
    known: HashMap<Fingerprint, Id>,
    /// By the hash of the templates without these words, and the places of the words.
    holes: HashMap<u64, Hole>,
    /// By the name that an exception has without a trace: the first that is known to be thrown somewhere.
    thrown: HashMap<Fingerprint, Id>,
    /// General templates by their hash.
    general: HashMap<u64, Id>,
    buckets: HashMap<u64, Bucket>,
    families: Families,
    /// The younger group, and the older one, whose name stays.
    merges: Vec<(Fingerprint, Fingerprint)>,
    learnt: Vec<Id>,
}

/// Templates with the same number of words and the same signs between them.
#[derive(Debug, Default)]
struct Bucket {
    raw: Vec<Id>,
    /// With two names or more.
    general: Vec<Id>,
}

impl Miner {
    /// Takes a template under the name that it has by itself; one that is known costs a look into a table.
    ///
    /// `origin` of an exception is the name that it has without a trace, and the place that it comes from.
    pub(in crate::group) fn place(
        &mut self,
        name: Fingerprint,
        scope: impl FnOnce() -> u64,
        template: &str,
        origin: Option<(Fingerprint, u64)>,
    ) {
        let is_known = self.known.contains_key(&name);
        if is_known && origin.is_none_or(|(plain, _)| self.thrown.contains_key(&plain)) {
            return;
        }
        let before = self.merges.len();
        if !is_known {
            let scope = origin.map_or_else(scope, |(_, place)| mix(place, 1));
            if self.forest.len() >= MAX_NODES {
                self.forget();
            }
            let place = origin.map_or(0, |(_, place)| place);
            let id = self.forest.add(Shape::new(template, scope), (scope, place), Some(name));
            self.known.insert(name, id);
            self.learn(id);
        }
        self.join_plain(name, origin.map(|(plain, _)| plain));
        // Nobody has heard of it under its own name.
        let fresh = self.merges.split_off(before.min(self.merges.len()));
        self.merges.extend(fresh.into_iter().filter(|(from, _)| is_known || *from != name));
    }

    /// Makes an exception one with the same words without a trace, where those belong to no other place.
    fn join_plain(&mut self, name: Fingerprint, plain: Option<Fingerprint>) {
        let Some(&id) = self.known.get(&name) else { return };
        let other = match plain {
            Some(plain) => {
                self.thrown.entry(plain).or_insert(id);
                self.known.get(&plain)
            }
            None => self.thrown.get(&name),
        };
        if let Some(&other) = other {
            self.unite(id, other);
        }
    }

    /// Takes what an earlier run learnt.
    pub(in crate::group) fn restore(&mut self, known: impl IntoIterator<Item = Learnt>) {
        for Learnt { scope, template, group: name } in known.into_iter().take(MAX_GENERAL) {
            let shape = Shape::new(&template, scope);
            let sum = shape.sum();
            if self.general.contains_key(&sum) {
                continue;
            }
            let id = self.forest.add(shape, (scope, 0), Some(name));
            self.general.insert(sum, id);
            match self.known.get(&name) {
                Some(&first) => self.unite(first, id),
                None => {
                    self.known.insert(name, id);
                }
            }
            self.learn(id);
        }
        self.learnt.clear();
        self.merges.clear();
    }

    /// The name of the group of a template, and the group's general template; `None` for a name that was not placed.
    pub(in crate::group) fn group(&self, name: Fingerprint) -> Option<(Fingerprint, &str)> {
        self.forest.group(*self.known.get(&name)?)
    }

    /// What became one since the last call, in order.
    pub(in crate::group) fn take_merges(&mut self) -> Vec<(Fingerprint, Fingerprint)> {
        std::mem::take(&mut self.merges)
    }

    /// What was learnt since the last call, to be given to a later run.
    pub(in crate::group) fn take_learnt(&mut self) -> Vec<Learnt> {
        let learnt = std::mem::take(&mut self.learnt);
        learnt.into_iter().filter_map(|id| self.known_of(id)).collect()
    }

    /// Templates that are remembered.
    #[cfg(test)]
    pub(in crate::group) fn len(&self) -> usize {
        self.forest.len()
    }

    fn known_of(&self, id: Id) -> Option<Learnt> {
        let node = self.forest.get(id)?;
        let (group, _) = self.forest.group(id)?;
        Some(Learnt { scope: node.scope, template: node.shape.text().into(), group })
    }

    /// Draws all conclusions from a new template.
    fn learn(&mut self, id: Id) {
        let mut queue = VecDeque::from([id]);
        while let Some(id) = queue.pop_front() {
            let Some(shape) = self.forest.get(id).map(|node| node.shape.clone()) else { continue };
            let places = places(&shape);
            for &(at, is_slot) in &places {
                self.offer(id, &shape, (&[at], is_slot), &mut queue);
            }
            let several = |is_one: &dyn Fn(usize, bool) -> bool| -> Vec<usize> {
                let places = places.iter().filter(|(at, is_slot)| is_one(*at, *is_slot));
                let places = places.filter(|(at, _)| *at > 0 || !is_plain(shape.word(0)));
                places.map(|(at, _)| *at).collect()
            };
            let slots = several(&|_, is_slot| is_slot);
            if slots.len() > 1 {
                self.offer(id, &shape, (&slots, true), &mut queue);
            }
            let identifiers = several(&|at, is_slot| is_slot || is_identifier(shape.word(at)));
            if identifiers.len() > slots.len().max(1) {
                self.offer(id, &shape, (&identifiers, false), &mut queue);
            }
            let all = several(&|at, _| !is_thing(shape.word(at)));
            if all.len() > identifiers.len().max(1) {
                self.offer(id, &shape, (&all, false), &mut queue);
            }
            for at in 1..shape.len() {
                for kind in choices(shape.word(at)) {
                    self.offer_choice(id, &shape, (at, kind), &mut queue);
                }
            }
            for title in titles(&shape) {
                self.offer_title(id, &shape, title, &mut queue);
            }
            self.compare(id, &shape);
            for general in self.families.add(id, &shape, &self.forest) {
                self.unite(id, general);
            }
        }
    }

    /// Notes templates that a general one stands for.
    fn prove(&mut self, general: Id, members: &[Id]) {
        for other in self.families.prove(general, members, &self.forest) {
            self.unite(other, general);
        }
    }

    /// Puts a template into the hole that it has for a title, which is that of one name in its place.
    fn offer_title(
        &mut self,
        id: Id,
        shape: &Shape,
        (at, end): (usize, usize),
        queue: &mut VecDeque<Id>,
    ) {
        let scope = self.forest.get(id).map_or(0, |node| node.scope);
        let general = Shape::new(&shape.text_without_span((at, end)), scope);
        let constants = general.constants(&[at]);
        if constants < 2 {
            return;
        }
        let sum = general.sum();
        if let Some(&general) = self.general.get(&sum) {
            self.prove(general, &[id]);
            return self.unite(id, general);
        }
        let hole = self.holes.entry(mix(sum, at as u64)).or_default();
        let before = at.checked_sub(2).map(|at| shape.word(at));
        let is_slot = stands_before_name(shape.word(at - 1), before);
        if hole.add_title(id) && hole.is_enough(constants, is_slot) {
            let members = hole.take();
            self.generalise(general, scope, &members, queue);
        }
    }

    /// Puts a template into the hole that it has for one of few words, apart from that for any.
    fn offer_choice(
        &mut self,
        id: Id,
        shape: &Shape,
        (at, kind): (usize, usize),
        queue: &mut VecDeque<Id>,
    ) {
        let sum = shape.without(&[at]);
        if shape.constants(&[at]) < CHOOSING || self.general.contains_key(&sum) {
            return;
        }
        let hole = self.holes.entry(mix(mix(sum, at as u64), kind as u64 + 1)).or_default();
        if hole.add_choice(id) {
            let scope = self.forest.get(id).map_or(0, |node| node.scope);
            let general = Shape::new(&shape.text_without(&[at]), scope);
            let members = hole.take();
            self.generalise(general, scope, &members, queue);
        }
    }

    /// Makes templates one under a general one.
    fn generalise(&mut self, general: Shape, scope: u64, members: &[Id], queue: &mut VecDeque<Id>) {
        let sum = general.sum();
        let general = self.forest.add(general, (scope, 0), None);
        self.general.insert(sum, general);
        self.prove(general, members);
        for member in members {
            self.unite(*member, general);
        }
        self.learnt.push(general);
        queue.push_back(general);
    }

    /// Puts a template into the hole that it has at these places.
    fn offer(
        &mut self,
        id: Id,
        shape: &Shape,
        (places, is_slot): (&[usize], bool),
        queue: &mut VecDeque<Id>,
    ) {
        let constants = shape.constants(places);
        if constants < 2 {
            return;
        }
        let sum = shape.without(places);
        if let Some(&general) = self.general.get(&sum) {
            self.prove(general, &[id]);
            return self.unite(id, general);
        }
        let key = places.iter().fold(sum, |key, at| mix(key, *at as u64));
        let hole = self.holes.entry(key).or_default();
        if !hole.add(id, shape, places, constants) {
            return;
        }
        if places.len() > 1
            && let Some((varying, again)) = hole.narrowed(&self.forest, places)
        {
            return self.narrow(again.into_iter().chain([id]), (&varying, is_slot), queue);
        }
        if !hole.is_enough(constants, is_slot) {
            return;
        }
        let scope = self.forest.get(id).map_or(0, |node| node.scope);
        let general = Shape::new(&shape.text_without(places), scope);
        let members = hole.take();
        self.generalise(general, scope, &members, queue);
    }

    /// Puts templates into the holes that they have where they are known to differ.
    fn narrow(
        &mut self,
        ids: impl Iterator<Item = Id>,
        (places, is_slot): (&[usize], bool),
        queue: &mut VecDeque<Id>,
    ) {
        if places.len() < 2 {
            return;
        }
        for id in ids {
            let Some(shape) = self.forest.get(id).map(|node| node.shape.clone()) else { continue };
            self.offer(id, &shape, (places, is_slot), queue);
        }
    }

    /// Finds what general templates of several names cover: no template with one new name leads to them.
    fn compare(&mut self, id: Id, shape: &Shape) {
        let Some(wild) = self.forest.get(id).map(|node| node.wild) else { return };
        let bucket = self.buckets.entry(shape.frame()).or_default();
        let own = if wild > 1 { &mut bucket.general } else { &mut bucket.raw };
        if own.len() < MAX_BUCKET {
            own.push(id);
        }
        let others: Vec<Id> = if wild > 1 { bucket.raw.clone() } else { bucket.general.clone() };
        for other in others {
            let is_covered = self.forest.get(other).is_some_and(|node| {
                if wild > 1 { covers(shape, &node.shape) } else { covers(&node.shape, shape) }
            });
            if is_covered {
                self.unite(id, other);
            }
        }
    }

    /// Makes two sets one, and remembers it where that makes two groups one.
    fn unite(&mut self, a: Id, b: Id) {
        self.merges.extend(self.forest.unite(a, b));
    }

    /// Forgets all templates but the general ones, and of those the oldest where they are too many.
    fn forget(&mut self) {
        let (merges, learnt) = (self.take_merges(), self.take_learnt());
        let general: Vec<_> = (0..self.forest.len() as Id)
            .filter(|&id| self.forest.get(id).is_some_and(|node| node.wild > 0))
            .filter_map(|id| self.known_of(id))
            .collect();
        *self = Self::default();
        let oldest = general.len().saturating_sub(MAX_GENERAL);
        self.restore(general.into_iter().skip(oldest));
        self.merges = merges;
        let learnt = learnt.iter().map(|known| Shape::new(&known.template, known.scope).sum());
        self.learnt = learnt.filter_map(|sum| self.general.get(&sum).copied()).collect();
    }
}
