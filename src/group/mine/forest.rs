//! Which templates have become one: sets of them, each under its oldest name.

use super::shape::Shape;
use crate::model::Fingerprint;

/// Its place among all templates.
pub(super) type Id = u32;

/// A template as it came, or a general one.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) shape: Shape,
    pub(super) scope: u64,
    parent: Id,
    /// Words that are known to be names.
    pub(super) wild: usize,
    /// Of a root: the oldest name in its set, and when it came.
    name: Option<(Id, Fingerprint)>,
    /// Of a root: the most general template in its set.
    general: Id,
    /// Of a root: where in the user's code all of its set come from; 0 while nobody knows.
    place: u64,
}

/// All templates, in order of their coming.
#[derive(Debug, Default)]
pub(super) struct Forest {
    nodes: Vec<Node>,
}

impl Forest {
    /// How many templates there are.
    pub(super) const fn len(&self) -> usize {
        self.nodes.len()
    }

    /// One template.
    pub(super) fn get(&self, id: Id) -> Option<&Node> {
        self.nodes.get(id as usize)
    }

    /// The name of the group of a template, and the group's most general template; `None` where no group has it.
    pub(super) fn group(&self, id: Id) -> Option<(Fingerprint, &str)> {
        let root = self.get(self.root(id))?;
        Some((root.name?.1, self.get(root.general)?.shape.text()))
    }

    /// Adds a template as a set of its own, where it has a name as a group of its own. A place of 0 is none.
    pub(super) fn add(
        &mut self,
        shape: Shape,
        (scope, place): (u64, u64),
        name: Option<Fingerprint>,
    ) -> Id {
        let id = self.nodes.len() as Id;
        let wild = (0..shape.len()).filter(|&at| shape.is_wild(at)).count();
        let name = name.map(|name| (id, name));
        self.nodes.push(Node { shape, scope, parent: id, wild, name, general: id, place });
        id
    }

    /// Makes two sets one, under the older name; those of different places stay two. The younger name and the older one,
    /// where that makes two groups one.
    pub(super) fn unite(&mut self, a: Id, b: Id) -> Option<(Fingerprint, Fingerprint)> {
        let (a, b) = (self.root(a), self.root(b));
        if a == b {
            return None;
        }
        let (one, two) = (self.get(a)?, self.get(b)?);
        let place = match (one.place, two.place) {
            (0, place) | (place, 0) => place,
            (place, other) if place == other => place,
            _ => return None,
        };
        let age = |node: &Node| node.name.map_or(Id::MAX, |(born, _)| born);
        let (old, young) = if age(one) <= age(two) { (a, b) } else { (b, a) };
        let general =
            [one.general, two.general].into_iter().max_by(|x, y| self.more_general(*x, *y));
        let name = |id| self.get(id).and_then(|node| node.name).map(|(_, name)| name);
        let merge = name(young).zip(name(old)).filter(|(from, into)| from != into);
        if let Some(node) = self.nodes.get_mut(young as usize) {
            node.parent = old;
        }
        if let (Some(node), Some(general)) = (self.nodes.get_mut(old as usize), general) {
            node.general = general;
            node.place = place;
        }
        merge
    }

    fn more_general(&self, a: Id, b: Id) -> std::cmp::Ordering {
        let rank =
            |id| self.get(id).map(|n| (n.wild, n.place != 0, std::cmp::Reverse(n.shape.text())));
        rank(a).cmp(&rank(b))
    }

    fn root(&self, id: Id) -> Id {
        let mut id = id;
        while let Some(node) = self.get(id).filter(|node| node.parent != id) {
            id = node.parent;
        }
        id
    }
}
