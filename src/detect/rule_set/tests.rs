//! Folders of rules, good and bad.

use super::*;
use crate::model::Severity;

fn load(files: &[(&str, &str)]) -> (RuleSet, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let (rules, errors) = RuleSet::load(Some(folder.path()), &[]);
    (rules, errors.iter().map(ToString::to_string).collect())
}

const OWN: &str = "[[rule]]\nid = \"other.own\"\ntitle = \"Our own\"\nseverity = \"warning\"\npattern = 'zwiebel'\n";

#[test]
fn a_missing_folder_is_no_error() {
    let (rules, errors) = RuleSet::load(Some(Path::new("/nowhere/at/all")), &[]);
    assert!(errors.is_empty());
    assert_eq!(rules.len(), RuleSet::builtin().0.len());
}

#[test]
fn a_user_adds_changes_and_disables() {
    let (rules, errors) = load(&[
        ("a.toml", OWN),
        (
            "b.toml",
            "[[rule]]\nid = \"network.refused\"\nseverity = \"info\"\n[[rule]]\nid = \"network.dns\"\nenabled = false\n",
        ),
    ]);
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(rules.get("other.own").unwrap().source, RuleSource::User("a.toml".into()));
    let changed = rules.get("network.refused").unwrap();
    assert_eq!(changed.severity, Severity::Info);
    assert!(changed.pattern.is_some());
    assert!(rules.get("network.dns").is_none());
}

#[test]
fn a_bad_rule_costs_only_itself() {
    let long = format!(
        "[[rule]]\nid = \"other.long\"\ntitle = \"x\"\nseverity = \"info\"\npattern = '{}'\n",
        "a".repeat(1025)
    );
    for (text, want) in [
        (
            "[[rule]]\nid = \"other.bad\"\ntitle = \"x\"\nseverity = \"info\"\npattern = '('\n",
            "bad.toml:1: rule other.bad: pattern: error: unclosed group",
        ),
        (
            "[[rule]]\nid = \"other.bad\"\ntitle = \"x\"\nseverity = \"info\"\npattern = '(a{1000}){1000}'\n",
            "rule other.bad: pattern:",
        ),
        (
            "[[rule]]\nid = \"nope.bad\"\ntitle = \"x\"\nseverity = \"info\"\npattern = 'x'\n",
            "categories are database, ",
        ),
        (
            "[[rule]]\nid = \"other.bad\"\ntitle = \"x\"\nseverity = \"info\"\n",
            "missing key `pattern`",
        ),
        ("[[rule]]\nid = \"other.bad\"\npattern = 'x'\n", "missing key `title`"),
        ("[[rule]]\nid = \"other.nothing\"\nenabled = false\n", "no such rule"),
        (long.as_str(), "1025 bytes are more than 1024"),
    ] {
        let (rules, errors) = load(&[("bad.toml", text), ("good.toml", OWN)]);
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert!(errors[0].contains(want), "{errors:?}");
        assert!(rules.get("other.own").is_some());
    }
}

#[test]
fn the_same_id_twice_in_a_file_is_said() {
    let (_, errors) = load(&[("a.toml", &format!("{OWN}{OWN}"))]);
    assert!(errors[0].contains("a.toml:6: rule other.own: the same id stands twice"), "{errors:?}");
}

#[test]
fn only_two_hundred_rules_of_ones_own() {
    use std::fmt::Write as _;
    let mut text = String::new();
    for at in 0..205 {
        let _ = write!(
            text,
            "[[rule]]\nid = \"other.r{at}\"\ntitle = \"x\"\nseverity = \"info\"\npattern = 'r{at}'\n"
        );
    }
    let (rules, errors) = load(&[("a.toml", &text)]);
    assert_eq!(rules.len(), RuleSet::builtin().0.len() + 200);
    assert_eq!(errors.len(), 5);
}

#[test]
fn of_several_hits_the_first_rule_wins() {
    let rules = RuleSet::builtin().0;
    let ranks: Vec<_> = rules.rules().iter().map(Rule::rank).collect();
    assert!(ranks.is_sorted());
    assert!(rules.rules().last().is_some_and(|rule| rule.pattern.is_none()));
}

#[test]
fn a_project_shares_rules_beside_its_settings() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(".dogwatch.toml");
    fs::write(&file, format!("[tui]\ntheme = \"x\"\n\n{OWN}")).unwrap();
    let (rules, errors) = RuleSet::load(None, &[file, folder.path().join("nothing.toml")]);
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(rules.get("other.own").unwrap().source, RuleSource::User(".dogwatch.toml".into()));
}

#[test]
fn an_ignoring_rule_needs_words_or_another_limit() {
    let rule = |keys: &str| format!("[[rule]]\nid = \"other.quiet\"\nignore = true\n{keys}\n");
    for keys in ["services = [\"web\"]", "categories = [\"tls\"]", "pattern = 'moon'"] {
        let (rules, errors) = load(&[("a.toml", &rule(keys))]);
        assert!(errors.is_empty(), "{keys}: {errors:?}");
        assert_eq!(rules.get("other.quiet").unwrap().priority, IGNORING);
    }
    for (keys, want) in [
        ("", "missing key `pattern`"),
        ("services = \"web\"", "expected a sequence"),
        ("categories = [\"sea\"]", "unknown variant `sea`"),
    ] {
        let (_, errors) = load(&[("a.toml", &rule(keys))]);
        assert!(errors.iter().any(|e| e.contains(want)), "{keys}: {errors:?}");
    }
    let own = format!("{OWN}categories = [\"tls\"]\n");
    let (_, errors) = load(&[("a.toml", &own)]);
    assert!(errors[0].contains("ignore = true"), "{errors:?}");
}

#[test]
fn samples_are_what_the_files_say() {
    for (file, text) in BUILT_IN {
        let whole = rule_file::read(file, text, false);
        assert!(whole.errors.is_empty(), "{file}: {:?}", whole.errors);
        let mut loader = Loader::default();
        loader.read_own(file, text);
        assert_eq!(loader.rules.len(), whole.drafts.len(), "{file}");
        for draft in whole.drafts {
            let rule = &loader.rules[&RuleId::from(draft.id.as_str())];
            let want = [draft.matches, draft.misses].map(Option::unwrap_or_default);
            assert_eq!([&rule.matches[..], &rule.misses[..]], [&want[0][..], &want[1][..]]);
            let told = [&draft.pattern, &draft.unless];
            assert_eq!([&rule.pattern, &rule.unless], told, "{}", draft.id);
        }
    }
}
