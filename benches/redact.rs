//! Measures redaction at ingest: a harmless line, one with a secret, one with a known value, and hostile ones.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dogwatch::{
    model::Secret,
    redact::{PemState, Redactor},
};
use std::hint::black_box;

const HARMLESS: &str = r#"10.0.3.7 - - [15/Jan/2024:10:30:45 +0000] "GET /api/v1/products/4711?page=3 HTTP/1.1" 200 5120 "-" "Mozilla/5.0 (X11; Linux)" rt=0.012"#;
const JSON: &str = r#"{"level":"info","ts":"2024-01-15T10:30:45.123Z","msg":"order placed","order":4711,"user":"9f3c","ms":12,"path":"/orders/4711"}"#;
const SECRET: &str = "2024-01-15T10:30:45Z ERROR login failed for shop: password=hunter2 at db:5432, request 4711, retrying in 3 s";

fn lines(c: &mut Criterion) {
    let bare = Redactor::with_key([7; 32]);
    let knowing = Redactor::with_key([7; 32]);
    for container in 0..20_u32 {
        let secrets = (0..4).map(|n| Secret::new(&format!("{n}s3-{container}-cr3t/value+{n}")));
        knowing.learn(&container.to_string(), secrets.collect());
    }
    let hostile = |piece: &str| piece.repeat((16 << 10) / piece.len());
    let mut group = c.benchmark_group("redact");
    for (name, line) in [
        ("harmless access log", HARMLESS.to_owned()),
        ("harmless json", JSON.to_owned()),
        ("password", SECRET.to_owned()),
        ("colours", format!("\u{1b}[32m{HARMLESS}\u{1b}[0m")),
        ("16 kB of eyJ-", hostile("eyJ-")),
        ("16 kB of ://a:", hostile("://a:")),
        ("16 kB of token: ", hostile("token: ")),
        ("16 kB of escapes", hostile("\u{1b}]\u{1b}[1")),
        ("1 MiB of words", "lorem ipsum dolor ".repeat((1 << 20) / 18)),
    ] {
        group.throughput(Throughput::Bytes(line.len() as u64));
        for (state, redactor) in [("", &bare), (", 80 values known", &knowing)] {
            group.bench_function(format!("{name}{state}"), |b| {
                let mut pem = PemState::default();
                b.iter(|| redactor.line(&mut pem, black_box(line.as_bytes())));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, lines);
criterion_main!(benches);
