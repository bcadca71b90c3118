//! The log API.

use crate::site::{DB, Site, Stage, WEB, messages, settings};
use dogwatch::{
    model::{Command, Stream},
    store::Limits,
};
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn lines_have_the_form_that_users_know() {
    let site = Site::open().await;
    site.stage.say(DB, Stream::Stderr, "INFO: ready to accept connections");
    site.stage.web("ERROR: cannot reach db");
    site.lines(2).await;
    let answer = site.get("/api/v1/logs?serviceName=db").await;
    assert!(answer.head.contains("content-type: application/json"), "{}", answer.head);
    assert!(answer.head.contains("cache-control: no-store"), "{}", answer.head);
    let json = answer.json();
    let line = &json["logs"][0];
    assert!(line["id"].as_str().unwrap().starts_with("log-"), "{line}");
    assert_eq!(line["message"], "INFO: ready to accept connections");
    assert!(line["timestamp"].as_i64().unwrap() > 1_700_000_000_000);
    assert_eq!(line["level"], "info", "what goes to stderr is no error for that");
    assert_eq!(line["source"], serde_json::json!({ "type": "container", "name": "db" }));
    assert_eq!(line["containerId"], DB);
    assert_eq!((&line["isStdErr"], &line["isSystem"]), (&Value::Bool(true), &Value::Bool(false)));
    let id = line["serviceId"].as_u64().unwrap();
    assert_eq!(messages(&site.get(&format!("/api/v1/logs?serviceId={id}")).await).len(), 1);
    let errors = site.get("/api/v1/logs?level=error").await.json();
    assert_eq!(errors["logs"][0]["serviceName"], "web", "what goes to stdout may be an error");
    site.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_value_is_refused_and_named() {
    let site = Site::open().await;
    site.stage.web("one");
    site.lines(1).await;
    for (query, field) in [
        ("limit=abc", "limit"),
        ("limit=0", "limit"),
        ("limit=10001", "limit"),
        ("level=bogus", "level"),
        ("sourceType=bogus", "sourceType"),
        ("since=1h", "since"),
        ("serviceId=web", "serviceId"),
        ("service=web", "service"),
    ] {
        for path in ["/api/v1/logs", "/api/v1/logs/stream"] {
            let answer = site.get(&format!("{path}?{query}")).await;
            assert_eq!(answer.status, 400, "{path} {query}: {answer:?}");
            let error = answer.json()["error"].clone();
            assert_eq!((&error["code"], &error["field"]), (&"bad_request".into(), &field.into()));
            assert!(!error["message"].as_str().unwrap().is_empty());
        }
    }
    for (path, status) in [("/api/v1/log", 404), ("/", 404), ("/api/v1/logs/x/attach", 405)] {
        let answer = site.get(path).await;
        let want = if status == 405 { 403 } else { status };
        assert_eq!(answer.status, want, "{path}");
        assert!(answer.json()["error"]["message"].is_string(), "{path}");
    }
    site.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_name_means_any_of_them() {
    let site = Site::open().await;
    site.stage.web("ERROR: one");
    site.stage.web("FATAL: two");
    site.stage.web("WARN: three");
    site.stage.web("INFO: four");
    site.lines(4).await;
    // Something that dogwatch did.
    site.handle.request(Command::Detach(DB.into())).await;
    site.until("/api/v1/logs?sourceType=manager", |a| !messages(a).is_empty()).await;
    let count =
        async |query: &str| messages(&site.get(&format!("/api/v1/logs?{query}")).await).len();
    assert_eq!(count("sourceType=system&sourceType=manager").await, 1);
    assert_eq!(count("sourceType=container&sourceType=manager").await, 5);
    assert_eq!(count("sourceType=container").await, 4);
    assert_eq!(count("level=error").await, 2, "the worst are not left out");
    assert_eq!(count("level=fatal").await, 1);
    assert_eq!(count("level=warn&level=info").await, 2);
    assert_eq!(count("serviceName=web&serviceName=db&sourceType=container").await, 4);
    assert_eq!(count("containerId=aaaa").await, 4);
    assert_eq!(count(&format!("containerId={WEB}&level=error&limit=1")).await, 1);
    assert_eq!(count("serviceName=nobody").await, 0);
    site.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_come_first_and_older_ones_page_by_page() {
    let folder = tempfile::tempdir().unwrap();
    // Memory holds a few lines; all others come from disk.
    let limits = Limits { records: 50, ..Limits::default() };
    let site = Site::with(Stage::new(), settings(), Some(folder.path()), limits).await;
    for n in 0..500 {
        site.stage.say(if n % 2 == 0 { WEB } else { DB }, Stream::Stdout, &format!("line {n}"));
    }
    site.lines(500).await;
    site.until("/api/v1/logs/count", |a| a.json()["count"] == 500).await;
    for (query, want) in [("", 500), ("serviceName=web&", 250), ("containerId=aabb&", 250)] {
        let mut all = Vec::new();
        let mut page = site.get(&format!("/api/v1/logs?{query}limit=37")).await;
        loop {
            let json = page.json();
            let mut lines = messages(&page);
            assert!(lines.len() <= 37);
            lines.extend(all);
            all = lines;
            let Some(older) = json["older"].as_str() else { break };
            page = site.get(&format!("/api/v1/logs?{query}limit=37&before={older}")).await;
        }
        let step = 500 / want;
        let first = usize::from(query.starts_with("container"));
        let wanted: Vec<_> = (0..want).map(|n| format!("line {}", n * step + first)).collect();
        assert_eq!(all, wanted, "{query}");
    }
    let counted = site.get("/api/v1/logs/count?serviceName=db").await.json();
    assert_eq!(counted, serde_json::json!({ "count": 250, "isComplete": true }));
    site.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn times_limit_what_is_found() {
    let site = Site::open().await;
    for n in 0..10 {
        site.stage.web(&format!("line {n}"));
    }
    site.lines(10).await;
    let all = site.get("/api/v1/logs").await.json();
    let at = |n: usize| all["logs"][n]["timestamp"].as_i64().unwrap();
    let found = site.get(&format!("/api/v1/logs?since={}&until={}", at(4), at(6))).await;
    // Times are cut to milliseconds in answers, lines are not.
    let lines = messages(&found);
    assert!(
        lines.contains(&"line 4".to_owned()) && lines.contains(&"line 5".to_owned()),
        "{lines:?}"
    );
    assert!(lines.len() <= 3, "{lines:?}");
    let nothing = site.get(&format!("/api/v1/logs?since={}", at(9) + 60_000)).await;
    assert_eq!(messages(&nothing).len(), 0);
    site.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_outlive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let stage = Stage::new();
    let ids = |json: &Value| -> Vec<(String, String)> {
        let logs = json["logs"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        logs.filter(|line| line["isSystem"] == false)
            .map(|line| (text(&line["id"]), text(&line["message"])))
            .collect()
    };
    let open = |stage| Site::with(stage, settings(), Some(folder.path()), Limits::default());
    let site = open(stage.clone()).await;
    (0..20).for_each(|n| stage.web(&format!("line {n}")));
    site.lines(20).await;
    let before = ids(&site.get("/api/v1/logs").await.json());
    site.close().await;

    stage.web("line 20");
    let site = open(stage).await;
    let answer = site
        .until("/api/v1/logs?sourceType=container", |a| messages(a).contains(&"line 20".into()))
        .await;
    let after = ids(&answer.json());
    assert_eq!(after[..20], before[..], "the same lines have the same ids");
    assert_eq!(after.len(), 21, "nothing is read twice");
    assert!(before.iter().all(|(id, _)| *id != after[20].0), "a new line has a new id");
    site.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_and_escapes_do_not_get_out() {
    let site = Site::open().await;
    let secret = "hunter2hunter2hunter2";
    site.stage
        .web(&format!("ERROR: login failed password={secret} \u{1b}]52;c;AAAA\u{7} \u{202e}x"));
    site.stage.web("\u{1b}[2J<script>alert(1)</script>");
    site.lines(2).await;
    let problems = site
        .until("/api/v1/problems", |a| a.json()["count"].as_u64().is_some_and(|count| count > 0))
        .await;
    let name = problems.json()["problems"][0]["fingerprint"].as_str().unwrap().to_owned();
    for path in [
        "/api/v1/logs",
        "/api/v1/problems",
        &format!("/api/v1/problems/{name}"),
        "/api/v1/services",
    ] {
        let answer = site.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        assert!(answer.head.contains("x-content-type-options: nosniff"));
        for bad in [secret, "\u{1b}", "\\u001b", "\u{202e}", "]52;"] {
            assert!(!answer.body.contains(bad), "{path} holds {bad:?}: {}", answer.body);
        }
    }
    site.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn problems_are_listed_and_shown() {
    let site = Site::open().await;
    for n in 0..3 {
        site.stage.say(
            DB,
            Stream::Stderr,
            &format!("FATAL:  sorry, too many clients already, pid {n}"),
        );
    }
    site.stage.web("WARN: cache is slow");
    site.lines(4).await;
    let list = site
        .until("/api/v1/problems?severity=critical&severity=error", |a| a.json()["total"] == 1)
        .await;
    let problem = list.json()["problems"][0].clone();
    assert_eq!((&problem["category"], &problem["state"]), (&"database".into(), &"new".into()));
    assert_eq!(problem["services"][0]["serviceName"], "db");
    let name = problem["fingerprint"].as_str().unwrap();
    let one = site
        .until(&format!("/api/v1/problems/{name}"), |a| a.json()["problem"]["count"] == 3)
        .await;
    let one = one.json();
    assert_eq!(one["occurrences"].as_array().unwrap().len(), 3);
    assert!(!one["remedies"].as_array().unwrap().is_empty());
    assert_eq!(site.get("/api/v1/problems?state=muted").await.json()["count"], 0);
    for (path, status) in [
        ("/api/v1/problems/fp2:0000000000000000", 404),
        ("/api/v1/problems/xyz", 400),
        ("/api/v1/problems?category=bogus", 400),
        ("/api/v1/problems?state=open", 400),
    ] {
        assert_eq!(site.get(path).await.status, status, "{path}");
    }
    let services = site.get("/api/v1/services").await.json();
    assert_eq!(services["count"], 2);
    assert_eq!(services["services"][0]["serviceName"], "db");
    assert_eq!(services["services"][0]["containers"][0]["isAttached"], true);
    site.close().await;
}
