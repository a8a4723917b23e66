//! An audit as one page that stands alone: for each stream a timeline of what was on air against what was recorded, the worst
//! first. Lanes carry the meaning, so that it reads without colour, and everything a timeline shows is also in words.

use std::iter::once;

use super::super::audit::{AuditView, Group, words};
use super::super::layout::Layout;
use super::super::links::Links;
use super::super::phrases::{account, counted};
use super::frame;
use super::marks::{escaped, sentence_of};
use crate::audit::{Audit, Kind, Recording, SessionAudit};
use crate::model::{Period, length_text};

/// Streams that stand open; further ones are closed.
const OPEN_STREAMS: usize = 20;

/// Sessions of a stream that stand open; further ones are folded away.
const OPEN_SESSIONS: usize = 20;

/// How wide a timeline is, in units of its own.
const WIDE: i64 = 1_000;

/// The least width of a span in a timeline, so that it can be seen.
const LEAST: i64 = 3;

/// How long a period may be in which the midnights are marked, in days.
const MARKED_DAYS: i64 = 31;

const DAY: i64 = 24 * 60 * 60;

/// `audit --format html`.
pub(in super::super) fn html_audit(view: &AuditView, layout: &Layout) -> String {
    let (alarming, quiet): (Vec<Group>, Vec<Group>) =
        view.groups(true).into_iter().partition(|group| group.worst().is_alarming());
    let page = Page { view, links: &layout.links, axis: Axis::of(view.audit) };
    let parts = [
        frame::head(&words::totals(view.audit), layout.title.as_deref(), ["streams", "streams"]),
        page.header(layout),
        "<main>\n".to_owned(),
        page.unread(),
        page.alarming(&alarming),
        page.quiet(&quiet),
        "</main>\n".to_owned(),
        frame::end(&format!("<p>{}</p>", escaped(words::MEANING))),
    ];
    parts.concat()
}

struct Page<'a> {
    view: &'a AuditView<'a>,
    links: &'a Links,
    axis: Axis,
}

impl Page<'_> {
    fn header(&self, layout: &Layout) -> String {
        let Audit { target, account: id, period, domains, .. } = self.view.audit;
        let title =
            layout.title.as_deref().map(|title| format!("<p class=\"quiet\">{}</p>\n", escaped(title)));
        let count = |verdict: Kind| {
            let count = self.view.audit.count(verdict);
            let class = if count == 0 { "none" } else { class(verdict) };
            format!("<li class=\"{class}\"><strong>{count}</strong> {}</li>\n", words::name(verdict))
        };
        format!(
            "<header>\n{}<h1>{}</h1>\n<p class=\"quiet\">{} · {}</p>\n{}<p>What was on air on {} from {}.{}</p>\n\
             <ul class=\"totals\" aria-label=\"Sessions by verdict\">\n{}</ul>\n</header>\n",
            title.unwrap_or_default(),
            escaped(&words::totals(self.view.audit)),
            escaped(target),
            account(id.as_deref(), escaped),
            frame::origin("judged", &layout.made),
            counted(domains.len(), "domain"),
            words::period(period.from, period.to),
            sentence_of(&self.view.selection()),
            Kind::ALL.map(count).concat()
        )
    }

    fn unread(&self) -> String {
        let item = |(domain, unread): (&str, &[String])| {
            format!("<li><code>{}</code>: {}</li>\n", escaped(domain), sentence_of(&unread.join("; ")))
        };
        let items: String = self.view.unread().map(item).collect();
        match items.is_empty() {
            true => items,
            false => format!(
                "<section class=\"box danger\" aria-labelledby=\"unread\">\n<h2 id=\"unread\">Not read</h2>\n<ul>{items}</ul>\n</section>\n"
            ),
        }
    }

    fn alarming(&self, groups: &[Group]) -> String {
        let streams = groups.iter().enumerate().map(|(at, group)| self.stream(group, at < OPEN_STREAMS));
        let streams: String = streams.collect();
        let none = if groups.is_empty() { "<p class=\"quiet\">None.</p>\n" } else { "" };
        format!(
            "<section aria-labelledby=\"streams\">\n<h2 id=\"streams\" tabindex=\"-1\">Streams that need attention</h2>\n{}{}{none}{streams}</section>\n",
            self.legend(),
            filter(groups)
        )
    }

    /// What the lanes of the timelines show.
    fn legend(&self) -> String {
        let Axis { from, to } = self.axis;
        let marks = if (to - from) / DAY <= MARKED_DAYS { " Thin lines mark midnight UTC." } else { "" };
        format!(
            "<p class=\"quiet\">Each timeline shows when a stream was on air, what of it is recorded, and what is not or may not be.{marks}</p>\n"
        )
    }

    fn quiet(&self, groups: &[Group]) -> String {
        if groups.is_empty() {
            return String::new();
        }
        let streams: String = groups.iter().map(|group| self.stream(group, false)).collect();
        let sessions = groups.iter().map(|group| group.sessions.len()).sum();
        format!(
            "<section class=\"alone\" aria-labelledby=\"rest\">\n<h2 id=\"rest\">Nothing missing</h2>\n\
             <details><summary>{} of {}</summary>\n{streams}</details>\n</section>\n",
            counted(sessions, "session"),
            counted(groups.len(), "stream"),
        )
    }

    fn stream(&self, group: &Group, is_open: bool) -> String {
        let Group { address, sessions } = group;
        let worst = group.worst();
        let alarming = group.alarming();
        let what = match alarming.is_empty() {
            true => words::verdicts(sessions.iter().copied()),
            false => words::attention(&alarming),
        };
        let open = if is_open { " open" } else { "" };
        format!(
            "<details class=\"change stream v-{}\"{open}><summary><span class=\"symbol mono {}\">{}</span> <code>{}</code> \
             <span class=\"what\">{}</span></summary>\n<div class=\"inside\">\n{}{}{}</div></details>\n",
            worst.name(),
            class(worst),
            escaped(words::mark(worst).0),
            escaped(&address.to_string()),
            escaped(&what),
            self.timeline(sessions),
            self.sessions(sessions),
            evidence(sessions)
        )
    }

    fn timeline(&self, sessions: &[&SessionAudit]) -> String {
        let axis = self.axis;
        let on_air = || sessions.iter().flat_map(|one| one.on_air.iter().copied());
        let recordings = sessions.iter().flat_map(|one| one.recordings.iter().map(|one| one.period));
        let lacking = |verdicts: [Kind; 2]| {
            let sessions = sessions.iter().filter(move |one| verdicts.contains(&one.verdict));
            sessions.flat_map(|one| if one.lacks.is_empty() { &one.on_air } else { &one.lacks }).copied()
        };
        let lanes = [
            axis.lane("on air", "air", on_air()),
            axis.lane("recorded", "create", recordings),
            axis.lane("missing", "delete", lacking([Kind::Missing, Kind::Partly])),
            axis.lane("unknown", "update", lacking([Kind::Unknown; 2])),
        ];
        let Period { from, to } = axis.period();
        let [start, end] = [from, to].map(|time| time.strftime("%Y-%m-%d %H:%M").to_string());
        let sum = |part: fn(&SessionAudit) -> i64| length_text(sessions.iter().map(|one| part(one)).sum());
        format!(
            "<div class=\"lanes\" role=\"img\" aria-label=\"Timeline from {start} to {end} UTC: {} on air, {} recorded\">{}\
             <span></span><span class=\"axis\"><span>{start}</span><span>{end} UTC</span></span></div>\n",
            sum(|one| one.aired),
            sum(|one| one.recorded),
            lanes.into_iter().flatten().collect::<String>(),
        )
    }

    /// What became of each session, the worst first. The same reason is said once.
    fn sessions(&self, sessions: &[&SessionAudit]) -> String {
        let mut last = None;
        let items: Vec<String> = sessions
            .iter()
            .map(|one| {
                let why = (words::reason(one), words::advice(one));
                let told = if last.as_ref() == Some(&why) { String::new() } else { self.why(one, &why) };
                last = Some(why);
                session(one, &told)
            })
            .collect();
        let alarming = sessions.iter().filter(|one| one.verdict.is_alarming()).count();
        // Where some need attention, the others are folded away.
        let shown = if alarming > 0 { alarming } else { sessions.len() };
        let shown = shown.min(OPEN_SESSIONS);
        let (open, folded) = items.split_at(shown);
        let list = |items: &[String]| format!("<ul class=\"sessions\">{}</ul>\n", items.concat());
        let more = match folded.len() {
            0 => String::new(),
            more => format!("<details><summary>{more} more</summary>{}</details>\n", list(folded)),
        };
        list(open) + &more
    }

    fn why(&self, one: &SessionAudit, (reason, advice): &(String, Option<String>)) -> String {
        let reason = Some(reason).filter(|reason| !reason.is_empty());
        let reason = reason.map(|reason| format!("<p class=\"quiet\">{}</p>", sentence_of(reason)));
        let advice = advice.as_ref().map(|advice| format!("<p>{}</p>", sentence_of(advice)));
        let place = one.place.as_ref().filter(|_| one.verdict.is_alarming()).map(|place| {
            let name = escaped(&self.links.name(place));
            let link = self.links.target(place).map_or(name.clone(), |target| {
                format!("<a href=\"{}\" rel=\"noreferrer\">{name}</a>", escaped(&target))
            });
            let must = if one.must_record { "; the files say that it must be recorded" } else { "" };
            format!("<p class=\"quiet\">see {link}{must}</p>")
        });
        [reason, advice, place].into_iter().flatten().collect()
    }
}

fn session(one: &SessionAudit, why: &str) -> String {
    format!(
        "<li><span class=\"mono {}\">{}</span> <b>{}</b><br>{}{why}</li>\n",
        class(one.verdict),
        escaped(words::mark(one.verdict).0),
        sentence_of(&words::outcome(one)),
        escaped(&words::when(one)),
    )
}

/// The recordings that the verdicts are based on, folded away.
fn evidence(sessions: &[&SessionAudit]) -> String {
    let item = |Recording { id, period, status }: &Recording| {
        let status = status.as_ref().map(|status| format!(", {}", escaped(status))).unwrap_or_default();
        format!("<li><code>{}</code> {}{status}</li>", escaped(id), words::period(period.from, period.to))
    };
    let mut all: Vec<&Recording> = sessions.iter().flat_map(|one| &one.recordings).collect();
    all.sort_by_key(|one| one.period.from);
    all.dedup();
    let items: String = all.iter().map(|one| item(one)).collect();
    match all.len() {
        0 => String::new(),
        count => format!(
            "<details><summary>{} in VOD</summary><ul class=\"evidence\">{items}</ul></details>\n",
            counted(count, "recording")
        ),
    }
}

/// Boxes that show or hide the streams of each verdict. They need no script.
fn filter(groups: &[Group]) -> String {
    let count = |verdict: Kind| groups.iter().filter(|group| group.worst() == verdict).count();
    let counts: Vec<(Kind, usize)> = Kind::ALL
        .into_iter()
        .map(|verdict| (verdict, count(verdict)))
        .filter(|(_, count)| *count > 0)
        .collect();
    if counts.len() < 2 {
        return String::new();
    }
    let choice = |(verdict, count): &(Kind, usize)| {
        format!(
            "<label><input type=\"checkbox\" id=\"show-{}\" autocomplete=\"off\" checked> {} ({count})</label>\n",
            verdict.name(),
            words::name(*verdict)
        )
    };
    let choices: String = counts.iter().map(choice).collect();
    format!(
        "<fieldset class=\"verdicts\"><legend class=\"unseen\">Streams to show</legend>\n{choices}</fieldset>\n"
    )
}

/// The class of the page's style that has the colour.
fn class(verdict: Kind) -> &'static str {
    match verdict {
        Kind::Missing | Kind::Partly => "delete",
        Kind::Unknown => "update",
        Kind::Recorded => "create",
        Kind::Pending | Kind::NotWanted => "none",
    }
}

/// What every timeline covers, in seconds.
#[derive(Debug, Clone, Copy)]
struct Axis {
    from: i64,
    to: i64,
}

impl Axis {
    /// The period that was asked for, and what was on air at its ends.
    fn of(audit: &Audit) -> Self {
        let on_air = audit.sessions.iter().flat_map(|one| one.on_air.iter().copied());
        let all = || once(audit.period).chain(on_air.clone());
        let from = all().map(|period| period.from.as_second()).min().unwrap_or_default();
        let to = all().map(|period| period.to.as_second()).max().unwrap_or_default();
        Self { from, to: to.max(from + 1) }
    }

    fn period(self) -> Period {
        let time = |second| jiff::Timestamp::from_second(second).unwrap_or_default();
        Period::new(time(self.from), time(self.to))
    }

    fn at(self, second: i64) -> i64 {
        let Self { from, to } = self;
        (second.clamp(from, to) - from) * WIDE / (to - from)
    }

    /// A line of a timeline with its name; `None` if nothing is in it, except for the first two, which are always there.
    fn lane(self, name: &str, class: &str, spans: impl Iterator<Item = Period>) -> Option<String> {
        let rect = |span: Period| {
            let [start, end] = [span.from, span.to].map(|time| self.at(time.as_second()));
            let width = (end - start).max(LEAST);
            let start = start.min(WIDE - width);
            format!("<rect x=\"{start}\" y=\"0\" width=\"{width}\" height=\"10\"/>")
        };
        let mut rects: Vec<String> = spans.map(rect).collect();
        rects.dedup();
        let is_needed = !rects.is_empty() || matches!(class, "air" | "create");
        is_needed.then(|| {
            format!(
                "<span>{name}</span><svg class=\"lane {class}\" viewBox=\"0 0 {WIDE} 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">{}{}</svg>",
                rects.concat(),
                self.midnights()
            )
        })
    }

    fn midnights(self) -> String {
        let Self { from, to } = self;
        if (to - from) / DAY > MARKED_DAYS {
            return String::new();
        }
        let first = from.div_euclid(DAY) + 1;
        let line = |day: i64| {
            format!("<rect class=\"day\" x=\"{}\" y=\"0\" width=\"1\" height=\"10\"/>", self.at(day * DAY))
        };
        (first..).take_while(|day| day * DAY < to).map(line).collect()
    }
}
