//! The way of one process to the account: through memory, and only while the process is awake.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use livevod::api::{Endpoint, Error, Sending, Timeouts, Transport};
use livevod::wire::Request;

use super::machine::Machine;
use super::stage::Stage;

pub(super) struct Wire {
    pub(super) inner: Arc<dyn Transport>,
    pub(super) stage: Arc<Stage>,
    pub(super) machine: Arc<Machine>,
}

impl Transport for Wire {
    /// A write that the process let go leaves at once, even if it is stopped in that moment. Reads wait until it goes on, and so
    /// do all answers.
    fn send<'a>(&'a self, request: &'a Request, plain: bool) -> Sending<'a> {
        Box::pin(async move {
            let is_write = is_write(request);
            match is_write {
                true => self.machine.alive().await,
                false => self.machine.awake().await,
            }
            self.machine.calls();
            self.machine.alive().await;
            // The emulator carries it out when it is first polled: nothing else is between.
            let ticket = self.stage.prepare(self.machine.number);
            let mut sending = self.inner.send(request, plain);
            let first = poll_fn(|context| Poll::Ready(sending.as_mut().poll(context))).await;
            self.machine.sent(is_write);
            self.machine.alive().await;
            let answer = match first {
                Poll::Ready(answer) => answer,
                Poll::Pending => sending.await,
            };
            self.machine.awake().await;
            self.stage.arrived(ticket);
            answer
        })
    }

    fn aside(&self, timeouts: Timeouts, endpoint: &Endpoint) -> Result<Arc<dyn Transport>, Error> {
        let inner = self.inner.aside(timeouts, endpoint)?;
        Ok(Arc::new(Self { inner, stage: self.stage.clone(), machine: self.machine.clone() }))
    }
}

fn is_write(request: &Request) -> bool {
    let action = request.headers.get("x-acs-action").map_or("", String::as_str);
    ["Add", "Update", "Delete"].iter().any(|verb| action.starts_with(verb))
}
