//! The regions of ApsaraVideo Live and VOD.

/// The documented regions of live centers and of VOD (official endpoint lists of Live 2016-11-01 and VOD 2017-03-21). New
/// ones appear, so that an unknown region is no error.
pub const REGIONS: [&str; 15] = [
    "ap-northeast-1",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-5",
    "cn-beijing",
    "cn-hangzhou",
    "cn-hongkong",
    "cn-north-2-gov-1",
    "cn-qingdao",
    "cn-shanghai",
    "cn-shenzhen",
    "eu-central-1",
    "me-central-1",
    "us-east-1",
    "us-west-1",
];
