//! A plan by domain and app, the worst first, and the picture of it in which danger stands out.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::RandomState;
use indexmap::IndexMap;

use super::super::phrases::counted;
use super::super::view::{ACTIONS, ChangeView, PlanView};
use super::marks::escaped;
use crate::model::Address;
use crate::plan::{ActionKind, Guard};

/// Domains without changes that stand open in the picture; more are folded away.
const OPEN_QUIET: usize = 4;

/// Rows of changes up to which every app stands open.
const OPEN_ROWS: usize = 40;

/// What the plan says of every domain that it knows.
pub(super) struct Fleet<'a> {
    pub(super) domains: Vec<Domain<'a>>,
    /// Whether there are so many rows that apps without danger start closed.
    pub(super) is_long: bool,
}

pub(super) struct Domain<'a> {
    pub(super) name: &'a str,
    pub(super) apps: Vec<App<'a>>,
}

/// What the plan says of one app of a domain.
pub(super) struct App<'a> {
    pub(super) name: &'a str,
    /// Worst first.
    pub(super) changes: Vec<ChangeView<'a>>,
    /// The same, those that read alike together.
    pub(super) groups: Vec<Vec<ChangeView<'a>>>,
    /// Configurations that stay as they are, or are not managed.
    others: usize,
    worst: Danger,
    /// What the app is called in links, where it has changes.
    pub(super) anchor: String,
}

/// How much a reviewer has to look at something, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Danger {
    Refused,
    Replace,
    Delete,
    /// It is not recorded by itself any more.
    Stop,
    Update,
    Create,
    None,
}

impl Danger {
    fn of(change: ChangeView) -> Self {
        let by_action = match change.action() {
            ActionKind::Replace => Danger::Replace,
            ActionKind::Delete => Danger::Delete,
            ActionKind::Update => Danger::Update,
            ActionKind::Create => Danger::Create,
        };
        match () {
            () if !change.guards.is_empty() => Danger::Refused,
            () if change.stops_recording() => by_action.min(Danger::Stop),
            () => by_action,
        }
    }

    /// The class of a tile.
    fn class(self) -> &'static str {
        match self {
            Danger::Refused | Danger::Replace | Danger::Delete | Danger::Stop => " danger",
            Danger::Update => " update",
            Danger::Create => " create",
            Danger::None => "",
        }
    }
}

impl<'a> Fleet<'a> {
    pub(super) fn of(view: &'a PlanView<'a>) -> Self {
        let alike = alike(view);
        let mut domains: Vec<Domain> = by_domain(view)
            .into_iter()
            .map(|(name, apps)| {
                let app = |(name, (changes, others))| App::new(name, changes, others, &alike);
                let mut apps: Vec<App> = apps.into_iter().map(app).collect();
                apps.sort_by_key(|app| app.worst);
                Domain { name, apps }
            })
            .collect();
        domains.sort_by_key(Domain::worst);
        for (at, domain) in domains.iter_mut().enumerate() {
            for (which, app) in domain.apps.iter_mut().enumerate() {
                app.anchor = format!("a{at}-{which}");
            }
        }
        let apps = domains.iter().flat_map(|domain| &domain.apps);
        let is_long = apps.map(|app| app.groups.len()).sum::<usize>() > OPEN_ROWS;
        Self { domains, is_long }
    }

    /// Every domain in a row, every app a tile; danger is filled and says so.
    pub(super) fn picture(&self) -> String {
        let (changed, quiet): (Vec<&Domain>, Vec<&Domain>) =
            self.domains.iter().partition(|domain| domain.worst() < Danger::None);
        let rows = |domains: &[&Domain]| -> String { domains.iter().map(|domain| domain.row()).collect() };
        let grid = |rows: String| match rows.is_empty() {
            true => rows,
            false => format!("<div class=\"fleet\">\n{rows}</div>\n"),
        };
        let (open, folded) = match quiet.len() {
            0..=OPEN_QUIET => (quiet, Vec::new()),
            _ => (Vec::new(), quiet),
        };
        let folded = match folded.len() {
            0 => String::new(),
            more => {
                format!(
                    "<details><summary>{more} domains without changes</summary>\n{}</details>\n",
                    grid(rows(&folded))
                )
            }
        };
        format!(
            "<section aria-labelledby=\"fleet\">\n<h2 id=\"fleet\">Domains and apps</h2>\n{}{folded}</section>\n",
            grid(rows(&changed) + &rows(&open))
        )
    }
}

/// The number of the fold that each change is in: two that read alike have the same.
fn alike<'a>(view: &'a PlanView<'a>) -> HashMap<&'a Address, usize, RandomState> {
    let folds = view.folds(false).into_iter().enumerate();
    folds.flat_map(|(at, fold)| fold.addresses.into_iter().map(move |address| (address, at))).collect()
}

/// The changes of an app, and how many other configurations it has.
type OfApp<'a> = (Vec<ChangeView<'a>>, usize);

/// Domains and their apps by name.
fn by_domain<'a>(view: &'a PlanView<'a>) -> BTreeMap<&'a str, BTreeMap<&'a str, OfApp<'a>>> {
    let mut domains: BTreeMap<&str, BTreeMap<&str, OfApp>> = BTreeMap::new();
    for change in view.changes() {
        let Address { domain, app, stream: _ } = &change.noted.change.address;
        domains.entry(domain).or_default().entry(app).or_default().0.push(change);
    }
    let others = view.unchanged.iter().chain(view.unmanaged_addresses()).chain(view.ignored);
    for Address { domain, app, stream: _ } in others {
        domains.entry(domain).or_default().entry(app).or_default().1 += 1;
    }
    domains
}

impl Domain<'_> {
    fn worst(&self) -> Danger {
        self.apps.iter().map(|app| app.worst).min().unwrap_or(Danger::None)
    }

    fn row(&self) -> String {
        let tiles: String = self.apps.iter().map(App::tile).collect();
        format!("<div class=\"name mono\">{}</div><ul class=\"tiles\">{tiles}</ul>\n", escaped(self.name))
    }
}

impl<'a> App<'a> {
    fn new(
        name: &'a str,
        mut changes: Vec<ChangeView<'a>>,
        others: usize,
        alike: &HashMap<&Address, usize, RandomState>,
    ) -> Self {
        changes.sort_by_key(|change| Danger::of(*change));
        let worst = changes.first().map_or(Danger::None, |change| Danger::of(*change));
        let mut groups: IndexMap<(Option<&usize>, &[Guard]), Vec<ChangeView>> = IndexMap::new();
        for change in &changes {
            let key = (alike.get(&change.noted.change.address), change.guards);
            groups.entry(key).or_default().push(*change);
        }
        let groups = groups.into_values().collect();
        Self { name, changes, groups, others, worst, anchor: String::new() }
    }

    /// Whether a reviewer has to look at it first.
    pub(super) fn is_danger(&self) -> bool {
        self.worst <= Danger::Stop
    }

    fn count(&self, action: ActionKind) -> usize {
        self.changes.iter().filter(|change| change.action() == action).count()
    }

    /// `1 replace, 2 updates, 3 unaffected`, worst first.
    pub(super) fn counts(&self) -> String {
        let kinds = ACTIONS.map(|action| (self.count(action), action.name()));
        let kinds = kinds.into_iter().filter(|(count, _)| *count > 0);
        let kinds = kinds.map(|(count, name)| counted(count, name));
        let others = (self.others > 0).then(|| format!("{} unaffected", self.others));
        kinds.chain(others).collect::<Vec<_>>().join(", ")
    }

    fn tile(&self) -> String {
        let word = match self.worst {
            Danger::Refused => "<b>refused</b> ",
            Danger::Stop => "<b>not recorded any more</b> ",
            Danger::Replace | Danger::Delete | Danger::Update | Danger::Create | Danger::None => "",
        };
        let inner = format!(
            "<span>{}</span>{}<small>{word}{}</small>",
            escaped(self.name),
            self.bar(),
            self.counts()
        );
        match self.changes.is_empty() {
            true => format!("<li><span class=\"tile\">{inner}</span></li>"),
            false => {
                let class = self.worst.class();
                format!("<li><a class=\"tile{class}\" href=\"#{}\">{inner}</a></li>", self.anchor)
            }
        }
    }

    /// How much of the app each action changes, as lengths of a bar; the words beside it say the same.
    fn bar(&self) -> String {
        let others = [("none", self.others)];
        let kinds = ACTIONS.map(|action| (action.name(), self.count(action)));
        let total = (self.changes.len() + self.others).max(1);
        let mut rects = String::new();
        let mut start = 0;
        for (class, count) in kinds.into_iter().chain(others).filter(|(_, count)| *count > 0) {
            rects.push_str(&format!(
                "<rect class=\"{class}\" x=\"{}\" width=\"{}\" height=\"1\"/>",
                share(start, total),
                share(count, total)
            ));
            start += count;
        }
        format!(
            "<svg class=\"bar\" viewBox=\"0 0 100 1\" preserveAspectRatio=\"none\" aria-hidden=\"true\">{rects}</svg>"
        )
    }
}

/// Hundredths of the whole, to two places.
fn share(count: usize, total: usize) -> String {
    let parts = count * 10_000 / total;
    format!("{}.{:02}", parts / 100, parts % 100)
}
