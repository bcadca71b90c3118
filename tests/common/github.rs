//! A GitHub of our own on the loopback. Everything that is asked, and everything that it answers, is checked against
//! GitHub's published description; the part of it that counts here is `tests/fixtures/github/openapi.json`.

use jsonschema::Validator;
use serde_json::{Map, Value, json};
use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

/// What happens to a create.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is kept, and the connection cut.
    CutAfter,
    /// The connection is cut, and nothing kept.
    CutBefore,
    /// It is kept, and a server in between fails.
    BadGateway,
    /// It is kept, and answered after so long.
    Slow(Duration),
    /// It is kept after so long, whether or not somebody still waits for the answer.
    Late(Duration),
}

/// What this GitHub knows.
#[derive(Default)]
pub struct State {
    /// As the API tells them.
    pub issues: Vec<Value>,
    /// Since when each of them is there.
    born: Vec<Instant>,
    pub labels: BTreeSet<String>,
    /// `METHOD /path?query` of every request.
    pub calls: Vec<String>,
    /// Number and text of every comment.
    pub comments: Vec<(u64, String)>,
    /// What happens to the next creates, the last one first.
    pub faults: Vec<Fault>,
    /// How long a new issue is missing from the lists.
    pub lag: Duration,
    /// What does not agree with the published description.
    pub wrong: Vec<String>,
}

/// A GitHub that knows issues, comments and labels.
pub struct GitHub {
    pub address: String,
    pub state: Arc<Mutex<State>>,
}

impl GitHub {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let described = Arc::new(Description::read());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (shared, described) = (Arc::clone(&shared), Arc::clone(&described));
                thread::spawn(move || while serve(&stream, &shared, &described).is_some() {});
            }
        });
        Self { address, state }
    }

    pub fn count(&self) -> usize {
        self.state.lock().unwrap().issues.len()
    }

    pub fn calls(&self) -> usize {
        self.state.lock().unwrap().calls.len()
    }

    /// Closes an issue as a person does.
    pub fn close(&self, number: usize, reason: &str) {
        let mut state = self.state.lock().unwrap();
        state.issues[number - 1]["state"] = "closed".into();
        state.issues[number - 1]["state_reason"] = reason.into();
    }
}

impl Drop for GitHub {
    fn drop(&mut self) {
        let state = self.state.lock();
        if let Ok(state) = state
            && !thread::panicking()
        {
            assert!(state.wrong.is_empty(), "not as GitHub describes: {:#?}", state.wrong);
        }
    }
}

/// One request and its answer; nothing when the connection is over.
fn serve(mut stream: &TcpStream, state: &Mutex<State>, described: &Description) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length").then(|| value.parse().unwrap())
    });
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    let mut words = head.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let asked = described.request(method, target, &body);
    let is_create = method == "POST" && target.ends_with("/issues");
    let fault = if is_create { state.lock().unwrap().faults.pop() } else { None };
    if let Some(Fault::Late(time)) = fault {
        thread::sleep(time);
    }
    let (status, answer) = {
        let mut state = state.lock().unwrap();
        state.calls.push(format!("{method} {target}"));
        let operation = match asked {
            Ok(operation) => operation,
            Err(why) => {
                state.wrong.push(format!("{method} {target}: {why}"));
                return None;
            }
        };
        let (status, answer) = state.answer(method, target, &body, fault)?;
        if let Err(why) = operation.response(status, &answer) {
            state.wrong.push(format!("our answer to {method} {target}: {why}"));
        }
        (status, answer)
    };
    let (status, answer) = match fault {
        Some(Fault::CutAfter | Fault::CutBefore) => return None,
        Some(Fault::BadGateway) => (502, json!({"message": "Bad gateway"})),
        Some(Fault::Slow(time)) => {
            thread::sleep(time);
            (status, answer)
        }
        Some(Fault::Late(_)) | None => (status, answer),
    };
    let text = answer.to_string();
    let length = text.len();
    write!(stream, "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n\r\n{text}").ok()
}

impl State {
    fn answer(
        &mut self,
        method: &str,
        target: &str,
        body: &Value,
        fault: Option<Fault>,
    ) -> Option<(u16, Value)> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let rest: Vec<&str> = path.trim_start_matches("/repos/acme/shop/").split('/').collect();
        match (method, rest.as_slice()) {
            ("GET", ["labels"]) => {
                Some((200, self.labels.iter().map(|name| label(name)).collect()))
            }
            ("POST", ["labels"]) => {
                let name = body["name"].as_str()?;
                self.labels.insert(name.to_owned());
                Some((201, label(name)))
            }
            ("POST", ["issues"]) => {
                let made = issue(self.issues.len() as u64 + 1, body);
                if fault != Some(Fault::CutBefore) {
                    self.issues.push(made.clone());
                    self.born.push(Instant::now());
                }
                Some((201, made))
            }
            ("POST", ["issues", number, "comments"]) => {
                let number = number.parse().ok()?;
                let text = body["body"].as_str()?;
                self.comments.push((number, text.to_owned()));
                Some((201, comment(number, text)))
            }
            ("PATCH", ["issues", number]) => {
                let number: usize = number.parse().ok()?;
                let issue = self.issues.get_mut(number - 1)?;
                for (name, value) in body.as_object()? {
                    issue[name] = value.clone();
                }
                Some((200, issue.clone()))
            }
            ("GET", ["issues"]) => Some((200, self.list(query))),
            _ => None,
        }
    }

    /// The newest first, as far as they are listed yet.
    fn list(&self, query: &str) -> Value {
        let value = |name: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.find_map(|(key, value)| (key == name).then_some(value))
        };
        let number = |name, or| value(name).map_or(or, |value| value.parse::<usize>().unwrap());
        let (size, page) = (number("per_page", 30), number("page", 1));
        let is_there = |(issue, born): &(&Value, &Instant)| {
            let labels = issue["labels"].as_array().unwrap();
            let has = |wanted: &str| labels.iter().any(|label| label["name"] == wanted);
            born.elapsed() >= self.lag && value("labels").is_none_or(has)
        };
        let listed = self.issues.iter().zip(&self.born).rev().filter(is_there);
        listed.skip((page - 1) * size).take(size).map(|(issue, _)| issue.clone()).collect()
    }
}

const API: &str = "https://api.github.com";

fn label(name: &str) -> Value {
    json!({"id": 1, "node_id": "L", "url": format!("{API}/repos/acme/shop/labels/x"), "name": name,
        "description": null, "color": "d73a4a", "default": false})
}

fn user() -> Value {
    let mut user = json!({"login": "jan", "id": 1, "node_id": "U", "gravatar_id": "", "type": "User",
        "site_admin": false});
    for name in [
        "avatar_url",
        "events_url",
        "followers_url",
        "following_url",
        "gists_url",
        "html_url",
        "organizations_url",
        "received_events_url",
        "repos_url",
        "starred_url",
        "subscriptions_url",
        "url",
    ] {
        user[name] = format!("{API}/users/jan").into();
    }
    user
}

fn issue(number: u64, sent: &Value) -> Value {
    let url = format!("{API}/repos/acme/shop/issues/{number}");
    let names = sent["labels"].as_array().cloned().unwrap_or_default();
    let labels: Vec<_> = names.iter().map(|name| label(name.as_str().unwrap())).collect();
    json!({"id": number, "node_id": "I", "number": number, "state": "open", "state_reason": null,
        "title": sent["title"], "body": sent["body"], "labels": labels, "user": user(), "url": url,
        "html_url": format!("https://github.com/acme/shop/issues/{number}"),
        "repository_url": format!("{API}/repos/acme/shop"), "labels_url": url, "comments_url": url,
        "events_url": url, "assignee": null, "milestone": null, "locked": false, "comments": 0,
        "closed_at": null, "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"})
}

fn comment(number: u64, text: &str) -> Value {
    let url = format!("{API}/repos/acme/shop/issues/{number}");
    json!({"id": 1, "node_id": "C", "url": url, "issue_url": url, "html_url": url, "body": text,
        "user": user(), "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"})
}

/// GitHub's published description.
struct Description {
    operations: Vec<Operation>,
}

/// One operation of it.
struct Operation {
    method: String,
    /// Parts of the path; `None` stands for anything.
    path: Vec<Option<String>>,
    /// Schemas of what may stand behind `?`.
    query: Vec<(String, Validator)>,
    /// What may be sent, and the names that it knows.
    body: Option<(Validator, BTreeSet<String>)>,
    answers: Vec<(u16, Validator)>,
}

impl Description {
    fn read() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/github/openapi.json");
        let text = fs::read_to_string(path).unwrap();
        let mut whole: Value = serde_json::from_str(&text).unwrap();
        as_schema(&mut whole);
        let parts = &whole["components"];
        let validator = |schema: &Value| {
            let mut schema = schema.clone();
            schema["components"] = parts.clone();
            jsonschema::validator_for(&schema).unwrap()
        };
        let resolved = |parameter: &Value| match parameter["$ref"].as_str() {
            Some(to) => whole.pointer(to.trim_start_matches('#')).unwrap().clone(),
            None => parameter.clone(),
        };
        let mut operations = Vec::new();
        for (path, methods) in whole["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                let parameters: Vec<_> =
                    operation["parameters"].as_array().unwrap().iter().map(resolved).collect();
                let query = parameters.iter().filter(|parameter| parameter["in"] == "query");
                let name = |parameter: &Value| parameter["name"].as_str().unwrap().to_owned();
                let json =
                    |content: &Value| content["content"]["application/json"]["schema"].clone();
                let sent = json(&operation["requestBody"]);
                let names = || {
                    let known = sent["properties"].as_object().unwrap();
                    known.keys().cloned().collect()
                };
                let answers = operation["responses"].as_object().unwrap().iter();
                operations.push(Operation {
                    method: method.to_uppercase(),
                    path: path
                        .split('/')
                        .map(|part| (!part.starts_with('{')).then(|| part.to_owned()))
                        .collect(),
                    query: query.map(|p| (name(p), validator(&p["schema"]))).collect(),
                    body: (!sent.is_null()).then(|| (validator(&sent), names())),
                    answers: answers
                        .map(|(status, answer)| (status.parse().unwrap(), validator(&json(answer))))
                        .collect(),
                });
            }
        }
        Self { operations }
    }

    /// The operation that is asked for, where all that is sent agrees with it.
    fn request(&self, method: &str, target: &str, body: &Value) -> Result<&Operation, String> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let parts: Vec<&str> = path.split('/').collect();
        let is_meant = |operation: &&Operation| {
            operation.method == method
                && operation.path.len() == parts.len()
                && operation.path.iter().zip(&parts).all(|(known, part)| match known {
                    Some(known) => known == part,
                    None => !part.is_empty(),
                })
        };
        let operation =
            self.operations.iter().find(is_meant).ok_or("there is no such operation")?;
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, text) = pair.split_once('=').ok_or("a parameter without a value")?;
            let known = operation.query.iter().find(|(known, _)| known == name);
            let (_, schema) = known.ok_or_else(|| format!("there is no parameter {name}"))?;
            let value = text.parse::<u64>().map_or_else(|_| json!(text), |number| json!(number));
            schema.validate(&value).map_err(|error| format!("{name}: {error}"))?;
        }
        match &operation.body {
            None if body.is_null() => {}
            None => return Err("nothing may be sent with it".to_owned()),
            Some((schema, names)) => {
                schema.validate(body).map_err(|error| error.to_string())?;
                let sent = body.as_object().into_iter().flat_map(Map::keys);
                if let Some(name) = sent.into_iter().find(|name| !names.contains(*name)) {
                    return Err(format!("there is no field {name}"));
                }
            }
        }
        Ok(operation)
    }
}

impl Operation {
    fn response(&self, status: u16, answer: &Value) -> Result<(), String> {
        let known = self.answers.iter().find(|(known, _)| *known == status);
        let (_, schema) = known.ok_or_else(|| format!("it does not answer {status}"))?;
        schema.validate(answer).map_err(|error| format!("{}: {error}", error.instance_path()))
    }
}

/// Says `nullable: true` in the words of JSON Schema.
fn as_schema(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(as_schema),
        Value::Object(fields) => {
            fields.values_mut().for_each(as_schema);
            if fields.remove("nullable") == Some(Value::Bool(true)) {
                let schema = std::mem::take(fields);
                fields.insert("anyOf".to_owned(), json!([{"type": "null"}, schema]));
            }
        }
        _ => {}
    }
}
