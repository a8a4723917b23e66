//! The fuzz targets: each takes any bytes, and panics if an invariant does not hold.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use livevod::api::Error;
use livevod::check::{Levels, check, settle};
use livevod::config::{format, parse};
use livevod::diag::{Code, Diagnostic, has_errors};
use livevod::emulator::{KEY_ID, KEY_SECRET, Outside, Service, Settings};
use livevod::model::{Address, Pattern};
use livevod::plan::SavedPlan;
use livevod::render::{
    self, Context, Exit, FilesFormat, Format, LEAST_BYTES, Layout, Links, PlanView, Style,
};
use livevod::resolve::{Desired, resolve};
use livevod::source::{Source, Sources};
use livevod::wire;

/// A file: it is read, checked and rendered in every format without a panic, every label is inside it, its canonical form
/// means the same, and the output of `render` is a file without errors.
pub fn load(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let read = Read::new(text);
    for found in &read.diagnostics {
        let labels = found.labels.iter().map(|label| label.span);
        for span in labels.chain(found.related.iter().filter_map(|note| note.span)) {
            assert!(text.get(span.start as usize..span.end as usize).is_some(), "{found:?}");
        }
    }
    show(&read);
    if !has_errors(&read.diagnostics) {
        let context = Context { sources: &read.sources, diagnostics: &[], exit: Exit::Success };
        let layout = Layout::new(Format::Human);
        let rendered = render::effective(&read.desired, FilesFormat::Yaml, context, &layout).text;
        assert_eq!(canonical(&rendered).as_ref(), Ok(&rendered), "`fmt` would change what `render` writes");
        let again = Read::new(&rendered);
        assert!(!has_errors(&again.diagnostics), "{:?}\n{rendered}", again.diagnostics);
    }
    match canonical(text) {
        Ok(once) => {
            assert_eq!(canonical(&once).as_ref(), Ok(&once), "the form of a form is another");
            assert_eq!(Read::new(&once).codes(), read.codes(), "other findings in\n{once}");
        }
        Err(found) => assert!(found.iter().all(|one| one.code != Code::NotFormatted), "{found:?}"),
    }
}

struct Read {
    sources: Sources,
    desired: Desired,
    diagnostics: Vec<Diagnostic>,
}

impl Read {
    fn new(text: &str) -> Self {
        let mut sources = Sources::default();
        sources.add(Source::new("fuzz.yaml", text));
        let (document, mut diagnostics) = parse(&sources);
        let (desired, found) = resolve(&document);
        diagnostics.extend(found);
        diagnostics.extend(check(&document, &desired, jiff::civil::date(2026, 11, 22)));
        let diagnostics = settle(diagnostics, &document.allows, &Levels::default());
        Self { sources, desired, diagnostics }
    }

    /// The findings, without places.
    fn codes(&self) -> Vec<(Code, usize)> {
        let mut codes: Vec<(Code, usize)> =
            self.diagnostics.iter().map(|found| (found.code, found.labels.len())).collect();
        codes.sort_unstable();
        codes
    }
}

fn show(read: &Read) {
    let Read { sources, desired, diagnostics } = read;
    for style in
        [Style::PLAIN, Style { drawings: false, ..Style::PLAIN }, Style { width: 40, ..Style::PLAIN }]
    {
        let shown = render::diagnostics(diagnostics, sources, style, None);
        assert!(
            shown.chars().all(|character| matches!(character, '\n' | '\t') || !character.is_control()),
            "{shown:?}"
        );
    }
    let context = Context { sources, diagnostics, exit: Exit::Error };
    let layout = Layout { links: Links { base: None, folder: "/work".into() }, ..Layout::new(Format::Json) };
    for format in [Format::Json, Format::Sarif, Format::Gitlab] {
        let document = render::findings(context, &Layout { format, ..layout.clone() }).text;
        serde_json::from_str::<serde_json::Value>(&document).unwrap();
    }
    let document = render::effective(desired, FilesFormat::Json, context, &layout).text;
    serde_json::from_str::<serde_json::Value>(&document).unwrap();
    drop(render::findings(context, &Layout { format: Format::Github, ..layout }));
}

fn canonical(text: &str) -> Result<String, Vec<Diagnostic>> {
    let mut sources = Sources::default();
    let file = sources.add(Source::new("fuzz.yaml", text));
    format(&sources, file)
}

/// A status and a body, as an answer of the service: it is parsed as every kind of answer, and the result is written as
/// XML and parsed again.
pub fn answer(bytes: &[u8]) {
    let Some((first, body)) = bytes.split_first() else { return };
    let status = [200, 200, 200, 204, 400, 403, 404, 429, 500, 503][usize::from(*first) % 10];
    let response = wire::Response { status, headers: BTreeMap::new(), body: body.to_vec() };
    let fields = match wire::read(&response) {
        Ok(fields) => fields,
        Err(wire::ReadError::Refused(refused)) => {
            let error = Error::Refused(refused);
            drop((error.class(), error.to_string()));
            return;
        }
        Err(wire::ReadError::Unreadable(reason)) => return drop(reason),
    };
    let told = wire::request_id(&fields);
    drop((
        wire::read_caller_identity(&fields),
        wire::read_transcode_group(&fields),
        wire::read_app_spaces(&fields),
    ));
    drop((wire::read_domain_detail(&fields), wire::read_oss_recordings(&fields)));
    let body = wire::write_xml("Answer", &serde_json::Value::Object(fields.clone())).into_bytes();
    drop(wire::read(&wire::Response { status, headers: BTreeMap::new(), body }));
    if let Ok(page) = wire::read_page(fields) {
        assert_eq!(page.items, page.configs.len());
        for (address, remote) in page.configs {
            drop((address.to_string(), remote.config.normalized(), told.clone()));
        }
    }
}

/// Calls to the emulator: `raw` and a complete request, or one call on each line, `NAME PARAMETER=VALUE…`, or
/// `oss METHOD /BUCKET/KEY?QUERY HEADER:VALUE… =BODY`, each correctly signed.
pub fn request(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let service = emulator();
    match text.strip_prefix("raw\n") {
        Some(raw) => _ = service.deliver(&raw_request(raw)),
        None => {
            for (number, line) in text.lines().take(24).enumerate() {
                let request = match line.strip_prefix("oss ") {
                    Some(rest) => oss_request(rest),
                    None => signed_request(number, line),
                };
                _ = service.deliver(&request);
            }
        }
    }
    let held = service.dump().to_string();
    emulator().load(&held).unwrap();
}

fn emulator() -> Service {
    let ids = AtomicU64::new(0);
    let outside = Outside {
        now: Box::new(|| jiff::Timestamp::UNIX_EPOCH),
        request_id: Box::new(move || ids.fetch_add(1, Ordering::Relaxed).to_string()),
    };
    Service::open_with(None, Settings::default(), outside).unwrap()
}

fn oss_request(line: &str) -> wire::Request {
    let (head, body) = line.split_once(" =").unwrap_or((line, ""));
    let mut words = head.split(' ');
    let method = words.next().unwrap_or_default().to_owned();
    let address = words.next().unwrap_or_default();
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let headers = words.filter_map(|word| word.split_once(':'));
    let request = wire::Request {
        method,
        host: "127.0.0.1:8787".to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect(),
        body: body.as_bytes().to_vec(),
    };
    let key = wire::Key { id: KEY_ID.to_owned(), secret: wire::Secret::new(KEY_SECRET), token: None };
    wire::sign_oss(request, path, "cn-shanghai", &key, jiff::Timestamp::UNIX_EPOCH)
}

/// Method, path and query in the first line, then headers, then the body after a blank line.
fn raw_request(raw: &str) -> wire::Request {
    let (head, body) = raw.split_once("\n\n").unwrap_or((raw, ""));
    let mut lines = head.lines();
    let mut first = lines.next().unwrap_or_default().splitn(2, ' ');
    let method = first.next().unwrap_or_default().to_owned();
    let (path, query) = first.next().map_or(("/", ""), |rest| rest.split_once('?').unwrap_or((rest, "")));
    let header = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.trim().to_lowercase(), value.trim().to_owned()))
    };
    wire::Request {
        method,
        host: "live.aliyuncs.com".to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: lines.filter_map(header).collect(),
        body: body.as_bytes().to_vec(),
    }
}

fn signed_request(number: usize, line: &str) -> wire::Request {
    let mut words = line.split(' ');
    let name = words.next().unwrap_or_default();
    let params: BTreeMap<String, String> = words
        .filter_map(|word| word.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let version = if name.contains("Identity") { "2015-04-01" } else { wire::LIVE_VERSION };
    let key = wire::Key { id: KEY_ID.to_owned(), secret: wire::Secret::new(KEY_SECRET), token: None };
    let stamp = wire::Stamp { time: jiff::Timestamp::UNIX_EPOCH, nonce: number.to_string() };
    let signature =
        if number.is_multiple_of(2) { wire::SignatureVersion::V3 } else { wire::SignatureVersion::V1 };
    wire::Operation { name, version, params: &params }.sign("live.aliyuncs.com", &key, &stamp, signature)
}

/// A pattern in the first line, addresses below: each is parsed from its printed form as the same, and an address selects itself.
pub fn pattern(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut lines = text.lines();
    let pattern = lines.next().unwrap_or_default().parse::<Pattern>();
    if let Ok(pattern) = &pattern {
        assert_eq!(pattern.to_string().parse().as_ref(), Ok(pattern));
    }
    for line in lines.take(16) {
        let Ok(address) = line.parse::<Address>() else { continue };
        assert_eq!(address.to_string().parse().as_ref(), Ok(&address));
        let itself: Pattern = address.to_string().parse().unwrap();
        assert!(itself.matches(&address));
        if let Ok(pattern) = &pattern {
            assert!(!pattern.matches(&address) || pattern.matches_domain(&address.domain));
        }
    }
}

/// A snapshot without its seal: once sealed, any content is either read or refused, and what is read is written back unchanged.
pub fn snapshot(bytes: &[u8]) {
    let Ok(open) = std::str::from_utf8(bytes) else { return };
    drop(livevod::snapshot::read(open));
    let Ok(saved) = livevod::snapshot::read(&livevod::sealed::close(open)) else { return };
    let text = livevod::snapshot::write(&saved).unwrap();
    assert_eq!(livevod::snapshot::read(&text).as_ref(), Ok(&saved));
    let mut sources = Sources::default();
    let file = sources.add(Source::new("fuzz.json", text.as_str()));
    drop(livevod::resolve::restored(&saved, &sources, file));
}

/// The same for a saved plan; one that is read is rendered in every format, and compared with the state of a service.
pub fn plan(bytes: &[u8]) {
    let Ok(open) = std::str::from_utf8(bytes) else { return };
    drop(SavedPlan::read(open));
    let Ok(saved) = SavedPlan::read(&livevod::sealed::close(open)) else { return };
    let text = saved.write().unwrap();
    let again = SavedPlan::read(&text).unwrap();
    assert_eq!(again.decisions.digest(), saved.decisions.digest());
    assert_eq!(again.write().unwrap(), text);
    let target = render::Target { name: saved.decisions.target.clone(), account: None };
    let (rest, moved) = livevod::plan::resume(&saved, &Default::default(), &Default::default());
    assert!(rest.decisions.changes.len() + moved.len() <= saved.decisions.changes.len());
    let shown = saved.clone().shown();
    let view = PlanView::new(&shown, &target, &[], &moved);
    let context = Context { sources: &Default::default(), diagnostics: &[], exit: Exit::Success };
    let text = |format| {
        let layout = Layout { max_bytes: LEAST_BYTES, ..Layout::new(format) };
        render::plan(&view, context, &layout).text
    };
    drop([Format::Human, Format::Html].map(text));
    assert!(text(Format::Markdown).len() <= LEAST_BYTES);
    serde_json::from_str::<serde_json::Value>(&text(Format::Json)).unwrap();
}

/// A journal: it is read or refused, and its unfinished changes can be found.
pub fn journal(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(Some(run)) = livevod::apply::journal::read(text) else { return };
    let open = livevod::apply::journal::left_open(std::slice::from_ref(&run));
    drop(render::run(&run, Exit::Success, &Layout::new(Format::Human)));
    drop((run.open(), run.state(), open));
}
