//! One frame of a trace, read in the manner of its language.

/// A function in a file, as the trace names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame<'a> {
    file: &'a str,
    function: &'a str,
    /// The name of the function says by itself where it stands.
    is_whole: bool,
}

/// Endings of files that are bundled, so that names in them are made by a machine.
const SCRIPTS: [&str; 7] = ["js", "mjs", "cjs", "jsx", "ts", "tsx", "vue"];

impl<'a> Frame<'a> {
    /// The frame that a line is, with the line before it, which holds the function's name in Go and Rust.
    pub(super) fn read(line: &'a str, before: Option<&'a str>) -> Option<Self> {
        let line = line.trim();
        python(line)
            .or_else(|| go(line, before))
            .or_else(|| rust(line, before))
            .or_else(|| at(line))
            .or_else(|| php(line))
            .or_else(|| ruby(line))
            .or_else(|| elixir(line))
    }

    /// File and function, or the function alone where that is enough: `services/cart.py load`, `com.shop.Cart.pay`.
    pub(super) fn place(&self) -> String {
        let is_script = SCRIPTS.contains(&ending(self.file));
        let function = plain(self.function, is_script);
        if self.is_whole && function.contains('.') {
            return function;
        }
        let file = short(self.file, is_script);
        if function.is_empty() { file } else { format!("{file} {function}") }
    }
}

/// `File "/app/x.py", line 88, in run`.
fn python(line: &str) -> Option<Frame<'_>> {
    let (file, rest) =
        line.trim_start_matches(['|', ' ']).strip_prefix("File \"")?.split_once('"')?;
    let function = rest.split_once(", in ").map_or("", |(_, function)| function);
    Some(Frame { file, function, is_whole: false })
}

/// `main.(*server).reserve(0x1)`, and on the next line `/src/handler.go:42 +0x1d`.
fn go<'a>(line: &'a str, before: Option<&'a str>) -> Option<Frame<'a>> {
    let (file, rest) = line.split_once(".go:")?;
    let is_place = rest.starts_with(|c: char| c.is_ascii_digit()) && !file.contains(' ');
    let call = before?.trim().trim_start_matches("created by ");
    let call = call.split(" in goroutine").next()?;
    let function = call.rsplit_once('(').filter(|_| call.ends_with(')')).map_or(call, |c| c.0);
    let is_call = function.contains('.') && !function.contains(' ');
    let file = line.get(..file.len() + 3)?;
    is_place.then_some(Frame {
        file,
        function: if is_call { function } else { "" },
        is_whole: true,
    })
}

/// `12: shop::cart::pay`, and on the next line `at ./src/cart.rs:10:5`; or `panicked at src/cart.rs:10:5:`.
fn rust<'a>(line: &'a str, before: Option<&'a str>) -> Option<Frame<'a>> {
    let (path, _) = line.split_once(".rs:")?;
    let path = line.get(..path.len() + 3)?;
    if let Some((_, file)) = path.split_once("panicked at ") {
        let file = file.rsplit(' ').next()?;
        return Some(Frame { file, function: "", is_whole: false });
    }
    let file = path.strip_prefix("at ")?;
    let function = before?.trim().trim_start_matches(|c: char| c.is_ascii_digit());
    let function = function.strip_prefix(": ")?;
    Some(Frame { file, function, is_whole: true })
}

/// Java, .NET and JavaScript: `at com.shop.Cart.pay(Cart.java:9)`, `at Shop.Cart.Pay(Int32 id) in /src/Cart.cs:line 3`,
/// `at async pay (/app/cart.js:12:5)`, `at /app/cart.js:12:5`.
fn at(line: &str) -> Option<Frame<'_>> {
    let call = line.strip_prefix("at ")?;
    if let Some((call, file)) = call.split_once(" in ").filter(|(_, file)| file.contains(":line "))
    {
        let file = file.split(":line ").next()?;
        return Some(Frame { file, function: before_arguments(call), is_whole: true });
    }
    if let Some((name, inside)) = call.split_once(" (") {
        let name = name.trim_start_matches("async ").trim_start_matches("new ");
        let name = name.split(" [as ").next()?;
        let file = positioned(inside.split(')').next()?)?;
        return Some(Frame { file, function: name, is_whole: false });
    }
    if let Some((name, inside)) = call.split_once('(') {
        // Java names the module first.
        let function = name.rsplit('/').next()?;
        let is_java = ["java", "kt", "scala", "groovy"]
            .contains(&ending(inside.split([':', ')']).next().unwrap_or_default()))
            || inside.starts_with("Unknown Source");
        let is_name = function.contains('.') && !function.contains([' ', ':']);
        let file = if is_java { inside.split([':', ')']).next()? } else { "" };
        return is_name.then_some(Frame { file, function, is_whole: true });
    }
    let file = positioned(call.trim_start_matches("async "))?;
    Some(Frame { file, function: "", is_whole: false })
}

/// `Shop.Cart.Pay` of `Shop.Cart.Pay(Int32 id)`; types of several arguments hold brackets themselves.
fn before_arguments(call: &str) -> &str {
    call.split('(').next().unwrap_or(call)
}

/// The file of `/app/x.js:12:5`.
fn positioned(text: &str) -> Option<&str> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (rest, last) = text.rsplit_once(':')?;
    let file = match rest.rsplit_once(':') {
        Some((file, line)) if is_number(line) => file,
        _ => rest,
    };
    let file = file.strip_prefix("file://").unwrap_or(file);
    (is_number(last) && !file.is_empty() && !file.contains(' ')).then_some(file)
}

/// `#0 /var/www/x.php(12): Shop\Cart->pay()`: the call that is made there.
fn php(line: &str) -> Option<Frame<'_>> {
    let rest = line.strip_prefix('#')?.trim_start_matches(|c: char| c.is_ascii_digit());
    let (file, call) = rest.strip_prefix(' ')?.split_once('(')?;
    let (_, call) = call.split_once("): ")?;
    (ending(file) == "php").then(|| Frame {
        file,
        function: before_arguments(call),
        is_whole: false,
    })
}

/// `/app/models/user.rb:12:in 'User#name'`.
fn ruby(line: &str) -> Option<Frame<'_>> {
    let line = line.strip_prefix("from ").unwrap_or(line);
    let (file, rest) = line.split_once(".rb:")?;
    let (_, function) = rest.split_once(":in ")?;
    let function = function.split(": ").next()?.trim_matches(['`', '\'']);
    // `block (2 levels) in call`, `rescue in call`.
    let function = function.rsplit(" in ").next()?;
    let file = line.get(..file.len() + 3)?;
    (!file.contains(' ')).then_some(Frame { file, function, is_whole: false })
}

/// `(shop 0.1.0) lib/shop/cart.ex:12: Shop.Cart.pay/2`.
fn elixir(line: &str) -> Option<Frame<'_>> {
    let (file, rest) = line.split_once(".ex:")?;
    let (_, function) = rest.split_once(": ")?;
    let file = file.rsplit(' ').next()?;
    Some(Frame { file, function: function.split('/').next()?, is_whole: true })
}

fn ending(file: &str) -> &str {
    file.rsplit_once('.').map_or("", |(_, ending)| ending)
}

/// The folder and the name of a file; what a bundler numbered is `#`.
fn short(file: &str, is_script: bool) -> String {
    let parts: Vec<&str> = file.split(['/', '\\']).filter(|p| !p.is_empty() && *p != ".").collect();
    let kept = parts.get(parts.len().saturating_sub(2)..).unwrap_or_default().join("/");
    if !is_script {
        return kept;
    }
    let is_made = |word: &str| {
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        digits == word.len() && digits > 0
            || digits > 0 && word.len() >= 6 && word.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    let words = kept.split_inclusive(['.', '-', '_', '/']);
    let plain = words.map(|word| {
        let bare = word.trim_end_matches(['.', '-', '_', '/']);
        if is_made(bare) { word.replacen(bare, "#", 1) } else { word.to_owned() }
    });
    plain.collect()
}

/// A function's name without what compilers, bundlers and proxies put into it; parts joined by dots.
fn plain(function: &str, is_script: bool) -> String {
    // Go's package path: `github.com/acme/shop/cart.Pay`.
    let function = function.rsplit('/').next().unwrap_or(function);
    let mut kept: Vec<&str> = Vec::new();
    let parts = function.split(|c: char| ".:#$/\\>()*{}[] ".contains(c));
    let mut is_proxy = false;
    for part in parts {
        let part = named(part.trim_matches('-').trim_end_matches(',')).trim_start_matches('<');
        is_proxy |= ["EnhancerBy", "FastClassBy", "ByteBuddy"].iter().any(|p| part.starts_with(p));
        let is_hash = part.len() >= 6
            && part.bytes().all(|b| b.is_ascii_hexdigit() || b == b'h')
            && part.bytes().any(|b| b.is_ascii_digit());
        let is_made = part.is_empty()
            || part.bytes().all(|b| b.is_ascii_digit())
            || is_hash
            || is_proxy && part.contains("By")
            || numbered(part, "func")
            || matches!(
                part,
                "lambda"
                    | "closure"
                    | "closure_env"
                    | "anonymous"
                    | "anon"
                    | "anonfun"
                    | "listcomp"
                    | "genexpr"
                    | "dictcomp"
                    | "setcomp"
                    | "generated"
                    | "access"
                    | "MoveNext"
                    | "invokeSuspend"
                    | "Object"
                    | "impl"
                    | "DisplayClass"
                    | "c"
            )
            || is_script && part.len() <= 2;
        if !is_made {
            kept.push(part);
        }
    }
    kept.join(".")
}

/// .NET: the method in `<Pay>d__5` and `<Main>b__0_1`; what a compiler appended to a name is cut off.
fn named(part: &str) -> &str {
    if let Some(inside) = part.strip_prefix('<')
        && let Some(name) = inside.split('>').next().filter(|name| !name.is_empty())
    {
        return name;
    }
    let is_made = |rest: &str| {
        let rest = rest.trim_start_matches(['d', 'b', 'g', 'c']);
        rest.starts_with("__")
    };
    if is_made(part) || part.contains("DisplayClass") { "" } else { part }
}

fn numbered(part: &str, name: &str) -> bool {
    part.strip_prefix(name).is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}
