//! The runtime's entry points, as `runtime/race.go` declares them.

/// In the Go distribution, an entry point is a C symbol whose address is taken through a variable:
///
/// ```text
/// //go:linkname __tsan_init __tsan_init
/// var __tsan_init byte
/// //go:cgo_import_static __tsan_init
/// racecall(&__tsan_init, ...
/// ```
///
/// It becomes an assembly function of package `runtime` whose code address is taken:
///
/// ```text
/// func __tsan_init()
/// racecall((*byte)(unsafe.Pointer(abi.FuncPCABI0(__tsan_init))), ...
/// ```
///
/// Every name must be one that the runtime exports. Lines keep their numbers.
pub fn declare(source: &str, exported: impl Fn(&str) -> bool) -> Result<String, String> {
    const LINKNAME: &str = "//go:linkname __tsan_";
    const IMPORT: &str = "//go:cgo_import_static ";
    let mut names = Vec::new();
    let mut text = String::with_capacity(source.len());
    let mut lines = source.split_inclusive('\n');
    while let Some(line) = lines.next() {
        if let Some(name) = line.strip_prefix(IMPORT).map(str::trim_end) {
            if !exported(name) {
                return Err(format!("{name} is not known"));
            }
            text.push('\n');
        } else if line.starts_with(LINKNAME) {
            let name = line.split_ascii_whitespace().nth(1).unwrap_or_default();
            let declaration = lines.next().unwrap_or_default();
            if line.trim_end() != format!("//go:linkname {name} {name}")
                || declaration.trim_end() != format!("var {name} byte")
            {
                return Err(format!("{name} is declared in another way"));
            }
            if !exported(name) {
                return Err(format!("{name} is not known"));
            }
            text.push_str(&format!("func {name}()\n\n"));
            names.push(name.to_owned());
        } else {
            text.push_str(line);
        }
    }
    if names.is_empty() {
        return Err("no entry points are declared".to_owned());
    }
    for name in &names {
        let address = format!("&{name},");
        if !text.contains(&address) {
            return Err(format!("{name} is never called"));
        }
        text = text.replace(&address, &format!("(*byte)(unsafe.Pointer(abi.FuncPCABI0({name}))),"));
    }
    if text.contains("&__tsan_") {
        return Err("an entry point is used in another way".to_owned());
    }
    Ok(text)
}

/// The entry points that a Go file declares as functions, which assembly has to define.
pub fn declared(source: &str) -> impl Iterator<Item = &str> {
    source.lines().filter_map(|line| line.strip_prefix("func ")?.strip_suffix("()")).filter(|name| {
        name.starts_with("__tsan_") && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "//go:linkname __tsan_x __tsan_x\nvar __tsan_x byte\n\
        //go:cgo_import_static __tsan_x\nracecall(&__tsan_x, 1)\n";

    #[test]
    fn an_entry_point_becomes_a_function() {
        let text = declare(SOURCE, |_| true).unwrap();
        assert_eq!(text, "func __tsan_x()\n\n\nracecall((*byte)(unsafe.Pointer(abi.FuncPCABI0(__tsan_x))), 1)\n");
        assert_eq!(declared(&text).collect::<Vec<_>>(), ["__tsan_x"]);
    }

    #[test]
    fn an_unknown_entry_point_is_refused() {
        assert!(declare(SOURCE, |_| false).is_err());
        assert!(declare(&SOURCE.replace(" byte", " int"), |_| true).is_err());
        assert!(declare("package runtime\n", |_| true).is_err());
    }
}
