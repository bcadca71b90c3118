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
        ("[E] no time", Level::Unknown, "[E] no time"),
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
fn reads_the_heads_of_databases_and_brokers() {
    check(&[
        (
            "2025-03-04 09:00:00.123 UTC [12] LOG:  checkpoint starting: time",
            Level::Info,
            "checkpoint starting: time",
        ),
        (
            "2025-03-04 09:00:00.123 UTC [12] shop@shop FATAL:  sorry, too many clients already",
            Level::Fatal,
            "sorry, too many clients already",
        ),
        (
            "2025-03-04 09:00:00.123 UTC [12] ERROR:  deadlock detected",
            Level::Error,
            "deadlock detected",
        ),
        ("2025-03-04 09:00:00 UTC [1] PANIC:  could not write", Level::Fatal, "could not write"),
        (
            "2025-03-04 09:00:00 UTC [1] shop@shop WARNING:  there is no transaction",
            Level::Warn,
            "there is no transaction",
        ),
        ("1:M 02 Jan 2006 15:04:05.123 * DB saved on disk", Level::Info, "DB saved on disk"),
        (
            "1:M 02 Jan 2006 15:04:05.123 # WARNING overcommit_memory is set to 0!",
            Level::Warn,
            "overcommit_memory is set to 0!",
        ),
        (
            "12:C 02 Jan 2006 15:04:05.123 # Write error saving DB on disk: No space left",
            Level::Unknown,
            "Write error saving DB on disk: No space left",
        ),
        ("1:M 02 Jan 2006 15:04:05.123 - Accepted 10.0.0.1:1", Level::Debug, "Accepted 10.0.0.1:1"),
        (
            "2025-03-04T09:00:00.123456Z 0 [ERROR] [MY-010119] [Server] Aborting",
            Level::Error,
            "Aborting",
        ),
        (
            "2025-03-04T09:00:00.123456Z 0 [Warning] [MY-010068] [Server] CA certificate ca.pem is self signed.",
            Level::Warn,
            "CA certificate ca.pem is self signed.",
        ),
        (
            "2025-03-04  9:00:00 0 [Note] mariadbd: ready for connections.",
            Level::Info,
            "mariadbd: ready for connections.",
        ),
        (
            "2019-01-01T00:00:00.000+0000 I NETWORK  [listener] connection accepted",
            Level::Info,
            "NETWORK  [listener] connection accepted",
        ),
        (
            "2025-03-04 09:00:00.123456+00:00 [error] <0.1.0> closing AMQP connection",
            Level::Error,
            "closing AMQP connection",
        ),
        (
            "=ERROR REPORT==== 4-Mar-2025::09:00:00 ===",
            Level::Error,
            "=ERROR REPORT==== 4-Mar-2025::09:00:00 ===",
        ),
        (
            "[2025-03-04 09:00:00,123] INFO [GroupCoordinator 1]: Stabilized group",
            Level::Info,
            "[GroupCoordinator 1]: Stabilized group",
        ),
        (
            "[2025-03-04 09:00:00,123] WARN [Producer clientId=p1] Connection to node -1",
            Level::Warn,
            "[Producer clientId=p1] Connection to node -1",
        ),
        (
            "2025-03-04 09:00:00,123 [myid:] - INFO  [main:QuorumPeerConfig@135] - Reading configuration",
            Level::Info,
            "Reading configuration",
        ),
        (
            "[2025-03-04T09:00:00,123][WARN ][o.e.x.y.Z] [node-1] high disk watermark",
            Level::Warn,
            "high disk watermark",
        ),
        (
            "INFO  [main] 2025-03-04 09:00:00,123 CassandraDaemon.java:12 - starting",
            Level::Info,
            "starting",
        ),
    ]);
}

#[test]
fn reads_the_heads_of_proxies_and_servers() {
    check(&[
        (
            "2025/03/04 09:00:00 [error] 31#31: *7 connect() failed (111: Connection refused)",
            Level::Error,
            "connect() failed (111: Connection refused)",
        ),
        ("2025/03/04 09:00:00 [emerg] 1#1: unknown directive", Level::Fatal, "unknown directive"),
        ("nginx: [emerg] host not found in upstream", Level::Fatal, "host not found in upstream"),
        (
            "[Sun Dec 04 04:47:44 2005] [notice] workerEnv.init() ok",
            Level::Info,
            "workerEnv.init() ok",
        ),
        (
            "[Sun Dec 04 04:47:44.123 2005] [core:error] [pid 1:tid 2] [client 1.2.3.4:5] AH00126: Invalid URI",
            Level::Error,
            "AH00126: Invalid URI",
        ),
        ("[ALERT]    (1) : config : fatal errors", Level::Fatal, "config : fatal errors"),
        (
            "[2025-03-04 09:00:00.123][1][warning][config] [source/a.cc:12] no healthy upstream",
            Level::Warn,
            "no healthy upstream",
        ),
        (
            "2025-03-04T09:00:00Z INF Starting provider aggregator",
            Level::Info,
            "Starting provider aggregator",
        ),
        (
            "2025-03-04T09:00:00Z ERR Cannot start the provider error=x",
            Level::Error,
            "Cannot start the provider error=x",
        ),
        ("3:04PM WRN slow", Level::Warn, "slow"),
        (
            "10.0.0.1 - - [04/Mar/2025:09:00:00 +0000] \"GET /error HTTP/1.1\" 500 12",
            Level::Unknown,
            "10.0.0.1 - - [04/Mar/2025:09:00:00 +0000] \"GET /error HTTP/1.1\" 500 12",
        ),
        ("[GIN-debug] [WARNING] Running in debug mode", Level::Warn, "Running in debug mode"),
        (
            "[04-Mar-2025 09:00:00] NOTICE: fpm is running, pid 1",
            Level::Info,
            "fpm is running, pid 1",
        ),
        (
            "<11>1 2025-03-04T09:00:00Z host app 12 - - it broke",
            Level::Error,
            "host app 12 - - it broke",
        ),
        ("Jan  2 15:04:05 host sshd[12]: Failed password", Level::Unknown, "Failed password"),
    ]);
}

#[test]
fn reads_the_heads_of_languages() {
    check(&[
        // Python
        (
            "2025-03-04 09:00:00,123 ERROR [app.db] could not connect",
            Level::Error,
            "could not connect",
        ),
        (
            "2025-03-04 09:00:00,123 - app.db - ERROR - could not connect",
            Level::Error,
            "could not connect",
        ),
        (
            "[2025-03-04 09:00:00,123] ERROR in app: Exception on /fail [GET]",
            Level::Error,
            "Exception on /fail [GET]",
        ),
        (
            "[2025-03-04 09:00:00,123: ERROR/ForkPoolWorker-1] Task a raised",
            Level::Error,
            "Task a raised",
        ),
        (
            "[2025-03-04 09:00:00 +0000] [7] [CRITICAL] WORKER TIMEOUT (pid:8)",
            Level::Fatal,
            "WORKER TIMEOUT (pid:8)",
        ),
        (
            "INFO:     127.0.0.1:5 - \"GET / HTTP/1.1\" 200 OK",
            Level::Info,
            "127.0.0.1:5 - \"GET / HTTP/1.1\" 200 OK",
        ),
        ("ERROR:root:it broke", Level::Error, "it broke"),
        ("WARNING:django.request:Not Found: /x", Level::Warn, "Not Found: /x"),
        ("2025-03-04 09:00:00.123 | ERROR    | app.db:run:10 - it broke", Level::Error, "it broke"),
        ("2025-03-04 09:00:00 [error    ] it broke  user=7", Level::Error, "it broke  user=7"),
        ("[E 250304 09:00:00 web:1798] 500 GET /", Level::Error, "500 GET /"),
        (
            "ERROR [alembic.util.messaging] Can't locate revision",
            Level::Error,
            "Can't locate revision",
        ),
        // JVM
        (
            "2025-03-04T09:00:00.123Z  INFO 1 --- [nio-8081-exec-1] c.s.auth.LoginController   : login ok",
            Level::Info,
            "login ok",
        ),
        (
            "2025-03-04T09:00:00.123Z ERROR 1 --- [app] [main] o.s.boot.SpringApplication : Application run failed",
            Level::Error,
            "Application run failed",
        ),
        (
            "2025-03-04 09:00:00,123 ERROR [org.keycloak.x] (executor-thread-1) failed",
            Level::Error,
            "failed",
        ),
        ("09:00:00.123 [main] WARN  com.foo.Bar - slow", Level::Warn, "slow"),
        (
            "2025-03-04 09:00:00 main ERROR Unable to locate appender",
            Level::Error,
            "Unable to locate appender",
        ),
        ("SEVERE: it broke", Level::Error, "it broke"),
        (
            "04-Mar-2025 09:00:00.123 SEVERE [main] org.apache.catalina.Server.start failed",
            Level::Error,
            "org.apache.catalina.Server.start failed",
        ),
    ]);
}

#[test]
fn reads_the_heads_of_more_languages() {
    check(&[
        (
            "2015-10-18 18:01:51,775 INFO [Socket Reader #1 for port 62260] org.apache.hadoop.ipc.Server: Starting",
            Level::Info,
            "Starting",
        ),
        ("03-17 16:13:38.811  1702  2395 D WindowManager: freezing", Level::Debug, "freezing"),
        // Go
        ("E0102 15:04:05.123456    1 file.go:12] it broke", Level::Error, "it broke"),
        (
            "ERRO[0002] it broke                    id=7",
            Level::Error,
            "it broke                    id=7",
        ),
        ("2025-03-04T09:00:00.123Z\terror\tmain.go:10\tit broke", Level::Error, "it broke"),
        ("2025/03/04 09:00:00 main.go:23: hello", Level::Unknown, "main.go:23: hello"),
        ("2025-03-04T09:00:00.123Z [ERROR] core: it broke", Level::Error, "core: it broke"),
        ("panic: boom", Level::Fatal, "panic: boom"),
        (
            "fatal error: all goroutines are asleep - deadlock!",
            Level::Fatal,
            "fatal error: all goroutines are asleep - deadlock!",
        ),
        // Rust, Ruby, PHP, .NET, Elixir
        ("2025-03-04T09:00:00.123456Z ERROR my_app::db: it broke", Level::Error, "it broke"),
        ("[2025-03-04T09:00:00Z WARN  my_app] slow", Level::Warn, "slow"),
        ("E, [2025-03-04T09:00:00.123456 #1] ERROR -- : it broke", Level::Error, "it broke"),
        ("2025-03-04T09:00:00.123Z pid=1 tid=abc INFO: start", Level::Info, "start"),
        (
            "[2025-03-04T09:00:00.123456+00:00] app.CRITICAL: it broke {\"a\":1} []",
            Level::Fatal,
            "it broke {\"a\":1} []",
        ),
        (
            "PHP Fatal error:  Uncaught Exception: x in /a.php:3",
            Level::Fatal,
            "PHP Fatal error:  Uncaught Exception: x in /a.php:3",
        ),
        (
            "[04-Mar-2025 09:00:00 UTC] PHP Warning:  Undefined variable $x",
            Level::Warn,
            "PHP Warning:  Undefined variable $x",
        ),
        (
            "fail: Microsoft.AspNetCore.Server.Kestrel[13]",
            Level::Error,
            "Microsoft.AspNetCore.Server.Kestrel[13]",
        ),
        ("[09:00:00 ERR] it broke", Level::Error, "it broke"),
        ("09:00:00.123 request_id=F1 [error] it broke", Level::Error, "it broke"),
        // JavaScript
        ("npm ERR! code ELIFECYCLE", Level::Error, "code ELIFECYCLE"),
        ("npm warn deprecated x", Level::Warn, "deprecated x"),
        ("info  - render /a", Level::Info, "render /a"),
        ("\u{1b}[32minfo\u{1b}[0m hydrate page", Level::Info, "hydrate page"),
        ("\u{1b}[31merror\u{1b}[39m: JWT expired", Level::Error, "JWT expired"),
        (" \u{2a2f} Error: x", Level::Error, "Error: x"),
        (
            "[Nest] 12345  - 03/04/2025, 9:00:00 AM   ERROR [ExceptionsHandler] it broke",
            Level::Error,
            "it broke",
        ),
        (
            "Error: connect ECONNREFUSED 10.0.0.1:1",
            Level::Error,
            "Error: connect ECONNREFUSED 10.0.0.1:1",
        ),
        ("[CRITICAL] it broke", Level::Fatal, "it broke"),
        ("2025-03-04T09:00:00Z job sync", Level::Unknown, "job sync"),
    ]);
}

#[test]
fn reads_what_tools_print() {
    check(&[
        ("psql: error: connection to server failed", Level::Error, "connection to server failed"),
        ("/docker-entrypoint.sh: info: ready for start up", Level::Info, "ready for start up"),
        (
            "error[E0425]: cannot find value `x`",
            Level::Error,
            "error[E0425]: cannot find value `x`",
        ),
        ("error TS2304: Cannot find name 'x'.", Level::Error, "TS2304: Cannot find name 'x'."),
        ("✘ [ERROR] Could not resolve \"x\"", Level::Error, "Could not resolve \"x\""),
        ("2025-03-04 09:00:00.1234|ERROR|Shop.Program|boom", Level::Error, "Shop.Program|boom"),
        ("root        : ERROR    boom", Level::Error, "boom"),
        ("2025-03-04T09:00:00.123456+00:00 host app[7]: ERROR boom", Level::Error, "boom"),
        ("0000000001 INFO counted", Level::Info, "counted"),
        ("WARN[0000] `version` is obsolete", Level::Warn, "`version` is obsolete"),
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
