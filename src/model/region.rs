//! The regions that the endpoint pages and the official SDKs name, and where Live and VOD of each are called.

/// Where a service of a region is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Served {
    /// At the region's own host.
    Here,
    /// At the service's central host.
    Centrally,
    /// At the host of another region.
    From(&'static str),
    /// Nowhere: the service is not offered in the region, or not any more.
    Nowhere,
}

/// One region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// Its id, such as `cn-shanghai`.
    pub name: &'static str,
    /// Where Live is called. Some official SDKs call it at the central host only; the endpoint page prevails.
    pub live: Served,
    /// Where VOD is called.
    pub vod: Served,
}

use Served::{Centrally, From, Here, Nowhere};

/// The regions of either service (endpoint pages of Live 2016-11-01 and VOD 2017-03-21, November 2026).
const REGIONS: [Region; 15] = [
    Region { name: "ap-northeast-1", live: Centrally, vod: Here },
    Region { name: "ap-south-1", live: Nowhere, vod: Nowhere },
    Region { name: "ap-southeast-1", live: Here, vod: Here },
    Region { name: "ap-southeast-5", live: Centrally, vod: Here },
    Region { name: "cn-beijing", live: Centrally, vod: Here },
    Region { name: "cn-hangzhou", live: Centrally, vod: From("cn-shanghai") },
    Region { name: "cn-hongkong", live: Nowhere, vod: Here },
    Region { name: "cn-north-2-gov-1", live: Centrally, vod: Here },
    Region { name: "cn-qingdao", live: Centrally, vod: Nowhere },
    Region { name: "cn-shanghai", live: Centrally, vod: Here },
    Region { name: "cn-shenzhen", live: Centrally, vod: Here },
    Region { name: "eu-central-1", live: Here, vod: Here },
    Region { name: "me-central-1", live: Centrally, vod: Here },
    Region { name: "us-east-1", live: Centrally, vod: Nowhere },
    Region { name: "us-west-1", live: Nowhere, vod: Here },
];

/// Regions of neither service, for which the official SDK of VOD has no regional host.
const WITHOUT_BOTH: [&str; 41] = [
    "ap-northeast-2-pop",
    "ap-southeast-2",
    "ap-southeast-3",
    "cn-beijing-finance-1",
    "cn-beijing-finance-pop",
    "cn-beijing-gov-1",
    "cn-beijing-nu16-b01",
    "cn-chengdu",
    "cn-edge-1",
    "cn-fujian",
    "cn-haidian-cm12-c01",
    "cn-hangzhou-bj-b01",
    "cn-hangzhou-finance",
    "cn-hangzhou-internal-prod-1",
    "cn-hangzhou-internal-test-1",
    "cn-hangzhou-internal-test-2",
    "cn-hangzhou-internal-test-3",
    "cn-hangzhou-test-306",
    "cn-hongkong-finance-pop",
    "cn-huhehaote",
    "cn-huhehaote-nebula-1",
    "cn-qingdao-nebula",
    "cn-shanghai-et15-b01",
    "cn-shanghai-et2-b01",
    "cn-shanghai-finance-1",
    "cn-shanghai-inner",
    "cn-shanghai-internal-test-1",
    "cn-shenzhen-finance-1",
    "cn-shenzhen-inner",
    "cn-shenzhen-st4-d01",
    "cn-shenzhen-su18-b01",
    "cn-wuhan",
    "cn-wulanchabu",
    "cn-yushanfang",
    "cn-zhangbei",
    "cn-zhangbei-na61-b01",
    "cn-zhangjiakou-na62-a01",
    "cn-zhengzhou-nebula-1",
    "eu-west-1-oxs",
    "me-east-1",
    "rus-west-1-pop",
];

impl Region {
    /// The region of this id; `None` for one that is newer than the tables, or that does not exist.
    pub fn find(name: &str) -> Option<Self> {
        let listed = || REGIONS.iter().find(|region| region.name == name).copied();
        let other = || WITHOUT_BOTH.iter().find(|other| **other == name);
        listed().or_else(|| other().map(|name| Self { name, live: Nowhere, vod: Nowhere }))
    }

    /// The ids of all regions where Live or VOD was ever offered; new ones appear.
    pub fn names() -> impl Iterator<Item = &'static str> {
        REGIONS.iter().map(|region| region.name)
    }

    /// Whether VOD may be offered in a region: known not to be only where the tables say so.
    pub fn may_have_vod(name: &str) -> bool {
        Self::find(name).is_none_or(|region| region.vod != Nowhere)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_region_is_listed_twice() {
        let mut names: Vec<&str> = REGIONS.iter().map(|region| region.name).chain(WITHOUT_BOTH).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn vod_is_missing_only_where_a_table_says_so() {
        for (region, may) in [
            ("cn-shanghai", true),
            ("cn-hangzhou", true),
            ("cn-north-2-gov-1", true),
            ("us-east-1", false),
            ("cn-qingdao", false),
            ("ap-south-1", false),
            ("cn-chengdu", false),
            ("ap-southeast-77", true),
        ] {
            assert_eq!(Region::may_have_vod(region), may, "{region}");
        }
        for region in REGIONS {
            if let From(other) = region.vod {
                assert_eq!(Region::find(other).map(|other| other.vod), Some(Here), "{}", region.name);
            }
        }
    }
}
