//! Buckets on real servers. Each test runs only where a variable names the endpoint of one, with a bucket `livevod` that is
//! empty: `LIVEVOD_TEST_S3` and `LIVEVOD_TEST_OSS`; the latter also has `livevod-versioned`, `livevod-suspended` and
//! `livevod-locked`, of these kinds. `tests/clients/run` runs them.

use std::ffi::OsString;
use std::io::Read as _;
use std::process::{Command, Stdio};
use std::sync::Arc;

use livevod::api::{Client, ClientSettings, Timeouts};
use livevod::bucket::{self, OpenError, Settings};
use livevod::gate::Secrets;
use livevod::store::{Created, Made, Objects, StoreUrl, Trouble, make};
use livevod::wire::{Key, Secret};

/// How many processes race for each of these objects.
const RACERS: usize = 64;
const PRIZES: usize = 20;

/// Tells a racer which store it races in.
const RACE: &str = "LIVEVOD_TEST_RACE";

/// A store on a server that a variable names.
#[derive(Clone)]
struct Server {
    url: String,
    endpoint: String,
}

impl Server {
    fn named(variable: &str, url: &str) -> Option<Self> {
        let endpoint = std::env::var(variable).ok()?;
        Some(Self { url: url.to_owned(), endpoint })
    }

    fn at(&self, url: &str) -> Self {
        Self { url: url.to_owned(), endpoint: self.endpoint.clone() }
    }

    /// A store of its own, as another process would open it.
    fn open(&self) -> Arc<dyn Objects> {
        self.open_as("emulator")
    }

    fn open_as(&self, secret: &str) -> Arc<dyn Objects> {
        let Ok(StoreUrl::Bucket(url)) = self.url.parse() else { panic!("{} is no bucket", self.url) };
        let variable = |name: &str| {
            Some(OsString::from(match name {
                "LIVEVOD_STORE_ENDPOINT" => &self.endpoint,
                "AWS_ACCESS_KEY_ID" => "emulator",
                "AWS_SECRET_ACCESS_KEY" => secret,
                _ => return None,
            }))
        };
        let settings = Settings {
            variable: &variable,
            timeouts: Timeouts::default(),
            secrets: Secrets::default(),
            transport: None,
        };
        let key = Key { id: "emulator".to_owned(), secret: Secret::new(secret), token: None };
        let client =
            || Client::new(ClientSettings::new(key)).map_err(|error| OpenError::Settings(error.to_string()));
        bucket::open(&url, settings, client).unwrap()
    }
}

/// A store on each server, under a prefix of its own.
fn servers(prefix: &str) -> Vec<Server> {
    let s3 = Server::named("LIVEVOD_TEST_S3", &format!("s3://livevod/team/{prefix}"));
    let oss = Server::named("LIVEVOD_TEST_OSS", &format!("oss://livevod/team/{prefix}"));
    s3.into_iter().chain(oss).collect()
}

fn keys(all: &[livevod::store::Listed]) -> Vec<&str> {
    all.iter().map(|one| one.key.as_str()).collect()
}

#[tokio::test]
async fn objects_are_created_once_replaced_read_listed_and_removed() {
    for server in servers("objects") {
        let objects = server.open();
        let name = "do/a*@b/1";
        assert_eq!(objects.read(name).await, Ok(None));
        assert_eq!(objects.stat(name).await, Ok(None));
        assert_eq!(objects.create(name, b"first").await, Ok(Created::New), "{}", server.url);
        assert_eq!(objects.create(name, b"second").await, Ok(Created::Exists));
        assert_eq!(objects.read(name).await, Ok(Some(b"first".to_vec())));
        assert_eq!(objects.replace(name, b"third one").await, Ok(()));
        assert_eq!(objects.read(name).await, Ok(Some(b"third one".to_vec())));
        assert_eq!(objects.create("do/empty", b"").await, Ok(Created::New));
        assert_eq!(objects.read("do/empty").await, Ok(Some(Vec::new())));
        let found = objects.stat(name).await.unwrap().unwrap();
        assert_eq!((found.key.as_str(), found.size), (name, 9));
        assert_eq!(objects.create("dog", b"x").await, Ok(Created::New));
        let listed = objects.list("do/", None).await.unwrap();
        assert_eq!(keys(&listed), [name, "do/empty"]);
        assert_eq!(listed[0], found);
        assert_eq!(keys(&objects.list("do", Some(name)).await.unwrap()), ["do/empty", "dog"]);
        assert_eq!(keys(&objects.list("", Some("do/z")).await.unwrap()), ["dog"]);
        assert_eq!(objects.list("nothing/", None).await, Ok(Vec::new()));
        for name in [name, "do/empty", "dog"] {
            assert_eq!(objects.remove(name).await, Ok(()));
            assert_eq!(objects.remove(name).await, Ok(()), "{name} is gone already");
        }
        assert_eq!(objects.list("do", None).await, Ok(Vec::new()));
    }
}

#[tokio::test]
async fn a_listing_is_longer_than_one_page() {
    for server in servers("listing") {
        let objects = server.open();
        let names: Vec<String> = (0..1003).map(|number| format!("pages/{number:04}")).collect();
        for chunk in names.chunks(16) {
            let all: Vec<_> = chunk.iter().map(|name| objects.create(name, b"x")).collect();
            for one in all {
                assert_eq!(one.await, Ok(Created::New));
            }
        }
        let listed = objects.list("pages/", None).await.unwrap();
        assert_eq!(keys(&listed), names, "{}", server.url);
        assert_eq!(
            keys(&objects.list("pages/", Some("pages/1000")).await.unwrap()),
            ["pages/1001", "pages/1002"]
        );
        for name in &names {
            assert_eq!(objects.remove(name).await, Ok(()));
        }
    }
}

#[tokio::test]
async fn a_store_is_tried_out_before_anything_rests_on_it() {
    for server in servers("check") {
        let objects = server.open();
        let found = bucket::check(&*objects).await.unwrap();
        assert_eq!(found.trouble(), None, "{}: {found:?}", server.url);
        assert_eq!(found.once, Some(Ok(())));
        assert!(found.ahead.is_some_and(|ahead| ahead.abs() < 60), "{found:?}");
        assert_eq!(objects.list("check/", None).await, Ok(Vec::new()));

        let scheme = server.url.split(':').next().unwrap();
        let missing = server.at(&format!("{scheme}://no-such-bucket")).open();
        let found = bucket::check(&*missing).await.unwrap();
        assert_eq!(found.trouble().unwrap().trouble, Trouble::NoBucket, "{found:?}");
        assert_eq!(missing.stat("a").await.unwrap_err().trouble, Trouble::NoBucket);
        assert_eq!(missing.remove("a").await.unwrap_err().trouble, Trouble::NoBucket);
    }
}

#[tokio::test]
async fn a_bucket_of_oss_that_can_not_be_a_store_is_found_out() {
    let Some(server) = Server::named("LIVEVOD_TEST_OSS", "oss://livevod") else { return };
    for bucket in ["livevod-versioned", "livevod-suspended"] {
        let objects = server.at(&format!("oss://{bucket}")).open();
        let found = bucket::check(&*objects).await.unwrap();
        assert_eq!(found.trouble().unwrap().trouble, Trouble::Versioned, "{bucket}: {found:?}");
        assert_eq!(objects.create("a", b"x").await.unwrap_err().trouble, Trouble::Versioned);
    }
    let found = bucket::check(&*server.at("oss://livevod-locked").open()).await.unwrap();
    assert_eq!(found.trouble().unwrap().trouble, Trouble::Locked, "{found:?}");
    let stranger = server.open_as("another secret");
    let refused = stranger.create("a", b"x").await.unwrap_err();
    assert_eq!(refused.trouble, Trouble::Unauthenticated, "{refused}");
    assert!(!refused.message.contains("another secret"), "{refused}");
    assert_eq!(stranger.stat("a").await.unwrap_err().trouble, Trouble::Unauthenticated);
}

/// One of the processes of a race: tries to create every object, and prints those that it created.
#[tokio::test]
#[expect(clippy::print_stdout, reason = "the process that began the race reads what was won")]
async fn racer() {
    let Ok(race) = std::env::var(RACE) else { return };
    let Some((which, number)) = race.split_once(' ') else { panic!("no race: {race}") };
    let server = servers("race").into_iter().find(|server| server.url.starts_with(which)).unwrap();
    let objects = server.open();
    // The race begins for all at once, when there are all.
    std::io::stdin().read_to_string(&mut String::new()).unwrap();
    for prize in 0..PRIZES {
        // As every caller does it: what was not answered is tried again.
        let (name, content) = (format!("race/{prize}"), number.as_bytes());
        let made = loop {
            match make(&*objects, &name, content).await {
                Err(error) if error.is_passing() => {}
                made => break made.unwrap(),
            }
        };
        if made == Made::Ours {
            println!("\nwon {prize}");
        }
    }
}

#[tokio::test]
async fn of_many_processes_that_create_one_object_one_does() {
    for server in servers("race") {
        let scheme = server.url.split(':').next().unwrap();
        let racer = |number: usize| {
            let mut racer = Command::new(std::env::current_exe().unwrap());
            racer.args(["--exact", "bucket::racer", "--nocapture", "--test-threads=1"]);
            racer.env(RACE, format!("{scheme}: {number}"));
            racer.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        };
        let mut racers: Vec<_> = (0..RACERS).map(racer).collect();
        racers.iter_mut().for_each(|racer| drop(racer.stdin.take()));
        let mut won = vec![Vec::new(); PRIZES];
        for (number, racer) in racers.into_iter().enumerate() {
            let output = racer.wait_with_output().unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
            assert!(text.contains("1 passed"), "{text}");
            for prize in text.lines().filter_map(|line| line.strip_prefix("won ")) {
                won[prize.parse::<usize>().unwrap()].push(number);
            }
        }
        let objects = server.open();
        for (prize, winners) in won.iter().enumerate() {
            let [winner] = winners.as_slice() else { panic!("{}: {winners:?} won {prize}", server.url) };
            let name = format!("race/{prize}");
            assert_eq!(objects.read(&name).await, Ok(Some(winner.to_string().into_bytes())));
            assert_eq!(objects.remove(&name).await, Ok(()));
        }
    }
}
