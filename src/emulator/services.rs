//! Routes each request to what answers it: the configurations, a lookup, the roles, or a service that hands out keys.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::actions::{Accepted, Fields, Scene};
use super::event::{Event, Made, user_agent};
use super::metadata::Visit;
use super::operation::{ASSUME_ROLE_WITH_OIDC, Operation};
use super::quirks::DomainWrites;
use super::refusal::Refusal;
use super::rules::Params;
use super::sessions::Assumed;
use super::state::Record;
use super::{Emulator, aired, listing, lookups, parameters, sts, trail, videos};
use crate::wire::{Action, Product, Request, Response, Unsigned, Verified, read_unsigned};

impl Emulator {
    /// The answer of the metadata service or the credentials URI, if the request is for one of them.
    pub(super) fn hand_out(&mut self, request: &Request, now: Timestamp, seed: &str) -> Option<Response> {
        let Self { settings, sessions, metadata, .. } = self;
        metadata.answer(request, Visit { settings, sessions, now, seed })
    }

    /// Carries out one call; returns the action's name too.
    pub(super) fn carry_out(
        &mut self,
        request: &Request,
        now: Timestamp,
        seed: &str,
    ) -> Result<(&'static str, Accepted), Refusal> {
        if let Some(unsigned) = without_signature(request) {
            return Ok((ASSUME_ROLE_WITH_OIDC, self.assume_with_oidc(&unsigned, now, seed)?));
        }
        let (operation, verified) = self.admit(request, now)?;
        let answer = self.answer(operation, &verified, now, seed);
        let answer = match operation {
            Operation::Configurations(action) if action != Action::Describe => {
                let session = self.sessions.get(&verified.key_id);
                let user_agent = user_agent(request);
                let made = Made { session, settings: &self.settings, user_agent, now, request_id: seed };
                let event = Event::of(action, &verified, &made, answer.as_ref().err());
                self.with_event(answer, event)
            }
            _ => answer,
        };
        Ok((operation.name(), answer?))
    }

    /// The same answer with the event of its write. The events of refused writes are lost with the process: they change
    /// nothing that must be durable.
    fn with_event(&mut self, answer: Result<Accepted, Refusal>, event: Event) -> Result<Accepted, Refusal> {
        match answer {
            Ok(mut accepted) => {
                accepted.records.push(Record::event(event));
                Ok(accepted)
            }
            Err(refusal) => {
                self.state.note(event);
                Err(refusal)
            }
        }
    }

    fn answer(
        &mut self,
        operation: Operation,
        verified: &Verified,
        now: Timestamp,
        seed: &str,
    ) -> Result<Accepted, Refusal> {
        if let Operation::Configurations(action) = operation
            && action != Action::Describe
            && self.settings.quirks.domain_writes == DomainWrites::OneAtATime
        {
            self.lock(verified.params.get("DomainName").map_or("", String::as_str), now)?;
        }
        let (params, state, settings) = (&Params(&verified.params), &self.state, &self.settings);
        match operation {
            Operation::Configurations(action) => {
                let unknown = parameters::unknown(action, &verified.params, settings.api);
                if let Some(name) = unknown.first().filter(|_| settings.strict) {
                    return Err(Refusal::unknown_parameter(name));
                }
                let scene = Scene { state, settings, now, turn: self.turn };
                // Hardly any call has others, so its parameters are not copied.
                if unknown.is_empty() {
                    return configurations(action, params, &scene);
                }
                let known = parameters::known(action, &verified.params, settings.api);
                configurations(action, &Params(&known), &scene)
            }
            Operation::UserDomains => lookups::user_domains(params, state, settings),
            Operation::DomainDetail => lookups::domain_detail(params, settings),
            Operation::OssRecordings => lookups::oss_recordings(params, settings),
            Operation::TranscodeGroup => lookups::transcode_group(params, settings),
            Operation::TranscodeGroups => lookups::transcode_groups(params, state, settings),
            Operation::AppSpaces => lookups::app_spaces(params, settings),
            Operation::CallerIdentity => {
                let session = self.sessions.get(&verified.key_id);
                let fields = sts::caller_identity(&verified.key_id, session, settings);
                Ok(Accepted { fields: Fields::Map(fields), ..Accepted::default() })
            }
            Operation::Events => trail::lookup_events(params, state.events(), settings, now),
            Operation::PublishList => aired::publish_list(params, state, settings, now),
            Operation::OnlineList => aired::online_list(params, state, settings, now),
            Operation::DomainMapping => aired::domain_mapping(params, state, settings),
            Operation::LiveVideos => videos::live_videos(params, state, settings, now),
            Operation::NotifyRecords => videos::notify_records(params, state, settings, now),
            Operation::AssumeRole => {
                let assumed = sts::assume_role(params, settings)?;
                Ok(Accepted { fields: Fields::Map(self.assume(assumed, now, seed)), ..Accepted::default() })
            }
        }
    }

    fn assume(&mut self, assumed: Assumed, now: Timestamp, seed: &str) -> Map<String, Value> {
        let session = self.sessions.issue(assumed, seed, now);
        sts::assumed(&session, &self.settings)
    }

    fn assume_with_oidc(
        &mut self,
        unsigned: &Unsigned,
        now: Timestamp,
        seed: &str,
    ) -> Result<Accepted, Refusal> {
        if unsigned.version != Product::Sts.version() {
            return Err(Refusal::unknown_version());
        }
        let assumed = sts::assume_role_with_oidc(&Params(&unsigned.params), &self.settings)?;
        let mut fields = self.assume(assumed, now, seed);
        fields.insert("OIDCTokenInfo".to_owned(), sts::oidc_token_info());
        Ok(Accepted { fields: Fields::Map(fields), ..Accepted::default() })
    }
}

/// Carries out one of the four actions without changing anything yet.
fn configurations(action: Action, params: &Params<'_>, scene: &Scene<'_>) -> Result<Accepted, Refusal> {
    match action {
        Action::Describe => listing::describe(params, scene),
        Action::Add => scene.add(params),
        Action::Update => scene.update(params),
        Action::Delete => scene.delete(params),
    }
}

/// The request, if it is one that is never signed.
fn without_signature(request: &Request) -> Option<Unsigned> {
    let is_call = matches!(request.method.as_str(), "GET" | "POST") && request.path == "/";
    let in_header = request.headers.get("x-acs-action").map_or("", String::as_str);
    let in_body = std::str::from_utf8(&request.body).unwrap_or_default();
    // Hardly any request is, so this check avoids parsing the others twice.
    let may_be = [in_header, &request.query, in_body].iter().any(|text| text.contains(ASSUME_ROLE_WITH_OIDC));
    let unsigned = (is_call && may_be).then(|| read_unsigned(request).ok()).flatten()?;
    (unsigned.action_name == ASSUME_ROLE_WITH_OIDC).then_some(unsigned)
}
