//! What each service says when it starts and when it is told to stop.

use super::{super::cast::Role, data, golang, jvm, node, python, web};
use chrono::{DateTime, Utc};

const MAIN: &str = "MainProcess";

/// Lines from the start of the process to being ready.
pub(in crate::source::demo) fn startup(role: Role, at: DateTime<Utc>) -> Vec<String> {
    match role {
        Role::Web => vec![
            web::notice(at, "using the \"epoll\" event method"),
            web::notice(at, "nginx/1.27.3"),
            web::notice(at, "start worker processes"),
        ],
        Role::Api => vec![
            python::gunicorn(at, 1, "Starting gunicorn 23.0.0"),
            python::gunicorn(at, 1, "Listening at: http://0.0.0.0:8000 (1)"),
            python::gunicorn(at, 7, "Booting worker with pid: 7"),
            python::gunicorn(at, 8, "Booting worker with pid: 8"),
            python::app(at, "INFO", "shop.boot", "settings loaded, 14 routes, release 4.12.0"),
        ],
        Role::Auth => vec![
            node::plain(at, "info", "auth 3.2.0 starting"),
            node::plain(at, "info", "connected to postgres"),
            node::plain(at, "info", "listening on :4000"),
        ],
        Role::Orders => vec![
            jvm::spring(
                at,
                "INFO",
                "main",
                "c.s.orders.OrdersApplication",
                "Starting OrdersApplication v5.0.1 using Java 21.0.5 with PID 1",
            ),
            jvm::spring(
                at,
                "INFO",
                "main",
                "com.zaxxer.hikari.HikariDataSource",
                "orders-pool - Start completed.",
            ),
            jvm::spring(
                at,
                "INFO",
                "main",
                "o.s.b.w.embedded.tomcat.TomcatWebServer",
                "Tomcat started on port 8080 (http) with context path '/'",
            ),
            jvm::spring(
                at,
                "INFO",
                "main",
                "c.s.orders.OrdersApplication",
                "Started OrdersApplication in 1.914 seconds (process running for 2.2)",
            ),
        ],
        Role::Payments => vec![
            golang::zap(
                at,
                "info",
                "cmd/main.go:41",
                "starting payments",
                ",\"version\":\"1.9.4\"",
            ),
            golang::zap(at, "info", "cmd/main.go:77", "serving", ",\"addr\":\":7070\""),
        ],
        Role::Worker => vec![
            python::celery(at, "INFO", MAIN, "Connected to redis://cache:6379/1"),
            python::celery(at, "INFO", MAIN, "mingle: searching for neighbors"),
            python::celery(at, "INFO", MAIN, "mingle: all alone"),
            python::celery(at, "INFO", MAIN, "celery@worker ready."),
        ],
        Role::Mailer => vec![
            node::coloured(at, "info", "mailer 2.4.1, queue mail:out"),
            node::coloured(at, "info", "waiting for messages"),
        ],
        Role::Db => vec![
            data::postgres(at, 1, "LOG", "starting PostgreSQL 17.2 on x86_64-pc-linux-musl"),
            data::postgres(at, 1, "LOG", "listening on IPv4 address \"0.0.0.0\", port 5432"),
            data::postgres(
                at,
                29,
                "LOG",
                "database system was shut down at startup of this container",
            ),
            data::postgres(at, 1, "LOG", "database system is ready to accept connections"),
        ],
        Role::Cache => vec![
            data::redis(at, '*', "Running mode=standalone, port=6379."),
            data::redis(at, '*', "DB loaded from disk: 0.012 seconds"),
            data::redis(at, '*', "Ready to accept connections tcp"),
        ],
        Role::Search => vec![
            jvm::search(at, "INFO", "o.e.n.Node", "initializing ..."),
            jvm::search(at, "INFO", "o.e.c.s.ClusterService", "elected as leader, term 7"),
            jvm::search(at, "INFO", "o.e.n.Node", "started"),
        ],
    }
}

/// Lines from the signal to the end.
pub(in crate::source::demo) fn shutdown(role: Role, at: DateTime<Utc>) -> Vec<String> {
    match role {
        Role::Web => vec![
            web::notice(at, "signal 3 (SIGQUIT) received, shutting down"),
            web::notice(at, "exit"),
        ],
        Role::Api => vec![
            python::gunicorn(at, 1, "Handling signal: term"),
            python::gunicorn(at, 7, "Worker exiting (pid: 7)"),
            python::gunicorn(at, 8, "Worker exiting (pid: 8)"),
            python::gunicorn(at, 1, "Shutting down: Master"),
        ],
        Role::Auth => vec![node::plain(at, "info", "SIGTERM, closing 3 open sockets")],
        Role::Orders => vec![
            jvm::spring(
                at,
                "INFO",
                "ionShutdownHook",
                "o.s.b.w.e.tomcat.GracefulShutdown",
                "Commencing graceful shutdown. Waiting for active requests to complete",
            ),
            jvm::spring(
                at,
                "INFO",
                "ionShutdownHook",
                "com.zaxxer.hikari.HikariDataSource",
                "orders-pool - Shutdown completed.",
            ),
        ],
        Role::Payments => {
            vec![golang::zap(
                at,
                "info",
                "cmd/main.go:93",
                "shutting down",
                ",\"signal\":\"terminated\"",
            )]
        }
        Role::Worker => {
            vec![python::celery(at, "INFO", MAIN, "worker: Warm shutdown (MainProcess)")]
        }
        Role::Mailer => vec![node::coloured(at, "info", "SIGTERM, queue drained")],
        Role::Db => vec![
            data::postgres(at, 1, "LOG", "received fast shutdown request"),
            data::postgres(at, 1, "LOG", "aborting any active transactions"),
            data::postgres(at, 27, "LOG", "shutting down"),
            data::postgres(at, 1, "LOG", "database system is shut down"),
        ],
        Role::Cache => vec![
            data::redis(at, '*', "User requested shutdown..."),
            data::redis(at, '*', "Redis is now ready to exit, bye bye..."),
        ],
        Role::Search => vec![jvm::search(at, "INFO", "o.e.n.Node", "stopping ...")],
    }
}
