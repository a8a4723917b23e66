//! ActionTrail: the events of writes, and how LookupEvents lists them.

use jiff::SignedDuration;
use livevod::emulator::Settings;
use livevod::wire::{
    Action, CallUser, EventPage, EventSearch, Inquiry, Key, Product, Secret, SignatureVersion, Stamp, Tool,
    add, delete, lookup_events, read_events, sign,
};
use serde_json::Value;

use super::{Bench, HOST, START, address, classic, inquiry, key, outcome};

impl Bench {
    fn add_cam(&self, stream: &str) {
        self.call(&add(&address(&format!("a.com/show/{stream}")), &classic())).unwrap();
    }

    fn events(&self, inquiry: &Inquiry) -> Result<EventPage, String> {
        let answer = outcome(&self.service.call(&self.sign_inquiry(inquiry))).map_err(|error| error.code)?;
        Ok(read_events(&answer).unwrap())
    }

    fn look(&self, params: &str) -> Result<Vec<Value>, String> {
        let inquiry = inquiry(Product::ActionTrail, "LookupEvents", params);
        let answer = outcome(&self.service.call(&self.sign_inquiry(&inquiry))).map_err(|error| error.code)?;
        Ok(answer["Events"].as_array().unwrap().clone())
    }

    /// The streams of the listed events.
    fn listed(&self, params: &str) -> Vec<String> {
        let events = self.look(params).unwrap();
        let stream = |event: &Value| event["requestParameters"]["StreamName"].as_str().unwrap().to_owned();
        events.iter().map(stream).collect()
    }
}

fn unlimited() -> Settings {
    Settings { limit: None, ..Settings::default() }
}

#[test]
fn every_write_is_listed_with_user_tool_and_outcome() {
    let alice = Key { id: "alice".into(), secret: Secret::new("s"), token: None };
    let bench = Bench::new(Settings { keys: vec![key(), alice.clone()], ..unlimited() });
    let call = add(&address("a.com/show/cam"), &classic());
    bench.call(&call).unwrap();
    bench.wait(1);
    // The same Add again is refused.
    let stamp = Stamp { nonce: "of alice".into(), ..bench.stamp() };
    let mut again = sign(&call, HOST, &alice, &stamp, SignatureVersion::V3);
    again.headers.insert("user-agent".into(), "AliyunConsole".into());
    assert_eq!(outcome(&bench.service.call(&again)).unwrap_err().code, "ConfigAlreadyExists");
    let now = bench.stamp().time;
    let from = now - SignedDuration::from_hours(1);
    let search = EventSearch { action: Action::Add, from, to: now, token: None };
    let page = bench.events(&lookup_events(&search)).unwrap();
    let [refused, made] = &page.calls[..] else { panic!("{page:?}") };
    assert_eq!(
        (refused.tool.clone(), refused.error.as_deref()),
        (Tool::Console, Some("ConfigAlreadyExists"))
    );
    assert_eq!(refused.user, CallUser { kind: "ram-user".into(), name: "alice".into() });
    assert_eq!((made.user.name.as_str(), made.error.as_deref()), ("emulator", None));
    assert_eq!(made.tool, Tool::Livevod(env!("CARGO_PKG_VERSION").into()));
    assert_eq!((made.address.to_string().as_str(), made.time.as_second()), ("a.com/show/cam", START));
    assert_eq!((page.unreadable, page.next), (0, None));
    assert!(made.request_id.is_some());
    let none = bench.events(&lookup_events(&EventSearch { action: Action::Update, ..search })).unwrap();
    assert_eq!(none.calls, []);
}

#[test]
fn reads_and_calls_of_unknown_keys_are_not_listed() {
    let bench = Bench::new(unlimited());
    bench.list("a.com");
    let stranger = Key { secret: Secret::new("wrong"), ..key() };
    let call = delete(&address("a.com/show/cam"), livevod::model::StreamSpelling::Named);
    let forged = sign(&call, HOST, &stranger, &bench.stamp(), SignatureVersion::V3);
    assert!(outcome(&bench.service.call(&forged)).is_err());
    assert_eq!(bench.look("").unwrap(), [] as [Value; 0]);
}

#[test]
fn events_are_listed_in_pages_by_two_conditions_in_either_direction() {
    let bench = Bench::new(unlimited());
    for stream in ["one", "two", "three"] {
        bench.add_cam(stream);
        bench.wait(1);
    }
    bench.call(&delete(&address("a.com/show/two"), livevod::model::StreamSpelling::Named)).unwrap();
    assert_eq!(bench.listed(""), ["two", "three", "two", "one"]);
    assert_eq!(bench.listed("Direction=FORWARD MaxResults=2"), ["one", "two"]);
    let of = |key: &str, value: &str| format!("LookupAttribute.1.Key={key} LookupAttribute.1.Value={value}");
    assert_eq!(bench.listed(&of("EventName", "DeleteLiveRecordVodConfig")), ["two"]);
    assert_eq!(bench.listed(&of("EventName", "deleteliverecordvodconfig")), [""; 0]);
    let both =
        format!("{} LookupAttribute.2.Key=User LookupAttribute.2.Value=bob", of("ServiceName", "Live"));
    assert_eq!(bench.listed(&both), [""; 0]);
    let token = |at: usize| bench.look("").unwrap()[at]["eventId"].as_str().unwrap().to_owned();
    assert_eq!(bench.listed(&format!("MaxResults=2 NextToken={}", token(1))), ["two", "one"]);
    for (params, code) in [
        ("MaxResults=51", "InvalidQueryParameter"),
        ("NextToken=nothing", "InvalidQueryParameter"),
        ("LookupAttribute.1.Key=Colour LookupAttribute.1.Value=red", "InvalidQueryParameter"),
        ("StartTime=2020-01-01T00:00:00Z", "InvalidParameterStartTime"),
        ("EndTime=2020-01-01T00:00:00Z", "InvalidParameterCombination"),
        ("EndTime=soon", "InvalidParameterEndTime"),
    ] {
        assert_eq!(bench.look(params).unwrap_err(), code, "{params}");
    }
}

#[test]
fn an_event_is_listed_only_some_time_after_its_write() {
    let event_delay = SignedDuration::from_mins(10);
    let bench = Bench::new(Settings { event_delay, ..unlimited() });
    bench.add_cam("cam");
    bench.wait(599);
    assert_eq!(bench.listed(""), [""; 0]);
    bench.wait(1);
    assert_eq!(bench.listed(""), ["cam"]);
}

#[test]
fn more_than_two_calls_a_second_are_throttled() {
    let bench = Bench::new(Settings::default());
    let codes = [(); 3].map(|()| bench.look("").err().unwrap_or_default());
    assert_eq!(codes, ["", "", "Throttling.User"]);
    bench.wait(1);
    assert!(bench.look("").is_ok());
}

#[test]
fn accepted_writes_stay_listed_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let bench = Bench::at(Some(&path), unlimited());
    bench.add_cam("cam");
    drop(bench);
    let again = Bench::at(Some(&path), unlimited());
    assert_eq!(again.listed(""), ["cam"]);
}

#[test]
fn what_somebody_else_does_is_listed_as_done_in_the_console() {
    let bench = Bench::new(unlimited());
    bench.add_cam("cam");
    bench.wait(1);
    bench.service.set_faults(vec!["foreign-edit:address=a.com,nth=1".parse().unwrap()]);
    bench.service.deliver(&bench.sign(&livevod::wire::describe("a.com", 1, None)));
    let event = bench.look("MaxResults=1").unwrap().remove(0);
    assert_eq!(event["userAgent"], "AliyunConsole");
    assert_eq!(event["eventName"], "UpdateLiveRecordVodConfig");
    assert_eq!(event["requestParameters"]["StreamName"], "cam");
}
