//! The language of messages: words that programs write whatever they are for.
//!
//! A word that is none of them and stands where another does not is likely a name: of a room, a disk, a customer.

use foldhash::HashSet;
use std::sync::LazyLock;

/// Words of small letters that stand in the sentences of at least 7 of 843 libraries of Rust, Python and Perl, and what
/// those who run services speak of; without those that their ends or other lists here tell.
const WORDS: &str = "
    above absolute abstract accepts accessor acquire across actual adapter add additional
    addresses adds adjacent advice affect against age ahead alarm alert algorithm
    algorithms alias aliases align alloc allocate allow allows alone along alphabet
    alphabetic alphanumeric also alt alternate alternatives always ambiguous among amount
    analysis analyze anchor anchors anonymous ansi anymore anyway anywhere api appear
    appears append applies appropriate arbitrary arch architecture archives area aren arg
    args arithmetic around array arrays arrow ascii ask assert assign assume async
    asynchronous atom atomic attach attack attempts attr attribute attributes attrs auth
    author auto automatic autovacuum auxiliary avoid aware away background backlog
    backoff backslash backup backward backwards bandwidth bar bare bars base basic batch
    battery became behavior behaviour behind believe belong belongs below best better
    beyond bigger binary bit bitmap bits blob block blocks bogus bold bool boolean boot
    border both bother bottom bound boundary bounds box brace braces bracket brackets
    break browser buckets budget buf buffers bug build builder builds built builtin
    builtins bundle burst byte bytearray bytecode bytes cache caches calculate callback
    callbacks caller calls cancel candidate candidates canonical cap capture care careful
    carriage carrier carry case cases cast catch category caught cause causes cell cells
    center cert certain certificates certs chain chains channels char character characters
    chars charset checker checks checksum children choice choices choose chosen chunk
    chunks circular classes clear cli click clock cmd codec codes col collects colon color
    colors columns combine come comes comma commands commas common compare comparison
    compile compiler complete completes complex compliant components compress compute
    concat concrete concurrent conditional configs configure confirm conflicts conn
    consensus consider consistency consistent consists console const constant constants
    constraints construct constructor constructs consume cont contact contain contains
    contents continue contributors control controls convenient convert converter converts
    cookie cooldown copies core correct correspond corresponds count counter counts course
    cover crate crawl creates credentials credit critical cryptography curl cursor curve
    custom cycles damage dash datagram date datetime day days deal debugger decide decimal
    declare decompress decorator decorators decrypt deep defaults define defines degree
    del delimiter delimiters dependent depends depth describe descriptor descriptors
    deserialize design dest details detect determine devices dial dict dictionaries
    dictionary dicts die diff differ differs digest digit digits dim dir direct directives
    directories dirs discovery dispatch display displays distinct distro div doc doctype
    domains dot dots double download downloads drain draw drift dst due dummy duplicates
    dyn dynamic each earlier easy echo edge edit editor effect egress else email emit
    enables enc enclose encoder encodings encounter encrypt endian endpoints ends enforce
    engine enough ensure entire enum enums env epoch epsilon equal equals equivalent err
    errno escape escapes essential establish etc eval evaluate evaluates even ever exact
    example examples exc exceeds except exclude exec exist exists exp expand expands
    expect expects experimental expires explicit exponent exponential export expr ext
    extend external extra extract extras fact factor factory failover fake fall fallback
    falls fan fancy far fast faster favor favorite fds features fee fetch fewer fields
    fifo figure filehandle filename filenames fileno fill filter filters final fine finite
    firmware fit fits fix flag flags flatten float floats flow fmt folder follow follower
    follows font forbidden force foreground foreign forget forgot fork form formats
    formatter formatters forms forward fractional frames framework frequency fresh front
    frozen func further future futures garbage gateway general generate generates
    generator generators generic generics gets given gives glibc glob global globals good
    gossip got grammar grant graph greater groups guard guess guide half hand handle
    handlers handover happen happens hard hardware hash hashes head heartbeat height hello
    help helper helpful here hex hexadecimal hidden higher highest hint hints history hit
    hold home hook hooks horizontal hour hours how however html http https huge human
    hyphen hyphens icon ident identical identifier identifiers identify ids idx ignore
    ignores illegal imaginary impl implicit implies import important imports inbound
    include includes incomplete inconsistent incorrect increase indent independent indexes
    indicate indicates indicator indices indirect individual infinite ingress inherit
    initial initialize initializer inline inner inputs inspect install installs instances
    instantiate instead insufficient int integer integers integral interfaces intermediate
    internals interpret interpreter interrupt interval invariant inventory invoice invoke
    issuer issues item items iter iterables iterate iterator iterators itself jitter join
    just keep kept keyword keywords kind kinds know known label labels lack lacks lag
    lambda language languages larger largest later latest layer layout lead lease least
    ledger left legacy legal len lengths let letter letters level levels lib libraries
    library license lifecycle lifetime lifetimes light like linear lines link links list
    lists literal literals little loader loaders loads loc locale locals locate log logger
    logic logical login logon logout logs longer longest look looks loop loops loose lower
    lowercase lowest macro macros made magic mail mailbox major make man manage manager
    mandatory manifest manual map mappings maps margin mark marker markers marks markup
    mask master match matches math matrix matter maybe mean means meant measure mechanism
    meet members menu merge meta meth methods middle might milliseconds min minimal
    minimum minor minus minute minutes mirror mismatches mistake mix mock mod model models
    modes modifier modify modules month move moves msg multiline multipart multiple mutate
    nack namespaces nanoseconds near nearest necessary needs neither net networks newer
    newline newlines newtype nodes nonempty nonexistent nor normal note notice notify num
    number numbers numeric numerical nums objects obsolete obtain obvious occur
    occurrences occurs octal octet octets odd offset offsets okay older oldest ones onto
    opcode operand operate operators opt optimize optional ordinal ordinary origin
    original others otherwise outage outbound outer outputs outside overflows overlap
    overload overridden override overrides overwrite overwritten own packages pager pages
    pair pairs paragraph parallel param parameters params paren parentheses parenthesis
    parser parsers parses part particular parts pass passes past patch pathname paths
    pattern patterns payload per perform performs perhaps period permanent permit phase
    phrase pid piece pipes place placeholder plain plan platform platforms plus point
    pointer pointers points policies poll pop pos positional potential power pragma
    precedes predicate prefer prefix prefixes prepare present preserve press pretty
    prevent previous price print prints prior private probe problem problems procedure
    processor produce produces product progress prompt proper properties protect protocols
    prototype provide provides proxies proxy prune ptr pub public publish pull purchase
    pure purge purpose purposes push put quick quiet quorum quote quotes raise raises ran
    random range ranges rare rather raw reach reads real reason reasons reboot rebuild
    receiver recent reclaim reconcile records recv redefine redirect redirects reduce
    redundant ref refer references refers refs refund regardless regex regexes register
    regular reindex relationship release releases relevant reload remainder remains
    removal rename render renewal repair repeat replace replay report reports repositories
    repr represent represents requires rerun res rescan resembles reserve resolver respect
    rest restore resume resync ret retrieval retrieve return returns reuse reverse revoke
    rewind right rollout rollup root roots rotate round routine routines row rows rules
    runner runs safe said sample samples satisfy say scalar scale scan schemas scheme
    schemes scientific scope scrape screen scripts scrub seal search searches second
    seconds secure see seek seem seems seen select selector semaphore semicolon sender
    sense sensor sentinel separate separator separators seq sequences sequential serial
    serialize serializer series serve sets settings setup several shallow shape share
    shell shift shortcut shorter shorthand show shown shows side sign signals signatures
    signup similar simple since single singleton sit sizes skew slave slice slices slot
    slots smaller sockets soft software solid solve someone sometimes sort sources spaces
    span spans spawn spec special specific specifier specifiers specifies specify spell
    spike split spool spot square src ssh stall stamp standalone standard starts stat
    states static statistics std stderr stdin stdout step steps stock storage stores str
    strategy streams strict strings strip struct structs structure structures style styles
    sub subcommand subdirectory subject subpath subprocess subroutine subscript subsequent
    subset sufficient suffix suffixes suite sum summary super support supports suppress
    sure surge suspend switch symbol symbolic symbols symlink symmetric sys systems tab
    tables tag tags tail take taken takes tar targets teardown tell temp temperature
    templates temporary term terminal terminate terminator terms test tests text therefore
    things think third though threshold throttle throughput thus ticket timer times
    timestamp timestamps timezone title together toggle tokenizer tokens took tool tools
    top total trace traceback tracebacks track traditional transfer transform translate
    transparent transport traversal traverse treat tree tries trip truncate trust truth
    tty turn turns twice two types typical unbound undef underflow underline underscore
    underscores understand understood undo unicode uniform unindent uninstall union unions
    unique units universal unless unmount unregister unsafe unseal unset unwrap updates
    upload upon upper uppercase uptime uri urls usage useful uses usual vacuum val
    validate validator var variables variant variants various vars vector vendor verbatim
    verbose vertical very virtual visit void voltage vote wake wakeup want warmup warnings
    watermark way weak web webhook week weekday weight weights well went whatever whether
    whitespace whole whose why wide widget width wildcard wildcards window windows wins
    withdrawal within won word words works world wrap wrapper wrappers wraps writes
    written xml yaml year years yield yields yourself zeros
";

/// Ends of words that tell of a deed, or how a thing is.
const ENDS: &[&str] = &[
    "able", "ance", "ed", "ence", "ible", "ing", "ities", "ity", "ive", "ly", "ment", "ments",
    "ness", "sion", "sions", "tion", "tions",
];

static SET: LazyLock<HashSet<&str>> = LazyLock::new(|| WORDS.split_whitespace().collect());

/// Whether a word of small letters is one that any program may write.
pub(super) fn is_spoken(word: &str) -> bool {
    word.len() < 3 || ENDS.iter().any(|end| word.ends_with(end)) || SET.contains(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_any_program_are_told_from_names() {
        for word in ["eviction", "backup", "restore", "pattern", "renewal", "allowed", "of"] {
            assert!(is_spoken(word), "{word}");
        }
        for word in ["kitchen", "sda", "overworld", "sonos", "billing-eu", "alice", "orders"] {
            assert!(!is_spoken(word), "{word}");
        }
    }

    #[test]
    fn every_word_is_told_once_and_in_order() {
        let words: Vec<_> = WORDS.split_whitespace().collect();
        assert!(words.is_sorted_by(|one, other| one < other));
        assert!(words.iter().all(|word| !ENDS.iter().any(|end| word.ends_with(end))));
    }
}
