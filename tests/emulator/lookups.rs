//! Lookups of domains, recordings to OSS, transcode groups and app spaces.

use livevod::emulator::Settings;
use livevod::model::NO_TRANSCODE;
use livevod::wire::{
    self, Product, SignatureVersion, TranscodeGroup, read_domain_detail, read_oss_recordings,
    read_transcode_group, transcode_group,
};
use serde_json::{Map, Value};

use super::{Bench, HOST, address, classic, inquiry, key, outcome};

const GROUP: &str = "e2d796d3bb5fd8049d32bff62f94e4c1";

fn names(set: &[&str]) -> Option<std::collections::BTreeSet<String>> {
    Some(set.iter().map(|name| (*name).to_owned()).collect())
}

impl Bench {
    /// An answer, or the code of the refusal.
    fn inquire(&self, inquiry: &wire::Inquiry) -> Result<Map<String, Value>, String> {
        outcome(&self.service.call(&self.sign_inquiry(inquiry))).map_err(|error| error.code)
    }

    fn look_up(
        &self,
        product: Product,
        name: &'static str,
        params: &str,
    ) -> Result<Map<String, Value>, String> {
        self.inquire(&inquiry(product, name, params))
    }

    /// Names and total count from DescribeLiveUserDomains.
    fn domains(&self, params: &str) -> (Vec<String>, u64) {
        let answer = self.look_up(Product::Live, "DescribeLiveUserDomains", params).unwrap();
        let items = answer["Domains"]["PageData"].as_array().unwrap();
        let names = items.iter().map(|item| item["DomainName"].as_str().unwrap().to_owned());
        (names.collect(), answer["TotalCount"].as_u64().unwrap())
    }
}

#[test]
fn domains_are_those_that_hold_something_unless_a_list_is_given() {
    let oss = [address("c.com/show/*")].into();
    let bench = Bench::new(Settings { oss_recordings: oss, ..Settings::default() });
    for domain in ["b.com", "a.com"] {
        for stream in ["one", "two"] {
            bench.call(&wire::add(&address(&format!("{domain}/show/{stream}")), &classic())).unwrap();
        }
    }
    assert_eq!(bench.domains(""), (vec!["a.com".into(), "b.com".into(), "c.com".into()], 3));
    let settings = Settings {
        domains: names(&["z.com"]),
        ingest_domains: names(&["push.z.com"]).unwrap(),
        ..Settings::default()
    };
    let given = Bench::new(settings);
    assert_eq!(given.domains(""), (vec!["push.z.com".into(), "z.com".into()], 2));
}

#[test]
fn domains_are_searched_and_cut_into_pages() {
    let many: Vec<String> = (10..45).map(|number| format!("cam{number}.example.com")).collect();
    let settings = Settings {
        domains: Some(many.iter().cloned().collect()),
        ingest_domains: names(&["push.example.org"]).unwrap(),
        domain_regions: [("cam20.example.com".to_owned(), "eu-central-1".to_owned())].into(),
        ..Settings::default()
    };
    let bench = Bench::new(settings);
    let counts = |params: &str| {
        let (names, total) = bench.domains(params);
        (names.len(), total)
    };
    assert_eq!(counts(""), (20, 36));
    assert_eq!(counts("PageNumber=2"), (16, 36));
    assert_eq!(counts("PageNumber=3"), (0, 36));
    assert_eq!(counts("PageSize=50"), (36, 36));
    assert_eq!(counts("PageSize=50 DomainName=AM2"), (10, 10));
    assert_eq!(counts("PageSize=50 DomainName=cam DomainSearchType=pre_match"), (35, 35));
    assert_eq!(counts("DomainName=example.org DomainSearchType=suf_match"), (1, 1));
    assert_eq!(counts("DomainName=cam20 DomainSearchType=full_match"), (0, 0));
    assert_eq!(counts("DomainName=cam20.example.com DomainSearchType=full_match"), (1, 1));
    assert_eq!(counts("LiveDomainType=liveEdge"), (1, 1));
    assert_eq!(counts("RegionName=eu-central-1"), (1, 1));
    assert_eq!(counts("DomainStatus=offline"), (0, 0));
    assert_eq!(counts("ResourceGroupId=rg-1"), (0, 0));
    assert_eq!(counts("Tag.1.Key=team Tag.1.Value=live"), (0, 0));
    let refused = |params: &str| bench.look_up(Product::Live, "DescribeLiveUserDomains", params).unwrap_err();
    assert_eq!(refused("PageSize=51"), "InvalidPageSize.Malformed");
    assert_eq!(refused("PageNumber=0"), "InvalidPageNumber.Malformed");
    assert_eq!(refused("DomainSearchType=regex"), "InvalidDomainSearchType.Malformed");
}

#[test]
fn a_domain_is_described_by_kind_and_region() {
    let settings = Settings {
        domains: names(&["a.com", "b.com"]),
        ingest_domains: names(&["push.a.com"]).unwrap(),
        domain_regions: [("b.com".to_owned(), "ap-southeast-1".to_owned())].into(),
        ..Settings::default()
    };
    let bench = Bench::new(settings);
    let detail = |domain: &str| {
        let answer = bench.inquire(&wire::domain_detail(domain))?;
        let detail = read_domain_detail(&answer).unwrap();
        Ok((detail.kind.unwrap(), detail.region.unwrap(), detail.status.unwrap()))
    };
    let found = |kind: &str, region: &str| Ok((kind.into(), region.into(), "online".into()));
    assert_eq!(detail("a.com"), found("liveVideo", "cn-shanghai"));
    assert_eq!(detail("B.com"), found("liveVideo", "ap-southeast-1"));
    assert_eq!(detail("push.a.com"), found("liveEdge", "cn-shanghai"));
    assert_eq!(detail("c.com"), Err("InvalidDomain.NotFound".to_owned()));
    assert_eq!(detail(""), Err("MissingDomainName".to_owned()));

    let any = Bench::new(Settings::default());
    assert!(any.inquire(&wire::domain_detail("anything.example.com")).is_ok());
    assert_eq!(any.inquire(&wire::domain_detail("no domain")), Err("InvalidDomain.NotFound".to_owned()));
}

#[test]
fn recordings_to_oss_are_listed_in_pages() {
    let mut recordings: Vec<String> = (10..42).map(|number| format!("a.com/show/cam{number}")).collect();
    recordings.push("b.com/*/*".to_owned());
    let oss_recordings = recordings.iter().map(|text| address(text)).collect();
    let bench = Bench::new(Settings { oss_recordings, ..Settings::default() });
    let page = |domain: &str, number| {
        let page =
            read_oss_recordings(&bench.inquire(&wire::oss_recordings(domain, number)).unwrap()).unwrap();
        (page.addresses.iter().map(ToString::to_string).collect::<Vec<_>>(), page.total)
    };
    assert_eq!(page("a.com", 1), (recordings[..30].to_vec(), Some(32)));
    assert_eq!(page("a.com", 2), (recordings[30..32].to_vec(), Some(32)));
    assert_eq!(page("b.com", 1), (vec!["b.com/*/*".to_owned()], Some(1)));
    assert_eq!(page("c.com", 1), (vec![], Some(0)));

    let list = |params: &str| bench.look_up(Product::Live, "DescribeLiveRecordConfig", params);
    let last = list("DomainName=a.com Order=desc PageSize=5").unwrap();
    assert_eq!(last["TotalPage"], 7);
    assert_eq!(last["LiveAppRecordList"]["LiveAppRecord"][0]["StreamName"], "cam41");
    let one = list("DomainName=a.com AppName=show StreamName=cam12").unwrap();
    assert_eq!(one["TotalNum"], 1);
    assert_eq!(list("DomainName=a.com PageSize=31").unwrap_err(), "InvalidPageSize.Malformed");
    assert_eq!(list("DomainName=a.com Order=up").unwrap_err(), "InvalidOrder.Malformed");
    assert_eq!(list("").unwrap_err(), "MissingDomainName");
}

#[test]
fn a_transcode_group_is_there_or_not() {
    let settings = Settings {
        transcode_groups: names(&[GROUP, "g2"]),
        group_spaces: [("g2".to_owned(), "app-2".to_owned())].into(),
        ..Settings::default()
    };
    let bench = Bench::new(settings);
    let group = |id: &str| {
        let answer = bench.inquire(&transcode_group(id))?;
        Ok::<TranscodeGroup, String>(read_transcode_group(&answer).unwrap())
    };
    let found = |id: &str, name: &str, space: &str| {
        Ok(TranscodeGroup { id: id.into(), name: Some(name.into()), space: Some(space.into()) })
    };
    assert_eq!(group(GROUP), found(GROUP, GROUP, "app-1000000"));
    assert_eq!(group("g2"), found("g2", "g2", "app-2"));
    assert_eq!(group(NO_TRANSCODE), found(NO_TRANSCODE, "No Transcoding", "app-1000000"));
    assert_eq!(group("nosuchgroup").unwrap_err(), "InvalidTranscodeTemplateGroup.NotFound");
    assert_eq!(group("").unwrap_err(), "MissingTranscodeTemplateGroupId");
    let response = bench.service.call(&bench.sign_inquiry(&transcode_group("nosuchgroup")));
    assert_eq!(response.status, 404);
}

#[test]
fn groups_are_those_that_were_given_or_are_in_use() {
    let listed = |bench: &Bench, params: &str| {
        let answer = bench.look_up(Product::Vod, "ListTranscodeTemplateGroup", params).unwrap();
        let groups = answer["TranscodeTemplateGroupList"].as_array().unwrap();
        groups
            .iter()
            .map(|group| group["TranscodeTemplateGroupId"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let bench = Bench::new(Settings::default());
    let only = |ids: &[&str]| -> Vec<String> { ids.iter().map(|id| (*id).to_owned()).collect() };
    assert_eq!(listed(&bench, ""), only(&[NO_TRANSCODE]));
    let mut config = classic();
    config.auto_compose = true;
    config.compose_vod_transcode_group = Some(GROUP.to_owned());
    bench.call(&wire::add(&address("a.com/show/cam"), &config)).unwrap();
    assert_eq!(listed(&bench, ""), only(&[NO_TRANSCODE, GROUP]));
    assert_eq!(listed(&bench, "AppId=app-1000000"), only(&[NO_TRANSCODE, GROUP]));
    assert_eq!(listed(&bench, "AppId=app-2"), only(&[]));
    let given = Bench::new(Settings {
        transcode_groups: names(&["g1", "g2", "g3"]),
        group_spaces: [("g3".to_owned(), "app-2".to_owned())].into(),
        ..Settings::default()
    });
    assert_eq!(listed(&given, ""), only(&[NO_TRANSCODE, "g1", "g2"]));
    assert_eq!(listed(&given, "AppId=app-2"), only(&["g3"]));
}

#[test]
fn app_spaces_that_do_not_exist_are_named_not_refused() {
    let bench = Bench::new(Settings { app_spaces: names(&["app-2"]), ..Settings::default() });
    let spaces = |ids: &[&str]| {
        let answer = bench.inquire(&wire::app_spaces(ids.iter().copied()))?;
        let wire::AppSpaces { known, missing } = wire::read_app_spaces(&answer).unwrap();
        Ok::<_, String>((known.into_iter().collect::<Vec<_>>(), missing.into_iter().collect::<Vec<_>>()))
    };
    let texts = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    assert_eq!(spaces(&["app-2", "app-3"]), Ok((texts(&["app-2"]), texts(&["app-3"]))));
    assert_eq!(spaces(&["app-1000000"]), Ok((texts(&["app-1000000"]), texts(&[]))));
    assert_eq!(spaces(&["app-3"]), Ok((texts(&[]), texts(&["app-3"]))));
    assert_eq!(spaces(&[]).unwrap_err(), "MissingAppIds");
    let many: Vec<String> = (0..11).map(|number| format!("app-{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(spaces(&many).unwrap_err(), "InvalidAppIds.Malformed");
    assert!(spaces(&many[..10]).is_ok());
    let any = Bench::new(Settings::default());
    let answer = any.inquire(&wire::app_spaces(["app-7"])).unwrap();
    assert_eq!(answer["NonExistAppIds"], serde_json::json!([]));
    assert_eq!(answer["AppInfoList"][0]["Type"], "Custom");
}

#[test]
fn each_service_has_its_own_version() {
    let bench = Bench::new(Settings::default());
    for (product, name) in [
        (Product::Vod, "DescribeLiveDomainDetail"),
        (Product::Live, "GetTranscodeTemplateGroup"),
        (Product::Live, "GetAppInfos"),
        (Product::Live, "GetCallerIdentity"),
        (Product::Live, "LookupEvents"),
    ] {
        assert_eq!(bench.look_up(product, name, "DomainName=a.com").unwrap_err(), "InvalidVersion");
    }
}

#[test]
fn a_refusal_recommends_the_page_of_its_own_product() {
    let bench = Bench::new(Settings::default());
    for (product, name, shown) in [
        (Product::Live, "DescribeLiveDomainDetail", "live"),
        (Product::Vod, "GetTranscodeTemplateGroup", "vod"),
        (Product::Sts, "AssumeRole", "Sts"),
        (Product::ActionTrail, "LookupEvents", "Actiontrail"),
    ] {
        // Every action has a parameter that is missing or not valid here.
        let inquiry = inquiry(product, name, "MaxResults=many");
        for signature in [SignatureVersion::V1, SignatureVersion::V3] {
            let request = inquiry.sign(HOST, &key(), &bench.stamp(), signature);
            let error = outcome(&bench.service.call(&request)).unwrap_err();
            let (code, id) = (error.code, error.request_id.unwrap());
            let page = format!("https://api.aliyun.com/troubleshoot?q={code}&product={shown}&requestId={id}");
            assert_eq!(error.recommend, Some(page), "{name} {signature:?}");
        }
    }
}
