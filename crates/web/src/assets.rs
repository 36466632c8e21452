//! The stylesheet and the icon. The stylesheet's name holds its content's hash, so a browser may
//! keep it for ever and never sees an old one.

use std::sync::LazyLock;

use actix_web::{
    HttpResponse,
    http::header::{self, HeaderValue},
    web,
};
use sha2::{Digest, Sha256};

use crate::fault::{Fault, Kind};

const STYLESHEET: &str = include_str!("../static/habeas.css");
const ICON: &str = include_str!("../static/habeas.svg");

static STYLESHEET_NAME: LazyLock<String> = LazyLock::new(|| {
    let digest = Sha256::digest(STYLESHEET);
    let hash: String = digest.iter().take(8).map(|b| format!("{b:02x}")).collect();
    format!("habeas.{hash}.css")
});

/// Path of the stylesheet for `<link>`.
pub(crate) fn stylesheet() -> String {
    format!("/static/{}", *STYLESHEET_NAME)
}

pub(crate) fn configure(config: &mut web::ServiceConfig) {
    let resource = web::resource("/static/{name}").route(web::get().to(asset));
    // Compressing is safe here and only here: nothing in these files is secret (BREACH).
    config.service(resource.wrap(actix_web::middleware::Compress::default()));
}

async fn asset(name: web::Path<String>) -> Result<HttpResponse, Fault> {
    let (kind, lasts, body) = match name.as_str() {
        "habeas.svg" => ("image/svg+xml", "public, max-age=86400", ICON),
        name if name == *STYLESHEET_NAME => (
            "text/css; charset=utf-8",
            "public, max-age=31536000, immutable",
            STYLESHEET,
        ),
        _ => return Err(Fault::new(Kind::NotFound)),
    };
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, HeaderValue::from_static(kind)))
        .insert_header((header::CACHE_CONTROL, HeaderValue::from_static(lasts)))
        .body(body))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// `--name: #rrggbb` of the first `:root` block, or with those of the dark one on top.
    fn tokens(dark: bool) -> HashMap<&'static str, [f64; 3]> {
        let blocks: Vec<&str> = STYLESHEET.split(":root {").skip(1).take(2).collect();
        blocks
            .into_iter()
            .take(if dark { 2 } else { 1 })
            .flat_map(|block| block.split_once('}').unwrap().0.split(';'))
            .filter_map(|line| line.split_once(": #"))
            .map(|(name, hex)| {
                let part = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
                let rgb = [part(0), part(2), part(4)].map(|c| f64::from(c) / 255.0);
                (name.trim(), rgb)
            })
            .collect()
    }

    /// WCAG 2.2, relative luminance.
    fn luminance(rgb: [f64; 3]) -> f64 {
        let [r, g, b] = rgb.map(|c| match c {
            c if c <= 0.04045 => c / 12.92,
            c => ((c + 0.055) / 1.055).powf(2.4),
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    #[test]
    fn every_text_can_be_read_on_every_ground_it_stands_on() {
        let text = 4.5; // Success criterion 1.4.3.
        let edges = 3.0; // Success criterion 1.4.11.
        for dark in [false, true] {
            let tokens = tokens(dark);
            let check = |front: &str, grounds: &[&str], least: f64| {
                for ground in grounds {
                    let (a, b) = (luminance(tokens[front]), luminance(tokens[ground]));
                    let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
                    assert!(
                        contrast >= least,
                        "{front} on {ground}: {contrast:.2}, dark: {dark}"
                    );
                }
            };
            let plain = ["--ground", "--paper", "--sunk"];
            for front in ["--ink", "--soft", "--accent", "--bad"] {
                check(front, &plain, text);
            }
            check("--soft", &["--accent-wash"], text);
            for front in ["accent", "good", "warn", "bad"] {
                check(&format!("--{front}"), &[&format!("--{front}-wash")], text);
            }
            check("--ink", &["--accent-wash", "--warn-wash"], text);
            check(
                "--on-accent",
                &["--accent", "--accent-deep", "--bad", "--bad-deep"],
                text,
            );
            check("--paper", &["--bad"], text);
            check("--edge", &["--paper", "--ground"], edges);
            check("--focus", &plain, edges);
        }
    }
}
