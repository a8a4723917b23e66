//! What a caller over HTTP gets when a fault struck: broken bodies, closed connections.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::response::Response;
use http_body::Frame;
use tokio::time::{Instant, Sleep, sleep};

use super::door::Latch;
use super::http::with_body;
use crate::emulator::Disturbed;

/// The length of a piece of a slow body, in bytes.
const SLOW_PIECE: usize = 16;

/// The length of a piece of an endless body, in bytes.
const ENDLESS_PIECE: usize = 1 << 16;

/// Long enough for the bytes sent before to leave the machine.
const FLUSH: Duration = Duration::from_millis(5);

/// A body in pieces, with a pause before each except the first, and its end.
struct Scripted {
    pieces: VecDeque<Bytes>,
    pause: Duration,
    waiting: Pin<Box<Sleep>>,
    last: Last,
}

/// What follows the pieces.
enum Last {
    End,
    /// The connection breaks.
    Break,
    /// This piece, again and again.
    Repeat(Bytes),
}

/// The response, or the closed connection in place of one.
pub(super) async fn response(disturbed: Disturbed, latch: &Latch) -> Response {
    match disturbed {
        Disturbed::Truncated(response) => with_body(&response, truncated(response.body.clone())),
        Disturbed::Slow(response, pause) => with_body(&response, slow(&response.body, pause)),
        Disturbed::Endless(response) => with_body(&response, endless(response.body.clone())),
        Disturbed::Closed => closed(),
        Disturbed::Refused(time) => {
            latch.shut(time);
            closed()
        }
        Disturbed::Hang(time) => {
            sleep(time).await;
            closed()
        }
    }
}

/// No body and no head: the connection closes.
fn closed() -> Response {
    Response::new(scripted([], Duration::ZERO, Last::Break))
}

/// The first half.
fn truncated(body: Vec<u8>) -> Body {
    let mut bytes = Bytes::from(body);
    bytes.truncate(bytes.len() / 2);
    scripted([bytes], FLUSH, Last::Break)
}

/// The whole body, a little at a time.
fn slow(body: &[u8], pause: Duration) -> Body {
    scripted(body.chunks(SLOW_PIECE).map(Bytes::copy_from_slice), pause, Last::End)
}

/// The whole body, and then spaces for as long as the caller reads.
fn endless(body: Vec<u8>) -> Body {
    let spaces = Bytes::from(vec![b' '; ENDLESS_PIECE]);
    scripted([Bytes::from(body)], Duration::ZERO, Last::Repeat(spaces))
}

fn scripted(pieces: impl IntoIterator<Item = Bytes>, pause: Duration, last: Last) -> Body {
    let waiting = Box::pin(sleep(Duration::ZERO));
    Body::new(Scripted { pieces: pieces.into_iter().collect(), pause, waiting, last })
}

impl HttpBody for Scripted {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if !self.waiting.is_elapsed() {
            ready!(self.waiting.as_mut().poll(context));
        }
        let piece = match (self.pieces.pop_front(), &self.last) {
            (Some(piece), _) => piece,
            (None, Last::Repeat(piece)) => piece.clone(),
            (None, Last::End) => return Poll::Ready(None),
            (None, Last::Break) => {
                return Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into())));
            }
        };
        let next = Instant::now() + self.pause;
        self.waiting.as_mut().reset(next);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }
}
