//! The bytes of one connection, which wake us while we wait for them and leave us alone while we rest.
//!
//! What is written to a connection that the runtime watches wakes one of its threads for each line. So a stream that
//! is busy anyhow is taken off the watch, and looked at when the time has come.

use super::super::{connection::DEADLINE, context::Endpoint};
use std::{
    io::{self, ErrorKind, Read},
    mem, net,
    os::unix,
    pin::Pin,
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, ReadBuf},
    net::{TcpStream, UnixStream},
    time::timeout,
};

/// An open connection.
pub(super) struct Socket {
    link: Link,
    /// Whether the last look at a resting connection brought all that was there.
    is_drained: bool,
}

enum Link {
    Unix(UnixStream),
    Tcp(TcpStream),
    RestingUnix(unix::net::UnixStream),
    RestingTcp(net::TcpStream),
    /// The system would not have it on the watch, or off it.
    Lost,
}

impl Socket {
    /// Connects, within five seconds.
    pub(super) async fn connect(endpoint: &Endpoint) -> io::Result<Self> {
        let connect = async {
            io::Result::Ok(match endpoint {
                Endpoint::Unix(path) => Link::Unix(UnixStream::connect(path).await?),
                Endpoint::Tcp { host, port } => {
                    let stream = TcpStream::connect((host.as_str(), *port)).await?;
                    stream.set_nodelay(true)?;
                    Link::Tcp(stream)
                }
            })
        };
        let late = || io::Error::new(ErrorKind::TimedOut, "it does not accept within 5 s");
        let link = timeout(DEADLINE, connect).await.map_err(|_| late())??;
        Ok(Self { link, is_drained: false })
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.wake()?;
        match &mut self.link {
            Link::Unix(stream) => stream.write_all(bytes).await,
            Link::Tcp(stream) => stream.write_all(bytes).await,
            Link::RestingUnix(_) | Link::RestingTcp(_) | Link::Lost => Err(lost()),
        }
    }

    /// Waits for bytes; 0 at the end. May be dropped at any time.
    pub(super) async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.wake()?;
        match &mut self.link {
            Link::Unix(stream) => stream.read(buffer).await,
            Link::Tcp(stream) => stream.read(buffer).await,
            Link::RestingUnix(_) | Link::RestingTcp(_) | Link::Lost => Err(lost()),
        }
    }

    /// Bytes that are there already; pending where there are none, and then `context` is woken only while awake.
    pub(super) fn poll_at_once(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let read = match &mut self.link {
            Link::Unix(stream) => return poll(stream, context, buffer),
            Link::Tcp(stream) => return poll(stream, context, buffer),
            _ if self.is_drained => return Poll::Pending,
            Link::RestingUnix(stream) => stream.read(buffer),
            Link::RestingTcp(stream) => stream.read(buffer),
            Link::Lost => Err(lost()),
        };
        match read {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Poll::Pending,
            Err(error) if error.kind() == ErrorKind::Interrupted => Poll::Pending,
            Ok(read) => {
                self.is_drained = 0 < read && read < buffer.len();
                Poll::Ready(Ok(read))
            }
            error => Poll::Ready(error),
        }
    }

    /// Lets bytes come without a word until the next [`Self::read`]; those that are there are to be looked for.
    pub(super) fn rest(&mut self) {
        self.is_drained = false;
        let resting = match mem::replace(&mut self.link, Link::Lost) {
            Link::Unix(stream) => stream.into_std().map(Link::RestingUnix),
            Link::Tcp(stream) => stream.into_std().map(Link::RestingTcp),
            other => Ok(other),
        };
        self.link = resting.unwrap_or(Link::Lost);
    }

    fn wake(&mut self) -> io::Result<()> {
        self.link = match mem::replace(&mut self.link, Link::Lost) {
            Link::RestingUnix(stream) => Link::Unix(UnixStream::from_std(stream)?),
            Link::RestingTcp(stream) => Link::Tcp(TcpStream::from_std(stream)?),
            other => other,
        };
        Ok(())
    }
}

fn poll<S: AsyncRead + Unpin>(
    stream: &mut S,
    context: &mut Context<'_>,
    buffer: &mut [u8],
) -> Poll<io::Result<usize>> {
    let mut buffer = ReadBuf::new(buffer);
    Pin::new(stream).poll_read(context, &mut buffer).map_ok(|()| buffer.filled().len())
}

fn lost() -> io::Error {
    io::Error::new(ErrorKind::NotConnected, "the connection is lost")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{future::poll_fn, time::Duration};
    use tokio::net::UnixListener;

    async fn at_once(socket: &mut Socket, buffer: &mut [u8]) -> Option<usize> {
        poll_fn(|context| {
            Poll::Ready(match socket.poll_at_once(context, buffer) {
                Poll::Ready(read) => Some(read.unwrap()),
                Poll::Pending => None,
            })
        })
        .await
    }

    #[tokio::test]
    async fn brings_the_same_bytes_at_rest_and_awake() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("engine.sock");
        let listener = UnixListener::bind(&path).unwrap();
        let mut socket = Socket::connect(&Endpoint::Unix(path)).await.unwrap();
        let (mut engine, _) = listener.accept().await.unwrap();
        let mut buffer = [0; 8];

        engine.write_all(b"one").await.unwrap();
        assert_eq!(socket.read(&mut buffer).await.unwrap(), 3);
        socket.rest();
        assert_eq!(at_once(&mut socket, &mut buffer).await, None);
        engine.write_all(b"two").await.unwrap();
        assert_eq!(at_once(&mut socket, &mut buffer).await, Some(3));
        assert_eq!(at_once(&mut socket, &mut buffer).await, None);
        // Written while it rests, and waited for.
        engine.write_all(b"three").await.unwrap();
        let read = timeout(Duration::from_secs(9), socket.read(&mut buffer)).await;
        assert_eq!((read.unwrap().unwrap(), &buffer[..5]), (5, &b"three"[..]));
        socket.rest();
        drop(engine);
        assert_eq!(at_once(&mut socket, &mut buffer).await, Some(0));
        assert_eq!(socket.read(&mut buffer).await.unwrap(), 0);
    }
}
