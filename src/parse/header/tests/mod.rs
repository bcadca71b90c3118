//! The heads of lines: forms that many programs share, and what is no head.

mod programs;

use super::*;

/// Each line with its level and its message.
fn check(table: &[(&str, Level, &str)]) {
    for (line, level, message) in table {
        let text = crate::model::SafeText::from(*line);
        let head = read(&text, line.as_bytes());
        let got = &text[head.message_at..];
        assert_eq!((head.level, got), (*level, *message), "{line}");
    }
}

#[test]
fn reads_levels_in_columns_between_bars_and_distrusts_a_level_before_another() {
    check(&[
        (
            "2024-04-29 22:05:20.8|Warn|ImportListController|call made to an old endpoint",
            Level::Warn,
            "ImportListController|call made to an old endpoint",
        ),
        ("2024-04-29 22:05:20.8|Debug|Api|[GET] /api", Level::Debug, "Api|[GET] /api"),
        ("2024-04-29 22:05:20.8|Warned|the owner", Level::Unknown, "Warned|the owner"),
        (
            "INFO: WARNING: the old key is deprecated",
            Level::Unknown,
            "WARNING: the old key is deprecated",
        ),
        ("INFO: warning: see below", Level::Info, "warning: see below"),
        ("   148:20170824:163424.561 cannot use database", Level::Unknown, "cannot use database"),
        ("2024-07-23 19:39:36 W0723 14:09:36.04 1 metrics.cc:631] no", Level::Warn, "no"),
        ("Wed Sep  6 13:52:17 2023 daemon.err ntpd[9]: no peer", Level::Error, "no peer"),
        ("Wed Sep  6 13:52:17 2023 daemon.info ntpd[9]: peer", Level::Info, "peer"),
        ("JVB 2025-01-29 19:48:04.701 WARNING: [1] no peer", Level::Warn, "[1] no peer"),
        ("Jicofo 2020-04-27 16:36:03.228 INFOS: failed", Level::Info, "failed"),
        ("wsd-1-2 2025-08-21 12:17:01.35 +0000 [ wsd ] WRN  no", Level::Warn, "no"),
        ("E [12/Jun/2014:13:33:24 +0530] no", Level::Error, "no"),
        ("2026-03-13 10:43:38,808::DEBUG::[db:2] no", Level::Debug, "no"),
        ("postgresql 14:46:13.55 WARN  ==> You did it", Level::Warn, "You did it"),
        ("redis 11:47:31.16", Level::Unknown, "redis 11:47:31.16"),
        ("7:20170824:163424.561 server #0 started", Level::Unknown, "server #0 started"),
        ("   148:2017082:163424.561 no head", Level::Unknown, "   148:2017082:163424.561 no head"),
    ]);
}

#[test]
fn reads_a_level_behind_a_name() {
    check(&[
        ("portmanager         error   this port is in use", Level::Error, "this port is in use"),
        ("c2s55f1            info   Client disconnected", Level::Info, "Client disconnected"),
        ("the error  was here", Level::Unknown, "the error  was here"),
        (
            "2024-03-01T08:00:10.120034+0000 mon.a (mon.0) 11 : cluster [WRN] 1 osds down",
            Level::Warn,
            "1 osds down",
        ),
        ("2024-03-01 08:00:10 cluster [INFO] up", Level::Info, "up"),
        ("2024-03-01 08:00:10 cluster [three] up", Level::Unknown, "cluster [three] up"),
    ]);
}

#[test]
fn reads_a_letter_in_brackets_behind_the_time_and_before_a_tag() {
    check(&[
        ("[17:05:28][W][component:237]: took a long time", Level::Warn, "took a long time"),
        ("[08:12:44][E][i2c:121]: no answer", Level::Error, "no answer"),
        ("[14:46:24][C][ota:483]: 1 boot attempt", Level::Info, "1 boot attempt"),
        ("[01:54:56][VV][api:434]: hello", Level::Trace, "hello"),
        ("[W][component:237]: no time", Level::Unknown, "[W][component:237]: no time"),
    ]);
}

#[test]
fn reads_a_letter_in_brackets_behind_the_time_and_the_place_in_the_source() {
    check(&[
        ("2020/05/31 15:34:58 ...web/init.go:72:initDB() [E] no answer", Level::Error, "no answer"),
        ("2023/08/22 03:09:03 cmd/web.go:195:serve() [I] PID: 15", Level::Info, "PID: 15"),
        ("2016/10/26 14:14:10 [W] Migrator: slow", Level::Warn, "Migrator: slow"),
        ("2016/10/26 14:14:10 [X] Migrator", Level::Unknown, "[X] Migrator"),
        ("[E] no time", Level::Error, "no time"),
        ("[X] no time", Level::Unknown, "[X] no time"),
    ]);
}

#[test]
fn reads_a_head_behind_the_one_of_a_daemon() {
    check(&[
        (
            "Mar  4 09:00:00 host app[7]: 2025-03-04T09:00:00.1Z error: [mail] no",
            Level::Error,
            "no",
        ),
        (
            "2025 Mar 04 09:00:00  | 2025-03-04 09:00:00,1 - shop.db - WARNING - no",
            Level::Warn,
            "no",
        ),
        ("Mar  4 09:00:00 host daemon.err app[7]: no", Level::Error, "no"),
        ("2025-03-04T09:00:00.1Z stderr F ERROR no", Level::Error, "no"),
        ("Mar  4 09:00:00 host app[7]: 2025-03-04 is a day", Level::Unknown, "2025-03-04 is a day"),
    ]);
}

#[test]
fn reads_levels_in_an_attire_of_their_own() {
    check(&[
        ("!!! ERROR: no", Level::Error, "no"),
        ("==> WARN no", Level::Warn, "no"),
        ("**WARNING** no", Level::Warn, "no"),
        ("=> Booting", Level::Unknown, "=> Booting"),
        ("== errors: 3", Level::Unknown, "== errors: 3"),
        ("(app:7): GLib-GIO-CRITICAL **: no", Level::Fatal, "no"),
        ("(app:7): no", Level::Unknown, "(app:7): no"),
        ("(WARNING) no", Level::Warn, "no"),
        ("[    12.345] (EE) no", Level::Error, "no"),
        ("[app.ERROR] no", Level::Error, "no"),
        ("2025-03-04T09:00:00+0000 [web#error] no", Level::Error, "no"),
        ("E: no", Level::Error, "no"),
        ("2025-03-04 09:00:00.1 W no route", Level::Warn, "no route"),
        ("2025-03-04 09:00:00.1 I have no route", Level::Unknown, "I have no route"),
        ("2025-03-04 09:00:00.1 W: no route", Level::Warn, "no route"),
        ("2025-03-04 09:00:00.1 C: is full", Level::Unknown, "C: is full"),
        ("ERROR! no", Level::Error, "no"),
        ("ERROR:: no", Level::Error, "no"),
        ("error : no", Level::Error, "no"),
        ("WARN; no", Level::Warn, "no"),
        ("Trace: no", Level::Unknown, "Trace: no"),
        ("✘ no", Level::Error, "no"),
        ("NOTICE: PHP message: PHP Warning:  no", Level::Warn, "PHP Warning:  no"),
        ("NOTICE: PHP message: could not start it", Level::Unknown, "could not start it"),
    ]);
}

#[test]
fn reads_short_dates_and_levels_in_round_brackets() {
    check(&[
        ("21-05-21 17:26:08 WARNING (Main) [auth] no login", Level::Warn, "no login"),
        ("Jan-7 14:24:05.640 [name] error: no", Level::Error, "no"),
        ("[2025-03-04 09:00:00](critical) no", Level::Fatal, "no"),
        ("[2025-03-04 09:00:00](three) no", Level::Unknown, "(three) no"),
    ]);
}

#[test]
fn reads_old_heads_of_redis_and_those_of_supervisors_and_jobs() {
    check(&[
        ("[1066] 02 Jan 21:35:26.069 # no memory", Level::Unknown, "no memory"),
        ("7:M 02 Jan 21:35:26.069 * up", Level::Info, "up"),
        ("[12] items", Level::Unknown, "[12] items"),
        ("s6-supervise web: warning: no file", Level::Warn, "no file"),
        ("web-1 is up: info: x", Level::Unknown, "web-1 is up: info: x"),
        ("2020-11-24T07:49:02.407Z 798 TID-ot MailJob JID-7a54 INFO: done", Level::Info, "done"),
        ("2020-11-24T07:49:02.407Z Mail sent-it INFO no", Level::Unknown, "Mail sent-it INFO no"),
    ]);
}

#[test]
fn words_inside_a_message_are_no_level() {
    for line in [
        "0 errors, 0 warnings",
        "batch done: processed=90 failed=0 errors=0 warnings=0",
        "error_rate=0 for 5 minutes",
        "errors found: none",
        "GET /error/ERROR 200",
        "2025-03-04 09:00:00 user signed in, ERROR page was shown",
        "2025-03-04 09:00:00 the ERROR count is 0",
        "the word \"ERROR\" in quotes",
        "\"ERROR\" is quoted",
        "Error handling is set up",
        "Error::new is called",
        "error://host/path",
        "http: panic serving 10.0.0.1:1: boom",
        "note: run with `RUST_BACKTRACE=1`",
        "401 Unauthorized",
        "TypeError: x is not a function",
        "  ERROR is indented, so it belongs to something",
        "TRACE /path HTTP/1.1",
        "LOG of yesterday",
        "10.0.0.1 ERROR",
        "12 ERROR pages were shown",
        "error Command failed",
        "error in the message",
        "日本 ERROR",
        "infolog started",
        "",
        " ",
        "[",
        "[]",
        "ERRORS",
        "日本語 ERROR x",
    ] {
        let head = read(line, line.as_bytes());
        assert_eq!(head.level, Level::Unknown, "{line}");
    }
}

#[test]
fn two_levels_that_differ_are_none() {
    for line in [
        "2025-03-04 09:00:00 INFO ERROR: it broke",
        "[INFO] [ERROR] it broke",
        "2025-03-04T09:00:00Z [info] FATAL: it broke",
    ] {
        assert_eq!(read(line, line.as_bytes()).level, Level::Unknown, "{line}");
    }
    assert_eq!(read("INFO ERROR page rendered", b"").level, Level::Info);
}

proptest::proptest! {
    #[test]
    fn any_text_has_a_head_within_it(text in "(\\PC|[\\[\\]<>{}(): |0-9TZ.,EFWI#*-]){0,80}") {
        let head = read(&text, text.as_bytes());
        proptest::prop_assert!(text.is_char_boundary(head.message_at));
        proptest::prop_assert!(text.is_empty() || head.message_at < text.len());
    }

    #[test]
    fn any_mutilated_head_is_read(cut in 0_usize..60, insert in "\\PC{0,3}") {
        for line in [
            "2025-03-04 09:00:00,123 ERROR [app.db] could not connect",
            "E, [2025-03-04T09:00:00.123456 #1] ERROR -- : it broke",
            "1:M 02 Jan 2006 15:04:05.123 # WARNING overcommit_memory is set",
            "E0102 15:04:05.123456    1 file.go:12] it broke",
            "[2025-03-04 09:00:00,123: ERROR/ForkPoolWorker-1] Task a raised",
            "Mar  4 09:00:00 host app[7]: ERROR boom",
            "error TS2304: x",
            "PHP Fatal error:  x",
            "<11>1 2025-03-04T09:00:00Z x",
            "ERRO[0002] x",
            "=ERROR REPORT==== x",
        ] {
            // What ends in the middle is read, too.
            let short = &line[..cut.min(line.len())];
            proptest::prop_assert!(read(short, short.as_bytes()).message_at <= short.len());
            let mut text = line[..cut.min(line.len())].to_owned();
            text.push_str(&insert);
            text.push_str(&line[cut.min(line.len())..]);
            let head = read(&text, text.as_bytes());
            proptest::prop_assert!(text.is_char_boundary(head.message_at));
        }
    }
}
