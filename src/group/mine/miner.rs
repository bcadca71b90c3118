//! Holes in templates, the evidence in them, and which templates have become one.

use super::{
    shape::{Shape, mix},
    word::{
        has_variable, is_bare, is_code, is_constant, is_identifier, is_thing, may_be_name,
        may_lead, stands_before_name,
    },
};
use crate::model::{Fingerprint, Learnt};
use std::collections::{HashMap, VecDeque};

/// Templates that are remembered; beyond them all but the general ones are forgotten.
const MAX_NODES: usize = 16_000;
/// General templates that outlive that.
const MAX_GENERAL: usize = MAX_NODES / 4;
/// Templates of one form that a general one is compared with.
const MAX_BUCKET: usize = 4_000;

/// Templates that wait in a hole of several places where one of them never changed.
const MAX_MEMBERS: usize = 32;

/// How different words in one hole show that it holds names.
mod evidence {
    /// One of them is a variable by its looks.
    pub(super) const VARIABLE: usize = 2;
    /// The word before the hole is one that names follow.
    pub(super) const SLOT: usize = 3;
    /// All of them look like identifiers.
    pub(super) const IDENTIFIERS: usize = 5;
    /// Any words.
    pub(super) const MANY: usize = 8;
}

/// Learns from templates in any order.
#[derive(Debug, Default)]
pub(in crate::group) struct Miner {
    nodes: Vec<Node>,
    known: HashMap<Fingerprint, Id>,
    /// By the hash of the templates without these words, and the places of the words.
    holes: HashMap<u64, Hole>,
    /// By the name that an exception has without a trace: the first that is known to be thrown somewhere.
    thrown: HashMap<Fingerprint, Id>,
    /// General templates by their hash.
    general: HashMap<u64, Id>,
    buckets: HashMap<u64, Bucket>,
    /// The younger group, and the older one, whose name stays.
    merges: Vec<(Fingerprint, Fingerprint)>,
    learnt: Vec<Id>,
}

type Id = u32;

/// A template as it came, or a general one.
#[derive(Debug)]
struct Node {
    shape: Shape,
    scope: u64,
    parent: Id,
    /// Words that are known to be names.
    wild: usize,
    /// Of a root: the oldest name in its set, and when it came.
    name: Option<(Id, Fingerprint)>,
    /// Of a root: the most general template in its set.
    general: Id,
    /// Of a root: where in the user's code all of its set come from; 0 while nobody knows.
    place: u64,
}

/// Templates that are equal but for some words.
#[derive(Debug, Default)]
struct Hole {
    members: Vec<Id>,
    /// Those that are no sign of names.
    things: Vec<Id>,
    has_variable: bool,
    has_prose: bool,
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
            if self.nodes.len() >= MAX_NODES {
                self.forget();
            }
            let id = self.add(Shape::new(template, scope), scope, Some(name));
            if let Some((node, (_, place))) = self.nodes.get_mut(id as usize).zip(origin) {
                node.place = place;
            }
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
            let id = self.add(shape, scope, Some(name));
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
        let root = self.root(*self.known.get(&name)?);
        let root = self.node(root)?;
        Some((root.name?.1, self.node(root.general)?.shape.text()))
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
        self.nodes.len()
    }

    fn known_of(&self, id: Id) -> Option<Learnt> {
        let node = self.node(id)?;
        let group = self.node(self.root(id))?.name?.1;
        Some(Learnt { scope: node.scope, template: node.shape.text().into(), group })
    }

    fn add(&mut self, shape: Shape, scope: u64, name: Option<Fingerprint>) -> Id {
        let id = self.nodes.len() as Id;
        let wild = (0..shape.len()).filter(|&at| shape.is_wild(at)).count();
        let name = name.map(|name| (id, name));
        self.nodes.push(Node { shape, scope, parent: id, wild, name, general: id, place: 0 });
        id
    }

    /// Draws all conclusions from a new template.
    fn learn(&mut self, id: Id) {
        let mut queue = VecDeque::from([id]);
        while let Some(id) = queue.pop_front() {
            let shape = self.shape(id).clone();
            let places = places(&shape);
            for &(at, is_slot) in &places {
                self.offer(id, &shape, (&[at], is_slot), &mut queue);
            }
            let several = |is_one: &dyn Fn(usize, bool) -> bool| -> Vec<usize> {
                let places = places.iter().filter(|(at, is_slot)| is_one(*at, *is_slot));
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
            self.compare(id, &shape);
        }
    }

    /// Puts a template into the hole that it has at these places.
    fn offer(
        &mut self,
        id: Id,
        shape: &Shape,
        (places, is_slot): (&[usize], bool),
        queue: &mut VecDeque<Id>,
    ) {
        let constants = constants(shape, places);
        if constants < 2 {
            return;
        }
        let sum = shape.without(places);
        if let Some(&general) = self.general.get(&sum) {
            return self.unite(id, general);
        }
        let key = places.iter().fold(sum, |key, at| mix(key, *at as u64));
        let hole = self.holes.entry(key).or_default();
        if hole.members.contains(&id) {
            return;
        }
        if places.iter().map(|&at| shape.word(at)).any(|word| is_thing(word) || is_code(word)) {
            return hole.things.push(id);
        }
        hole.members.push(id);
        for word in places.iter().map(|&at| shape.word(at)) {
            hole.has_variable |= places.len() == 1 && has_variable(word);
            hole.has_prose |= !has_variable(word) && !is_identifier(word);
        }
        let enough = match (hole.has_variable, is_slot, hole.has_prose) {
            (true, ..) => evidence::VARIABLE,
            (_, true, _) => evidence::SLOT,
            _ if constants < 3 => return,
            (.., false) => evidence::IDENTIFIERS,
            _ => evidence::MANY,
        };
        if hole.members.len() < enough {
            return;
        }
        // Of several places each must have shown more than one word.
        let nodes = &self.nodes;
        let varies = |at: usize| {
            let words = hole.members.iter().filter_map(|id| nodes.get(*id as usize));
            words.clone().any(|node| node.shape.word(at) != shape.word(at))
        };
        if places.len() > 1 && !places.iter().all(|&at| varies(at)) {
            hole.members.truncate(MAX_MEMBERS);
            return;
        }
        let mut members = std::mem::take(&mut hole.members);
        members.append(&mut hole.things);
        let scope = self.node(id).map_or(0, |node| node.scope);
        let general = self.add(Shape::new(&shape.text_without(places), scope), scope, None);
        self.general.insert(sum, general);
        for member in members {
            self.unite(member, general);
        }
        self.learnt.push(general);
        queue.push_back(general);
    }

    /// Finds what general templates of several names cover: no template with one new name leads to them.
    fn compare(&mut self, id: Id, shape: &Shape) {
        let Some(wild) = self.node(id).map(|node| node.wild) else { return };
        let bucket = self.buckets.entry(shape.frame()).or_default();
        let own = if wild > 1 { &mut bucket.general } else { &mut bucket.raw };
        if own.len() < MAX_BUCKET {
            own.push(id);
        }
        let others: Vec<Id> = if wild > 1 { bucket.raw.clone() } else { bucket.general.clone() };
        for other in others {
            let is_covered = self.node(other).is_some_and(|node| {
                if wild > 1 { covers(shape, &node.shape) } else { covers(&node.shape, shape) }
            });
            if is_covered {
                self.unite(id, other);
            }
        }
    }

    /// Makes two sets one, under the older name; those of different places stay two.
    fn unite(&mut self, a: Id, b: Id) {
        let (a, b) = (self.root(a), self.root(b));
        if a == b {
            return;
        }
        let (Some(one), Some(two)) = (self.node(a), self.node(b)) else { return };
        let place = match (one.place, two.place) {
            (0, place) | (place, 0) => place,
            (place, other) if place == other => place,
            _ => return,
        };
        let age = |node: &Node| node.name.map_or(Id::MAX, |(born, _)| born);
        let (old, young) = if age(one) <= age(two) { (a, b) } else { (b, a) };
        let general =
            [one.general, two.general].into_iter().max_by(|x, y| self.more_general(*x, *y));
        let names = (self.node(young).and_then(|n| n.name), self.node(old).and_then(|n| n.name));
        if let (Some((_, from)), Some((_, into))) = names
            && from != into
        {
            self.merges.push((from, into));
        }
        if let Some(node) = self.nodes.get_mut(young as usize) {
            node.parent = old;
        }
        if let (Some(node), Some(general)) = (self.nodes.get_mut(old as usize), general) {
            node.general = general;
            node.place = place;
        }
    }

    fn more_general(&self, a: Id, b: Id) -> std::cmp::Ordering {
        let rank =
            |id| self.node(id).map(|n| (n.wild, n.place != 0, std::cmp::Reverse(n.shape.text())));
        rank(a).cmp(&rank(b))
    }

    fn root(&self, id: Id) -> Id {
        let mut id = id;
        while let Some(node) = self.node(id).filter(|node| node.parent != id) {
            id = node.parent;
        }
        id
    }

    fn node(&self, id: Id) -> Option<&Node> {
        self.nodes.get(id as usize)
    }

    fn shape(&self, id: Id) -> &Shape {
        &self.nodes[id as usize].shape
    }

    /// Forgets all templates but the general ones, and of those the oldest where they are too many.
    fn forget(&mut self) {
        let (merges, learnt) = (self.take_merges(), self.take_learnt());
        let general: Vec<_> = (0..self.nodes.len() as Id)
            .filter(|&id| self.node(id).is_some_and(|node| node.wild > 0))
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

/// Where names may stand in a template, and whether the word before says so. The first word is hardly ever a name.
fn places(shape: &Shape) -> Vec<(usize, bool)> {
    let mut words = shape.words().enumerate().skip_while(|(_, word)| is_bare(word)).peekable();
    if words.peek().is_some_and(|(at, word)| *at > 0 || !may_lead(word)) {
        words.next();
    }
    let is_place = |(at, word): (usize, &str)| {
        if shape.is_wild(at) {
            return None;
        }
        let before = at.checked_sub(2).map(|at| shape.word(at));
        let is_slot = at > 0 && stands_before_name(shape.word(at - 1), before);
        (may_be_name(word) || is_slot && is_code(word)).then_some((at, is_slot))
    };
    words.filter_map(is_place).collect()
}

/// Words of a template that stay, without those at these places.
fn constants(shape: &Shape, places: &[usize]) -> usize {
    let words = shape.words().enumerate();
    words.filter(|(at, word)| !places.contains(at) && is_constant(word)).count()
}

/// Whether a template is one of those that a general one stands for.
fn covers(general: &Shape, shape: &Shape) -> bool {
    general.len() == shape.len()
        && general.words().zip(shape.words()).all(|(general, word)| {
            general == word || (general == super::shape::WILD && may_be_name(word))
        })
}
