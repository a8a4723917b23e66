//! Connects the client to an emulator in the same process, without a socket. Requests are still signed and verified.

use std::sync::Arc;

use tokio::time::sleep;

use crate::api::{Client, ClientSettings, Endpoint, Error, LONGEST_BODY, Sending, Timeouts, Transport};
#[cfg(feature = "faults")]
use crate::emulator::Disturbed;
use crate::emulator::{Delivery, End, KEY_ID, KEY_SECRET, Service};
use crate::wire::{Key, Request, Response, Secret};

/// A client of an emulator in this process. The emulator must accept its key.
pub fn client(service: Arc<Service>, settings: ClientSettings) -> Client {
    Client::in_process(transport(service), settings)
}

/// The way to an emulator in this process, for a caller that puts something in between.
pub fn transport(service: Arc<Service>) -> Arc<dyn Transport> {
    Arc::new(InProcess(service))
}

/// The default settings, with the key that every emulator accepts.
pub fn settings() -> ClientSettings {
    ClientSettings::new(Key { id: KEY_ID.to_owned(), secret: Secret::new(KEY_SECRET), token: None })
}

struct InProcess(Arc<Service>);

impl Transport for InProcess {
    /// Handled on this thread: the emulator takes one call at a time anyway, and without a log on disk the order of calls is the
    /// same in every run.
    fn send<'a>(&'a self, request: &'a Request, _plain: bool) -> Sending<'a> {
        Box::pin(async { met(self.0.delivered(request).await, &request.host).await })
    }

    fn aside(&self, _timeouts: Timeouts, _endpoint: &Endpoint) -> Result<Arc<dyn Transport>, Error> {
        Ok(Arc::new(Self(self.0.clone())))
    }
}

/// What a caller over HTTP would see, after the time that it would take.
async fn met(delivery: Delivery, host: &str) -> Result<Response, Error> {
    let Delivery { delay, fate: _, end } = delivery;
    // Even a sleep of zero waits for the timer's next tick.
    if !delay.is_zero() {
        sleep(delay).await;
    }
    match end {
        End::Answer(response) if response.body.len() > LONGEST_BODY => {
            Err(Error::too_long(host, LONGEST_BODY))
        }
        End::Answer(response) => Ok(response),
        #[cfg(feature = "faults")]
        End::Disturbed(disturbed) => disturb(disturbed, host).await,
    }
}

#[cfg(feature = "faults")]
async fn disturb(disturbed: Disturbed, host: &str) -> Result<Response, Error> {
    let silent = |reason: &str| Error::Ambiguous { host: host.to_owned(), reason: reason.to_owned() };
    match disturbed {
        Disturbed::Slow(response, pause) => {
            sleep(pause).await;
            Ok(response)
        }
        Disturbed::Refused(_) => {
            Err(Error::NotSent { host: host.to_owned(), reason: "connection refused".to_owned() })
        }
        Disturbed::Closed | Disturbed::Truncated(_) => {
            Err(silent("connection closed before message completed"))
        }
        Disturbed::Endless(_) => Err(Error::too_long(host, LONGEST_BODY)),
        Disturbed::Hang(time) => {
            sleep(time.min(Timeouts::default().read)).await;
            Err(silent("timed out"))
        }
    }
}
