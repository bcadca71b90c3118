//! How many messages are in a queue of RabbitMQ, asked of its management plugin.

use crate::action::inquiry;
use serde_json::Value;

/// The virtual host that everybody has.
const USUAL: &str = "/";

/// Asks the RabbitMQ at `http://[user:password@]host:15672` how many messages of a queue are not done: those that wait,
/// and those that a consumer has and has not acknowledged.
///
/// # Errors
/// Where it does not answer within ten seconds, refuses, or has no such queue.
pub async fn messages(address: &str, queue: &str, host: Option<&str>) -> Result<f64, String> {
    let mut url = inquiry::address(address)?;
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(["api", "queues", host.unwrap_or(USUAL), queue]);
    }
    let (status, answer) = inquiry::ask(url, "RabbitMQ").await?;
    if !status.is_success() {
        let why = answer["reason"].as_str().or(answer["error"].as_str()).unwrap_or("no reason");
        return Err(format!("RabbitMQ answered {status}: {why}"));
    }
    figure(&answer).ok_or_else(|| "RabbitMQ does not know yet how many messages it has".to_owned())
}

fn figure(answer: &Value) -> Option<f64> {
    answer["messages"].as_u64().map(|count| count as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    /// Asks a server that answers so; what came of it, and what it was asked.
    async fn asked(status: &str, body: &str, host: Option<&str>) -> (Result<f64, String>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let place = listener.local_addr().unwrap();
        let answer = format!(
            "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        let serving = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut bytes = vec![0; 4096];
            let count = stream.read(&mut bytes).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8_lossy(&bytes[..count]).into_owned()
        });
        let got = messages(&format!("http://guest:hush@{place}/"), "jobs/new", host).await;
        (got, serving.await.unwrap())
    }

    #[tokio::test]
    async fn messages_that_are_not_done_are_counted() {
        let body = r#"{"name":"jobs/new","messages":17,"messages_ready":12}"#;
        let (got, request) = asked("200 OK", body, None).await;
        assert_eq!(got, Ok(17.0));
        assert!(request.starts_with("GET /api/queues/%2F/jobs%2Fnew HTTP/1.1"), "{request}");
        assert!(request.contains("Basic Z3Vlc3Q6aHVzaA=="), "{request}");
        let (_, request) = asked("200 OK", body, Some("shop")).await;
        assert!(request.starts_with("GET /api/queues/shop/jobs%2Fnew HTTP/1.1"), "{request}");
    }

    #[tokio::test]
    async fn what_is_no_count_is_no_figure() {
        for (status, body, want) in [
            ("404 Not Found", r#"{"error":"Object Not Found","reason":"Not Found"}"#, "Not Found"),
            ("401 Unauthorized", r#"{"error":"not_authorized","reason":"Login failed"}"#, "Login"),
            ("200 OK", r#"{"name":"jobs"}"#, "does not know yet"),
            ("200 OK", r#"{"messages":-1}"#, "does not know yet"),
            ("502 Bad Gateway", "<html>", "502"),
        ] {
            let (got, _) = asked(status, body, None).await;
            let told = got.unwrap_err();
            assert!(told.contains(want) && !told.contains("hush"), "{told}");
        }
    }
}
