//! The front end of the command, as files to build with the user's Go: its sources and the library that programs are
//! checked against.

/// Path and content of each file of the helper.
pub const HELPER: &[(&str, &str)] = &[
    ("build.go", include_str!("../helper/build.go")),
    ("go.mod", include_str!("../helper/go.mod")),
    ("main.go", include_str!("../helper/main.go")),
    ("prelude/bytes/bytes.go", include_str!("../helper/prelude/bytes/bytes.go")),
    ("prelude/cmp/cmp.go", include_str!("../helper/prelude/cmp/cmp.go")),
    ("prelude/context/context.go", include_str!("../helper/prelude/context/context.go")),
    ("prelude/errors/errors.go", include_str!("../helper/prelude/errors/errors.go")),
    ("prelude/fmt/fmt.go", include_str!("../helper/prelude/fmt/fmt.go")),
    (
        "prelude/golang.org/x/sync/errgroup/errgroup.go",
        include_str!("../helper/prelude/golang.org/x/sync/errgroup/errgroup.go"),
    ),
    ("prelude/io/io.go", include_str!("../helper/prelude/io/io.go")),
    ("prelude/log/log.go", include_str!("../helper/prelude/log/log.go")),
    ("prelude/maps/maps.go", include_str!("../helper/prelude/maps/maps.go")),
    ("prelude/math/math.go", include_str!("../helper/prelude/math/math.go")),
    ("prelude/os/os.go", include_str!("../helper/prelude/os/os.go")),
    ("prelude/runtime/runtime.go", include_str!("../helper/prelude/runtime/runtime.go")),
    ("prelude/slices/slices.go", include_str!("../helper/prelude/slices/slices.go")),
    ("prelude/sort/sort.go", include_str!("../helper/prelude/sort/sort.go")),
    ("prelude/strconv/strconv.go", include_str!("../helper/prelude/strconv/strconv.go")),
    ("prelude/strings/strings.go", include_str!("../helper/prelude/strings/strings.go")),
    ("prelude/sync/atomic/atomic.go", include_str!("../helper/prelude/sync/atomic/atomic.go")),
    ("prelude/sync/sync.go", include_str!("../helper/prelude/sync/sync.go")),
    ("prelude/testing/testing.go", include_str!("../helper/prelude/testing/testing.go")),
    ("prelude/time/time.go", include_str!("../helper/prelude/time/time.go")),
    ("types.go", include_str!("../helper/types.go")),
    ("values.go", include_str!("../helper/values.go")),
];

#[cfg(test)]
mod tests {
    use super::HELPER;
    use std::path::Path;

    #[test]
    fn every_file_is_listed() {
        fn walk(dir: &Path, out: &mut Vec<String>, root: &Path) {
            for entry in std::fs::read_dir(dir).unwrap().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    walk(&path, out, root);
                } else {
                    out.push(path.strip_prefix(root).unwrap().to_string_lossy().into_owned());
                }
            }
        }
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("helper");
        let mut found = Vec::new();
        walk(&root, &mut found, &root);
        found.sort();
        let mut listed: Vec<_> = HELPER.iter().map(|(path, _)| (*path).to_owned()).collect();
        listed.sort();
        assert_eq!(found, listed);
    }
}
