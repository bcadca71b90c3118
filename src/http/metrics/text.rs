//! The text format of Prometheus: families of samples with their help.

use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
};

/// How a figure moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Up only, from the start of this run.
    Counter,
    /// Up and down.
    Gauge,
}

/// All samples of one name. Samples with equal labels are added up.
#[derive(Debug)]
pub(super) struct Family {
    name: &'static str,
    kind: Kind,
    help: &'static str,
    samples: BTreeMap<String, f64>,
}

impl Family {
    pub(super) const fn counter(name: &'static str, help: &'static str) -> Self {
        Self { name, kind: Kind::Counter, help, samples: BTreeMap::new() }
    }

    pub(super) const fn gauge(name: &'static str, help: &'static str) -> Self {
        Self { name, kind: Kind::Gauge, help, samples: BTreeMap::new() }
    }

    /// With one sample that has no labels.
    pub(super) fn of(mut self, value: f64) -> Self {
        self.add(&[], value);
        self
    }

    /// Adds to the sample with these labels.
    pub(super) fn add(&mut self, labels: &[(&'static str, &str)], value: f64) {
        let mut key = String::new();
        for (at, (name, text)) in labels.iter().enumerate() {
            key.push_str(if at == 0 { "{" } else { "," });
            let _ = write!(key, "{name}=\"");
            escape(text, &mut key);
            key.push('"');
        }
        if !labels.is_empty() {
            key.push('}');
        }
        *self.samples.entry(key).or_default() += value;
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
        };
        let Self { name, help, samples, .. } = self;
        writeln!(f, "# HELP {name} {help}\n# TYPE {name} {kind}")?;
        samples.iter().try_for_each(|(labels, value)| writeln!(f, "{name}{labels} {value}"))
    }
}

fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_labels_are_one_sample_and_hostile_ones_stay_inside_their_quotes() {
        let mut family = Family::counter("x_total", "How many.");
        family.add(&[("service", "a"), ("kind", "b")], 1.0);
        family.add(&[("service", "a"), ("kind", "b")], 2.5);
        family.add(&[("service", "\"} 1\n\\x")], 4.0);
        assert_eq!(
            family.to_string(),
            "# HELP x_total How many.\n# TYPE x_total counter\n\
             x_total{service=\"\\\"} 1\\n\\\\x\"} 4\n\
             x_total{service=\"a\",kind=\"b\"} 3.5\n"
        );
        assert_eq!(
            Family::gauge("y", "Y.").of(0.0).to_string(),
            "# HELP y Y.\n# TYPE y gauge\ny 0\n"
        );
    }
}
