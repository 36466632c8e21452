//! Founds the company in a folder: two databases, their maps, and the configuration. What is
//! written here is an installation like any other, and `habeas check` can be run on it.

use std::{fs, net::SocketAddr, path::Path};

use super::data::{self, Cast};

const SHOP_MAP: &str = include_str!("maps/shop.yaml");
const SUPPORT_MAP: &str = include_str!("maps/support.yaml");

pub fn found(folder: &Path, listen: SocketAddr) -> anyhow::Result<Cast> {
    let cast = data::make(&folder.join("shop.db"), &folder.join("support.db"))?;
    fs::create_dir(folder.join("maps"))?;
    fs::write(folder.join("maps/shop.yaml"), SHOP_MAP)?;
    fs::write(folder.join("maps/support.yaml"), SUPPORT_MAP)?;
    fs::write(folder.join("habeas.toml"), configuration(listen))?;
    Ok(cast)
}

fn configuration(listen: SocketAddr) -> String {
    format!(
        r#"# The make-believe company of `habeas demo`.

[site]
controller = "Larch & Linen"
base_url = "http://{listen}"
contact = "privacy@larch-and-linen.example"
timezone = "Europe/Berlin"
default_law = "eu"

[database]
sqlite = "habeas.db"

[mail]
sender = "privacy@larch-and-linen.example"
officers = "officers@larch-and-linen.example"
folder = "letters"

[web]
listen = "{listen}"

[[stores]]
connector = "sqlite"
path = "shop.db"
map = "maps/shop.yaml"

[[stores]]
connector = "sqlite"
path = "support.db"
map = "maps/support.yaml"
"#
    )
}
