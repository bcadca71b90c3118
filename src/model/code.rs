//! Whose code a line of a stack trace names: the user's own, or somebody else's.

/// Where other people's code lives, by what stands anywhere in a frame.
const FOREIGN: [&str; 29] = [
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
    "_cgo_gotypes.go:",
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

/// Folders of Go's own library, where a program was built without the paths of its machine.
const GO: [&str; 11] = [
    "bufio/",
    "database/sql/",
    "encoding/",
    "internal/",
    "io/",
    "log/",
    "net/",
    "os/",
    "reflect/",
    "runtime/",
    "sync/",
];

/// Applications of Elixir and Erlang that others write.
const APPLICATIONS: [&str; 32] = [
    "absinthe",
    "bandit",
    "broadway",
    "cowboy",
    "db_connection",
    "ecto",
    "ecto_sql",
    "elixir",
    "finch",
    "gen_stage",
    "hackney",
    "httpoison",
    "jason",
    "kernel",
    "logger",
    "mint",
    "mix",
    "myxql",
    "oban",
    "phoenix",
    "phoenix_ecto",
    "phoenix_live_view",
    "plug",
    "plug_cowboy",
    "postgrex",
    "ranch",
    "redix",
    "req",
    "stdlib",
    "telemetry",
    "tesla",
    "thousand_island",
];

/// Whether a line names code that somebody else wrote.
pub fn is_foreign(line: &str) -> bool {
    let call = line.trim_start().strip_prefix("at ").unwrap_or_default();
    // Java names the module first: `java.base/java.util.List.get(List.java:3)`.
    let name = call.split('(').next().unwrap_or_default();
    let name = name.rsplit('/').next().unwrap_or(name);
    PACKAGES.iter().any(|package| name.starts_with(package))
        || FOREIGN.iter().any(|foreign| line.contains(foreign))
        || is_go_library(line)
        || is_application(line)
        || is_node_core(call)
}

/// `runtime/panic.go:1117 +0x72`, or the same below `/usr/lib/go/src/`.
fn is_go_library(line: &str) -> bool {
    if !line.contains(".go:") {
        return false;
    }
    let file = ["/go/src/", "/golang/src/"].iter().find_map(|root| line.split_once(root));
    let file = file.map_or(line.trim_start(), |(_, file)| file);
    GO.iter().any(|folder| file.starts_with(folder))
}

/// `(ecto 3.11.2) lib/ecto/repo/queryable.ex:164: Ecto.Repo.Queryable.one!/3`.
fn is_application(line: &str) -> bool {
    let named = line.trim_start().strip_prefix('(').and_then(|line| line.split_once(") "));
    named.is_some_and(|(name, place)| {
        let name = name.split(' ').next().unwrap_or(name);
        (place.contains(".ex:") || place.contains(".erl:")) && APPLICATIONS.contains(&name)
    })
}

/// Older Node.js names its own files without a folder: `TCPConnectWrap.afterConnect (net.js:1141:16)`.
fn is_node_core(call: &str) -> bool {
    let place = call.rsplit_once('(').map_or(call, |(_, place)| place);
    let file = place.split_once(".js:").map(|(file, _)| file);
    file.is_some_and(|file| !file.is_empty() && !file.contains(['/', '\\', ' ', ':']))
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
            "\truntime/panic.go:1117 +0x72 fp=0xc0001659a8",
            "        /root/sdk/go/src/net/http/server.go:1850 +0xbf",
            "    (ecto 3.11.2) lib/ecto/repo/queryable.ex:164: Ecto.Repo.Queryable.one!/3",
            "    (stdlib) gen_server.erl:637: :gen_server.try_dispatch/4",
            "      at TCPConnectWrap.afterConnect [as oncomplete] (net.js:1141:16) {",
            "    at net.js:440:14",
        ] {
            assert!(is_foreign(line), "{line}");
        }
        for line in [
            "  File \"/app/tasks.py\", line 88, in run",
            "\tat com.shop.Cart.pay(Cart.java:9)",
            "    at pay (/app/src/cart.js:12:5)",
            "   at Shop.Orders.Take(Int32 id) in /src/Orders.cs:line 42",
            "\t/app/main.go:42 +0x1d",
            "\tshop/cart.go:42 +0x1d",
            "\t/go/src/shop/cart.go:42 +0x1d",
            "    (shop 0.1.0) lib/shop/cart.ex:12: Shop.Cart.pay/2",
            "    at pay (C:\\app\\cart.js:12:5)",
            "the javascript of java.example.com failed",
        ] {
            assert!(!is_foreign(line), "{line}");
        }
    }
}
