//! A server that is killed repeatedly while it writes loses nothing that it acknowledged.

use std::collections::BTreeSet;
use std::sync::Arc;

use livevod::api::{Client, ClientSettings, Endpoint, Rate};
use livevod::embedded;
use livevod::emulator::{Service, Settings};
use livevod::model::{Address, NO_TRANSCODE, RecordConfig};
use livevod::wire;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::kills;
use crate::transcripts::World;
use crate::transcripts::server::Server;

/// The number of concurrent callers.
const CALLERS: usize = 8;

#[test]
fn a_server_that_is_killed_while_it_writes_loses_no_acknowledged_write() {
    let world = World::new();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut acknowledged = BTreeSet::new();
    for kill in 0..kills(20) {
        let before = acknowledged.len();
        let server = Server::start(&world, &["--data", "state.log", "--limit", "0"]);
        let url = server.url.clone();
        // Each kill comes at another moment.
        acknowledged.extend(runtime.block_on(write_until_killed(&url, kill, 1 + (kill % 17) as u32, server)));
        assert!(acknowledged.len() > before, "nothing was acknowledged before kill {kill}");
    }
    let held = held(&world);
    let lost: Vec<&String> = acknowledged.difference(&held).collect();
    assert!(
        lost.is_empty(),
        "{} of {} acknowledged writes are gone: {lost:?}",
        lost.len(),
        acknowledged.len()
    );
}

/// Adds from several callers at once, kills the server after so many answers, and gives the streams whose Adds were
/// acknowledged.
async fn write_until_killed(url: &str, kill: u64, answers: u32, server: Server) -> Vec<String> {
    let client = client(url);
    let answered = Arc::new(Semaphore::new(0));
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        callers.spawn(write(client.clone(), format!("k{kill}-c{caller}"), answered.clone()));
    }
    answered.acquire_many(answers).await.unwrap().forget();
    drop(server);
    callers.join_all().await.concat()
}

async fn write(client: Client, name: String, answered: Arc<Semaphore>) -> Vec<String> {
    let config = RecordConfig { vod_transcode_group: NO_TRANSCODE.to_owned(), ..RecordConfig::default() };
    let mut acknowledged = Vec::new();
    for number in 0.. {
        let stream = format!("{name}-{number}");
        let address = Address::new("live.example.com", "show", stream.as_str());
        if client.write(wire::add(&address, &config)).await.is_err() {
            break;
        }
        acknowledged.push(stream);
        answered.add_permits(1);
    }
    acknowledged
}

fn client(url: &str) -> Client {
    let endpoint: Endpoint = url.parse().unwrap();
    let rate = Rate { per_minute: u32::MAX.try_into().unwrap(), burst: 1_000_000.try_into().unwrap() };
    let settings = ClientSettings { endpoint: Some(endpoint), rate, ..embedded::settings() };
    Client::new(settings).unwrap()
}

/// The streams in the log of the last server.
fn held(world: &World) -> BTreeSet<String> {
    let service = Service::open(Some(&world.path().join("state.log")), Settings::default()).unwrap();
    let dump = service.dump();
    let configs = dump["configs"].as_array().unwrap().iter();
    configs.map(|config| config["StreamName"].as_str().unwrap().to_owned()).collect()
}
