//! What visitors do, what that makes the services say, and what goes wrong on the way.

use super::{
    cast::Role,
    fault::{Fault, PAST},
    voice::{
        data, golang, jvm, node, python,
        web::{self, Request},
    },
    world::World,
};

/// A token to show that tokens are masked; it opens nothing and says so to whoever decodes it.
const FAKE_TOKEN: &str =
    "eyJhbGciOiJub25lIn0.eyJub3RlIjoiZGVtbyBvbmx5LCBvcGVucyBub3RoaW5nIn0.bm90LWEtc2lnbmF0dXJl";

impl World {
    /// One visitor does one thing.
    pub(super) fn visit(&mut self) {
        let id = self.dice.number(1, 9_999);
        match self.dice.number(0, 99) {
            0..=27 => self.look_at_files(),
            28..=55 => self.api("GET", format!("/api/v1/products/{id}"), 14),
            56..=67 => self.search(),
            68..=81 => self.api("POST", "/api/v1/cart".to_owned(), 22),
            82..=90 => self.log_in(),
            _ => self.order(),
        }
    }

    /// What happens without visitors.
    pub(super) fn chores(&mut self) {
        if self.dice.chance(0.012) {
            let (keys, pid) = (self.dice.number(100, 900), self.dice.number(200, 900));
            let text = format!("{keys} changes in 60 seconds. Saving...");
            self.say(Role::Cache, &data::redis(self.pen, '*', &text));
            let text = format!("Background saving started by pid {pid}");
            self.say(Role::Cache, &data::redis(self.pen, '*', &text));
        }
        if self.dice.chance(0.006) {
            let buffers = self.dice.number(4, 900);
            let text = format!(
                "checkpoint complete: wrote {buffers} buffers (0.4%); write=3.201 s, sync=0.004 s"
            );
            self.say_db("LOG", &text);
        }
        if self.dice.chance(0.05) {
            let (rows, millis) = (self.dice.number(1, 400), self.dice.latency(40));
            let text = format!("recalculated {rows} prices in {millis}ms, failed=0 errors=0");
            self.say(Role::Worker, &python::celery(self.pen, "INFO", "ForkPoolWorker-2", &text));
        }
        if self.has(Fault::Deadlocks) && self.dice.chance(0.02) {
            self.deadlock();
        }
        if self.has(Fault::SlowQueries) && self.dice.chance(0.14) {
            let (millis, page) = (self.dice.number(1_800, 9_400), self.dice.number(1, 60));
            let text = format!(
                "duration: {millis}.{page:03} ms  statement: SELECT p.*, count(r.id) FROM products p LEFT JOIN reviews r ON r.product_id = p.id GROUP BY p.id ORDER BY 2 DESC OFFSET {page}"
            );
            self.say_db("LOG", &text);
        }
        if self.has(Fault::DiskFull) && self.dice.chance(0.09) {
            self.fill_disk();
        }
        if self.has(Fault::MailCertificate) && self.dice.chance(0.012) {
            self.fail_mail();
        }
        if self.has(Fault::Leak) && self.dice.chance(0.004) {
            let used = self.dice.number(78, 97);
            let text =
                format!("memory high: {used}% of 512 MiB in use, 3 thumbnails kept in cache");
            self.say(Role::Worker, &python::celery(self.pen, "WARNING", "MainProcess", &text));
        }
    }

    fn request(&mut self, method: &'static str, path: String) -> Request {
        Request { visitor: self.dice.visitor(), method, path }
    }

    fn answer(&mut self, request: &Request, status: u16, millis: u64) {
        let line = web::access(self.pen, &mut self.dice, request, status, millis);
        self.say(Role::Web, &line);
    }

    fn look_at_files(&mut self) {
        let path = match self.dice.number(0, 4) {
            0 => "/".to_owned(),
            1 => format!("/static/app.{}.js", self.dice.hex(8)),
            2 => "/static/main.css".to_owned(),
            3 => format!("/img/p/{}.webp", self.dice.number(1, 9_999)),
            _ => "/static/error-page.svg".to_owned(),
        };
        let request = self.request("GET", path);
        let status = if self.dice.chance(0.3) { 304 } else { 200 };
        self.answer(&request, status, 1);
    }

    /// A call of the API that needs cache and database.
    fn api(&mut self, method: &'static str, path: String, usual: u64) {
        let request = self.request(method, path);
        let foreigners = self.foreigners();
        if self.has(Fault::ForeignOrigin) && self.dice.chance(foreigners) {
            let text = "CORS request blocked: origin https://staging.shop.example is not in the list of allowed origins";
            let line = web::error(self.pen, &mut self.dice, "error", text, &request);
            self.say(Role::Web, &line);
            return self.answer(&request, 403, 1);
        }
        if !self.is_up(Role::Api) {
            let text = "connect() failed (111: Connection refused) while connecting to upstream";
            let line = web::error(self.pen, &mut self.dice, "error", text, &request);
            self.say(Role::Web, &line);
            return self.answer(&request, 502, 2);
        }
        if !self.is_up(Role::Cache) && self.dice.chance(0.4) {
            let text = "cache skipped: redis.exceptions.ConnectionError: Error 111 connecting to cache:6379. Connection refused.";
            self.say(Role::Api, &python::app(self.pen, "WARNING", "shop.cache", text));
        }
        if self.is_database_lost() {
            self.lose_database(&request);
            return self.answer(&request, 500, 31);
        }
        if self.has(Fault::BadRelease) && request.path.ends_with("cart") && self.dice.chance(0.45) {
            self.break_cart(&request);
            return self.answer(&request, 500, 18);
        }
        let millis = self.dice.latency(usual);
        if self.has(Fault::SlowQueries) && self.dice.chance(0.12) {
            return self.wait_too_long(&request);
        }
        let (user, trace) = (self.dice.number(1, 9_000), self.dice.uuid());
        let text =
            format!("request_id={trace} user={user} {method} {} 200 {millis}ms", request.path);
        self.say(Role::Api, &python::app(self.pen, "INFO", "shop.http", &text));
        self.answer(&request, 200, millis);
    }

    /// Share of calls from a page that is not known. Once the visitor looks it becomes many: an escalation.
    fn foreigners(&self) -> f64 {
        if self.clock < PAST + 25.0 { 0.008 } else { 0.3 }
    }

    /// No process, or no slot: then only some requests get through.
    fn is_database_lost(&mut self) -> bool {
        !self.is_up(Role::Db) || (self.has(Fault::NoSlots) && self.dice.chance(0.45))
    }

    fn lose_database(&mut self, request: &Request) {
        let reason = if self.is_up(Role::Db) {
            self.say_db("FATAL", "sorry, too many clients already");
            "FATAL:  sorry, too many clients already"
        } else {
            "Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?"
        };
        let text = format!("unhandled exception on {} {}", request.method, request.path);
        let head = python::app(self.pen, "ERROR", "shop.http", &text);
        let exception = format!(
            "psycopg2.OperationalError: connection to server at \"db\" (172.28.0.3), port 5432 failed: {reason}"
        );
        let frames = [
            ("/app/shop/http.py", 118, "dispatch", "return handler(request)"),
            ("/app/shop/db.py", 41, "session", "connection = pool.getconn()"),
            (
                "/usr/local/lib/python3.13/site-packages/psycopg2/__init__.py",
                135,
                "connect",
                "conn = _connect(dsn, connection_factory=connection_factory, **kwasync)",
            ),
        ];
        self.say(Role::Api, &format!("{head}\n{}", python::traceback(&frames, &exception)));
        if self.dice.chance(0.2) {
            // The same exception in another service: one problem, two services.
            let text = format!("Task receipts.render[{}] raised unexpected", self.dice.uuid());
            let head = python::celery(self.pen, "ERROR", "ForkPoolWorker-1", &text);
            let frames = [("/app/shop/db.py", 41, "session", "connection = pool.getconn()")];
            let trace = python::traceback(&frames, &exception);
            self.say(Role::Worker, &format!("{head}\n{trace}"));
        }
    }

    fn break_cart(&mut self, request: &Request) {
        let text = format!("unhandled exception on {} {}", request.method, request.path);
        let head = python::app(self.pen, "ERROR", "shop.http", &text);
        let frames = [
            ("/app/shop/http.py", 118, "dispatch", "return handler(request)"),
            ("/app/shop/cart.py", 73, "add", "total = price_of(cart.items)"),
            (
                "/app/shop/pricing.py",
                29,
                "price_of",
                "return sum(item.price * item.quantity for item in items)",
            ),
        ];
        let exception = "TypeError: unsupported operand type(s) for *: 'NoneType' and 'int'";
        self.say(Role::Api, &format!("{head}\n{}", python::traceback(&frames, exception)));
    }

    fn wait_too_long(&mut self, request: &Request) {
        let millis = self.dice.number(4_000, 11_000);
        let text = format!("slow request: {} {} took {millis}ms", request.method, request.path);
        self.say(Role::Api, &python::app(self.pen, "WARNING", "shop.http", &text));
        if millis > 8_000 {
            let text = "upstream timed out (110: Connection timed out) while reading response header from upstream";
            let line = web::error(self.pen, &mut self.dice, "error", text, request);
            self.say(Role::Web, &line);
            return self.answer(request, 504, 8_000);
        }
        self.answer(request, 200, millis);
    }

    fn search(&mut self) {
        let words = self.dice.pick(&["lamp", "oak+table", "error+404+poster", "rug", "chair"]);
        if !self.is_up(Role::Search) {
            let text = "search unavailable, using names only: HTTPConnectionPool(host='search', port=9200): Max retries exceeded with url: /products/_search (Caused by NewConnectionError: [Errno 111] Connection refused)";
            self.say(Role::Api, &python::app(self.pen, "WARNING", "shop.search", text));
        } else if self.dice.chance(0.25) {
            let (millis, hits) = (self.dice.latency(9), self.dice.number(0, 240));
            let text = format!("took[{millis}ms], hits[{hits}], source[{words}]");
            self.say(Role::Search, &jvm::search(self.pen, "INFO", "o.e.i.s.q.products", &text));
        }
        self.api("GET", format!("/api/v1/search?q={words}"), 35);
    }

    fn log_in(&mut self) {
        let request = self.request("POST", "/api/v1/session".to_owned());
        let user = self.dice.number(1, 9_000);
        if !self.is_up(Role::Auth) {
            let text = "auth unreachable: connect ECONNREFUSED 172.28.0.5:4000";
            self.say(Role::Api, &python::app(self.pen, "ERROR", "shop.session", text));
            return self.answer(&request, 503, 12);
        }
        if self.has(Fault::OldTokens) && self.dice.chance(0.8) {
            let text = format!("refused sub={user}, authorization: Bearer {FAKE_TOKEN}");
            self.say(Role::Auth, &node::plain(self.pen, "warn", &text));
            let frames = [
                ("/app/node_modules/jsonwebtoken/verify.js:190:21", "anonymous"),
                ("verifyToken", "/app/src/token.js:44:15"),
                ("async login", "/app/src/routes/session.js:27:19"),
            ];
            let text = node::stack("TokenExpiredError: jwt expired", &frames);
            self.say(Role::Auth, &node::plain(self.pen, "error", &text));
            return self.answer(&request, 401, 6);
        }
        let millis = self.dice.latency(48);
        let text = format!("session opened sub={user} ttl=3600 in {millis}ms");
        self.say(Role::Auth, &node::plain(self.pen, "info", &text));
        self.answer(&request, 201, millis);
    }

    fn order(&mut self) {
        let request = self.request("POST", "/api/v1/orders".to_owned());
        let (number, thread) = (self.dice.number(40_000, 99_999), self.dice.number(1, 10));
        let thread = format!("nio-8080-exec-{thread}");
        if !self.is_up(Role::Orders) {
            let text = "connect() failed (111: Connection refused) while connecting to upstream";
            let line = web::error(self.pen, &mut self.dice, "error", text, &request);
            self.say(Role::Web, &line);
            return self.answer(&request, 502, 2);
        }
        if self.is_database_lost() {
            self.refuse_order(&thread, number);
            return self.answer(&request, 503, 30_000);
        }
        if !self.charge(number) {
            let text = format!("order {number} waits: payments answered 504 Gateway Timeout");
            let logger = "c.s.orders.PaymentClient";
            self.say(Role::Orders, &jvm::spring(self.pen, "WARN", &thread, logger, &text));
            return self.answer(&request, 202, 10_004);
        }
        let text = format!("order {number} placed, {} positions", self.dice.number(1, 7));
        let logger = "c.s.orders.OrderController";
        self.say(Role::Orders, &jvm::spring(self.pen, "INFO", &thread, logger, &text));
        self.thank(number);
        let millis = self.dice.latency(140);
        self.answer(&request, 201, millis);
    }

    fn refuse_order(&mut self, thread: &str, number: u64) {
        let text = format!("order {number} failed");
        let logger = "c.s.orders.OrderController";
        let head = jvm::spring(self.pen, "ERROR", thread, logger, &text);
        let trace = jvm::trace(
            "org.springframework.jdbc.CannotGetJdbcConnectionException: Failed to obtain JDBC Connection",
            &[
                "org.springframework.jdbc.datasource.DataSourceUtils.getConnection(DataSourceUtils.java:84)",
                "com.shop.orders.OrderRepository.save(OrderRepository.java:52)",
                "com.shop.orders.OrderController.place(OrderController.java:38)",
            ],
            Some((
                "java.sql.SQLTransientConnectionException: orders-pool - Connection is not available, request timed out after 30000ms (total=10, active=10, idle=0, waiting=17)",
                &["com.zaxxer.hikari.pool.HikariPool.createTimeoutException(HikariPool.java:686)"],
            )),
        );
        self.say(Role::Orders, &format!("{head}\n{trace}"));
    }

    /// Whether the payment went through.
    fn charge(&mut self, number: u64) -> bool {
        if !self.is_up(Role::Payments) {
            return false;
        }
        let trace = self.dice.hex(32);
        if self.has(Fault::SlowProvider) && self.dice.chance(0.7) {
            let fields = format!(
                ",\"order\":{number},\"attempt\":3,\"error\":\"Post \\\"https://pay.example/v1/charges\\\": context deadline exceeded\",\"trace_id\":\"{trace}\""
            );
            let line =
                golang::zap(self.pen, "error", "charge/client.go:118", "charge failed", &fields);
            self.say(Role::Payments, &line);
            return false;
        }
        let millis = self.dice.latency(90);
        let fields =
            format!(",\"order\":{number},\"latency_ms\":{millis},\"trace_id\":\"{trace}\"");
        let line =
            golang::zap(self.pen, "info", "charge/handler.go:64", "charge captured", &fields);
        self.say(Role::Payments, &line);
        true
    }

    /// The worker makes a receipt, the mailer sends it.
    fn thank(&mut self, number: u64) {
        let (task, process) = (self.dice.uuid(), self.dice.number(1, 4));
        let text = format!("Task receipts.render[{task}] received");
        self.say(Role::Worker, &python::celery(self.pen, "INFO", "MainProcess", &text));
        let process = format!("ForkPoolWorker-{process}");
        let seconds = self.dice.between(0.08, 0.9);
        let text = format!("Task receipts.render[{task}] succeeded in {seconds:.3}s: None");
        self.say(Role::Worker, &python::celery(self.pen, "INFO", &process, &text));
        if self.has(Fault::MailCertificate) {
            return self.fail_mail();
        }
        let text = format!("sent receipt for order {number}");
        self.say(Role::Mailer, &node::coloured(self.pen, "info", &text));
    }

    fn fail_mail(&mut self) {
        let number = self.dice.number(40_000, 99_999);
        let frames = [
            ("TLSSocket.onConnectSecure", "node:_tls_wrap:1679:34"),
            ("TLSSocket.emit", "node:events:519:28"),
            ("TLSSocket._finishInit", "node:_tls_wrap:1078:8"),
            ("async deliver", "/app/src/smtp.js:61:5"),
        ];
        let error = format!("receipt for order {number} not sent: Error: certificate has expired");
        let text = node::stack(&error, &frames);
        self.say(Role::Mailer, &node::coloured(self.pen, "error", &text));
    }

    fn deadlock(&mut self) {
        let (pid, other) = (self.dice.number(60, 420), self.dice.number(60, 420));
        let row = self.dice.number(1, 900);
        for (level, text) in [
            ("ERROR", "deadlock detected".to_owned()),
            (
                "DETAIL",
                format!(
                    "Process {pid} waits for ShareLock on transaction 77{row}; blocked by process {other}."
                ),
            ),
            ("HINT", "See server log for query details.".to_owned()),
            (
                "STATEMENT",
                format!("UPDATE stock SET reserved = reserved + 1 WHERE product_id = {row}"),
            ),
        ] {
            self.say(Role::Db, &data::postgres(self.pen, pid, level, &text));
        }
    }

    fn fill_disk(&mut self) {
        let logger = "o.e.c.r.a.DiskThresholdMonitor";
        let free = self.dice.number(90, 480);
        let text = format!(
            "flood stage disk watermark [95%] exceeded on [n1][search-1] free: {free}mb[1.9%], all indices on this node will be marked read-only"
        );
        self.say(Role::Search, &jvm::search(self.pen, "WARN", logger, &text));
        if self.dice.chance(0.5) {
            let shard = self.dice.number(0, 4);
            let text = format!("failed to write translog of [products][{shard}]");
            let head = jvm::search(self.pen, "ERROR", "o.e.i.t.Translog", &text);
            let trace = jvm::trace(
                "java.io.IOException: No space left on device",
                &[
                    "java.base/sun.nio.ch.FileDispatcherImpl.write0(Native Method)",
                    "org.search.index.translog.TranslogWriter.flush(TranslogWriter.java:417)",
                ],
                None,
            );
            self.say(Role::Search, &format!("{head}\n{trace}"));
        }
    }
}
