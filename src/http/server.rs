//! The server: takes connections, so many at once and none for ever, and hands requests to the routes.

use super::{
    Error, Settings,
    guard::Guard,
    patient::Patient,
    routes::{self, Site},
};
use crate::engine::Handle;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use std::{net::SocketAddr, pin::pin, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    task::JoinSet,
    time::{sleep, timeout},
};

/// Bytes of a request's head.
const HEAD: usize = 16 << 10;
/// How long a request's head may take, and an idle connection stays.
const HEAD_TIME: Duration = Duration::from_secs(5);
/// How long answers may take that are on their way when the server ends.
const GRACE: Duration = Duration::from_secs(2);
/// Callers that are told at once that there is no room; more are cut off.
const TURNED_AWAY: usize = 64;

const FULL: &str = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n\
    Retry-After: 5\r\nConnection: close\r\nContent-Length: 75\r\n\r\n\
    {\"error\":{\"code\":\"busy\",\"message\":\"too many connections, try again later\"}}";

/// A server that has its address.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    settings: Settings,
    guard: Guard,
}

impl Server {
    /// Takes the address.
    ///
    /// # Errors
    /// Where strangers would come in, a token cannot be read, or the address is taken.
    pub async fn bind(settings: Settings) -> Result<Self, Error> {
        let guard = Guard::new(&settings)?;
        let failed = |source| Error::Bind { address: settings.listen, source };
        let listener = TcpListener::bind(settings.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address, settings, guard })
    }

    /// Where it listens; the port is the real one where 0 was asked for.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `stop` becomes true or its sender is gone, then ends streams and lets answers finish.
    pub async fn run(self, handle: Handle, mut stop: watch::Receiver<bool>) {
        let room = Arc::new(Semaphore::new(self.settings.connections));
        let lobby = Arc::new(Semaphore::new(TURNED_AWAY));
        let (close, closing) = watch::channel(false);
        let site = Arc::new(Site::new(handle, self.settings, self.guard, closing));
        let router = routes::router(&site);
        let mut connections = JoinSet::new();
        loop {
            while connections.try_join_next().is_some() {}
            let stream = tokio::select! {
                biased;
                () = become_true(&mut stop) => break,
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) => stream,
                    Err(error) => {
                        // No file handles, most likely: they come back.
                        tracing::warn!(%error, "A connection could not be taken.");
                        sleep(Duration::from_millis(100)).await;
                        continue;
                    }
                },
            };
            if let Ok(place) = Arc::clone(&room).try_acquire_owned() {
                let (router, closing) = (router.clone(), close.subscribe());
                connections.spawn(async move {
                    serve(stream, router, closing).await;
                    drop(place);
                });
            } else if let Ok(place) = Arc::clone(&lobby).try_acquire_owned() {
                connections.spawn(async move {
                    let _ = timeout(Duration::from_secs(1), turn_away(stream)).await;
                    drop(place);
                });
            }
        }
        let _ = close.send(true);
        let finished = async { while connections.join_next().await.is_some() {} };
        let _ = timeout(GRACE, finished).await;
    }
}

/// Waits until a wish to stop is set, or nobody can set it any more.
pub(super) async fn become_true(wish: &mut watch::Receiver<bool>) {
    let _ = wish.wait_for(|is_set| *is_set).await;
}

async fn serve(stream: TcpStream, router: Router, mut closing: watch::Receiver<bool>) {
    let _ = stream.set_nodelay(true);
    let io = TokioIo::new(Patient::new(stream));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_header_size(HEAD)
        .max_buf_size(4 * HEAD)
        .serve_connection(io, TowerToHyperService::new(router));
    let mut connection = pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => return,
        () = become_true(&mut closing) => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

/// Says that there is no room; a little of the request is read, so that the answer is not lost with it.
async fn turn_away(mut stream: TcpStream) -> std::io::Result<()> {
    stream.write_all(FULL.as_bytes()).await?;
    stream.shutdown().await?;
    let mut rest = [0; 1024];
    while stream.read(&mut rest).await? > 0 {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_of_a_full_house_is_well_formed() {
        let (head, body) = FULL.split_once("\r\n\r\n").unwrap();
        assert!(head.ends_with(&format!("Content-Length: {}", body.len())), "{}", body.len());
        serde_json::from_str::<serde_json::Value>(body).unwrap();
    }
}
