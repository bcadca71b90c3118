//! What a single word of a template says about whether it may be a name.

use super::vocabulary;
use foldhash::HashSet;
use std::sync::LazyLock;

/// Nouns and prepositions after which a name stands.
const BEFORE_NAMES: &str = "
    account actor app application backend bean branch broker bucket by certificate channel
    class client cluster collection column command component constraint consumer container
    context daemon database dataset datasource db deployment destination device directory
    domain driver eai_again endpoint enotfound exchange extension feature field file
    filesystem for from function getaddrinfo group host hostname image index instance
    interface job kernel keyspace listener machine member method metric migration module
    mount named namespace network node object on operator owner package parameter partition
    path peer pipeline plugin pod policy principal process producer profile program project
    property provider publisher queue realm record region registry relation replica repo
    repository resource role route rule schema script secret section segment sequence server
    service setting shard sink site socket source stage store stream subscriber subscription
    subsystem table tablespace target task template tenant thread topic trigger type unit
    upstream user username variable vhost view virtualhost volume watcher worker workflow
    workspace zone
";

/// Beginnings of words after which `to` leads to a place, not to a deed.
const TO_A_PLACE: &str = "
    access assign attach bind bound connect copied copying delegat deliver dispatch failover
    forward grant join log login migrat mov proxy publish push reconnect redirect repl
    request respon rout send sent stream submit subscri switch sync synchron talk transfer
    upload writ
";

/// Beginnings of words after which `to` leads to a deed.
const TO_A_DEED: &str = "
    able allow ask attempt decid expect fail has have incapable need not order permi ready refus
    time tried try unable unwilling want wish
";

/// Words after which the deed follows that was not done.
const BEFORE_DEEDS: &[&str] =
    &["can", "can't", "cannot", "could", "couldn't", "did", "didn't", "not", "will", "won't"];

/// Verbs after what a message speaks of.
const VERBS: &[&str] =
    &["can't", "cannot", "could", "did", "does", "exited", "had", "has", "is", "was", "will"];

/// Words of prose: they tell problems apart and are never names.
const PROSE: &str = "
    a about accept active after again all already an and another any are as at available
    back be because become been before begin begins being between big bind body but by
    call can cannot check clean cleanup close connect could create creating debug decode
    delete deleting did different do does done dump during early either enable encode
    enter entering errors every exceptions exclusive execute exited failures few find
    finish first flush for free from get give go goes granted had handles handling
    handshake has have high if in incoming info init insert inside internal into io is it
    its keepalive large last late leave leaving less listen load loading long low many max
    maximum may more most much must never new next nobody non nothing now of old on once
    one only open opening or other our out outgoing over parse parsing please quit read
    readable reading received receiving recover refresh remote remove removing reply
    require resets resolve retries run same save send sending sent set shall shared short
    should shut small so some start startup still stop such than that the their them then
    there these they this those through throw thrown timeouts to too try trying under
    unlock until up updating use using verify via wait warn was we were what when where
    which while who will with without would write writing yet you your zero
";

/// Things that programs speak of: no sign of a hole for names, but where there is one they may be names as well.
const THINGS: &str = "
    access action address allocation answer argument arguments attempt authentication
    authorization buffer certificate change changes checkpoint child client clients code
    command commit config configuration connection connections content copy cpu current
    cycle data database default delay dependencies dependency device directory disk dns end
    entries entry event events execution file files format frame handler header headers
    health heap host index input issue job jobs json key keys latency leader length limits
    line local locks lookup main memory message messages metadata mode module name names
    network operation operations option options order output packet page parameter parent
    partial password path peer permission permissions ping pipe pool port primary privilege
    privileges process processes protocol query rate reader record recovery replica
    replication request requests resource resources response responses result results
    runtime schema script self server servers service services session sessions signal
    signature size snapshot socket space ssl stack state statement status stream swap sync
    syntax system table task tasks thread threads time tls token topic traffic transaction
    transactions type update upgrade upstream url user users value values verification
    version volume work workers writer
";

/// Words of what becomes of things, also as a part of longer ones: `NotFound`, `deadline_exceeded`.
const OUTCOMES: &str = "
    abort absent alive bad blank broken busy closing conflict connecting corrupt crash dead
    deadline deadlock degrade denial deny disable down drop duplicate empty eof error
    exception existing exit exits expire expiry fail failing fails failure false fatal fault
    found full gone hang healthy idle ill inactive invalid kill killed leak limit lock loss
    lost malformed mismatch missing no none not null off offline online oom overflow panic
    pending processing quota reached ready refuse reject reset restart restarting retry
    retrying rollback running segfault shutdown shutting skip skipping slow stale starting
    stopping stuck success successful successfully timeout true unable undefined unexpected
    unhealthy unknown valid violation waiting warning wrong
";

static LISTS: LazyLock<Lists> = LazyLock::new(|| Lists {
    before_names: BEFORE_NAMES.split_whitespace().collect(),
    prose: PROSE.split_whitespace().collect(),
    things: THINGS.split_whitespace().collect(),
    outcomes: OUTCOMES.split_whitespace().collect(),
});

struct Lists {
    before_names: HashSet<&'static str>,
    prose: HashSet<&'static str>,
    things: HashSet<&'static str>,
    outcomes: HashSet<&'static str>,
}

/// Words before a code that is the fault itself.
const TELLING: &[&str] = &[
    "cause",
    "code",
    "err",
    "errno",
    "error",
    "exception",
    "failed",
    "fatal",
    "reason",
    "result",
    "returned",
    "state",
    "status",
    "with",
];

/// Endings of the names of faults.
const FAULTS: &[&str] =
    &["Error", "Exception", "Failure", "Fault", "Interrupt", "Timeout", "Warning", "Panic"];

/// Whether the word after `word` is likely to be a name; `before` is the word before it.
pub(super) fn stands_before_name(word: &str, before: Option<&str>) -> bool {
    let word = word.trim_end_matches(':');
    if word.len() > 16 {
        return false;
    }
    let lower = word.to_ascii_lowercase();
    if lower == "to" {
        let before = before.unwrap_or_default().to_ascii_lowercase();
        return TO_A_PLACE.split_whitespace().any(|start| before.starts_with(start));
    }
    LISTS.before_names.contains(lower.as_str())
}

/// Whether the word after `word` says what was to be done, `failed to start` or `cannot open`; `before` is the word before it.
pub(super) fn stands_before_deed(word: &str, before: Option<&str>) -> bool {
    let lower = word.to_ascii_lowercase();
    match lower.as_str() {
        "to" => before.is_some_and(|before| {
            let before = before.to_ascii_lowercase();
            TO_A_DEED.split_whitespace().any(|start| before.starts_with(start))
        }),
        _ => BEFORE_DEEDS.contains(&lower.as_str()),
    }
}

/// Whether a word says that the one before it is what the message speaks of.
pub(super) fn is_verb(word: &str) -> bool {
    VERBS.contains(&word)
}

/// Whether a word is one of a sentence by its looks: small letters only.
pub(super) fn is_plain(word: &str) -> bool {
    word.bytes().all(|b| b.is_ascii_lowercase())
}

/// Whether a part of the word changes by its looks already.
pub(super) fn has_variable(word: &str) -> bool {
    word.contains('<') && word.contains('>')
}

/// Whether a word changes and is no more than that, or a number of something: not `orders/ann@<num>`.
pub(super) fn is_bare(word: &str) -> bool {
    has_variable(word) && !(word.contains(['/', '@', '.']) && is_constant(word))
}

/// Whether a word has text of its own: at least two letters beside its variables.
pub(in crate::group) fn is_constant(word: &str) -> bool {
    let mut is_inside = false;
    let own = word.bytes().filter(|b| {
        is_inside = (is_inside || *b == b'<') && *b != b'>';
        !is_inside && b.is_ascii_alphabetic()
    });
    own.count() >= 2
}

/// Whether a word is the name of a thing in general, and by itself no sign that names stand in its place.
pub(super) fn is_thing(word: &str) -> bool {
    LISTS.things.contains(word.to_ascii_lowercase().as_str())
}

/// Whether a word may be a name though it is the first one: it is put together by signs, `orders.service`.
pub(super) fn may_lead(word: &str) -> bool {
    word.get(1..).is_some_and(|rest| rest.contains(['.', '-', '_', '/', '@'])) && may_be_name(word)
}

/// Whether a word is the name of a class or a function, `OrderController`: it may be a name at the head of a long message.
pub(super) fn is_class(word: &str) -> bool {
    let inner = word.as_bytes().windows(2);
    let mut turns = inner.filter(|w| w[0].is_ascii_lowercase() && w[1].is_ascii_uppercase());
    turns.next().is_some() && may_be_name(word)
}

/// Whether a word may be one of many names: it is not one that tells problems apart.
pub(super) fn may_be_name(word: &str) -> bool {
    if has_variable(word) {
        return true;
    }
    let is_sign = !word.bytes().any(|b| b.is_ascii_alphanumeric() || b >= 0x80);
    !is_sign
        && !is_code(word)
        && !is_fault(word)
        && (!LISTS.prose.contains(word.to_ascii_lowercase().as_str()) || is_letter(word))
        && (is_long(word) || !parts(word).any(is_outcome))
}

/// Whether a word that tells problems apart in a sentence does not as the value of a key: `NO`, `find`, `none`.
pub(super) fn is_choice(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    LISTS.prose.contains(lower.as_str())
        || matches!(lower.as_str(), "true" | "false" | "none" | "null" | "off" | "idle")
}

/// Whether a word is one of prose.
pub(super) fn is_prose(word: &str) -> bool {
    LISTS.prose.contains(word.to_ascii_lowercase().as_str())
}

/// Whether a word has a capital as in a title.
pub(super) fn is_capital(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_uppercase())
        && word.bytes().skip(1).all(|b| b.is_ascii_lowercase())
}

/// Whether a word may stand in a title: it says nothing of a fault.
pub(super) fn may_be_in_title(word: &str) -> bool {
    has_variable(word) || !is_fault(word) && !parts(word).any(is_outcome)
}

/// A capital alone is the name of something: `query A`.
fn is_letter(word: &str) -> bool {
    matches!(word.as_bytes(), [b'A'..=b'Z'])
}

/// Whether a word looks like an identifier: signs or capitals within it.
pub(super) fn is_identifier(word: &str) -> bool {
    let inner = word.as_bytes().get(1..).unwrap_or_default();
    inner.iter().any(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b"_-./@$:".contains(b))
        && word.bytes().any(|b| b.is_ascii_alphabetic())
}

/// Words of which programs name one where any of them may stand, each list of a kind of its own.
const CHOICES: &[&[&str]] = &[
    &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"],
    &["SELECT", "INSERT", "UPDATE", "DELETE"],
    &["A", "AAAA", "ANY", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT"],
    &["tcp", "udp", "icmp", "sctp", "quic"],
    &["TCP", "UDP", "ICMP", "SCTP", "QUIC"],
    &["inbound", "outbound"],
    &["incoming", "outgoing"],
    &["ingress", "egress"],
];

/// The kinds of things, by number, of which a word is one of few: methods, protocols, directions.
pub(super) fn choices(word: &str) -> impl Iterator<Item = usize> {
    let lists = CHOICES.iter().enumerate();
    lists.filter(move |(_, choices)| choices.contains(&word)).map(|(kind, _)| kind)
}

/// Whether a word tells by itself that it is a name, or by its looks or because no program writes it in its sentences.
pub(super) fn is_proper(word: &str) -> bool {
    is_identifier(word)
        || is_plain(word)
            && !is_prose(word)
            && !is_thing(word)
            && !is_listed(word)
            && !vocabulary::is_spoken(word)
}

/// Whether a word is one after which names stand.
fn is_listed(word: &str) -> bool {
    LISTS.before_names.contains(word) || parts(word).any(is_outcome)
}

/// Identifiers of many words may have any of them: `com.shop.orders.FailedJobs`, `/etc/app/error.conf`.
fn is_long(word: &str) -> bool {
    word.bytes().filter(|b| b"._-/$".contains(b)).count() >= 3
}

/// `ECONNREFUSED`, `SQLITE_BUSY`, `LEADER_NOT_AVAILABLE`: words in capitals are codes. They are no sign of names; where
/// a word says that names follow, and others show it, they may be one.
pub(super) fn is_code(word: &str) -> bool {
    let letters = word.bytes().filter(u8::is_ascii_alphabetic).count();
    letters >= 2 && !word.bytes().any(|b| b.is_ascii_lowercase())
}

/// Whether a word in capitals may be one of several kinds of a thing, `IXSCAN` or `RDB`: it says nothing of a fault.
pub(super) fn is_label(word: &str) -> bool {
    let is_errno = word.len() > 2 && word.starts_with('E') && !word.contains('_');
    is_code(word)
        && !is_errno
        && !has_variable(word)
        && !LISTS.prose.contains(word.to_ascii_lowercase().as_str())
        && !parts(word).any(is_outcome)
}

/// Whether what follows the word says what is wrong.
pub(super) fn is_telling(word: &str) -> bool {
    let word = word.rsplit([':', '_', '.']).next().unwrap_or(word);
    TELLING.iter().any(|telling| telling.eq_ignore_ascii_case(word))
}

fn is_fault(word: &str) -> bool {
    FAULTS.iter().any(|end| word.ends_with(end))
}

fn is_outcome(part: &str) -> bool {
    let lower = part.to_ascii_lowercase();
    (lower.len() >= 5 && lower.ends_with("ed") && !lower.ends_with("eed"))
        || lower.starts_with("un") && lower.ends_with("able")
        || LISTS.outcomes.contains(lower.as_str())
}

/// The words that a name is made of: `DeadlineExceeded` is two, `not_found` too.
fn parts(word: &str) -> impl Iterator<Item = &str> {
    let cuts = move |at: &usize| {
        let bytes = word.as_bytes();
        let (before, here) = (bytes[at - 1], bytes[*at]);
        here.is_ascii_uppercase() && before.is_ascii_lowercase()
            || here.is_ascii_alphanumeric() != before.is_ascii_alphanumeric()
    };
    let mut ends: Vec<usize> =
        (1..word.len()).filter(cuts).filter(|at| word.is_char_boundary(*at)).take(8).collect();
    ends.push(word.len());
    let mut from = 0;
    ends.into_iter().filter_map(move |end| word.get(std::mem::replace(&mut from, end)..end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_names_and_what_happened_is_not() {
        for name in [
            "ann",
            "orders",
            "my-topic",
            "order_items_pkey",
            "com.shop.Cart",
            "billing",
            "node-<num>",
        ] {
            assert!(may_be_name(name), "{name}");
        }
        for word in [
            "refused",
            "reset",
            "the",
            "ECONNREFUSED",
            "SQLITE_BUSY",
            "ValueError",
            "NotFound",
            "java.lang.IllegalStateException",
            "DeadlineExceeded",
            "unreachable",
            "failed",
            "->",
            "OOMKilled",
        ] {
            assert!(!may_be_name(word), "{word}");
        }
    }

    #[test]
    fn to_leads_to_a_place_or_to_a_deed() {
        assert!(stands_before_name("to", Some("connecting")));
        assert!(!stands_before_name("to", Some("failed")));
        assert!(stands_before_name("user", None) && stands_before_name("Role:", None));
        assert!(!stands_before_name("connection", None));
    }
}
