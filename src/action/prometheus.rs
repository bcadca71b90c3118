//! What a Prometheus answers: a number, and the alerts that fire.

use super::inquiry;
use crate::model::{Alert, SafeText};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Alerts that are taken from one answer.
const ALERTS: usize = 500;

/// Asks the Prometheus at `address` for the present value of a query.
///
/// # Errors
/// Where it does not answer within ten seconds, or not with exactly one number.
pub async fn query(address: &str, query: &str) -> Result<f64, String> {
    figure(&ask(address, "query", &[("query", query)]).await?)
}

/// Asks the Prometheus at `address` for the alerts that fire, at most 500.
///
/// # Errors
/// Where it does not answer within ten seconds, or not as Prometheus does.
pub async fn alerts(address: &str) -> Result<Vec<Alert>, String> {
    firing(&ask(address, "alerts", &[]).await?)
}

async fn ask(address: &str, what: &str, pairs: &[(&str, &str)]) -> Result<Value, String> {
    let mut url = inquiry::address(address)?;
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(["api", "v1", what]);
    }
    if !pairs.is_empty() {
        url.query_pairs_mut().extend_pairs(pairs);
    }
    let (_, answer) = inquiry::ask(url, "Prometheus").await?;
    if answer["status"] != "success" {
        let why = answer["error"].as_str().unwrap_or("it gave no reason");
        return Err(format!("Prometheus refused: {why}"));
    }
    Ok(answer)
}

/// One alert as Prometheus tells it; what else it says is passed over.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    state: String,
    labels: BTreeMap<SafeText, SafeText>,
    active_at: DateTime<Utc>,
}

fn firing(answer: &Value) -> Result<Vec<Alert>, String> {
    let told = answer["data"]["alerts"].as_array();
    let told = told.ok_or_else(|| "Prometheus answered no list of alerts".to_owned())?;
    let told = told.iter().filter_map(|alert| Told::deserialize(alert).ok());
    let firing = told.filter(|alert| alert.state == "firing").take(ALERTS);
    Ok(firing.map(|alert| Alert::labelled(&alert.labels, alert.active_at)).collect())
}

fn figure(answer: &Value) -> Result<f64, String> {
    let result = &answer["data"]["result"];
    let value = match (answer["data"]["resultType"].as_str(), result.as_array()) {
        (Some("scalar"), _) => &result[1],
        (Some("vector"), Some(all)) => match &all[..] {
            [one] => &one["value"][1],
            [] => return Err("its query finds nothing in Prometheus".to_owned()),
            all => {
                return Err(format!("its query finds {} series; sum them to one", all.len()));
            }
        },
        _ => return Err("its query must answer one number".to_owned()),
    };
    let number = value.as_str().and_then(|text| text.parse().ok());
    number.ok_or_else(|| "its query must answer one number".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ServiceName;
    use serde_json::json;

    #[test]
    fn exactly_one_number_counts() {
        let vector = |series: Value| {
            json!({"status": "success",
            "data": {"resultType": "vector", "result": series}})
        };
        let one = json!({"metric": {}, "value": [1.5, "12.5"]});
        for (answer, want) in [
            (vector(json!([one])), Ok(12.5)),
            (vector(json!([one, one])), Err("2 series")),
            (vector(json!([])), Err("finds nothing")),
            (
                json!({"status": "success", "data": {"resultType": "scalar", "result": [1, "3"]}}),
                Ok(3.0),
            ),
            (
                json!({"status": "success", "data": {"resultType": "matrix", "result": []}}),
                Err("one number"),
            ),
            (json!("hello"), Err("one number")),
        ] {
            let got = figure(&answer);
            match want {
                Ok(want) => assert_eq!(got, Ok(want)),
                Err(part) => assert!(got.as_ref().is_err_and(|e| e.contains(part)), "{got:?}"),
            }
        }
    }
    #[test]
    fn alerts_that_fire_name_their_service() {
        let alert = |state: &str, labels: Value| {
            json!({"labels": labels, "annotations": {}, "state": state,
                "activeAt": "2026-03-14T21:48:21.123456789Z", "value": "1e+00"})
        };
        let answer = json!({"status": "success", "data": {"alerts": [
            alert("firing", json!({"alertname": "ApiErrors", "service": "api", "auto_repair": "true"})),
            alert("pending", json!({"alertname": "ApiErrors", "service": "db"})),
            alert("firing", json!({"alertname": "Disk", "service": ""})),
            {"state": "firing"},
            7,
        ]}});
        let alerts = firing(&answer).unwrap();
        let told: Vec<_> = alerts
            .iter()
            .map(|a| {
                (a.name.as_str(), a.service.as_ref().map(ServiceName::as_str), a.asks_for_repair)
            })
            .collect();
        assert_eq!(told, [("ApiErrors", Some("api"), true), ("Disk", None, false)]);
        assert_eq!(alerts[0].since.timestamp(), 1_773_524_901);
        assert!(firing(&json!({"status": "success"})).is_err());
    }
}
