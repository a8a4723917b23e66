//! Guesses which known name a misspelled text means.

/// How many names are compared; with more, a hostile file could make suggestions take minutes.
const NAMES: usize = 1000;

/// The name among `known` that `text` most likely means. Case and underscores are ignored, so that `CycleDuration`,
/// copied from the service's documents, finds `cycle_duration`.
pub fn closest<'k>(text: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let slip = bare(text);
    let most = slip.chars().count() / 3;
    known
        .into_iter()
        .take(NAMES)
        .map(|name| (name, bare(name)))
        .filter(|(_, bare)| bare.len().abs_diff(slip.len()) <= 4 * most)
        .map(|(name, bare)| (strsim::osa_distance(&slip, &bare), name))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

fn bare(text: &str) -> String {
    text.chars().filter(|character| *character != '_').flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_find_their_name() {
        let known =
            ["tier", "vod_transcode_group", "compose_vod_transcode_group", "cycle_duration", "vip", "高清"];
        for (slip, meant) in [
            ("cycle_duraton", Some("cycle_duration")),
            ("CycleDuration", Some("cycle_duration")),
            ("VodTranscodeGroupId", Some("vod_transcode_group")),
            ("compose_transcode_group", Some("compose_vod_transcode_group")),
            ("vpi", Some("vip")),
            ("teir", Some("tier")),
            ("a", None),
            ("标清", None),
            ("on_demand", None),
            ("", None),
        ] {
            assert_eq!(closest(slip, known), meant, "{slip}");
        }
    }
}
