//! How many wait in a list or a stream of Redis, asked in its own plain protocol.

use reqwest::Url;
use std::{fmt::Write as _, time::Duration};
use tokio::{
    io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    time::timeout,
};

/// How long all of it may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Longer answers are none that we asked for.
const LONGEST: u64 = 64 << 10;
/// Answers within answers.
const DEEPEST: u8 = 4;

/// An answer.
#[derive(Debug, Clone, PartialEq)]
enum Reply {
    Text(String),
    Number(i64),
    List(Vec<Self>),
    Nothing,
}

/// Asks the Redis at `redis://[user:password@]host[:port][/database]` how many wait under a key: in a list, in a stream,
/// or in what a group of consumers has not done of one. Nothing under the key is 0.
///
/// # Errors
/// Where it does not answer within five seconds, refuses, or holds something else there.
pub async fn depth(address: &str, key: &str, group: Option<&str>) -> Result<f64, String> {
    let asked = timeout(PATIENCE, ask(address, key, group)).await;
    asked
        .unwrap_or_else(|_| Err(format!("no answer within {} s", PATIENCE.as_secs())))
        .map_err(|why| format!("Redis: {why}"))
}

async fn ask(address: &str, key: &str, group: Option<&str>) -> Result<f64, String> {
    // The address may hold a password and is not repeated.
    let url = Url::parse(address.trim()).map_err(|error| format!("its url: {error}"))?;
    if url.scheme() != "redis" {
        return Err("its url must begin with redis://".to_owned());
    }
    let host = url.host_str().unwrap_or("127.0.0.1").trim_matches(['[', ']']);
    let stream = TcpStream::connect((host, url.port().unwrap_or(6379))).await;
    let mut stream = BufReader::new(stream.map_err(|error| error.to_string())?);
    let plain = |text: &str| {
        let pair = format!("x={}", text.replace('+', "%2B"));
        form_urlencoded::parse(pair.as_bytes())
            .next()
            .map(|(_, v)| v.into_owned())
            .unwrap_or_default()
    };
    if let Some(password) = url.password() {
        let (user, password) = (plain(url.username()), plain(password));
        let mut words = vec!["AUTH"];
        words.extend((!user.is_empty()).then_some(user.as_str()));
        words.push(&password);
        call(&mut stream, &words).await?;
    }
    let database = url.path().trim_matches('/');
    if !database.is_empty() && database != "0" {
        call(&mut stream, &["SELECT", database]).await?;
    }
    let kind = match call(&mut stream, &["TYPE", key]).await? {
        Reply::Text(kind) => kind,
        _ => String::new(),
    };
    let count = match (kind.as_str(), group) {
        ("none", _) => return Ok(0.0),
        ("list", _) => call(&mut stream, &["LLEN", key]).await?,
        ("stream", None) => call(&mut stream, &["XLEN", key]).await?,
        ("stream", Some(group)) => {
            let groups = call(&mut stream, &["XINFO", "GROUPS", key]).await?;
            return backlog(&groups, group)
                .ok_or_else(|| "it does not know that group's lag".to_owned());
        }
        (kind, _) => return Err(format!("a {kind} is neither a list nor a stream")),
    };
    match count {
        Reply::Number(count) => Ok(count as f64),
        _ => Err("it answered no number".to_owned()),
    }
}

/// What a group has not read, and what it has read and not acknowledged.
fn backlog(groups: &Reply, group: &str) -> Option<f64> {
    let Reply::List(groups) = groups else { return None };
    groups.iter().find_map(|facts| {
        let Reply::List(facts) = facts else { return None };
        let fact = |name: &str| {
            let is_it = |pair: &&[Reply]| pair.first() == Some(&Reply::Text(name.to_owned()));
            facts.chunks(2).find(is_it).and_then(|pair| pair.get(1))
        };
        if fact("name") != Some(&Reply::Text(group.to_owned())) {
            return None;
        }
        match (fact("lag"), fact("pending")) {
            (Some(Reply::Number(lag)), Some(Reply::Number(pending))) => {
                Some((lag + pending) as f64)
            }
            _ => None,
        }
    })
}

async fn call(stream: &mut BufReader<TcpStream>, words: &[&str]) -> Result<Reply, String> {
    let mut request = format!("*{}\r\n", words.len());
    for word in words {
        let _ = write!(request, "${}\r\n{word}\r\n", word.len());
    }
    stream.get_mut().write_all(request.as_bytes()).await.map_err(|error| error.to_string())?;
    let mut stream = stream.take(LONGEST);
    reply(&mut stream, DEEPEST).await
}

async fn reply<R: AsyncBufRead + Unpin + Send>(from: &mut R, depth: u8) -> Result<Reply, String> {
    let odd = || "it does not speak Redis's protocol".to_owned();
    let mut line = Vec::new();
    from.read_until(b'\n', &mut line).await.map_err(|error| error.to_string())?;
    let line = String::from_utf8_lossy(line.strip_suffix(b"\r\n").ok_or_else(odd)?).into_owned();
    let (kind, rest) = (line.chars().next().ok_or_else(odd)?, line.get(1..).ok_or_else(odd)?);
    let length = || rest.parse::<i64>().map_err(|_| odd());
    match kind {
        '+' => Ok(Reply::Text(rest.to_owned())),
        '-' => Err(rest.to_owned()),
        ':' => length().map(Reply::Number),
        '$' | '*' if length()? < 0 => Ok(Reply::Nothing),
        '$' => {
            let length = usize::try_from(length()?).map_err(|_| odd())?;
            if length as u64 > LONGEST {
                return Err(odd());
            }
            let mut bytes = vec![0; length + 2];
            from.read_exact(&mut bytes).await.map_err(|error| error.to_string())?;
            bytes.truncate(length);
            Ok(Reply::Text(String::from_utf8_lossy(&bytes).into_owned()))
        }
        '*' if depth > 0 => {
            let mut all = Vec::new();
            for _ in 0..length()? {
                all.push(Box::pin(reply(from, depth - 1)).await?);
            }
            Ok(Reply::List(all))
        }
        _ => Err(odd()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    /// Answers each request with the next of these, and gives back what it was asked.
    async fn serve(answers: Vec<&'static str>) -> (String, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let place = listener.local_addr().unwrap().to_string();
        let asked = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut all = String::new();
            for answer in answers {
                let mut bytes = [0; 1024];
                let count = stream.read(&mut bytes).await.unwrap();
                all.push_str(&String::from_utf8_lossy(&bytes[..count]));
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
            all
        });
        (place, asked)
    }

    #[tokio::test]
    async fn lists_streams_and_groups_are_counted() {
        let group = "*1\r\n*8\r\n$4\r\nname\r\n$4\r\nmail\r\n+x\r\n$-1\r\n$7\r\npending\r\n:2\r\n$3\r\nlag\r\n:5\r\n";
        let no_lag = "*1\r\n*6\r\n+name\r\n+mail\r\n+pending\r\n:2\r\n+lag\r\n$-1\r\n";
        for (answers, group, want) in [
            (vec!["+list\r\n", ":17\r\n"], None, Ok(17.0)),
            (vec!["+stream\r\n", ":3\r\n"], None, Ok(3.0)),
            (vec!["+stream\r\n", group], Some("mail"), Ok(7.0)),
            (vec!["+stream\r\n", group], Some("other"), Err("group")),
            (vec!["+stream\r\n", no_lag], Some("mail"), Err("lag")),
            (vec!["+none\r\n"], None, Ok(0.0)),
            (vec!["+hash\r\n"], None, Err("a hash is neither")),
            (vec!["-NOAUTH Authentication required.\r\n"], None, Err("NOAUTH")),
            (vec!["HTTP/1.1 400 Bad Request\r\n\r\n"], None, Err("does not speak")),
            (vec!["$99999999\r\n"], None, Err("does not speak")),
            (vec!["*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n"], None, Err("does not speak")),
            (vec!["+li"], None, Err("does not speak")),
            (vec![""], None, Err("")),
        ] {
            let told = format!("{answers:?}");
            let (place, _) = serve(answers).await;
            let got = depth(&format!("redis://{place}"), "jobs", group).await;
            match want {
                Ok(want) => assert_eq!(got, Ok(want), "{told}"),
                Err(part) => {
                    assert!(got.as_ref().is_err_and(|e| e.contains(part)), "{told}: {got:?}");
                }
            }
        }
    }

    #[tokio::test]
    async fn signs_in_and_chooses_the_database_and_repeats_no_password() {
        let (place, asked) = serve(vec!["+OK\r\n", "+OK\r\n", "+list\r\n", ":1\r\n"]).await;
        assert_eq!(depth(&format!("redis://u:p%40+1@{place}/2"), "jobs", None).await, Ok(1.0));
        let want = "*3\r\n$4\r\nAUTH\r\n$1\r\nu\r\n$4\r\np@+1\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n2\r\n\
                    *2\r\n$4\r\nTYPE\r\n$4\r\njobs\r\n*2\r\n$4\r\nLLEN\r\n$4\r\njobs\r\n";
        assert_eq!(asked.await.unwrap(), want);
        let told = depth("redis://:hush@127.0.0.1:1", "jobs", None).await.unwrap_err();
        assert!(!told.contains("hush"), "{told}");
    }
}
