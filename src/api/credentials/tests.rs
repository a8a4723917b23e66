use super::variables::{
    ADDRESS, CONFIG_FILE, CREDENTIALS_FILE, KEY_ID, KEY_SECRET, METADATA, METADATA_DISABLED,
    OIDC_PROVIDER_ARN, OIDC_TOKEN_FILE, PROFILE, PROFILE_DISABLED, ROLE_ARN, TOKEN,
};
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use super::provider::Otherwise;
use super::*;
use crate::gate::Secrets;
use crate::wire::Key;

const OIDC: [(&str, &str); 3] = [
    (ROLE_ARN, "acs:ram::1:role/r"),
    (OIDC_PROVIDER_ARN, "acs:ram::1:oidc-provider/p"),
    (OIDC_TOKEN_FILE, "/run/token"),
];

/// A home folder with a profile file, a credentials file, both or neither.
#[derive(Default)]
struct Home {
    config: Option<&'static str>,
    ini: Option<&'static str>,
}

impl Home {
    fn look(
        &self,
        variables: &[(&str, &str)],
        profile: Option<&str>,
    ) -> Result<Credentials, CredentialsError> {
        let home = tempfile::tempdir().unwrap();
        for (text, file) in
            [(self.config, ".aliyun/config.json"), (self.ini, ".alibabacloud/credentials.ini")]
        {
            if let Some(text) = text {
                put(home.path(), file, text);
            }
        }
        look(home.path(), variables, profile)
    }

    fn provider(&self, variables: &[(&str, &str)], profile: Option<&str>) -> Provider {
        self.look(variables, profile).unwrap().provider
    }

    fn message(&self, variables: &[(&str, &str)], profile: Option<&str>) -> String {
        self.look(variables, profile).unwrap_err().with_reasons()
    }
}

fn put(home: &Path, file: &str, text: &str) {
    let file = home.join(file);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, text).unwrap();
}

/// Looks in a home folder; no error may contain a secret.
fn look(
    home: &Path,
    variables: &[(&str, &str)],
    profile: Option<&str>,
) -> Result<Credentials, CredentialsError> {
    let variable = |name: &str| {
        variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
    };
    let surroundings =
        Surroundings { variable: &variable, home: Some(home.to_owned()), secrets: Secrets::default() };
    let found = find(&surroundings, profile);
    if let Err(error) = &found {
        let texts = [error.with_reasons(), error.help(), format!("{error:?}")];
        assert!(texts.iter().all(|text| !text.contains("secret-") && !text.contains("token-")), "{texts:?}");
    }
    found
}

fn key(provider: Provider) -> (String, String, Option<String>) {
    let Provider::Key(Key { id, secret, token }) = provider else { panic!("{provider:?} is no key") };
    (id, secret.expose().to_owned(), token.map(|token| token.expose().to_owned()))
}

fn key_id(provider: Provider) -> String {
    key(provider).0
}

const CONFIG: &str = r#"{"current":"main","profiles":[
    {"name":"main","mode":"AK","access_key_id":"id-main","access_key_secret":"secret-main","region_id":"cn-shanghai"},
    {"name":"sts","mode":"ststoken","access_key_id":"id-sts","access_key_secret":"secret-sts","sts_token":"token-sts"},
    {"name":"role","mode":"RamRoleArn","access_key_id":"id-role","access_key_secret":"secret-role",
     "ram_role_arn":"acs:ram::1:role/r","ram_session_name":"ci","expired_seconds":900,"external_id":"x",
     "sts_region":"cn-beijing"},
    {"name":"chain","mode":"ChainableRamRoleArn","source_profile":"role","ram_role_arn":"acs:ram::1:role/s",
     "expired_seconds":0},
    {"name":"loop","mode":"ChainableRamRoleArn","source_profile":"loop-2","ram_role_arn":"a"},
    {"name":"loop-2","mode":"ChainableRamRoleArn","source_profile":"loop","ram_role_arn":"a"},
    {"name":"instance","mode":"EcsRamRole","ram_role_name":"recorder"},
    {"name":"oidc","mode":"OIDC","oidc_provider_arn":"p","oidc_token_file":"/t","ram_role_arn":"r",
     "role_session_name":"named"},
    {"name":"sso","mode":"CloudSSO","access_key_id":"id-sso","access_key_secret":"secret-sso"},
    {"name":"oauth","mode":"OAuth"},
    {"name":"external","mode":"External","process_command":"tool --for 'a b'"},
    {"name":"external-open","mode":"External","process_command":"tool 'secret-x"},
    {"name":"half","mode":"AK","access_key_id":"id-half","access_key_secret":""},
    {"name":"odd","mode":"AK","access_key_id":"id-half","access_key_secret":["secret-list"]},
    {"name":"no-token","mode":"StsToken","access_key_id":"id-half","access_key_secret":"secret-half"},
    {"name":"abroad","mode":"AK","access_key_id":"i","access_key_secret":"s","sts_endpoint":"sts.example.com"},
    {"name":"uri","mode":"CredentialsURI","credentials_uri":"http://localhost/secret-path"},
    {"name":"rsa","mode":"RsaKeyPair"},
    {"name":"twice-no-token","mode":"RamRoleArn","access_key_id":"STS.1","access_key_secret":"secret-role",
     "ram_role_arn":"acs:ram::1:role/r"},
    {"name":"left-over","mode":"RamRoleArn","access_key_id":"LTAI","access_key_secret":"secret-role",
     "sts_token":"token-old","ram_role_arn":"acs:ram::1:role/r"},
    {"name":"twice","mode":"RamRoleArn","access_key_id":"STS.1","access_key_secret":"secret-role",
     "sts_token":"token-new","ram_role_arn":"acs:ram::1:role/r"},
    {"name":"blank","mode":"AK"}],"meta_path":""}"#;

const INI: &str = "\
[default]
type = access_key
access_key_id = id-ini
access_key_secret = secret-ini  # of nobody

[only-ini]
type = ram_role_arn
access_key_id = id-ini
access_key_secret = secret-ini
role_arn = acs:ram::1:role/r
policy = {}

[sts]
type = sts
access_key_id = id-ini
access_key_secret = secret-ini
security_token = token-ini

[instance]
type = ecs_ram_role

[oidc]
type = oidc_role_arn
role_arn = r
oidc_provider_arn = p
oidc_token_file_path = /t
role_session_name = ci

[rsa]
type = rsa_key_pair

[half]
type = oidc_role_arn
";

const CONFIGURED: Home = Home { config: Some(CONFIG), ini: None };
const BOTH: Home = Home { config: Some(CONFIG), ini: Some(INI) };
const INI_ONLY: Home = Home { config: None, ini: Some(INI) };
const BARE: Home = Home { config: None, ini: None };

#[test]
fn the_first_configured_source_decides() {
    let environment = [(KEY_ID, "id"), (KEY_SECRET, "secret")];
    let rest = [(CREDENTIALS_FILE, "/nowhere"), (METADATA, "recorder"), (ADDRESS, "http://127.0.0.1/k")];
    let from = |count: usize| -> Vec<(&str, &str)> {
        [&environment[..], &OIDC, &rest].concat().into_iter().skip(count).collect()
    };
    assert_eq!(key(CONFIGURED.provider(&from(0), None)), ("id".into(), "secret".into(), None));
    assert!(matches!(CONFIGURED.provider(&from(2), None), Provider::Oidc { .. }));
    assert_eq!(key_id(CONFIGURED.provider(&from(5), None)), "id-main");
    assert!(BARE.message(&from(5), None).contains("`/nowhere` can't be read"));
    assert_eq!(key_id(INI_ONLY.provider(&from(6), None)), "id-ini");
    assert!(matches!(BARE.provider(&from(6), None), Provider::Instance(_)));
    let Provider::Instance(instance) = BARE.provider(&from(7), None) else { panic!("no instance") };
    assert!(matches!(instance, Instance { role: None, otherwise: Otherwise::Address(_), .. }));
    let without_instance = [&from(7)[..], &[(METADATA_DISABLED, "true")]].concat();
    assert!(matches!(BARE.provider(&without_instance, None), Provider::Address(_)));
    let Provider::Instance(instance) = BARE.provider(&[], None) else { panic!("no instance") };
    assert_eq!(instance, Instance { role: None, allows_v1: true, otherwise: Otherwise::Nothing });
}

#[test]
fn a_security_token_goes_with_the_key() {
    let variables = [(KEY_ID, "id"), (KEY_SECRET, "secret"), (TOKEN, "token")];
    assert_eq!(key(BARE.provider(&variables, None)).2.as_deref(), Some("token"));
    assert_eq!(BARE.look(&variables, None).unwrap().source, Source::Variable(KEY_ID));
}

#[test]
fn a_given_profile_decides_alone() {
    let variables = [(KEY_ID, "id"), (KEY_SECRET, "secret"), (PROFILE, "half"), (PROFILE_DISABLED, "true")];
    let variables = [&variables[..], &OIDC].concat();
    let found = BOTH.look(&variables, Some("sts")).unwrap();
    assert!(
        found.source.to_string().ends_with("/.aliyun/config.json:3, named by `--profile`)"),
        "{}",
        found.source
    );
    assert_eq!(key(found.provider), ("id-sts".into(), "secret-sts".into(), Some("token-sts".into())));
    assert!(BOTH.message(&variables, Some("only-ini")).ends_with("has no profile `only-ini`"));
}

#[test]
fn the_current_profile_counts_unless_a_variable_names_another() {
    assert_eq!(key_id(CONFIGURED.provider(&[], None)), "id-main");
    assert_eq!(key_id(CONFIGURED.provider(&[(PROFILE, "sts")], None)), "id-sts");
    assert!(CONFIGURED.message(&[(PROFILE, "gone")], None).contains("has no profile `gone`"));
}

#[test]
fn a_name_that_stands_in_one_of_two_files_means_that_one() {
    assert_eq!(key_id(BOTH.provider(&[(PROFILE, "main")], None)), "id-main");
    let found = BOTH.look(&[(PROFILE, "only-ini")], None).unwrap();
    assert!(found.source.to_string().ends_with("/.alibabacloud/credentials.ini:6)"), "{}", found.source);
    assert!(BOTH.message(&[(PROFILE, "gone")], None).contains("credentials.ini` has no profile `gone`"));
    assert_eq!(key_id(INI_ONLY.provider(&[(PROFILE, "default")], None)), "id-ini");
    assert_eq!(key_id(BOTH.provider(&[(PROFILE_DISABLED, "true")], None)), "id-ini");
}

#[test]
fn each_mode_of_a_profile_leads_to_its_provider() {
    let mode = |name: &str| CONFIGURED.provider(&[(PROFILE, name)], None);
    let Provider::Role { by, role } = mode("chain") else { panic!("no role") };
    assert_eq!(
        (role.arn.as_str(), role.duration, role.session_name.as_str()),
        ("acs:ram::1:role/s", None, "livevod")
    );
    let Provider::Role { by, role } = *by else { panic!("no role") };
    assert_eq!((role.duration, role.external_id.as_deref()), (Some(900), Some("x")));
    assert_eq!(key_id(*by), "id-role");
    let Provider::Instance(instance) = mode("instance") else { panic!("no instance") };
    assert_eq!(
        instance,
        Instance { role: Some("recorder".into()), allows_v1: true, otherwise: Otherwise::Refused }
    );
    let Provider::Oidc { role, .. } = mode("oidc") else { panic!("no role") };
    assert_eq!(role.session_name, "named");
    assert!(matches!(mode("sso"), Provider::Kept { profile, .. } if profile == "sso"));
    assert!(matches!(mode("oauth"), Provider::Kept { .. }));
    let Provider::External { command } = mode("external") else { panic!("no command") };
    assert_eq!(command, ["tool", "--for", "a b"]);
}

#[test]
fn each_type_of_a_section_leads_to_its_provider() {
    let kind = |name: &str| INI_ONLY.provider(&[(PROFILE, name)], None);
    assert_eq!(key(kind("default")).1, "secret-ini");
    assert_eq!(key(kind("sts")).2.as_deref(), Some("token-ini"));
    let Provider::Role { role, .. } = kind("only-ini") else { panic!("no role") };
    assert_eq!(role.policy.as_deref(), Some("{}"));
    assert!(matches!(kind("instance"), Provider::Instance(_)));
    assert!(matches!(kind("oidc"), Provider::Oidc { .. }));
}

#[test]
fn a_half_configured_source_is_an_error_and_never_skipped() {
    let table = [
        (vec![(KEY_ID, "id")], "but no `ALIBABA_CLOUD_ACCESS_KEY_SECRET`"),
        (vec![(KEY_ID, "id"), (KEY_SECRET, "")], "but no `ALIBABA_CLOUD_ACCESS_KEY_SECRET`"),
        (vec![(KEY_SECRET, "secret-1")], "but no `ALIBABA_CLOUD_ACCESS_KEY_ID`"),
        (vec![(TOKEN, "token-1")], "but no `ALIBABA_CLOUD_ACCESS_KEY_ID`"),
        (OIDC[..2].to_vec(), "but no `ALIBABA_CLOUD_OIDC_TOKEN_FILE`"),
        (OIDC[1..].to_vec(), "but no `ALIBABA_CLOUD_ROLE_ARN`"),
        (OIDC[2..].to_vec(), "but no `ALIBABA_CLOUD_ROLE_ARN`"),
        (vec![OIDC[0], OIDC[2]], "but no `ALIBABA_CLOUD_OIDC_PROVIDER_ARN`"),
        (vec![(PROFILE, "half")], "has mode `AK`, but no `access_key_secret`"),
        (vec![(PROFILE, "odd")], "but no `access_key_secret`"),
        (vec![(PROFILE, "blank")], "but no `access_key_id`"),
        (vec![(PROFILE, "twice-no-token")], "but no `sts_token`"),
        (vec![(PROFILE, "no-token")], "has mode `StsToken`, but no `sts_token`"),
    ];
    for (variables, end) in table {
        let message = CONFIGURED.message(&variables, None);
        assert!(message.ends_with(end), "{variables:?}: {message}");
    }
    assert!(INI_ONLY.message(&[(PROFILE, "half")], None).ends_with("but no `role_arn`"));
    // Other tools read the role variable too.
    assert_eq!(key_id(CONFIGURED.provider(&OIDC[..1], None)), "id-main");
}

#[test]
fn what_the_official_sdks_refuse_is_refused_by_name() {
    assert!(CONFIGURED.message(&[], Some("rsa")).contains("mode `RsaKeyPair`"));
    assert!(INI_ONLY.message(&[(PROFILE, "rsa")], None).contains("type `rsa_key_pair`"));
}

#[test]
fn profiles_that_name_each_other_come_to_an_end() {
    let message = CONFIGURED.message(&[], Some("loop"));
    assert!(
        message.contains("profile `loop-2`") && message.contains("`source_profile` of `loop`"),
        "{message}"
    );
    assert!(message.ends_with("`source_profile` `loop`, which forms a cycle"), "{message}");
}

#[test]
fn variables_forbid_what_they_are_for() {
    let disabled = (METADATA_DISABLED, "true");
    assert!(matches!(BARE.look(&[disabled], None), Err(CredentialsError::None)));
    assert!(matches!(BARE.look(&[disabled, (METADATA, "r")], None), Err(CredentialsError::None)));
    for (home, name) in [(&CONFIGURED, "instance"), (&INI_ONLY, "instance")] {
        let message = home.message(&[disabled, (PROFILE, name)], None);
        assert!(message.ends_with("which `ALIBABA_CLOUD_ECS_METADATA_DISABLED` forbids"), "{message}");
    }
    for (value, profile) in [("1", "external"), ("true", "external"), ("TRUE", "uri"), ("1", "uri")] {
        let variable = ("ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS", value);
        let message = CONFIGURED.message(&[variable], Some(profile));
        assert!(message.ends_with("which `ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS` forbids"), "{message}");
    }
    let v2 = ("ALIBABA_CLOUD_IMDSV1_DISABLED", "true");
    let Provider::Instance(instance) = BARE.provider(&[v2], None) else { panic!("no instance") };
    assert!(!instance.allows_v1);
}

#[test]
fn sts_is_where_the_profile_or_a_variable_says() {
    let sts = |variables: &[(&str, &str)], profile| {
        let found = CONFIGURED.look(variables, Some(profile)).unwrap();
        found.sts.map(|endpoint| endpoint.authority())
    };
    let region = ("ALIBABA_CLOUD_STS_REGION", "cn-shanghai");
    let vpc = ("ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED", "true");
    let host = ("ALIBABA_CLOUD_STS_ENDPOINT", "sts.eu-central-1.aliyuncs.com");
    assert_eq!(sts(&[], "main"), None);
    assert_eq!(sts(&[vpc], "main"), None);
    assert_eq!(sts(&[region], "main").as_deref(), Some("sts.cn-shanghai.aliyuncs.com"));
    assert_eq!(sts(&[region, vpc], "main").as_deref(), Some("sts-vpc.cn-shanghai.aliyuncs.com"));
    assert_eq!(sts(&[region, host], "main").as_deref(), Some("sts.eu-central-1.aliyuncs.com"));
    assert_eq!(sts(&[region], "role").as_deref(), Some("sts.cn-beijing.aliyuncs.com"));
    assert_eq!(sts(&[vpc], "role").as_deref(), Some("sts-vpc.cn-beijing.aliyuncs.com"));
    let message = CONFIGURED.message(&[], Some("abroad"));
    assert!(message.contains("`sts.example.com` is not a host under `*.aliyuncs.com`"), "{message}");
    let bad = ("ALIBABA_CLOUD_STS_REGION", "x.example.com/");
    assert!(CONFIGURED.message(&[bad], None).contains("`x.example.com/` is not a region"));
}

#[test]
fn an_address_that_would_give_keys_away_is_refused() {
    let disabled = (METADATA_DISABLED, "true");
    let message = BARE.message(&[disabled, (ADDRESS, "http://10.0.0.1/secret-path")], None);
    assert!(message.contains("`http://10.0.0.1` is not encrypted"), "{message}");
    assert!(BARE.message(&[(ADDRESS, "secret-path")], None).contains("not a URL"));
}

#[test]
fn a_command_with_an_open_quote_is_none() {
    assert!(CONFIGURED.message(&[], Some("external-open")).ends_with("a quote is not closed"));
}

#[test]
fn a_file_that_was_asked_for_must_be_there() {
    assert!(CONFIGURED.message(&[(CONFIG_FILE, "/nowhere/config.json")], None).contains("can't be read"));
    assert!(BARE.message(&[(PROFILE, "main")], None).contains("can't be read"));
    assert!(BARE.message(&[], Some("main")).contains("can't be read"));
}

#[test]
fn a_file_of_another_form_is_told_by_its_line() {
    let config = |text| Home { config: Some(text), ini: None }.message(&[], None);
    assert!(
        config("{\"profiles\":[\n{\"name\":\"a\",\n\"mode\" \"secret-1\"}]}")
            .contains("config.json:3: not the format")
    );
    assert!(
        config("{\"current\":\"a\",\"profiles\":[\n\n[\"secret-1\"]]}")
            .contains("config.json:3: not the format")
    );
    assert!(config("").contains("config.json:1: not the format"));
    let ini = Home { config: None, ini: Some("[default]\naccess_key_secret secret-1\n") };
    assert!(ini.message(&[], None).contains("credentials.ini:2: expected `KEY = VALUE`"));
}

#[test]
fn no_debug_text_shows_a_secret() {
    let variables = [(KEY_ID, "id"), (KEY_SECRET, "secret-1"), (TOKEN, "token-1")];
    let address = [(ADDRESS, "http://localhost/secret-1?token-1")];
    for found in [
        BARE.look(&variables, None),
        BARE.look(&address, None),
        CONFIGURED.look(&[], Some("chain")),
        CONFIGURED.look(&[], Some("sso")),
    ] {
        let shown = format!("{found:?}");
        assert!(!shown.contains("secret-") && !shown.contains("token-"), "{shown}");
    }
}

/// What stands in place of a source's file, and the result: nothing, or an error with these words.
#[test]
fn only_what_is_not_there_is_not_configured() {
    type Make = fn(&Path);
    let dead_link: Make = |file| std::os::unix::fs::symlink("/nowhere", file).unwrap();
    let loops: Make = |file| std::os::unix::fs::symlink(file, file).unwrap();
    let folder: Make = |file| std::fs::create_dir(file).unwrap();
    let other: Make = |file| std::fs::write(file, b"[\xff]").unwrap();
    for file in [".aliyun/config.json", ".alibabacloud/credentials.ini", ".alibabacloud/credentials"] {
        for make in [dead_link, loops, folder, other] {
            let home = tempfile::tempdir().unwrap();
            put(home.path(), ".alibabacloud/x", "");
            put(home.path(), ".aliyun/x", "");
            make(&home.path().join(file));
            let message = look(home.path(), &[], None).unwrap_err().with_reasons();
            assert!(message.contains(&format!("{file}` can't be read: ")), "{message}");
        }
    }
    // A file where a folder would have to be: no such path exists below it.
    let home = tempfile::tempdir().unwrap();
    put(home.path(), ".aliyun", "");
    put(home.path(), ".alibabacloud", "");
    assert!(matches!(look(home.path(), &[], None).unwrap().provider, Provider::Instance(_)));
}

#[test]
fn a_variable_that_is_no_text_is_set_all_the_same() {
    let odd = OsString::from_vec(b"id-\xff".to_vec());
    let find_with = |name: &'static str, home: &Path| {
        let variable = |asked: &str| (asked == name).then(|| odd.clone());
        let surroundings =
            Surroundings { variable: &variable, home: Some(home.to_owned()), secrets: Secrets::default() };
        find(&surroundings, None)
    };
    let home = tempfile::tempdir().unwrap();
    put(home.path(), ".aliyun/config.json", CONFIG);
    for name in [KEY_ID, KEY_SECRET, TOKEN, PROFILE, ADDRESS, METADATA, PROFILE_DISABLED] {
        let message = find_with(name, home.path()).unwrap_err().with_reasons();
        assert_eq!(message, format!("`{name}` is not UTF-8"));
    }
    // A path may be any bytes.
    let message = find_with(CONFIG_FILE, home.path()).unwrap_err().with_reasons();
    assert!(message.contains("can't be read"), "{message}");
}

#[test]
fn yes_is_spelt_as_the_official_sdks_read_it() {
    assert_eq!(key_id(CONFIGURED.provider(&[(PROFILE_DISABLED, "1")], None)), "id-main");
    assert!(matches!(BARE.provider(&[(METADATA_DISABLED, "1")], None), Provider::Instance(_)));
    assert!(matches!(CONFIGURED.provider(&[(PROFILE_DISABLED, "TRUE")], None), Provider::Instance(_)));
}

#[test]
fn a_section_that_the_official_sdks_pass_over_is_passed_over() {
    for text in [
        "[default]\naccess_key_id = id\naccess_key_secret = secret-1\n",
        "[default]\ntype = access_key\nenable = false\naccess_key_id = id\naccess_key_secret = secret-1\n",
    ] {
        let home = Home { config: None, ini: Some(text) };
        assert!(matches!(home.provider(&[], None), Provider::Instance(_)), "{text}");
    }
    let enabled = "[default]\ntype = access_key\nenable = True\naccess_key_id = id\naccess_key_secret = s\n";
    assert_eq!(key_id(Home { config: None, ini: Some(enabled) }.provider(&[], None)), "id");
}

#[test]
fn of_two_credentials_files_that_differ_neither_is_used() {
    let home = tempfile::tempdir().unwrap();
    put(home.path(), ".alibabacloud/credentials", INI);
    assert_eq!(key_id(look(home.path(), &[], None).unwrap().provider), "id-ini");
    put(home.path(), ".alibabacloud/credentials.ini", INI);
    assert_eq!(key_id(look(home.path(), &[], None).unwrap().provider), "id-ini");
    put(home.path(), ".alibabacloud/credentials.ini", &INI.replace("id-ini", "id-other"));
    let error = look(home.path(), &[], None).unwrap_err();
    assert!(error.to_string().ends_with("credentials` differ"), "{error}");
    assert!(error.help().contains(CREDENTIALS_FILE));
    let named = home.path().join(".alibabacloud/credentials");
    let found = look(home.path(), &[(CREDENTIALS_FILE, named.to_str().unwrap())], None).unwrap();
    assert_eq!(key_id(found.provider), "id-ini");
}

#[test]
fn a_profile_without_a_key_is_no_identity() {
    let blank = r#"{"current":"default","profiles":[{"name":"default","mode":"AK","access_key_id":"",
        "access_key_secret":"","region_id":"cn-shanghai"}]}"#;
    for text in [blank, r#"{"current":"","profiles":[]}"#, "{}"] {
        let home = Home { config: Some(text), ini: Some(INI) };
        assert_eq!(key_id(home.provider(&[], None)), "id-ini", "{text}");
    }
    // A name given by the user is not optional.
    let home = Home { config: Some(blank), ini: None };
    assert!(home.message(&[(PROFILE, "default")], None).ends_with("but no `access_key_id`"));
    assert!(home.message(&[], Some("default")).ends_with("but no `access_key_id`"));
}

#[test]
fn a_token_that_was_left_over_is_not_sent_with_a_lasting_key() {
    for (profile, token) in [("left-over", None), ("twice", Some("token-new"))] {
        let Provider::Role { by, .. } = CONFIGURED.provider(&[], Some(profile)) else { panic!("no role") };
        assert_eq!(key(*by).2.as_deref(), token, "{profile}");
    }
}

#[test]
fn a_profile_may_name_an_address() {
    let Provider::Address(address) = CONFIGURED.provider(&[], Some("uri")) else { panic!("no address") };
    assert_eq!(address.endpoint.authority(), "localhost");
}

#[test]
fn files_are_read_however_their_editor_wrote_them() {
    const MARKED: &str = "\u{feff}{\"current\":\"a\",\"profiles\":[{\"name\":\"a\",\"mode\":\"AK\",\"access_key_id\":\"id\",\"access_key_secret\":\"s\"}]}";
    assert_eq!(key_id(Home { config: Some(MARKED), ini: None }.provider(&[], None)), "id");
    let ini = "\u{feff}[default]\r\nType: access_key\r\nAccess_Key_Id = id# mine\r\nACCESS_KEY_SECRET: s\r\n";
    assert_eq!(key_id(Home { config: None, ini: Some(ini) }.provider(&[], None)), "id");
}

#[test]
fn a_section_that_stands_twice_is_told_as_that() {
    let ini = "[default]\ntype = access_key\n[default]\naccess_key_secret = secret-1\n";
    let message = Home { config: None, ini: Some(ini) }.message(&[], None);
    assert!(message.ends_with("credentials.ini:3: duplicate section"), "{message}");
}

#[test]
fn a_key_that_was_not_copied_alone_is_told_before_any_call() {
    let told = |id: &str, secret: &str, token: &str| {
        let variables = [(KEY_ID, id), (KEY_SECRET, secret), (TOKEN, token)];
        BARE.look(&variables, None).map(|_| ()).map_err(|error| error.to_string())
    };
    let of =
        |part: &str, what: &str| Err(format!("the {part} of the access key from `{KEY_ID}` contains {what}"));
    assert_eq!(told("id", "secret-1\n", ""), of("secret", "a line break"));
    assert_eq!(told("id\r", "secret-1", ""), of("id", "a line break"));
    assert_eq!(told("id", "secret-1", "token-1 token-2"), of("token", "white space"));
    assert_eq!(told("id\u{7}", "secret-1", ""), of("id", "a control character"));
    assert_eq!(told("id", "secret-é", ""), of("secret", "a non-ASCII character"));
    assert_eq!(told("id", "secret-1/+=.", "token-1"), Ok(()));
}

#[test]
fn a_variable_of_another_tool_is_known() {
    let elsewhere = |set: &[&str]| {
        let variable = |name: &str| set.contains(&name).then(|| OsString::from("x"));
        Surroundings { variable: &variable, home: None, secrets: Secrets::default() }.read_elsewhere()
    };
    assert_eq!(elsewhere(&["ALIBABACLOUD_PROFILE"]), Some(("ALIBABACLOUD_PROFILE", PROFILE)));
    assert_eq!(elsewhere(&["ALIBABACLOUD_PROFILE", PROFILE]), None);
    assert_eq!(elsewhere(&[]), None);
}
