//! Names of exceptions, frames and other words of traces, each told from one text alone.

/// `shop@shop DETAIL:  ...`: what stands behind a user and a database.
pub(super) fn behind_user(message: &str) -> Option<&str> {
    message.split_once(' ').filter(|(user, _)| user.contains('@')).map(|(_, rest)| rest)
}

/// The name of an exception at the beginning of `text`: `TypeError`, `java.lang.IllegalStateException`.
pub(super) fn exception_name(text: &str) -> Option<&str> {
    const ENDS: &[&str] = &[
        "Error",
        "Exception",
        "Throwable",
        "Fault",
        "Failure",
        "Interrupt",
        "Exit",
        "Panic",
        "Rejection",
        "Timeout",
        "Warning",
    ];
    let end = name_end(text);
    let name = text.get(..end)?;
    let is_one = ENDS.iter().any(|e| name.ends_with(e))
        && name.chars().next().is_some_and(|c| c.is_ascii_alphabetic());
    let rest = text.get(end..)?;
    (is_one && (rest.is_empty() || rest.starts_with(':') || rest.starts_with(" ["))).then_some(name)
}

pub(super) fn name_end(text: &str) -> usize {
    let is_name = |b: u8| b.is_ascii_alphanumeric() || b"._$\\".contains(&b);
    let bytes = text.as_bytes();
    let mut end = bytes.iter().take(200).take_while(|b| is_name(**b)).count();
    // Ruby and PHP: `ActiveRecord::RecordNotFound`.
    while bytes.get(end..end + 2) == Some(b"::") {
        end += 2 + bytes[end + 2..].iter().take(200).take_while(|b| is_name(**b)).count();
    }
    end
}

/// The word that names the level is the message's own: no head.
pub(super) fn is_spoken(text: &str) -> bool {
    exception_name(text).is_some()
        || text.starts_with("panic:")
        || text.starts_with("fatal error:")
        || text.starts_with("PHP ")
        || text.starts_with("Fatal error:")
}

/// Common and combined log format, and what resembles them: an address, and a request in quotes behind a stamp.
pub(super) fn is_access(text: &str) -> bool {
    let head = text.as_bytes();
    let head = &head[..head.len().min(120)];
    head.first().is_some_and(|b| b.is_ascii_hexdigit() || matches!(b, b'[' | b'-' | b':'))
        && memchr::memchr_iter(b']', head).any(|at| head[at + 1..].starts_with(b" \""))
}

/// PHP's `#0 /app/index.php(3): run()`.
pub(super) fn is_numbered_frame(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('#') else { return false };
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    digits > 0 && digits < 5 && rest[digits..].starts_with(' ')
}

/// `ClickHouse`: `0. DB::Exception::Exception(...) @ 0x000000000c61ff37 in /usr/bin/clickhouse`.
pub(super) fn is_clickhouse_frame(text: &str) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    (1..4).contains(&digits) && text[digits..].starts_with(". ") && text.contains(" @ 0x")
}

/// Letters, digits and what joins names.
pub(super) fn is_path(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._$".contains(&b))
}

/// Ruby's `/app/run.rb:3:in 'call'`.
pub(super) fn is_ruby_frame(text: &str) -> bool {
    let bytes = text.as_bytes();
    let path = memchr::memchr(b' ', bytes).and_then(|space| bytes[..space].strip_suffix(b":in"));
    let Some(path) = path else { return false };
    let digits = path.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    digits > 0 && path[..path.len() - digits].ends_with(b":")
}

/// What a program says of a place, its own name before it: `lua: app.lua:3: attempt to index a nil value`.
pub(super) fn is_diagnostic(text: &str) -> bool {
    let bytes = text.as_bytes();
    let Some(end) = memchr::memchr(b':', &bytes[..bytes.len().min(40)]) else { return false };
    if end == 0 || bytes.get(end + 1) != Some(&b' ') || bytes[..end].contains(&b' ') {
        return false;
    }
    let Some((place, _)) = text[end + 2..].split_once(": ") else { return false };
    place.rsplit_once(':').is_some_and(|(file, line)| {
        file.contains('.')
            && !file.contains(' ')
            && !line.is_empty()
            && line.bytes().all(|b| b.is_ascii_digit())
    })
}

/// Elixir's `(ecto 3.11.2) lib/ecto/repo/queryable.ex:164: Ecto.Repo.Queryable.one!/3`.
pub(super) fn is_elixir_frame(text: &str) -> bool {
    let behind = text.strip_prefix('(').and_then(|text| text.split_once(") "));
    behind.is_some_and(|(_, place)| [".ex:", ".exs:", ".erl:"].iter().any(|e| place.contains(e)))
}

/// The line of source that a compiler points at: `> 6 | import Modal from "./modal"`.
pub(super) fn is_pointed_source(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('>') else { return false };
    let behind = rest.trim_start().trim_start_matches(|c: char| c.is_ascii_digit());
    behind.len() < rest.trim_start().len() && behind.trim_start().starts_with('|')
}

/// A line that only points at something above it.
pub(super) fn is_caret(text: &str) -> bool {
    text.contains('^') && text.bytes().all(|b| b" ^~-|".contains(&b))
}

/// What backtraces of compiled programs are made of: `/app/shop(main+0x2d)[0x55d0c1a2b12d]`,
/// `1   libc.so   0x00007f38bff099ff abort + 31`, `jl_apply at /src/julia.h:1780 [inlined]`.
pub(super) fn is_native_frame(text: &str) -> bool {
    let bytes = text.as_bytes();
    if text.ends_with(']')
        && let Some((before, address)) = text.trim_end_matches(']').rsplit_once('[')
    {
        let is_symbol = is_address(address) && !before.ends_with(' ');
        return is_symbol || (address == "inlined" && is_at_source(before.trim_end()));
    }
    let digits = bytes.iter().take_while(|b| b.is_ascii_digit()).count();
    if (1..4).contains(&digits) && bytes.get(digits) == Some(&b' ') {
        return text[digits..].split_ascii_whitespace().take(4).any(is_address);
    }
    is_at_source(text) || is_zig_frame(text)
}

/// `/app/src/main.zig:12:9: 0x1035a0 in main (main)`.
fn is_zig_frame(text: &str) -> bool {
    text.starts_with('/')
        && text.split_once(": 0x").is_some_and(|(place, address)| {
            place.ends_with(|c: char| c.is_ascii_digit()) && address.contains(" in ")
        })
}

/// `0x00007f38bff099ff`: long enough to be no small number.
fn is_address(word: &str) -> bool {
    word.strip_prefix("0x")
        .is_some_and(|hex| hex.len() >= 8 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// `jl_apply at /src/julia.h:1780`: one name, and where it stands.
fn is_at_source(text: &str) -> bool {
    let Some((name, place)) = text.split_once(" at ") else { return false };
    let Some((file, line)) = place.rsplit_once(':') else { return false };
    !name.contains(' ')
        && !line.is_empty()
        && line.bytes().all(|b| b.is_ascii_digit())
        && !file.contains(' ')
        && file.contains(['/', '.'])
}

/// The words over the frames: `stack traceback:`, `Current stack trace:`, `CallStack (from HasCallStack):`.
pub(super) fn is_trace_heading(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "stack trace",
        "stacktrace",
        "traceback",
        "backtrace",
        "call stack",
        "callstack",
        "call trace",
    ];
    let Some(words) = text.strip_suffix(':') else { return false };
    let words = words.trim_matches(['=', '-', ' ']);
    if words.len() > 40 || words.starts_with(' ') {
        return false;
    }
    let words = words.to_ascii_lowercase();
    let is_short = words.split(' ').count() <= 6;
    is_short && WORDS.iter().any(|word| words.contains(word))
}

/// A message behind the code of its program, as Oracle's: `ORA-06512: at line 12`.
pub(super) fn is_coded(text: &str) -> bool {
    let bytes = text.as_bytes();
    let name = bytes.iter().take(6).take_while(|b| b.is_ascii_uppercase()).count();
    if !(2..6).contains(&name) || bytes.get(name) != Some(&b'-') {
        return false;
    }
    let digits = bytes[name + 1..].iter().take(7).take_while(|b| b.is_ascii_digit()).count();
    (4..7).contains(&digits) && bytes[name + 1 + digits..].starts_with(b": ")
}
