//! nginx: the access log in combined format with the request time, and the error log.

use super::super::dice::Dice;
use chrono::{DateTime, Utc};

const AGENTS: [&str; 4] = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36",
    "ShopApp/7.3 (Android 15)",
];

/// One request as the visitor sees it.
#[derive(Debug, Clone)]
pub(in crate::source::demo) struct Request {
    pub(in crate::source::demo) visitor: String,
    pub(in crate::source::demo) method: &'static str,
    pub(in crate::source::demo) path: String,
}

pub(in crate::source::demo) fn access(
    time: DateTime<Utc>,
    dice: &mut Dice,
    request: &Request,
    status: u16,
    millis: u64,
) -> String {
    let Request { visitor, method, path } = request;
    let bytes = if status < 400 { dice.number(180, 24_000) } else { dice.number(120, 560) };
    let (agent, time) = (dice.pick(&AGENTS), time.format("%d/%b/%Y:%H:%M:%S +0000"));
    let seconds = millis as f64 / 1_000.0;
    format!(
        "{visitor} - - [{time}] \"{method} {path} HTTP/1.1\" {status} {bytes} \"-\" \"{agent}\" rt={seconds:.3}"
    )
}

/// `what`: the fault and what nginx was doing, up to the comma before `client`.
pub(in crate::source::demo) fn error(
    time: DateTime<Utc>,
    dice: &mut Dice,
    level: &str,
    what: &str,
    request: &Request,
) -> String {
    let Request { visitor, method, path } = request;
    let time = time.format("%Y/%m/%d %H:%M:%S");
    let (worker, connection) = (dice.number(29, 32), dice.number(10_000, 99_999));
    format!(
        "{time} [{level}] {worker}#{worker}: *{connection} {what}, client: {visitor}, server: shop.example, \
         request: \"{method} {path} HTTP/1.1\", upstream: \"http://172.28.0.7:8000{path}\", host: \"shop.example\""
    )
}

pub(in crate::source::demo) fn notice(time: DateTime<Utc>, text: &str) -> String {
    format!("{} [notice] 1#1: {text}", time.format("%Y/%m/%d %H:%M:%S"))
}
