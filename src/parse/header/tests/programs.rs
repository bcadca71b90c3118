//! The heads that programs and languages write.

use super::*;

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
        ("./src/a.c:3:5: warning: unused x", Level::Warn, "./src/a.c:3:5: warning: unused x"),
        ("../a.c:3:5: error: no x", Level::Error, "../a.c:3:5: error: no x"),
        ("./run.sh: warning: nothing to do", Level::Unknown, "./run.sh: warning: nothing to do"),
        ("✘ [ERROR] Could not resolve \"x\"", Level::Error, "Could not resolve \"x\""),
        ("2025-03-04 09:00:00.1234|ERROR|Shop.Program|boom", Level::Error, "Shop.Program|boom"),
        ("root        : ERROR    boom", Level::Error, "boom"),
        ("2025-03-04T09:00:00.123456+00:00 host app[7]: ERROR boom", Level::Error, "boom"),
        ("0000000001 INFO counted", Level::Info, "counted"),
        ("WARN[0000] `version` is obsolete", Level::Warn, "`version` is obsolete"),
    ]);
}

#[test]
fn reads_heads_whose_parts_stand_in_unusual_places() {
    check(&[
        (
            "[2025-03-04 09:00:00 +0100] warning/TlsStream: TLS stream was disconnected.",
            Level::Warn,
            "TLS stream was disconnected.",
        ),
        (
            "4/3/2025 -- 09:00:40 - <Warning> - [ERRCODE: SC_ERR(42)] - no rules",
            Level::Warn,
            "[ERRCODE: SC_ERR(42)] - no rules",
        ),
        (
            "[#|2025-03-04T09:00:00.266-0300|SEVERE|Payara 6.2025.2|org.shop.Cart|_ThreadID=2;_LevelValue=1000;|",
            Level::Error,
            "[#|2025-03-04T09:00:00.266-0300|SEVERE|Payara 6.2025.2|org.shop.Cart|_ThreadID=2;_LevelValue=1000;|",
        ),
        (
            "[#|2025-03-04T09:00:00.266-0300|INFO|Payara 6|org.shop.Cart|_ThreadID=2;|Cart error page ready|#]",
            Level::Info,
            "Cart error page ready|#]",
        ),
        (
            "ERROR: logging before flag.Parse: I0403 17:43:33.904535       1 main.go:90] using unicast",
            Level::Info,
            "using unicast",
        ),
        (
            "2025-03-04 09:00:00,868 - org.shop.RestClient -7448 [I/O dispatcher 1] WARN  [] - no index",
            Level::Warn,
            "no index",
        ),
        ("2025-03-04 09:00:00,123 DEBG received SIGCHLD", Level::Debug, "received SIGCHLD"),
        ("[2025-03-04 09:00:00 +0100] info/done", Level::Unknown, "info/done"),
        ("10/22 20:46:12 [WARN] Unknown option: x", Level::Warn, "Unknown option: x"),
        ("raft2025/03/04 09:00:00 WARN: stepped down", Level::Warn, "stepped down"),
        ("v2025/x/04 09:00:00 WARN: down", Level::Unknown, "v2025/x/04 09:00:00 WARN: down"),
        ("0.04.413.360 E main: cannot load it", Level::Error, "main: cannot load it"),
        ("1.2.3.4 E main: cannot load it", Level::Unknown, "1.2.3.4 E main: cannot load it"),
        (
            "[dell:node.DnsSubscription:Error:1662] [2025-03-04 09:00:00.77 UTC] MuxError",
            Level::Error,
            "MuxError",
        ),
    ]);
}
