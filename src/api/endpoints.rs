//! Which endpoint each call goes to: that of a domain's region, of a service, or the one that is given for all.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::endpoint::{Endpoint, EndpointError, LIVE, host};
use crate::wire::Product;

/// The endpoints for calls: per domain, and for calls about the caller.
#[derive(Debug)]
pub(super) struct Endpoints {
    regional: BTreeMap<Arc<str>, Endpoint>,
    central: Endpoint,
    sts: Endpoint,
}

impl Endpoints {
    /// Sends all calls to one endpoint.
    pub(super) fn only(central: Endpoint) -> Self {
        Self { regional: BTreeMap::new(), sts: central.clone(), central }
    }

    /// The documented Live endpoint of each domain's region, and the central endpoints for all else; STS may be
    /// elsewhere.
    pub(super) fn documented(
        regions: &BTreeMap<Arc<str>, String>,
        sts: Option<&Endpoint>,
    ) -> Result<Self, EndpointError> {
        let live = |region| Endpoint::documented(Product::Live, region);
        let regional = regions.iter().map(|(domain, region)| Ok((domain.clone(), live(Some(region))?)));
        let sts = sts.cloned().map_or_else(|| Endpoint::documented(Product::Sts, None), Ok)?;
        Ok(Self { regional: regional.collect::<Result<_, _>>()?, central: live(None)?, sts })
    }

    /// The documented Live endpoints of further domains' regions; none if there is one endpoint for all calls. A region
    /// that is no region selects no host, so its domain stays with the central one.
    pub(super) fn further(&self, regions: &BTreeMap<Arc<str>, String>) -> BTreeMap<Arc<str>, Endpoint> {
        let live = |region| Endpoint::documented(Product::Live, Some(region)).ok();
        let further = regions.iter().filter(|_| !self.is_only());
        further.filter_map(|(domain, region)| Some((domain.clone(), live(region)?))).collect()
    }

    /// Whether there is one endpoint for all calls.
    fn is_only(&self) -> bool {
        self.central == self.sts
    }

    pub(super) fn of(&self, domain: &str) -> &Endpoint {
        self.regional.get(domain).unwrap_or(&self.central)
    }

    pub(super) fn central(&self) -> &Endpoint {
        &self.central
    }

    pub(super) fn sts(&self) -> &Endpoint {
        &self.sts
    }

    /// VOD in a region, or the one endpoint for all calls.
    pub(super) fn vod(&self, region: Option<&str>) -> Result<Endpoint, EndpointError> {
        match self.is_only() {
            true => Ok(self.central.clone()),
            false => Endpoint::documented(Product::Vod, region),
        }
    }

    /// Where ActionTrail may list the calls about domains of a region, or the one endpoint for all calls. No document
    /// says in which region the calls to Live's central endpoint are listed: in the domain's, or in that of the endpoint.
    pub(super) fn trails(&self, region: Option<&str>) -> Result<Vec<Endpoint>, EndpointError> {
        if self.is_only() {
            return Ok(vec![self.central.clone()]);
        }
        let trail = |region| Endpoint::documented(Product::ActionTrail, region);
        let own = trail(region)?;
        let is_central = host(Product::Live, region) == LIVE;
        let central = is_central.then(|| trail(None)).transpose()?.filter(|central| *central != own);
        Ok(std::iter::once(own).chain(central).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_domain_is_called_in_its_region() {
        let regions = [("a.com", "cn-shanghai"), ("b.com", "eu-central-1")];
        let regions = regions.map(|(domain, region)| (Arc::from(domain), region.to_owned())).into();
        let endpoints = Endpoints::documented(&regions, None).unwrap();
        let hosts = ["a.com", "b.com", "c.com"].map(|domain| endpoints.of(domain).authority());
        assert_eq!(hosts, ["live.aliyuncs.com", "live.eu-central-1.aliyuncs.com", "live.aliyuncs.com"]);
        let bad = [(Arc::from("a.com"), "evil.com/".to_owned())].into();
        assert!(Endpoints::documented(&bad, None).is_err());
    }

    #[test]
    fn further_domains_are_called_in_their_regions_too() {
        let regions = [("a.com", "ap-southeast-1"), ("b.com", "evil.com/"), ("c.com", "cn-beijing")];
        let regions = regions.map(|(domain, region)| (Arc::from(domain), region.to_owned())).into();
        let further = |endpoints: Endpoints| -> Vec<String> {
            endpoints
                .further(&regions)
                .iter()
                .map(|(domain, endpoint)| format!("{domain} {endpoint}"))
                .collect()
        };
        let documented = Endpoints::documented(&BTreeMap::new(), None).unwrap();
        let found = ["a.com https://live.ap-southeast-1.aliyuncs.com", "c.com https://live.aliyuncs.com"];
        assert_eq!(further(documented), found);
        assert_eq!(further(Endpoints::only("http://127.0.0.1:8787".parse().unwrap())), [""; 0]);
    }

    #[test]
    fn calls_to_the_central_endpoint_may_be_listed_in_two_regions() {
        let trails = |endpoints: &Endpoints, region| -> Vec<String> {
            endpoints.trails(region).unwrap().iter().map(Endpoint::authority).collect()
        };
        let documented = Endpoints::documented(&BTreeMap::new(), None).unwrap();
        let [central, beijing, singapore] = ["cn-shanghai", "cn-beijing", "ap-southeast-1"]
            .map(|one| format!("actiontrail.{one}.aliyuncs.com"));
        for region in [None, Some("cn-shanghai")] {
            assert_eq!(trails(&documented, region).join(" "), central);
        }
        assert_eq!(trails(&documented, Some("cn-beijing")), [beijing, central]);
        assert_eq!(trails(&documented, Some("ap-southeast-1")), [singapore]);
        let only = Endpoints::only("http://127.0.0.1:8787".parse().unwrap());
        assert_eq!(trails(&only, Some("cn-beijing")), ["127.0.0.1:8787"]);
        assert!(documented.trails(Some("evil.com/")).is_err());
    }

    #[test]
    fn sts_is_asked_at_its_own_endpoint_or_at_the_one_that_is_given() {
        let regions = BTreeMap::from([("a.com".into(), "ap-southeast-1".to_owned())]);
        let documented = Endpoints::documented(&regions, None).unwrap();
        assert_eq!(documented.sts().to_string(), "https://sts.aliyuncs.com");
        assert_eq!(documented.of("a.com").to_string(), "https://live.ap-southeast-1.aliyuncs.com");
        let given = Endpoints::only("http://127.0.0.1:8787".parse().unwrap());
        assert_eq!(given.sts().to_string(), "http://127.0.0.1:8787");
        let vod = |endpoints: &Endpoints| endpoints.vod(Some("ap-southeast-1")).unwrap().to_string();
        assert_eq!(vod(&documented), "https://vod.ap-southeast-1.aliyuncs.com");
        assert_eq!(vod(&given), "http://127.0.0.1:8787");
        assert!(documented.vod(Some("evil.com/")).is_err());
    }
}
