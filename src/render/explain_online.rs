//! What the service says about an address, below what the files say.

use super::style::{Tone, pad};
use super::{Style, clean};
use crate::explain::{Difference, DomainState, Online, Standing};

/// Column at which values begin.
const NAME_WIDTH: usize = 28;

/// The domain, what is held, and how it differs from what is declared.
pub fn online(online: &Online, style: Style) -> String {
    let Online { target, domain, held, ruler, standing } = online;
    let mut lines = vec![String::new(), style.paint(Tone::Strong, &clean(target))];
    lines.push(format!("  {}", state(domain.as_ref())));
    lines.push(match held {
        Some(held) => match &held.create_time {
            Some(time) => format!("  holds an entry here, added {}", clean(time)),
            None => "  holds an entry here".to_owned(),
        },
        None => "  holds no entry here".to_owned(),
    });
    match (held, ruler) {
        (None, Some(ruler)) => lines.push(format!("  recorded by {}", clean(&ruler.to_string()))),
        (None, None) => lines.push("  NOT RECORDED".to_owned()),
        (Some(_), _) => {}
    }
    lines.push(format!("  {}", verdict(standing)));
    if let Standing::Differs(differences) = standing {
        lines.extend(differences.iter().map(|difference| row(difference, style)));
    }
    lines.join("\n") + "\n"
}

fn state(domain: Option<&DomainState>) -> String {
    let Some(DomainState { status, kind, region }) = domain else {
        return "knows no domain of this name in the account".to_owned();
    };
    let told: Vec<&str> = [status, kind, region].into_iter().flatten().map(String::as_str).collect();
    clean(&format!("domain: {}", if told.is_empty() { "no state told".to_owned() } else { told.join(", ") }))
}

fn verdict(standing: &Standing) -> String {
    match standing {
        Standing::AsDeclared => "as declared".to_owned(),
        Standing::Differs(_) => "not as declared; apply would change".to_owned(),
        Standing::Missing => "declared, but not there; apply would create it".to_owned(),
        Standing::StillThere => "declared absent, and still there; apply would delete it".to_owned(),
        Standing::Undeclared => "not declared by any file".to_owned(),
        Standing::Unmanageable(reason) => clean(&format!("can't be managed: {reason}")),
        Standing::Nothing => "not declared either".to_owned(),
    }
}

fn row(difference: &Difference, style: Style) -> String {
    let Difference { field, held, wanted } = difference;
    let mark = style.paint(Tone::Update, "~");
    let values = clean(&format!("{held} {} {wanted}", style.arrow()));
    format!("  {mark} {} {values}", pad(field.name(), NAME_WIDTH - 2))
}
