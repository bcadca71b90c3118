//! Our own container, where dogwatch itself runs in one: its log is not watched, or each line would make another.

use std::fs;

/// The id of the container that we run in; `None` outside of one.
pub(super) fn container() -> Option<String> {
    container_of(&fs::read_to_string("/proc/self/mountinfo").ok()?)
}

/// The Engine mounts a file of the container's own folder at `/etc/hostname`; that folder is named by the id.
fn container_of(mounts: &str) -> Option<String> {
    mounts.lines().find_map(|line| {
        let mut fields = line.split(' ').skip(3);
        let (root, place) = (fields.next()?, fields.next()?);
        if !matches!(place, "/etc/hostname" | "/etc/hosts" | "/etc/resolv.conf") {
            return None;
        }
        let is_id = |part: &&str| part.len() == 64 && part.bytes().all(|b| b.is_ascii_hexdigit());
        root.split('/').find(is_id).map(str::to_owned)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_its_container_by_its_mounts() {
        let id = "5f".repeat(32);
        let host = format!(
            "22 1 8:1 / / rw - ext4 /dev/sda rw\n\
             90 22 0:41 / /var/lib/docker/containers/{id}/mounts/shm rw - tmpfs shm rw\n"
        );
        assert_eq!(container_of(&host), None);
        let inside = format!(
            "{host}91 90 8:1 /var/lib/docker/containers/{id}/hostname /etc/hostname rw - ext4 /dev/sda rw\n"
        );
        assert_eq!(container_of(&inside), Some(id));
        assert_eq!(container_of("1 2 3\n\n/etc/hostname"), None);
    }
}
