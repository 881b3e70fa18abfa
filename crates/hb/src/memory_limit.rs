//! The limit on memory that a container or a service manager has set for this process, read from its control groups.

use std::fs;
use std::path::{Path, PathBuf};

/// The limit in bytes; none where there is none, or none that can be read.
pub fn of_this_process() -> Option<u64> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    least(&groups, Path::new("/sys/fs/cgroup"))
}

/// The least of the limits of the groups in `groups` (as `/proc/self/cgroup` has them) and of all above them.
fn least(groups: &str, mount: &Path) -> Option<u64> {
    let mut limits = Vec::new();
    for line in groups.lines() {
        let mut fields = line.splitn(3, ':');
        let (Some(_), Some(controllers), Some(group)) = (fields.next(), fields.next(), fields.next()) else { continue };
        let (root, file) = match controllers {
            "" => (mount.to_owned(), "memory.max"),
            _ if controllers.split(',').any(|name| name == "memory") => (mount.join("memory"), "memory.limit_in_bytes"),
            _ => continue,
        };
        // Inside of a container the path may be one of the outside, which does not exist here; the root then is the container's.
        let own: PathBuf = root.join(group.trim_start_matches('/'));
        limits
            .extend(own.ancestors().take_while(|dir| dir.starts_with(&root)).filter_map(|dir| limit(&dir.join(file))));
    }
    limits.into_iter().min()
}

/// The number in a file; `max` and the huge number that means it in older kernels are no limit.
fn limit(file: &Path) -> Option<u64> {
    let bytes = fs::read_to_string(file).ok()?.trim().parse().ok()?;
    (bytes < 1 << 60).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_limit_of_all_groups_above_counts() {
        let mount = tempfile::tempdir().unwrap();
        let put = |file: &str, text: &str| {
            let path = mount.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let least = |groups: &str| least(groups, mount.path());
        put("a/b/memory.max", "max\n");
        assert_eq!(least("0::/a/b\n"), None);
        put("a/memory.max", "4096\n");
        assert_eq!(least("0::/a/b\n"), Some(4096));
        put("a/b/memory.max", "1024\n");
        assert_eq!(least("0::/a/b\n"), Some(1024));
        // Known by a name of the outside.
        put("memory.max", "512\n");
        assert_eq!(least("0::/docker/x\n"), Some(512));

        put("memory/c/memory.limit_in_bytes", "9223372036854771712\n");
        assert_eq!(least("5:cpu,memory:/c\n1:pids:/c\nnonsense\n"), None);
        put("memory/c/memory.limit_in_bytes", "8192\n");
        assert_eq!(least("5:cpu,memory:/c\n"), Some(8192));
        assert_eq!(least("5:memory:/../../c\n"), None);
    }
}
