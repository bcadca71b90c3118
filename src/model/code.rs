//! Whose code a line of a stack trace names: the user's own, or somebody else's.

/// Where other people's code lives, by what stands anywhere in a frame.
const FOREIGN: [&str; 28] = [
    // Python
    "site-packages",
    "dist-packages",
    "/usr/lib/",
    "/usr/local/lib/",
    "/lib/python",
    "<frozen ",
    // Node.js
    "node_modules",
    "node:",
    "(internal/",
    "at internal/",
    "(native)",
    "(<anonymous>)",
    "/next/dist/",
    // Go
    "/usr/local/go/",
    "/go/pkg/mod/",
    "/libexec/src/",
    "vendor/",
    // Rust
    "/rustc/",
    "/registry/src/",
    // Ruby
    "/gems/",
    "/usr/share/",
    // PHP
    "[internal function]",
    "phar://",
    // Java: what the machine makes
    "(Native Method)",
    "GeneratedMethodAccessor",
    "com.sun.proxy.",
    "$Proxy",
    // Elixir
    "/deps/",
];

/// Packages and namespaces of other people, by how the name of a function begins.
const PACKAGES: [&str; 44] = [
    "java.",
    "javax.",
    "jakarta.",
    "jdk.",
    "sun.",
    "com.sun.",
    "kotlin.",
    "kotlinx.",
    "scala.",
    "groovy.",
    "clojure.",
    "akka.",
    "org.springframework.",
    "org.apache.",
    "org.hibernate.",
    "org.eclipse.",
    "org.jboss.",
    "org.postgresql.",
    "org.mariadb.",
    "org.junit.",
    "org.slf4j.",
    "com.mysql.",
    "com.zaxxer.",
    "com.fasterxml.",
    "com.google.",
    "com.mongodb.",
    "ch.qos.",
    "io.netty.",
    "io.lettuce.",
    "io.grpc.",
    "io.micrometer.",
    "io.quarkus.",
    "io.vertx.",
    "reactor.",
    "redis.clients.",
    "okhttp3.",
    "feign.",
    "liquibase.",
    "System.",
    "Microsoft.",
    "MySql.",
    "Npgsql.",
    "MongoDB.",
    "StackExchange.",
];

/// Whether a line names code that somebody else wrote.
pub fn is_foreign(line: &str) -> bool {
    let call = line.trim_start().strip_prefix("at ").unwrap_or_default();
    // Java names the module first: `java.base/java.util.List.get(List.java:3)`.
    let name = call.split('(').next().unwrap_or_default();
    let name = name.rsplit('/').next().unwrap_or(name);
    PACKAGES.iter().any(|package| name.starts_with(package))
        || FOREIGN.iter().any(|foreign| line.contains(foreign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_and_runtimes_are_somebody_elses_code() {
        for line in [
            "  File \"/usr/local/lib/python3.12/asyncio/runners.py\", line 1, in run",
            "    at Module._compile (node:internal/modules/cjs/loader:1554:14)",
            "    at Layer.handle (/app/node_modules/express/lib/router/layer.js:95:5)",
            "\tat java.base/java.util.ArrayList.get(ArrayList.java:427)",
            "\tat org.springframework.web.servlet.DispatcherServlet.doGet(DispatcherServlet.java:1)",
            "   at System.Linq.ThrowHelper.ThrowNoElementsException()",
            "\t/root/go/pkg/mod/github.com/gin-gonic/gin@v1.9.1/context.go:174 +0x2b",
            "from /usr/local/bundle/gems/rack-3.0.8/lib/rack.rb:12:in 'call'",
        ] {
            assert!(is_foreign(line), "{line}");
        }
        for line in [
            "  File \"/app/tasks.py\", line 88, in run",
            "\tat com.shop.Cart.pay(Cart.java:9)",
            "    at pay (/app/src/cart.js:12:5)",
            "   at Shop.Orders.Take(Int32 id) in /src/Orders.cs:line 42",
            "\t/app/main.go:42 +0x1d",
            "the javascript of java.example.com failed",
        ] {
            assert!(!is_foreign(line), "{line}");
        }
    }
}
