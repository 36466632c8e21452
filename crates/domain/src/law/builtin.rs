//! The files that come with Habeas. A new law or calendar is a file and its line here.

pub(super) const PROFILES: &[(&str, &str)] = &[
    ("eu.toml", include_str!("../../law/profiles/eu.toml")),
    (
        "us-ca-ccpa.2026.toml",
        include_str!("../../law/profiles/us-ca-ccpa.2026.toml"),
    ),
    (
        "us-ca-ccpa.2027.toml",
        include_str!("../../law/profiles/us-ca-ccpa.2027.toml"),
    ),
];

pub(super) const CALENDARS: &[(&str, &str)] = &[
    ("de.toml", include_str!("../../law/calendars/de.toml")),
    ("fr.toml", include_str!("../../law/calendars/fr.toml")),
    ("ie.toml", include_str!("../../law/calendars/ie.toml")),
    (
        "us-ca-min.toml",
        include_str!("../../law/calendars/us-ca-min.toml"),
    ),
];
