//! The webhook for repairs, and alerts.

use crate::{
    client::{Answer, PATIENCE, raw, request},
    site::{Site, Stage, settings},
};
use dogwatch::{engine::Watch, http::Settings, model::RepairMode, repair, store::Limits};
use serde_json::json;
use std::{
    fs,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::time::sleep;

const ACT: &str = "Bearer a-word-for-those-who-act";

async fn open(change: impl FnOnce(Settings) -> Settings) -> (Site, tempfile::TempDir) {
    open_on(Stage::new(), Watch::default(), change).await
}

async fn open_on(
    stage: Arc<Stage>,
    watch: Watch,
    change: impl FnOnce(Settings) -> Settings,
) -> (Site, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("act");
    fs::write(&path, "a-word-for-those-who-act").unwrap();
    let settings = change(Settings { act_token_file: Some(path), ..settings() });
    let record = folder.path().join("record");
    (Site::watched(stage, settings, Some(&record), (Limits::default(), watch)).await, folder)
}

async fn post(site: &Site, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut all = vec![("Authorization", ACT)];
    all.extend_from_slice(headers);
    raw(site.address, &request("POST", path, &all, body)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repair_is_off_unless_it_is_switched_on() {
    let (site, _folder) = open(|settings| settings).await;
    let answer = post(&site, "/repair/web", &[], "").await;
    assert_eq!(answer.status, 403, "{answer:?}");
    assert!(answer.body.contains("--repair"), "{answer:?}");
    site.close().await;
}

/// Asks until the watchdog knows how everything is.
async fn repair(site: &Site, path: &str) -> Answer {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = post(site, path, &[], "").await;
        let is_early =
            ["not known yet", "it must last"].iter().any(|word| answer.body.contains(word));
        if !is_early || Instant::now() > deadline {
            return answer;
        }
        sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repair_is_what_the_watchdog_decides_and_says_why() {
    let (site, _folder) = open_on(Stage::crashed(), Watch::default(), |s| Settings {
        repair: true,
        acts_per_minute: 900,
        ..s
    })
    .await;
    let answer = post(&site, "/repair/nobody", &[], "").await;
    assert_eq!((answer.status, answer.json()), (404, json!({ "error": "service not found" })));
    let well = repair(&site, "/repair/db").await;
    assert_eq!((well.status, &well.json()["status"]), (200, &json!("nothing to repair")));
    let ill = repair(&site, "/repair/web").await;
    assert_eq!((ill.status, &ill.json()["status"]), (200, &json!("repair triggered")), "{ill:?}");
    assert!(ill.json()["reason"].as_str().unwrap().contains("exited with 1"), "{ill:?}");
    site.until("/api/v1/services", |_| site.stage.starts() == 1).await;
    // It still has not come back: what goes on is not begun again.
    let again = repair(&site, "/repair/web").await;
    assert_eq!((again.status, &again.json()["status"]), (409, &json!("repair refused")));
    assert!(again.json()["error"].as_str().unwrap().contains("being repaired"), "{again:?}");
    assert_eq!(again.json()["service"]["name"], "web");
    let unsigned = raw(site.address, &request("POST", "/repair/web", &[], "")).await;
    assert_eq!(unsigned.status, 401);
    let got = site.get("/repair/web").await;
    assert!(got.status == 401 || got.status == 405, "reading changes nothing: {got:?}");
    assert_eq!((site.stage.starts(), site.stage.restarts()), (1, 0));
    site.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_may_wish_for_a_repair_of_what_is_well() {
    let (site, _folder) =
        open(|settings| Settings { repair: true, acts_per_minute: 900, ..settings }).await;
    assert_eq!(post(&site, "/repair/web?force=perhaps", &[], "").await.status, 400);
    let answer = repair(&site, "/repair/web?force=true").await;
    assert_eq!((answer.status, &answer.json()["status"]), (200, &json!("repair triggered")));
    site.until("/api/v1/services", |_| site.stage.restarts() == 1).await;
    site.until("/metrics", |page| {
        !page.body.contains("service_last_repair_timestamp{service=\"web\"} 0\n")
            && page.body.contains("dogwatch_repair_mode{mode=\"observe\"} 1")
            && page.body.contains("dogwatch_repair_state{service=\"db\",state=\"fine\"} 1")
    })
    .await;
    site.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_acts_are_slowed_down() {
    let (site, _folder) =
        open(|settings| Settings { repair: true, acts_per_minute: 3, ..settings }).await;
    for _ in 0..3 {
        assert_eq!(post(&site, "/repair/nobody", &[], "").await.status, 404);
    }
    let answer = post(&site, "/repair/nobody", &[], "").await;
    assert_eq!(answer.status, 429, "{answer:?}");
    assert!(answer.head.contains("retry-after: "), "{}", answer.head);
    site.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_are_taken_shown_and_lead_to_nothing_by_themselves() {
    let (site, _folder) =
        open_on(Stage::new(), auto(&[]), |settings| Settings { alerts: true, ..settings }).await;
    let message = json!({
        "version": "4",
        "groupKey": "{}:{alertname=\"ServiceDown\"}",
        "status": "firing",
        "receiver": "dogwatch",
        "groupLabels": { "alertname": "ServiceDown" },
        "alerts": [
            {
                "status": "firing",
                "labels": { "alertname": "ServiceDown", "service": "web\u{1b}[2J" },
                "annotations": { "summary": "web has exited password=hunter2hunter2" },
                "startsAt": "2026-03-04T09:00:00.5Z",
                "endsAt": "0001-01-01T00:00:00Z",
                "generatorURL": "http://prometheus/graph",
                "fingerprint": "0123456789abcdef",
            },
            {
                "status": "resolved",
                "labels": { "alertname": "HighCPUUsage", "service": "db" },
                "startsAt": "2026-03-04T08:00:00Z",
                "endsAt": "2026-03-04T08:10:00Z",
                "fingerprint": "fedcba9876543210",
            },
        ],
    })
    .to_string();
    let json_type = [("Content-Type", "application/json")];
    let answer = post(&site, "/api/v1/alerts", &json_type, &message).await;
    assert_eq!((answer.status, answer.json()), (200, json!({ "received": 2, "firing": 1 })));
    let again = post(&site, "/api/v1/alerts", &json_type, &message).await;
    assert_eq!(again.status, 200);
    let list = site.get("/api/v1/alerts").await;
    let alerts = list.json();
    assert_eq!(alerts["count"], 2, "the same alert is one: {alerts}");
    assert_eq!(alerts["alerts"][0]["labels"]["alertname"], "ServiceDown");
    for bad in ["hunter2", "\u{1b}", "[2J"] {
        assert!(!list.body.contains(bad), "{bad:?} in {}", list.body);
    }
    assert!(site.get("/metrics").await.body.contains("dogwatch_alerts_firing 1"));
    assert_eq!(site.stage.restarts(), 0);
    let huge = format!("{{\"alerts\":[],\"x\":\"{}\"}}", "x".repeat(70 << 10));
    for (headers, body, status) in [
        (&json_type[..], "{}", 400),
        (&json_type[..], "not json", 400),
        (&json_type[..], huge.as_str(), 413),
        (&[][..], "{\"alerts\":[]}", 415),
    ] {
        let answer = post(&site, "/api/v1/alerts", headers, body).await;
        assert_eq!(answer.status, status, "{answer:?}");
    }
    site.close().await;
}

/// A watchdog that acts, and on these alerts.
fn auto(alerts: &[&str]) -> Watch {
    let alerts = alerts.iter().map(ToString::to_string).collect();
    let settings = repair::Settings {
        mode: RepairMode::Auto,
        interval_seconds: 1,
        alerts,
        ..repair::Settings::default()
    };
    Watch { settings, is_dry: false, ..Watch::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_that_a_rule_names_leads_to_one_repair_of_its_service() {
    let (site, _folder) =
        open_on(Stage::new(), auto(&["Slow"]), |settings| Settings { alerts: true, ..settings })
            .await;
    let firing = |name: &str, service: &str| {
        json!({
            "status": "firing",
            "labels": { "alertname": name, "service": service, "auto_repair": "true" },
            "startsAt": "2026-03-04T09:00:00Z",
        })
    };
    let alerts = [firing("Other", "db"), firing("Slow", "web"), firing("Slow", "nobody")];
    let body = json!({ "alerts": alerts }).to_string();
    let json_type = [("Content-Type", "application/json")];
    assert_eq!(post(&site, "/api/v1/alerts", &json_type, &body).await.status, 200);
    site.until("/metrics", |page| {
        page.body.contains("dogwatch_repair_state{service=\"web\",state=\"verifying\"} 1")
    })
    .await;
    assert_eq!(site.stage.restarted(), ["web"]);
    site.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_are_off_unless_they_are_switched_on() {
    let (site, _folder) = open(|settings| settings).await;
    let json_type = [("Content-Type", "application/json")];
    let answer = post(&site, "/api/v1/alerts", &json_type, "{\"alerts\":[]}").await;
    assert_eq!(answer.status, 403, "{answer:?}");
    site.close().await;
}
