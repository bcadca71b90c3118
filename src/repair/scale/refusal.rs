//! Why a service cannot have several containers, said before anything is tried.

use super::rule::Rule;
use crate::{
    model::{Service, Shape},
    repair::consent::data_store,
};

/// Why a service is not scaled, as a sentence with what would help; `None` where it may be. `shape` is what its Compose
/// file says, or why that cannot be read.
pub fn refusal(service: &Service, rule: &Rule, shape: Result<&Shape, &str>) -> Option<String> {
    if let Some(fault) = rule.fault() {
        return Some(format!("its rule is wrong: {fault}"));
    }
    let Some(first) = service.containers.first() else {
        return Some("it has no container; `docker compose up -d` makes one".to_owned());
    };
    let label = |name: &str| first.care.labels.get(name).map(|text| text.trim());
    if label("dogwatch.scale").is_some_and(|word| matches!(word, "off" | "false" | "no" | "0")) {
        return Some("label dogwatch.scale=off".to_owned());
    }
    if let Some(store) = data_store(first.image.as_str()) {
        return Some(format!(
            "it is a data store ({store}): two of them on the same data destroy it"
        ));
    }
    let shape = match shape {
        Ok(shape) => shape,
        Err(why) => return Some(format!("its Compose file cannot be read: {why}")),
    };
    if shape.has_own_name {
        return Some("container_name gives it one name; take that line out".to_owned());
    }
    if shape.is_global {
        return Some("deploy.mode: global runs it once on each machine".to_owned());
    }
    if let Some(mode) = &shape.network_mode {
        return Some(format!("network_mode: {mode} gives all its containers one set of ports"));
    }
    if shape.host_ports.is_some_and(|enough| enough < rule.max) {
        let enough = shape.host_ports.unwrap_or(1);
        return Some(format!(
            "its fixed ports of the host suffice for {enough}, and max is {}; publish no port, or as \
             many as max",
            rule.max
        ));
    }
    let is_other = service.containers.iter().any(|container| {
        let hash = container.care.labels.get("com.docker.compose.config-hash");
        hash.is_none_or(|hash| hash.as_str() != shape.hash)
    });
    is_other.then(|| {
        "what runs was not made from its Compose file as it is now, or with other variables; \
         `docker compose up -d` first"
            .to_owned()
    })
}
