//! What becomes one, and what does not.

use super::Miner;
use crate::{
    group::{Grouper, mask::mask},
    model::{Category, Fingerprint},
};

/// How many groups these lines are.
fn groups(lines: &[&str]) -> usize {
    let names: std::collections::HashSet<_> =
        placed(lines).into_iter().map(|(name, _)| name).collect();
    names.len()
}

fn placed(lines: &[&str]) -> Vec<(Fingerprint, String)> {
    let mut grouper = Grouper::new();
    let names: Vec<_> =
        lines.iter().map(|line| Grouper::name(Some(Category::Other), line)).collect();
    for (name, template) in &names {
        grouper.place(*name, Some(Category::Other), template, None);
    }
    let group = |(name, _): &(Fingerprint, _)| grouper.group(*name).unwrap();
    names.iter().map(group).map(|(name, template)| (name, template.to_string())).collect()
}

fn each(line: &str, values: &[&str]) -> Vec<String> {
    values.iter().map(|value| line.replace('%', value)).collect()
}

const NAMES: [&str; 9] = ["ann", "bob", "carol", "dora", "emil", "fritz", "gustav", "hanna", "ida"];
/// Words of which programs make sentences: less of a sign than names.
const SPOKEN: [&str; 9] =
    ["upload", "header", "date", "price", "renewal", "cookie", "depth", "label", "badge"];

#[test]
fn names_behind_a_word_that_names_follow_are_one_problem() {
    for (line, values) in [
        ("FATAL: password authentication failed for user %", &NAMES[..3]),
        ("error: role % does not exist", &["app", "reporting", "grafana"]),
        ("failed to pull image % from registry", &["nginx", "postgres", "redis"]),
        ("consumer lag too high on topic %", &["orders", "payments", "mails"]),
        ("could not connect to % within deadline", &["billing", "cart", "catalog"]),
        ("cannot resolve host %: no such host", &["db", "cache", "mail"]),
        ("Unable to start plugin %: bad manifest", &["alpha", "beta", "gamma"]),
    ] {
        let lines = each(line, values);
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        assert_eq!(groups(&lines), 1, "{:?}", placed(&lines));
    }
}

#[test]
fn words_that_no_program_writes_in_its_sentences_are_names() {
    for (line, values, want) in [
        // Two are enough where most of the message stays, three where little does.
        ("Disk % temperature <num> above limit", &["sda", "sdb"][..], 1),
        ("World % saving took 17 s", &["nether", "overworld", "underdark"], 1),
        ("World % saving took 17 s", &["nether", "overworld"], 2),
        ("Lag of % is above its limit", &["orders", "invoices"], 1),
        // What programs do is never a name, however much of the message stays.
        ("Backup % did not finish in 17 s", &["restore", "upload"], 2),
        ("Cache % failed after 17 s on its disk", &["eviction", "cleanup"], 2),
        ("Failed to parse % 17 in row 3", &["date", "price"], 2),
    ] {
        let lines = each(line, values);
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        assert_eq!(groups(&lines), want, "{:?}", placed(&lines));
    }
}

#[test]
fn two_messages_about_the_same_names_stay_two() {
    let lines: Vec<_> = ["date", "price"]
        .into_iter()
        .flat_map(|word| {
            each(&format!("Failed to parse {word} 17 in row 3 of %"), &["a.csv", "b.csv", "c.js"])
        })
        .collect();
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    assert_eq!(groups(&lines), 2, "{:?}", placed(&lines));
}

#[test]
fn methods_protocols_and_directions_are_one_of_few() {
    for (line, values, want) in [
        ("Slow request: % took 17 ms", &["GET", "POST"][..], 1),
        ("peer 10.0.0.1 exceeded % query limit", &["tcp", "udp"], 1),
        ("Blocked % connection from 10.0.0.1", &["inbound", "outbound"], 1),
        // Of two kinds, or at the head.
        ("Slow request: % took 17 ms", &["GET", "udp"], 2),
        ("% request took too long", &["GET", "POST"], 2),
    ] {
        let lines = each(line, values);
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        assert_eq!(groups(&lines), want, "{:?}", placed(&lines));
    }
}

#[test]
fn states_beside_an_arrow_are_one_problem() {
    for (line, want) in [
        ("IKE_SA cart[17] state change: % => DELETING", 1),
        ("IKE_SA cart[17] state change: ESTABLISHED -> %", 1),
        ("IKE_SA cart[17] state is %", 3),
    ] {
        let lines = each(line, &["CREATED", "CONNECTING", "REKEYING"]);
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        assert_eq!(groups(&lines), want, "{:?}", placed(&lines));
    }
}

#[test]
fn what_has_a_number_behind_it_is_a_name() {
    let lines = each("monitor %[17] gave up early", &NAMES[..3]);
    assert_eq!(groups(&lines.iter().map(String::as_str).collect::<Vec<_>>()), 1);
    let lines = each("monitor % [17] gave up early", &SPOKEN[..3]);
    assert_eq!(groups(&lines.iter().map(String::as_str).collect::<Vec<_>>()), 3);
}

#[test]
fn what_stands_in_brackets_behind_a_number_is_its_name() {
    for (line, values, want) in [
        ("process 17 (%) opened too much", &NAMES[..3], 1),
        ("process 17 (%) opened too much", &["High Load", "Sent Items", "The Other"], 1),
        ("left with code 17 (%) at once", &SPOKEN[..3], 3),
        ("process 17 (%) opened too much", &["EPIPE", "EIO", "ENOSPC"], 3),
    ] {
        let lines = each(line, values);
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        assert_eq!(groups(&lines), want, "{:?}", placed(&lines));
    }
}

#[test]
fn what_changes_freely_in_two_places_are_names() {
    let lines = |pairs: &[(&str, &str)]| -> Vec<String> {
        pairs.iter().map(|(a, b)| format!("group {a} has no member {b}")).collect()
    };
    let (ann, bob) = (("red", "ann"), ("blue", "bob"));
    let (one, other) = (("upload", "price"), ("date", "depth"));
    for (pairs, want) in [
        (&[ann, bob, ("red", "bob"), ("blue", "ann")][..], 1),
        (&[one, other], 2),
        (&[one, other, ("upload", "depth")], 3),
    ] {
        let lines = lines(pairs);
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        assert_eq!(groups(&lines), want, "{:?}", placed(&lines));
    }
}

#[test]
fn an_identifier_shows_that_words_beside_it_are_names() {
    for (values, want) in [(&["depth", "search-indexer", "price"][..], 1), (&SPOKEN[..3], 3)] {
        let lines = each("the camera % saw nothing", values);
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        assert_eq!(groups(&lines), want, "{:?}", placed(&lines));
    }
}

#[test]
fn what_changes_in_quotes_may_be_any_title() {
    let lines = ["torrent \"box-17\" is ready", "torrent \"Disk almost full\" is ready"];
    assert_eq!(groups(&lines), 1, "{:?}", placed(&lines));
    let lines = ["ready, error \"box-17\" again", "ready, error \"Disk almost full\" again"];
    assert_eq!(groups(&lines), 2, "{:?}", placed(&lines));
}

#[test]
fn a_word_where_others_have_a_variable_is_one() {
    assert_eq!(
        groups(&[
            "clock synchronized to 10.0.0.1, stratum 3",
            "clock synchronized to LOCAL(0), stratum 10"
        ]),
        1
    );
    assert_eq!(groups(&["Kill child 17 of the pool", "Kill child process of the pool"]), 2);
    assert_eq!(
        groups(&["ciod: LOGIN chdir(/home/a) gave up", "ciod: LOGIN chdir(pwd) gave up"]),
        1
    );
}

#[test]
fn many_names_anywhere_are_one_problem() {
    let lines = each("Cache entry % was evicted early", &SPOKEN[..8]);
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    assert_eq!(groups(&lines), 1);
    assert_eq!(groups(&lines[..4]), 4);
}

#[test]
fn a_plain_word_at_the_head_is_a_name_where_identifiers_are() {
    let line = "% exited with code 1";
    let lines = each(line, &["orders-api", "cart_db", "mail.relay", "billing"]);
    assert_eq!(groups(&lines.iter().map(String::as_str).collect::<Vec<_>>()), 1);
    let lines = each(line, &NAMES[..4]);
    assert_eq!(groups(&lines.iter().map(String::as_str).collect::<Vec<_>>()), 4);
}

#[test]
fn two_names_are_enough_where_names_follow_and_one_is_an_identifier() {
    assert_eq!(groups(&["Volume data-1a of ann is late", "Volume mail of ann is late"]), 1);
    assert_eq!(groups(&["Volume data of ann is late", "Volume mail of ann is late"]), 2);
}

#[test]
fn the_more_of_a_line_stays_the_fewer_names_it_takes() {
    for lines in [
        &[
            "cannot delete model billing while it is still in use",
            "cannot delete model analytics while it is still in use",
        ][..],
        &[
            "slow plan IXSCAN chosen for the same query shape again",
            "slow plan COLLSCAN chosen for the same query shape again",
        ],
        &[
            "OrderController gave up the attempt after too many retries of its caller",
            "PaymentHandler gave up the attempt after too many retries of its caller",
        ],
        &[
            "template of /srv/mail failed its second check",
            "template of /srv/a b.txt failed its second check",
        ],
    ] {
        assert_eq!(groups(lines), 1, "{:?}", placed(lines));
    }
    for lines in [
        &["layout of the screen has to begin now", "layout of the screen has to end now"][..],
        &[
            "the last write to the disk failed with code ENOSPC",
            "the last write to the disk failed with code EACCES",
        ],
        &[
            "upstream sent an invalid header while reading the reply",
            "upstream sent an invalid status while reading the reply",
        ],
    ] {
        assert_eq!(groups(lines), lines.len(), "{:?}", placed(lines));
    }
}

#[test]
fn what_was_to_be_done_is_never_a_name() {
    for line in [
        "Failed to % volume 17 of the media share: context canceled",
        "Unable to % container 17 for the search service in time",
        "could not % session of the mail gateway within its budget",
    ] {
        let lines = each(line, &["attach", "detach", "resize", "mount", "inspect", "rename"]);
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        assert_eq!(groups(&lines), 6, "{:?}", placed(&lines));
    }
    let lines = each("index event to % went nowhere, action is gone", &NAMES[..4]);
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    assert_eq!(groups(&lines), 1);
}

#[test]
fn a_long_line_may_begin_with_an_id_or_a_label() {
    for lines in [
        &[
            "Xhw3sHAml: mail to peer waits, the greylist of the relay holds it",
            "4AB9CD77F1: mail to peer waits, the greylist of the relay holds it",
            "k9QxWz2pL: mail to peer waits, the greylist of the relay holds it",
        ][..],
        &[
            "ADS:LDS: ACK of peer came while the listener still drains",
            "ADS:CDS: ACK of peer came while the listener still drains",
        ],
    ] {
        assert_eq!(groups(lines), 1, "{:?}", placed(lines));
    }
    assert_eq!(groups(&["E17: mail to peer waits", "rack2: mail to peer waits"]), 2);
}

#[test]
fn values_of_keys_in_the_middle_of_a_line_may_be_any_word() {
    for lines in [
        &[
            "Access denied for user 'ann' (using password: YES)",
            "Access denied for user 'ann' (using password: NO)",
        ][..],
        &[
            "Slow query of the day, command: find plan: IXSCAN docs:17",
            "Slow query of the day, command: aggregate plan: IXSCAN docs:17",
        ],
    ] {
        assert_eq!(groups(lines), 1, "{:?}", placed(lines));
    }
    for lines in [
        &[
            "Access check of the user gave up (reason: locked)",
            "Access check of the user gave up (reason: missing)",
        ][..],
        &["health of the whole stack now: full", "health of the whole stack now: idle"],
    ] {
        assert_eq!(groups(lines), 2, "{:?}", placed(lines));
    }
}

#[test]
fn titles_of_several_words_are_names() {
    for (line, values) in [
        (
            "Failed to tag item 17 with the title of \"%\"",
            &["The Long Way Home", "Linear Algebra", "Night and Day in Rome", "Inbox"][..],
        ),
        (
            "quota of the mailbox is full at last, folder % rejected",
            &["Sent Items", "Linear Algebra", "Archive", "kitchen sensor", "Intro to Databases"],
        ),
        // Behind a word that names follow, small words join them, and small letters are enough where one is a name.
        ("reading device % gave up at once", &["kitchen sensor", "Lamp of the Hall", "garage"]),
    ] {
        let lines = each(line, values);
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        assert_eq!(groups(&lines), 1, "{:?}", placed(&lines));
    }
    for lines in [
        &[
            "peer of the session answered Connection Refused",
            "peer of the session answered Too Busy",
            "peer of the session answered Stream Closed",
        ][..],
        &[
            "publish of the nightly page failed, error \"Illegal seek in file\"",
            "publish of the nightly page failed, error \"Not a tty at all\"",
        ],
        &[
            "reading device health check gave up at once",
            "reading device start hook gave up at once",
            "reading device read cache gave up at once",
        ],
    ] {
        assert_eq!(groups(lines), lines.len(), "{:?}", placed(lines));
    }
}

#[test]
fn where_several_names_are_known_another_word_is_one_too() {
    let line = "Input of the command must be a string, got %";
    let lines = each(line, &["Integer", "Array", "Bulk", "Null"]);
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    assert_eq!(groups(&lines), 1, "{:?}", placed(&lines));
    let lines = each("Input of the command must be a string, got %", &["Integer", "Null"]);
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    assert_eq!(groups(&lines), 2);
}

#[test]
fn where_several_names_are_known_a_sentence_in_quotes_is_a_value() {
    let line = "Sharing folder \"inbox\" of % through the relay";
    let mut lines = each(line, &NAMES[..4]);
    lines.push("Sharing folder \"Disk almost full\" of emil through the relay".to_owned());
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    assert_eq!(groups(&lines), 1, "{:?}", placed(&lines));
}

#[test]
fn where_lines_of_one_form_differ_is_found_among_many_words() {
    let shares = ["frontend", "cart", "billing", "archive"];
    let lines: Vec<String> = (0..12)
        .map(|at| (NAMES[at % 5], shares[at % 4]))
        .map(|(who, share)| format!("smb: access of {who} on share {share} broken by peer"))
        .collect();
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    assert_eq!(groups(&lines), 1, "{:?}", placed(&lines));
}

#[test]
fn two_names_at_once_are_found_whatever_meets() {
    let lines: Vec<String> = NAMES
        .iter()
        .zip(["x1y", "alpha", "beta", "gamma", "delta", "rho", "phi", "tau", "psi"])
        .map(|(user, host)| format!("login of user {user} from {host} rejected by policy"))
        .collect();
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    assert_eq!(groups(&lines), 1, "{:?}", placed(&lines));
}

#[test]
fn a_word_that_never_changes_stays() {
    let lines = each("database login of user % refused, too many", &NAMES[..4]);
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    assert_eq!(placed(&lines)[0].1, "database login of user <*> refused, too many");
}

#[test]
fn what_happened_is_never_a_name() {
    for lines in [
        &[
            "connect to upstream failed: connection refused",
            "connect to upstream failed: connection reset",
            "connect to upstream failed: connection closed",
        ][..],
        &[
            "failed to open config",
            "failed to read config",
            "failed to parse config",
            "failed to write config",
            "failed to close config",
        ],
        &[
            "request failed with ValueError",
            "request failed with KeyError",
            "request failed with TypeError",
        ],
        &[
            "caused by java.net.ConnectException: x",
            "caused by java.io.EOFException: x",
            "caused by java.net.SocketTimeoutException: x",
        ],
        &[
            "rpc to orders failed: code = Unavailable",
            "rpc to orders failed: code = DeadlineExceeded",
        ],
        &[
            "write error for ENOSPC on disk",
            "write error for EACCES on disk",
            "write error for EROFS on disk",
        ],
        &["MISCONF Redis is broken", "READONLY Redis is broken", "NOAUTH Redis is broken"],
        &[
            "job timed out waiting for lock",
            "job timed out waiting for connection",
            "job timed out waiting for reply",
        ],
        &[
            "Main process exited, code=exited",
            "Unit entered failed state",
            "Main process exited, code=killed",
        ],
        &[
            "container for service db is unhealthy",
            "container for service db is starting",
            "container for service db is restarting",
        ],
        &["server is up again now", "server is down again now", "server is busy again now"],
        &[
            "table orders is locked",
            "table orders is missing",
            "table orders is full",
            "table orders is corrupt",
        ],
    ] {
        let distinct: std::collections::HashSet<_> = lines.iter().map(|line| mask(line)).collect();
        assert_eq!(groups(lines), distinct.len(), "{:?}", placed(lines));
    }
}

#[test]
fn the_order_of_lines_changes_no_group() {
    let mut lines: Vec<String> = each("login of user % from 10.0.0.1 failed", &NAMES);
    lines.extend(each("login of user % from LOCAL failed", &NAMES[..4]));
    lines.extend(each("job % stopped the queue early", &["a-1", "b-2", "nightly"]));
    let folders = ["Sent Items", "Linear Algebra", "Archive", "kitchen sensor", "Null"];
    lines.extend(each("quota of the mailbox is full at last, folder % rejected", &folders));
    lines.extend(each("cannot % the config", &["open", "read", "parse", "write"]));
    let parted = |lines: &[String]| {
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        let placed = placed(&lines);
        let mut parts = std::collections::BTreeMap::<_, std::collections::BTreeSet<_>>::new();
        for (line, (_, template)) in lines.iter().zip(&placed) {
            parts.entry(template.clone()).or_default().insert((*line).to_owned());
        }
        parts
    };
    let want = parted(&lines);
    for turn in 1..lines.len() {
        let mut turned = lines.clone();
        turned.rotate_left(turn);
        if turn % 2 == 0 {
            turned.reverse();
        }
        assert_eq!(parted(&turned), want);
    }
}

#[test]
fn the_oldest_name_stays_and_the_others_are_told() {
    let mut grouper = Grouper::new();
    let names: Vec<_> = SPOKEN[..3]
        .iter()
        .map(|who| Grouper::name(None, &format!("no password of user {who} given")))
        .collect();
    for (name, template) in &names[..2] {
        grouper.place(*name, None, template, None);
    }
    assert!(grouper.take_merges().is_empty());
    grouper.place(names[2].0, None, &names[2].1, None);
    assert_eq!(grouper.take_merges(), [(names[1].0, names[0].0)]);
    assert_eq!(grouper.group(names[2].0).unwrap(), (names[0].0, "no password of user <*> given"));
}

#[test]
fn a_flood_of_new_templates_is_bounded() {
    let mut miner = Miner::default();
    for number in 0..40_000_u64 {
        let template = format!("w{number:x}q said x{:x}y and z{:x}v", number * 7, number * 11);
        miner.place(Fingerprint(number), || 0, &template, None);
    }
    assert!(miner.len() <= 16_000 + 100);
}

proptest::proptest! {
    #[test]
    fn hostile_templates_never_panic(lines in proptest::collection::vec("[a-c<*>()\\[\\], .:=ż\"]{0,30}", 0..40)) {
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        placed(&lines);
    }
}
