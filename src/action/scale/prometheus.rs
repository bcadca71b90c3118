//! A number that Prometheus answers.

use reqwest::{Client, Url, redirect};
use serde_json::Value;
use std::time::Duration;

/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks the Prometheus at `address` for the present value of a query.
///
/// # Errors
/// Where it does not answer within ten seconds, or not with exactly one number.
pub async fn query(address: &str, query: &str) -> Result<f64, String> {
    // The address may hold a secret, and the library's errors name it.
    let mut url = Url::parse(address.trim()).map_err(|error| format!("its url: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("its url must be http:// or https://".to_owned());
    }
    let base = url.path().trim_end_matches('/').to_owned();
    url.set_path(&format!("{base}/api/v1/query"));
    url.query_pairs_mut().append_pair("query", query);
    let failed = |error: reqwest::Error| format!("Prometheus: {}", error.without_url());
    let client = Client::builder().redirect(redirect::Policy::none()).no_proxy().timeout(PATIENCE);
    let answer = client.build().map_err(failed)?.get(url).send().await.map_err(failed)?;
    let status = answer.status();
    let answer: Value = answer.json().await.map_err(|_| format!("Prometheus answered {status}"))?;
    figure(&answer)
}

fn figure(answer: &Value) -> Result<f64, String> {
    if answer["status"] != "success" {
        let why = answer["error"].as_str().unwrap_or("it gave no reason");
        return Err(format!("Prometheus refused its query: {why}"));
    }
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
            (json!({"status": "error", "error": "parse error"}), Err("parse error")),
            (json!("hello"), Err("no reason")),
        ] {
            let got = figure(&answer);
            match want {
                Ok(want) => assert_eq!(got, Ok(want)),
                Err(part) => assert!(got.as_ref().is_err_and(|e| e.contains(part)), "{got:?}"),
            }
        }
    }
}
