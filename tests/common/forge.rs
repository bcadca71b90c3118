//! A forge of our own on the loopback: a GitHub, a GitLab, or a Gitea. Everything that is asked, and everything that
//! it answers, is checked against a description of that forge; the part of it that counts here is
//! `tests/fixtures/{github,gitlab,gitea}/openapi.json`.

use super::{
    request::Request,
    tongue::{Kind, Tongue},
};
use jsonschema::Validator;
use serde_json::{Map, Value, json};
use std::{
    collections::BTreeSet,
    fs,
    io::Write,
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

/// What this forge knows.
#[derive(Default)]
pub struct State {
    /// As the API tells them.
    pub issues: Vec<Value>,
    /// Since when each of them is there.
    born: Vec<Instant>,
    /// The number of a label is its place.
    pub labels: Vec<String>,
    /// `METHOD /path?query` of every request.
    pub calls: Vec<String>,
    /// Number and text of every comment.
    pub comments: Vec<(u64, String)>,
    /// What happens to the next creates, the last one first.
    pub faults: Vec<Fault>,
    /// How long a new issue is missing from the lists.
    pub lag: Duration,
    /// Who may write to the repository, beside whose token it is.
    pub writers: BTreeSet<String>,
    /// What does not agree with the description.
    pub wrong: Vec<String>,
}

/// Whose the token is.
const US: &str = "jan";

/// A forge that knows issues, comments and labels.
pub struct Forge {
    pub kind: Kind,
    pub address: String,
    pub state: Arc<Mutex<State>>,
}

impl Forge {
    pub fn start(kind: Kind) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let described = Arc::new(Description::read(kind));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (shared, described) = (Arc::clone(&shared), Arc::clone(&described));
                thread::spawn(
                    move || while serve(&stream, Tongue(kind), &shared, &described).is_some() {},
                );
            }
        });
        Self { kind, address, state }
    }

    pub fn count(&self) -> usize {
        self.state.lock().unwrap().issues.len()
    }

    pub fn calls(&self) -> usize {
        self.state.lock().unwrap().calls.len()
    }

    /// An issue as somebody writes it by hand.
    pub fn write(&self, author: &str, body: &str) {
        let mut state = self.state.lock().unwrap();
        let number = state.issues.len() as u64 + 1;
        let tongue = Tongue(self.kind);
        let sent = tongue.sent("by hand", body);
        let mut issue = tongue.issue(number, author, &sent, &state.labels);
        if self.kind == Kind::Gitea {
            issue["labels"] = json!([tongue.label(1, "dogwatch")]);
        }
        state.issues.push(issue);
        state.born.push(Instant::now());
    }

    /// The last lines of all issues that are open.
    pub fn open_markers(&self) -> Vec<String> {
        let tongue = Tongue(self.kind);
        let state = self.state.lock().unwrap();
        let open = state.issues.iter().filter(|issue| tongue.is_open(issue));
        open.map(|issue| tongue.body(issue).lines().last().unwrap().to_owned()).collect()
    }

    /// The numbers of all issues that are closed.
    pub fn closed(&self) -> Vec<u64> {
        let tongue = Tongue(self.kind);
        let state = self.state.lock().unwrap();
        let numbered = state.issues.iter().zip(1..);
        numbered.filter(|(issue, _)| !tongue.is_open(issue)).map(|(_, number)| number).collect()
    }

    /// Closes an issue of a GitHub as a person does.
    pub fn close(&self, number: usize, reason: &str) {
        let mut state = self.state.lock().unwrap();
        state.issues[number - 1]["state"] = "closed".into();
        state.issues[number - 1]["state_reason"] = reason.into();
    }
}

impl Drop for Forge {
    fn drop(&mut self) {
        let state = self.state.lock();
        if let Ok(state) = state
            && !thread::panicking()
        {
            assert!(state.wrong.is_empty(), "not as it is described: {:#?}", state.wrong);
        }
    }
}

/// One request and its answer; nothing when the connection is over.
fn serve(
    mut stream: &TcpStream,
    tongue: Tongue,
    state: &Mutex<State>,
    described: &Description,
) -> Option<()> {
    let Request { method, target, body } = Request::read(stream)?;
    let (method, target) = (method.as_str(), target.as_str());
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
        let (status, answer) = state.answer(tongue, method, target, &body, fault)?;
        if status < 400
            && let Err(why) = operation.response(status, &answer)
        {
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
    let text = if answer.is_null() { String::new() } else { answer.to_string() };
    let length = text.len();
    let more = tongue.paging(target, &answer);
    write!(stream, "HTTP/1.1 {status} X\r\n{more}content-length: {length}\r\n\r\n{text}").ok()
}

impl State {
    fn answer(
        &mut self,
        tongue: Tongue,
        method: &str,
        target: &str,
        body: &Value,
        fault: Option<Fault>,
    ) -> Option<(u16, Value)> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        if path == "/user" {
            return Some((200, tongue.user(US)));
        }
        let rest: Vec<&str> = path.strip_prefix(tongue.base())?.split('/').collect();
        match (method, rest.as_slice()) {
            ("GET", ["labels"]) => {
                let all = self.labels.iter().zip(1..).map(|(name, id)| tongue.label(id, name));
                Some((200, Value::Array(page(query, all))))
            }
            ("POST", ["labels"]) => {
                let name = body["name"].as_str()?;
                self.labels.push(name.to_owned());
                Some((201, tongue.label(self.labels.len(), name)))
            }
            ("POST", ["issues"]) => {
                let made = tongue.issue(self.issues.len() as u64 + 1, US, body, &self.labels);
                if fault != Some(Fault::CutBefore) {
                    self.issues.push(made.clone());
                    self.born.push(Instant::now());
                }
                Some((201, made))
            }
            ("POST", ["issues", number, "comments" | "notes"]) => {
                let number = number.parse().ok()?;
                let text = body["body"].as_str()?;
                self.comments.push((number, text.to_owned()));
                Some((201, tongue.comment(number, text, US)))
            }
            ("POST", ["issues", number, "labels"]) => {
                let number: usize = number.parse().ok()?;
                let issue = self.issues.get_mut(number - 1)?;
                let labels = tongue.add_labels(issue, &body["labels"], &self.labels);
                Some((200, labels))
            }
            ("PATCH" | "PUT", ["issues", number]) => {
                let number: usize = number.parse().ok()?;
                let issue = self.issues.get_mut(number - 1)?;
                tongue.change(issue, body);
                Some((if tongue.0 == Kind::Gitea { 201 } else { 200 }, issue.clone()))
            }
            ("GET", ["issues"]) => Some((200, self.list(tongue, query))),
            ("GET", ["collaborators", name, "permission"]) if tongue.0 == Kind::GitHub => {
                let level = if self.writers.contains(*name) { "write" } else { "read" };
                let told = json!({"permission": level, "role_name": level, "user": null});
                Some((200, told))
            }
            // As for a token that does not administer the repository.
            ("GET", ["collaborators", _, "permission"]) => {
                Some((403, json!({"message": "Only admins can query all permissions"})))
            }
            ("GET", ["collaborators", name]) if self.writers.contains(*name) => {
                Some((204, Value::Null))
            }
            ("GET", ["members", "all", id]) => {
                let name = self
                    .writers
                    .iter()
                    .find(|name| tongue.user(name)["id"] == json!(id.parse::<u64>().unwrap()));
                let mut member = name.map(|name| tongue.user(name));
                if let Some(member) = &mut member {
                    member["access_level"] = 30.into();
                }
                Some(member.map_or((404, json!({"message": "404 Not found"})), |m| (200, m)))
            }
            ("GET", ["collaborators", _]) => Some((404, json!({"message": "not found"}))),
            _ => None,
        }
    }

    /// The newest first, as far as they are listed yet.
    fn list(&self, tongue: Tongue, query: &str) -> Value {
        let wanted = value(query, "labels");
        let is_there = |(issue, born): &(&Value, &Instant)| {
            let has = |wanted: &str| tongue.labels(issue).iter().any(|label| label == wanted);
            born.elapsed() >= self.lag && wanted.is_none_or(has)
        };
        let listed = self.issues.iter().zip(&self.born).rev().filter(is_there);
        Value::Array(page(query, listed.map(|(issue, _)| issue.clone())))
    }
}

fn value<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find_map(|(key, value)| (key == name).then_some(value))
}

fn page(query: &str, all: impl Iterator<Item = Value>) -> Vec<Value> {
    let number = |name, or| value(query, name).map_or(or, |value| value.parse::<usize>().unwrap());
    let size = number("per_page", number("limit", 30));
    all.skip((number("page", 1) - 1) * size).take(size).collect()
}

/// The description of a forge.
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
    fn read(kind: Kind) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
        let path = folder.join(Tongue(kind).word()).join("openapi.json");
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
