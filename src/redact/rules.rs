//! The kinds of secrets, as data: a literal that gives them away, and the exact form that follows it.
//!
//! A rule is only tried where one of its needles stands, and its pattern is anchored there, so a text without
//! needles costs one scan. Forms are those that the providers publish.

/// What must stand before a needle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    /// Anything.
    Any,
    /// The start, or something that cannot belong to the same token.
    Edge,
    /// As `Edge`, or an underscore, or a lower-case letter where the needle begins with a capital.
    Word,
}

/// Which values are secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Values {
    /// Whatever the pattern takes.
    All,
    /// Not words that only speak about the value: `missing`, `null`, `${VAR}`, or the begin of a sentence.
    Plausible,
    /// As `Plausible`, and not short numbers: they count something.
    Distinct,
}

/// One kind of secret.
#[derive(Debug)]
pub(super) struct Rule {
    /// Word shown in its place.
    pub(super) kind: &'static str,
    /// Literals, in lower case, found in any case.
    pub(super) needles: &'static [&'static str],
    /// What must stand before.
    pub(super) before: Before,
    /// From the needle on; the first group that took part is the secret.
    pub(super) pattern: &'static str,
    /// Which values count.
    pub(super) values: Values,
}

const fn token(
    kind: &'static str,
    needles: &'static [&'static str],
    pattern: &'static str,
) -> Rule {
    Rule { kind, needles, before: Before::Edge, pattern, values: Values::All }
}

/// The rest of a key, a separator, and a value that is quoted or bare.
macro_rules! assigned {
    ($key:literal) => {
        concat!(
            "^(?i:",
            $key,
            r#")\\?["'`]?(?:\]|\))?[ \t]{0,8}(?:=>|:=|=|:)[ \t]{0,8}(?:\\"([^"\\]+)(?:\\"|$)|"((?:[^"\\]|\\.)+)(?:"|$)|'((?:[^'\\]|\\.)+)(?:'|$)|`([^`]+)(?:`|$)|([^\s"'`,;&<>(){}\[\]][^\s"'`,;&<>)}]*))"#
        )
    };
}

pub(super) const RULES: &[Rule] = &[
    // Places where a secret stands.
    Rule {
        kind: "authorization",
        needles: &["authorization"],
        before: Before::Any,
        pattern: r#"^(?i:authorization)\\?["']?[ \t]{0,4}(?:=>|=|:)[ \t]{0,4}\\?["'\[]{0,2}(?i:(?:basic|bearer|token|digest|negotiate|apikey|aws4-hmac-sha256)[ \t]{1,4})?([^\s"'\\,\]]{4,})"#,
        values: Values::Plausible,
    },
    Rule {
        kind: "bearer",
        needles: &["bearer ", "basic "],
        before: Before::Edge,
        pattern: r"^(?i:bearer|basic)[ \t]{1,4}((?-u:[A-Za-z._~+/-]*[0-9][\w.~+/-]{11,}={0,2}|[A-Za-z0-9+/_-]{16,}={1,2}|[A-Za-z0-9._~+/-]{40,}))",
        values: Values::All,
    },
    Rule {
        kind: "cookie",
        needles: &["cookie"],
        before: Before::Any,
        pattern: r#"^(?i:cookie)2?\\?["']?[ \t]{0,4}(?:=>|=|:)[ \t]{0,4}\\?["'\[]{0,2}([\w.!#$%&*+^`|~-]+=[^"'\r\n\\]+)"#,
        values: Values::All,
    },
    Rule {
        kind: "url-password",
        needles: &["://"],
        before: Before::Any,
        pattern: r#"^://(?:[^\s/?#@:"'<>]*:(?:([^\s/"'<>`]+)|([0-9]{0,64}[^\s0-9/"'<>@`][^\s"'<>@`]*))@|([^\s/?#@:"'<>]{20,})@)"#,
        values: Values::Plausible,
    },
    Rule {
        kind: "password",
        needles: &["password", "passwd", "passphrase", "passcode"],
        before: Before::Any,
        pattern: assigned!(
            r"pass(?:word|wd|phrase|code)(?:[_.-]?(?:hash|digest|value|plain|new|old|confirm|confirmation|[0-9]{1,2}))?"
        ),
        values: Values::Plausible,
    },
    Rule {
        kind: "password",
        needles: &["pass", "pwd", "pw"],
        before: Before::Word,
        pattern: assigned!(r"(?:pass|pwd|pw)"),
        values: Values::Distinct,
    },
    Rule {
        kind: "password",
        needles: &["password '", "password \""],
        before: Before::Any,
        pattern: r#"^(?i:password) (?:'([^'\r\n]+)'|"([^"\r\n]+)")"#,
        values: Values::Plausible,
    },
    Rule {
        kind: "password",
        needles: &["create user", "alter user", "grant "],
        before: Before::Edge,
        pattern: r#"^(?i:create user|alter user|grant) .*?(?i:identified by) (?:'([^'\r\n]+)'|"([^"\r\n]+)")"#,
        values: Values::Plausible,
    },
    Rule {
        kind: "password",
        needles: &["requirepass ", "masterauth "],
        before: Before::Edge,
        pattern: r#"^(?i:requirepass|masterauth)[ \t]{1,4}["']?([^\s"']+)"#,
        values: Values::Plausible,
    },
    Rule {
        kind: "argument",
        needles: &["--"],
        before: Before::Edge,
        pattern: r#"^--[a-zA-Z-]{0,32}(?:password|passwd|passphrase|secret|token|api-?key)[ \t]{1,4}["']?([^\s"'-][^\s"']{2,})"#,
        values: Values::Plausible,
    },
    Rule {
        kind: "argument",
        needles: &["-u ", "--user "],
        before: Before::Edge,
        pattern: r#"^(?:-u|--user)[ \t]{1,4}["']?[A-Za-z][\w.@+-]{0,128}:([^\s"']+)"#,
        values: Values::Plausible,
    },
    Rule {
        kind: "secret",
        needles: &["secret"],
        before: Before::Any,
        pattern: assigned!(
            r"secret(?:[_.-]?(?:access[_.-]?)?key|[_.-]?(?:key[_.-]?base|token|value|[0-9]{1,2}))?"
        ),
        values: Values::Plausible,
    },
    Rule {
        kind: "token",
        needles: &["token", "jwt", "csrf", "xsrf", "nonce_secret", "otp"],
        before: Before::Word,
        pattern: assigned!(r"(?:token|jwt|csrf|xsrf|otp)(?:[_.-]?(?:id|key|secret|value))?"),
        values: Values::Distinct,
    },
    Rule {
        kind: "token",
        needles: &["accesstoken", "refreshtoken", "authtoken", "idtoken", "bearertoken"],
        before: Before::Any,
        pattern: assigned!(r"(?:access|refresh|auth|id|bearer)token"),
        values: Values::Distinct,
    },
    Rule {
        kind: "key",
        needles: &[
            "api_key",
            "api-key",
            "apikey",
            "api key",
            "access_key",
            "access-key",
            "accesskey",
            "private_key",
            "private-key",
            "privatekey",
            "encryption_key",
            "encryption-key",
            "encryptionkey",
            "signing_key",
            "signing-key",
            "signingkey",
            "master_key",
            "master-key",
            "account_key",
            "accountkey",
            "shared_key",
            "sharedkey",
            "auth_key",
            "auth-key",
            "authkey",
            "license_key",
            "license-key",
            "storage_key",
            "sharedaccesskey",
            "deploy_key",
            "session_key",
            "webhook_key",
        ],
        before: Before::Any,
        pattern: assigned!(
            r"(?:api|access|private|encryption|signing|master|account|shared|auth|license|storage|sharedaccess|deploy|session|webhook)[_ -]?key(?:[_.-]?(?:base64|value|[0-9]{1,2}))?"
        ),
        values: Values::Plausible,
    },
    Rule {
        kind: "credential",
        needles: &["credential", "credentials"],
        before: Before::Any,
        pattern: assigned!(r"credentials?"),
        values: Values::Distinct,
    },
    Rule {
        kind: "session",
        needles: &["session", "sessid", "sessionid", "connect.sid"],
        before: Before::Word,
        pattern: assigned!(r"(?:session|sessid|connect\.sid)(?:[_.-]?(?:id|token|cookie))?"),
        values: Values::Distinct,
    },
    Rule {
        kind: "signature",
        needles: &["sig=", "signature=", "x-amz-signature=", "x-amz-security-token="],
        before: Before::Edge,
        pattern: r"^(?i:sig|x-amz-signature|x-amz-security-token|signature)=([A-Za-z0-9%+/=_-]{20,})",
        values: Values::All,
    },
    // Tokens that say whose they are.
    token(
        "aws-key",
        &["akia", "asia", "abia", "acca"],
        r"^((?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16})\b",
    ),
    token(
        "github-token",
        &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"],
        r"^(gh[pousr]_[0-9A-Za-z]{36,})",
    ),
    token("github-token", &["github_pat_"], r"^(github_pat_\w{40,})"),
    token(
        "gitlab-token",
        &["glpat-", "gldt-", "glrt-", "glptt-", "glcbt-"],
        r"^(gl(?:pat|dt|rt|ptt|cbt)-[\w.-]{20,})",
    ),
    token(
        "slack-token",
        &["xoxa-", "xoxb-", "xoxp-", "xoxo-", "xoxs-", "xoxr-", "xoxe.", "xapp-"],
        r"^((?:xox[abposr]-|xoxe\.|xapp-)[\w.-]{10,})",
    ),
    token(
        "slack-webhook",
        &["hooks.slack.com/"],
        r"^hooks\.slack\.com/(?:services|workflows|triggers)/([\w/+-]{10,})",
    ),
    token(
        "discord-webhook",
        &["discord.com/api/webhooks/", "discordapp.com/api/webhooks/"],
        r"^discord(?:app)?\.com/api/webhooks/([0-9]{5,25}/[\w-]{20,})",
    ),
    token("teams-webhook", &["webhook.office.com/"], r"^webhook\.office\.com/([\w@/-]{20,})"),
    token("google-key", &["aiza"], r"^(AIza[\w-]{35})"),
    token("google-token", &["ya29."], r"^(ya29\.[\w.-]{20,})"),
    token("google-secret", &["gocspx-"], r"^(GOCSPX-[\w-]{20,64})"),
    token(
        "stripe-key",
        &["sk_test_", "sk_live_", "sk_prod_", "rk_test_", "rk_live_", "rk_prod_"],
        r"^((?:sk|rk)_(?:test|live|prod)_\w{10,})",
    ),
    token("stripe-secret", &["whsec_"], r"^(whsec_[\w+/=]{20,128})"),
    token("npm-token", &["npm_"], r"^(npm_[A-Za-z0-9]{36})\b"),
    token("pypi-token", &["pypi-ag"], r"^(pypi-Ag[\w-]{50,})"),
    token("docker-token", &["dckr_pat_", "dckr_oat_"], r"^(dckr_[po]at_[\w-]{20,128})"),
    token(
        "ai-key",
        &["sk-"],
        r"^(sk-(?:(?:ant|proj|svcacct|or|admin)-[\w-]{20,}|[A-Za-z0-9]{20,}))",
    ),
    token("twilio-key", &["sk"], r"^(SK[0-9a-f]{32})\b"),
    token("sendgrid-key", &["sg."], r"^(SG\.[\w-]{16,64}\.[\w-]{16,128})"),
    token("mailgun-key", &["key-"], r"^(key-[0-9a-f]{32})\b"),
    token("digitalocean-token", &["dop_v1_", "doo_v1_", "dor_v1_"], r"^(do[opr]_v1_[a-f0-9]{64})"),
    token(
        "shopify-token",
        &["shpat_", "shpca_", "shppa_", "shpss_"],
        r"^(shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32})",
    ),
    token("vault-token", &["hvs.", "hvb.", "hvr."], r"^(hv[sbr]\.[\w-]{20,})"),
    token("databricks-token", &["dapi"], r"^(dapi[0-9a-f]{32})\b"),
    token("atlassian-token", &["atatt3"], r"^(ATATT3[\w=-]{60,})"),
    token("linear-key", &["lin_api_"], r"^(lin_api_[A-Za-z0-9]{32,64})"),
    token(
        "grafana-token",
        &["glsa_", "glc_"],
        r"^(gl(?:sa_[A-Za-z0-9]{32}_[0-9a-fA-F]{8}|c_[\w+/=]{32,}))",
    ),
    token("newrelic-key", &["nrak-"], r"^(NRAK-[A-Z0-9]{27})"),
    token("huggingface-token", &["hf_"], r"^(hf_[A-Za-z0-9]{30,64})\b"),
    token("age-key", &["age-secret-key-1"], r"^(AGE-SECRET-KEY-1[0-9A-Z]{58})"),
    token("jwt", &["eyj"], r"^(eyJ[\w-]{14,}\.[\w/-]{10,}(?:\.[\w/-]*){0,3})"),
    Rule {
        kind: "telegram-token",
        needles: &[":aa"],
        before: Before::Any,
        pattern: r"^:(AA[\w-]{33})\b",
        values: Values::All,
    },
];

/// Lower-case values that speak about a secret instead of being one.
pub(super) const WORDS: &[&str] = &[
    "a",
    "absent",
    "an",
    "and",
    "are",
    "bad",
    "basic",
    "bearer",
    "blank",
    "can",
    "cannot",
    "changed",
    "closed",
    "could",
    "created",
    "default",
    "deleted",
    "denied",
    "disabled",
    "does",
    "empty",
    "enabled",
    "error",
    "expired",
    "expires",
    "failed",
    "failure",
    "false",
    "for",
    "found",
    "from",
    "has",
    "hidden",
    "in",
    "incorrect",
    "invalid",
    "is",
    "loaded",
    "malformed",
    "masked",
    "mismatch",
    "missing",
    "must",
    "n/a",
    "nil",
    "no",
    "none",
    "not",
    "null",
    "off",
    "ok",
    "omitted",
    "on",
    "or",
    "present",
    "received",
    "redacted",
    "refused",
    "rejected",
    "removed",
    "required",
    "reset",
    "revoked",
    "rotated",
    "set",
    "should",
    "started",
    "string",
    "the",
    "timeout",
    "true",
    "undefined",
    "unexpected",
    "unknown",
    "unset",
    "unsupported",
    "updated",
    "valid",
    "verified",
    "was",
    "wrong",
    "yes",
    "your",
];
