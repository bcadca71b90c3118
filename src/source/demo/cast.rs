//! Who plays: the services of the shop, and what each is like.

/// A service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Role {
    Web,
    Api,
    Auth,
    Orders,
    Payments,
    Worker,
    Mailer,
    Db,
    Cache,
    Search,
}

/// What a service is like.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) role: Role,
    /// Compose's name.
    pub(super) name: &'static str,
    pub(super) image: &'static str,
    pub(super) replicas: u32,
    pub(super) depends_on: &'static [&'static str],
    /// Percent of a core: idle, and for each request a second.
    pub(super) cpu: (f64, f64),
    /// Megabytes: in use, and the limit.
    pub(super) memory: (u64, u64),
    pub(super) has_health_check: bool,
    /// Tenths of a second: to stop, and from the start to being ready.
    pub(super) pace: (u64, u64),
}

/// All, in the order in which they come up.
#[rustfmt::skip]
pub(super) const CAST: [Part; 10] = [
    Part { role: Role::Db, name: "db", image: "postgres:17.2-alpine", replicas: 1, depends_on: &[],
        cpu: (1.5, 1.1), memory: (212, 1024), has_health_check: true, pace: (9, 14) },
    Part { role: Role::Cache, name: "cache", image: "redis:7.4-alpine", replicas: 1, depends_on: &[],
        cpu: (0.6, 0.3), memory: (38, 128), has_health_check: true, pace: (3, 6) },
    Part { role: Role::Search, name: "search", image: "shop/search:8.15", replicas: 1, depends_on: &[],
        cpu: (3.0, 0.7), memory: (742, 1024), has_health_check: true, pace: (12, 25) },
    Part { role: Role::Auth, name: "auth", image: "shop/auth:3.2.0", replicas: 1, depends_on: &["db", "cache"],
        cpu: (0.8, 0.5), memory: (96, 256), has_health_check: true, pace: (4, 9) },
    Part { role: Role::Payments, name: "payments", image: "shop/payments:1.9.4", replicas: 1, depends_on: &["db"],
        cpu: (0.3, 0.2), memory: (24, 128), has_health_check: true, pace: (2, 5) },
    Part { role: Role::Orders, name: "orders", image: "shop/orders:5.0.1", replicas: 1, depends_on: &["db", "payments"],
        cpu: (2.2, 0.9), memory: (388, 768), has_health_check: true, pace: (8, 22) },
    Part { role: Role::Worker, name: "worker", image: "shop/worker:4.12.0", replicas: 1, depends_on: &["db", "cache"],
        cpu: (1.0, 0.8), memory: (141, 512), has_health_check: false, pace: (6, 10) },
    Part { role: Role::Mailer, name: "mailer", image: "shop/mailer:2.4.1", replicas: 1, depends_on: &["cache"],
        cpu: (0.4, 0.1), memory: (71, 192), has_health_check: false, pace: (4, 7) },
    Part { role: Role::Api, name: "api", image: "shop/api:4.12.0", replicas: 2, depends_on: &["db", "cache", "auth", "search"],
        cpu: (1.4, 1.6), memory: (168, 512), has_health_check: true, pace: (7, 12) },
    Part { role: Role::Web, name: "web", image: "nginx:1.27-alpine", replicas: 1, depends_on: &["api", "orders"],
        cpu: (0.2, 0.3), memory: (12, 64), has_health_check: true, pace: (2, 4) },
];
