//! Templates, message by message.

use super::{mask, scanner::MAX_TOKENS, template::MAX_CHARS};

#[test]
fn templates_read_like_the_message() {
    for (message, want) in [
        ("connection to db:5432 refused", "connection to <host> refused"),
        (
            "dial tcp 10.0.0.1:5432: connect: connection refused",
            "dial tcp <ip>: connect: connection refused",
        ),
        (
            "dial tcp: lookup db on 127.0.0.11:53: no such host",
            "dial tcp: lookup <val> on <ip>: no such host",
        ),
        ("relation \"orders\" does not exist", "relation \"<str>\" does not exist"),
        ("No module named 'boto3'", "No module named \"<str>\""),
        ("KeyError: 'STRIPE_API_KEY'", "KeyError: 'STRIPE_API_KEY'"),
        ("can't find child 17 in scoreboard", "can't find child <num> in scoreboard"),
        ("GET /api/v1/orders/123?x=1 HTTP/1.1", "GET /api/v1/orders/<num> HTTP"),
        (
            "GET /api/orders -> 500 INTERNAL SERVER ERROR",
            "GET /api/orders -> 5xx INTERNAL SERVER ERROR",
        ),
        ("Exception on /fail/type [GET]", "Exception on <path> [GET]"),
        ("mail to ann@example.com bounced", "mail to <email> bounced"),
        ("fetch https://api.example.com/v1?x=1 failed", "fetch <url> failed"),
        ("timed out after 5.0s", "timed out after <time>"),
        ("took 12 ms, wrote 3 MiB", "took <time>, wrote <size>"),
        ("at 2025-03-04 09:00:00,123 UTC [17] x", "at <time> [<num>] x"),
        ("at [04/Mar/2025:09:00:00 +0000] x", "at [<time>] x"),
        ("at Sun Dec 04 04:47:44 2005 x", "at <time> x"),
        ("at Sun Dec 04 04:47:44 EST 2005 x", "at <time> x"),
        ("attempt_17_0002_m_000010_0 failed", "attempt_<num> failed"),
        ("at 21 Nov 2025 10:00:00.123 x", "at <time> x"),
        ("uid=0 tty= ruser= rhost=10.0.0.1", "uid=<val> tty=<val> ruser=<val> rhost=<val>"),
        ("pid = 17, tag = null", "pid = <val>, tag = <val>"),
        ("x == y, a => b, i >= 3", "x == y, a => b, i >= <num>"),
        ("level=error msg=\"job 17 failed\" id=x", "level=error msg=\"job <num> failed\" id=<val>"),
        (
            "{\"msg\":\"order paid\",\"id\":17,\"t\":\"a1b2c3d4\"}",
            "{\"msg\":\"order paid\",\"id\":<num>,\"t\":\"<str>\"}",
        ),
        (
            "[2025-03-04 09:00:00,001: ERROR/ForkPoolWorker-3] x",
            "[<time>: ERROR/ForkPoolWorker-<num>] x",
        ),
        ("<0.123.0> down", "<num> down"),
        ("replica node3 17 behind, 3 17", "replica node<num> <num> behind, <num>"),
        ("replica node-3 17 behind", "replica node-<num> <num> behind"),
        ("31#31: *17 x", "<num>: <num> x"),
        ("pods api-7d9f8b6c5-x2x9z and blk_-123", "pods api-<hex>-<id> and blk_<num>"),
        ("ids [1, 2, 3] gone", "ids [<num>] gone"),
        (
            "Failed password for invalid user bob from 10.0.0.1 port 22 ssh2",
            "Failed password for invalid user <val> from <ip> port <num> ssh2",
        ),
        ("Failed password for root from 10.0.0.1", "Failed password for <val> from <ip>"),
        ("check pass; user unknown", "check pass; user unknown"),
        (
            "10.0.0.1 - - [04/Mar/2025:09:00:00 +0000] \"GET / HTTP/2.0\" 502 7",
            "\"GET / HTTP\" 5xx <num>",
        ),
        ("open C:\\temp\\x.txt: denied", "open <path>: denied"),
        ("from 00:11:43:e3:ba:c3 via ::1", "from <mac> via <ip>"),
        (
            "upstream timed out (110: Connection timed out), request: \"GET /a HTTP/1.1\", host: \"x\"",
            "upstream timed out (<num>: Connection timed out), request: \"<str>\", host: \"<str>\"",
        ),
        (
            "\"POST /api/v1/orders HTTP/1.1\" 502 312 \"-\" \"Mozilla/5.0 (X11; Linux) Chrome/122.0\" rt=1.2",
            "\"POST /api/v1/orders HTTP\" 5xx <num> \"<str>\" \"<str>\" rt=<val>",
        ),
        ("  many   spaces  ", "many spaces"),
        ("", ""),
        ("\"", "\""),
        ("='", "=<val>"),
    ] {
        assert_eq!(mask(message), want, "{message}");
    }
}

#[test]
fn masking_a_template_again_changes_no_words_of_it() {
    for message in ["connection to db refused", "permission denied", "panic: nil map"] {
        assert_eq!(mask(&mask(message)), mask(message));
    }
}

#[test]
fn length_is_bounded() {
    assert_eq!(mask(&"a ".repeat(5_000)).split(' ').count(), MAX_TOKENS);
    assert!(mask(&"word".repeat(5_000)).chars().count() <= MAX_CHARS);
    assert!(mask(&"ż".repeat(5_000)).chars().count() <= MAX_CHARS);
    assert!(mask(&"\"'=[".repeat(2_000)).chars().count() <= MAX_CHARS);
}

proptest::proptest! {
    #[test]
    fn hostile_text_never_panics(text in "\\PC{0,300}") {
        proptest::prop_assert!(mask(&text).chars().count() <= MAX_CHARS);
    }

    #[test]
    fn signs_never_panic(text in "[ =\"'`<>0-9a-zż:./@,()\\[\\]-]{0,80}") {
        proptest::prop_assert!(mask(&text).chars().count() <= MAX_CHARS);
    }
}
