//! One place in each language, and what must not change it.

use super::of;

fn place(text: &str) -> Option<String> {
    of(text.lines()).map(|place| place.to_string())
}

#[test]
fn the_innermost_frame_of_ones_own_is_the_place() {
    for (text, want) in [
        (
            "Traceback (most recent call last):\n  File \"/app/app/http.py\", line 20, in dispatch\n    x()\n  \
             File \"/app/app/services/cart.py\", line 7, in load\n    y()\n  \
             File \"/usr/local/lib/python3.12/json/decoder.py\", line 1, in decode\nValueError: x",
            "services/cart.py load",
        ),
        (
            "java.lang.IllegalStateException: x\n\tat com.shop.Web.get(Web.java:3)\n\
             Caused by: java.io.IOException: y\n\tat java.base/java.io.File.open(File.java:1)\n\
             \tat com.shop.Disk.read(Disk.java:9)",
            "com.shop.Disk.read",
        ),
        (
            "java.lang.X: x\n\tat com.shop.Web.get(Web.java:3)\nCaused by: java.io.IOException: y\n\
             \tat java.base/java.io.File.open(File.java:1)\n\t... 3 more",
            "com.shop.Web.get",
        ),
        (
            "Error: no\n    at node:fs:1:2\n    at async Cart.pay (/app/src/cart.js:12:5)",
            "src/cart.js Cart.pay",
        ),
        ("Error: no\n    at /app/src/run.mjs:12:5", "src/run.mjs"),
        (
            "Unhandled exception. System.Exception: x\n   at System.Linq.First()\n   \
             at Shop.Cart.Pay(Int32 id) in /src/Cart.cs:line 42",
            "Shop.Cart.Pay",
        ),
        (
            "panic: x\n\ngoroutine 1 [running]:\npanic({0x1, 0x2})\n\t/usr/local/go/src/runtime/panic.go:9 +0x1\n\
             github.com/acme/shop/cart.(*Service).Pay(0xc0)\n\t/src/cart/cart.go:42 +0x1d",
            "cart.Service.Pay",
        ),
        ("thread 'main' panicked at src/main.rs:10:5:\nboom", "src/main.rs"),
        (
            "   2: core::panicking::panic\n             at /rustc/0a1b/library/core/src/panicking.rs:1:1\n   \
             3: shop::cart::pay::{{closure}}\n             at ./src/cart.rs:10:5",
            "shop.cart.pay",
        ),
        ("/app/models/user.rb:12:in `block in name': boom (RuntimeError)", "models/user.rb name"),
        ("#0 /var/www/src/Cart.php(12): Shop\\Db->query('x')", "src/Cart.php Shop.Db.query"),
        ("    (shop 0.1.0) lib/shop/cart.ex:12: Shop.Cart.pay/2", "Shop.Cart.pay"),
    ] {
        assert_eq!(place(text).as_deref(), Some(want), "{text}");
    }
}

#[test]
fn lines_builds_hosts_and_made_names_do_not_change_the_place() {
    for (one, two) in [
        (
            "at pay (/app/.next/server/chunks/842.js:1:7)",
            "at pay (/srv/.next/server/chunks/17.js:3:9)",
        ),
        ("at a (/app/dist/main.4f3a2b.js:1:7)", "at tx (/app/dist/main.0c9d1e.js:1:9)"),
        ("at Object.<anonymous> (/app/src/run.js:3:1)", "at /app/src/run.js:9:1"),
        (
            "\tat com.shop.Cart.lambda$pay$3(Cart.java:9)",
            "\tat com.shop.Cart.lambda$pay$4(Cart.java:11)",
        ),
        ("\tat com.shop.Cart.lambda$pay$3(Cart.java:9)", "\tat com.shop.Cart.pay(Cart.java:11)"),
        (
            "\tat com.shop.Cart$$EnhancerBySpringCGLIB$$1a2b3c4d.pay(<generated>)",
            "\tat com.shop.Cart$$EnhancerBySpringCGLIB$$99ffee01.pay(<generated>)",
        ),
        (
            "   at Shop.Cart.<Pay>d__5.MoveNext() in /src/Cart.cs:line 1",
            "   at Shop.Cart.<Pay>d__6.MoveNext() in /src/Cart.cs:line 2",
        ),
        (
            "main.run.func1()\n\t/src/main.go:42 +0x1d",
            "main.run.func2.1(0xc0)\n\t/src/main.go:49 +0x2d",
        ),
        (
            "  1: shop::pay::h0123456789abcdef\n    at ./src/cart.rs:10:5",
            "  4: shop::pay\n    at ./src/cart.rs:19:5",
        ),
        (
            "  File \"/app/a/b.py\", line 1, in <lambda>",
            "  File \"/srv/a/b.py\", line 2, in <listcomp>",
        ),
    ] {
        assert!(place(one).is_some(), "{one}");
        assert_eq!(place(one), place(two), "{one} | {two}");
    }
}

#[test]
fn other_code_is_another_place_and_no_code_is_none() {
    for (one, two) in [
        ("\tat com.shop.Cart.pay(Cart.java:9)", "\tat com.shop.Cart.refund(Cart.java:9)"),
        ("  File \"/app/a/b.py\", line 1, in run", "  File \"/app/a/c.py\", line 1, in run"),
        ("at pay (/app/src/cart.js:1:1)", "at pay (/app/src/order.js:1:1)"),
    ] {
        assert_ne!(place(one), place(two), "{one} | {two}");
    }
    for text in [
        "at 10:12:13 it failed",
        "\tat java.util.List.get(List.java:3)",
        "    at Layer.handle (/app/node_modules/express/layer.js:95:5)",
        "connection to db:5432 refused",
        "",
    ] {
        assert_eq!(place(text), None, "{text}");
    }
}

proptest::proptest! {
    #[test]
    fn any_lines_are_read(text in "[at Fileinr \"/.:#()$<>0-9é\n]{0,120}") {
        let _ = place(&text);
    }
}
