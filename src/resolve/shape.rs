//! Decides whether a configuration is classic or by-format: the nearest of `record_format` and `vod_transcode_group` does.

use super::desired::Origin;
use super::inherit::{Ladder, Ruling, Word};
use crate::diag::{Code, Diagnostic, Findings};
use crate::model::{Address, Field};

/// Which settings of a configuration count.
pub(super) enum Shape {
    /// Everything but `record_format`; the origin is that of the group, if a format is inherited.
    Classic(Option<Origin>),
    /// Everything but [`Field::CLASSIC`].
    ByFormat(Ruling),
}

impl Shape {
    pub(super) fn of(ladder: &Ladder<'_, '_>) -> Self {
        let formats = ladder.rule(Field::RecordFormat);
        let Some(depth) = formats.depth.filter(|_| !matches!(formats.word, Word::Unset)) else {
            return Shape::Classic(None);
        };
        let group = ladder.rule(Field::VodTranscodeGroup);
        let is_nearer = group.depth.is_some_and(|group| group < depth) && !matches!(group.word, Word::Unset);
        if is_nearer { Shape::Classic(Some(group.origin)) } else { Shape::ByFormat(formats) }
    }

    /// What takes the place of a setting that does not count.
    pub(super) fn voids(&self, field: Field) -> Option<&Origin> {
        match self {
            Shape::Classic(group) => group.as_ref().filter(|_| field == Field::RecordFormat),
            Shape::ByFormat(formats) => Field::CLASSIC.contains(&field).then_some(&formats.origin),
        }
    }
}

/// Reports classic settings in the same block as `record_format`, or nearer than it.
pub(super) fn check_mixed(
    ladder: &Ladder<'_, '_>,
    formats: &Ruling,
    address: &Address,
    findings: &mut Findings,
) {
    for field in Field::CLASSIC {
        let classic = ladder.rule(field);
        let (Some(depth), Some(written)) = (classic.depth, classic.origin.span) else { continue };
        let Some((whole, place)) =
            formats.depth.zip(formats.origin.span).filter(|(whole, _)| depth <= *whole)
        else {
            continue;
        };
        let help = match (depth == whole, field) {
            (true, _) => {
                "remove one: inside a format, write `process: { transcode: GROUP }` and `auto_compose`"
            }
            (false, Field::VodTranscodeGroup) => "write a group, or `record_format: default` to inherit one",
            (false, _) => {
                "write it inside the format, or write `vod_transcode_group` beside it to leave `record_format` out"
            }
        };
        findings.push(
            Diagnostic::new(Code::MixedFormats, format!("`{field}` can't be combined with `record_format`"))
                .label(written, "set here")
                .label(place, "configured by format here")
                .help(help)
                .about(address),
        );
    }
}
