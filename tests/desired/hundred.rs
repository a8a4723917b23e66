//! A hundred mistakes in five files are reported in one run, each at its exact place.

use super::read;

/// Mistakes of many kinds. `⟦…⟧` encloses the text that must be labelled, after characters of every width. `NUMBER` is the file's.
const MISTAKES: &str = "version: 1
# 直播 😀: from here on, bytes and columns differ
⟦语言⟧: zh
transcode_groups: { 高清NUMBER: ⟦'no id'⟧, ⟦default⟧: VOD_NO_TRANSCODE }
tiers: { ⟦'贵 宾'⟧: {}, 大NUMBER: { tier: ⟦小NUMBER⟧ } }
ignore: [⟦\"**/直播\"⟧]
domains:
  dNUMBER.example.com: # 中文 😀
    region: ⟦上海⟧
    layout: ⟦电视NUMBER⟧
    prune: ⟦yes⟧
    apps:
      ⟦展览⟧: {}
      show:
        streams:
          s01: { vod_transcode_group: 高清NUMBER, cycle_duration: ⟦\"😀\"⟧ }
          s02: { vod_transcode_group: 高清NUMBER, cycle_duration: ⟦299⟧ }
          s03: { vod_transcode_group: 高清NUMBER, auto_compose: ⟦是⟧ }
          s04: { vod_transcode_group: 高清NUMBER, on_demand: ⟦3⟧ }
          s05: { vod_transcode_group: 高清NUMBER, storage_location: ⟦\"桶\"⟧ }
          s06: { state: absent, expires: ⟦2027-01-01⟧ }
          s07: { vod_transcode_group: 高清NUMBER, expires: ⟦2026-02-30⟧ }
          s08: { vod_transcode_group: 高清NUMBER, tier: ⟦没有NUMBER⟧ }
          s09: { vod_transcode_group: ⟦超清⟧ }
          s10: { vod_transcode_group: 高清NUMBER, ⟦码率⟧: 1 }
          s11: { vod_transcode_group: 高清NUMBER, cycle_duration: ⟦[一]⟧ }
          ⟦s01⟧: {}
";

#[test]
fn all_in_one_run() {
    let mut files = Vec::new();
    let mut expected = Vec::new();
    for number in 0..5 {
        let name = format!("中文{number}.yaml");
        let (text, places) = unmark(&MISTAKES.replace("NUMBER", &number.to_string()));
        expected.extend(places.into_iter().map(|(start, end)| (name.clone(), start, end)));
        files.push((name, text));
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let read = read(&files);
    let spans = read.diagnostics.iter().map(|found| found.labels[0].span);
    let found: Vec<(String, u32, u32)> =
        spans.map(|span| (read.sources.get(span.file).name().to_owned(), span.start, span.end)).collect();
    assert_eq!(found, expected);
    assert!(found.len() >= 100, "only {}", found.len());
}

/// The text without the marks, and the byte ranges that they enclosed.
fn unmark(marked: &str) -> (String, Vec<(u32, u32)>) {
    let mut plain = String::new();
    let mut places = Vec::new();
    for (at, part) in marked.split('⟦').enumerate() {
        match part.split_once('⟧') {
            Some((inside, rest)) if at > 0 => {
                places.push((plain.len() as u32, (plain.len() + inside.len()) as u32));
                plain.push_str(inside);
                plain.push_str(rest);
            }
            _ => plain.push_str(part),
        }
    }
    (plain, places)
}
