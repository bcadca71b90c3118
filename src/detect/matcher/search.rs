//! One expression as a search that only tells whether it is in a text.
//!
//! That needs an automaton that reads forwards and no more: it takes a third of the time to build, and of the memory, of
//! one that also tells where.

use regex_automata::{
    Input,
    hybrid::dfa::{self, Cache, DFA},
    meta,
    nfa::thompson::{self, WhichCaptures},
    util::pool::Pool,
};
use regex_syntax::hir::Hir;
use std::{
    fmt,
    panic::{RefUnwindSafe, UnwindSafe},
    sync::Arc,
};

/// Bound of an expression that is compiled; [`super::check`] is stricter with what users write.
const SIZE: usize = 16 << 20;

type Caches = Pool<Cache, Box<dyn Fn() -> Cache + Send + Sync + UnwindSafe + RefUnwindSafe>>;

/// A compiled expression.
pub(super) enum Search {
    /// Its states are made when a text leads to them, within a bound for each thread that searches.
    Lazy(Arc<DFA>, Caches),
    /// Of the edges of words of Unicode, that automaton knows nothing.
    Whole(meta::Regex),
}

impl Search {
    /// `cache` bounds the states that are kept for each thread, in bytes. `None` where the expression is too large.
    pub(super) fn new(hir: &Hir, cache: usize) -> Option<Self> {
        let whole = || {
            let config = meta::Config::new()
                .utf8_empty(false)
                .which_captures(WhichCaptures::Implicit)
                .nfa_size_limit(Some(SIZE))
                .hybrid_cache_capacity(cache)
                .auto_prefilter(false)
                .onepass(false)
                .dfa(false);
            meta::Regex::builder().configure(config).build_from_hir(hir).ok().map(Self::Whole)
        };
        let config = thompson::Config::new()
            .utf8(false)
            .which_captures(WhichCaptures::None)
            .nfa_size_limit(Some(SIZE));
        let nfa = thompson::Compiler::new().configure(config).build_from_hir(hir).ok()?;
        let config = dfa::Config::new().cache_capacity(cache).skip_cache_capacity_check(true);
        let Ok(lazy) = DFA::builder().configure(config).build_from_nfa(nfa) else { return whole() };
        let lazy = Arc::new(lazy);
        let of = Arc::clone(&lazy);
        Some(Self::Lazy(lazy, Pool::new(Box::new(move || of.create_cache()))))
    }

    /// Whether the expression is in `text`.
    pub(super) fn is_in(&self, text: &[u8]) -> bool {
        let input = Input::new(text).earliest(true);
        match self {
            // It gives up only where it was told to.
            Self::Lazy(lazy, caches) => {
                lazy.try_search_fwd(&mut caches.get(), &input).is_ok_and(|found| found.is_some())
            }
            Self::Whole(regex) => regex.is_match(input),
        }
    }
}

impl fmt::Debug for Search {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lazy(..) => "Lazy",
            Self::Whole(_) => "Whole",
        })
    }
}
