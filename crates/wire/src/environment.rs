//! Finding variables in a process's environment without a C library.
//!
//! Two forms are understood: the block of `NAME=value\0` strings that `/proc/self/environ` holds, and the array of
//! pointers that follows the argument pointers on the initial stack. Of a name that occurs twice the first counts, as
//! with `getenv`.

/// The value of `name` in a block of NUL-terminated `NAME=value` strings.
pub fn in_block<'a>(block: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    block.split(|byte| *byte == 0).find_map(|entry| value(entry, name))
}

/// The value of `name` in the environment that follows `argv` on the initial stack, `argc` arguments and a null pointer
/// further on. A value longer than `longest` bytes is cut there.
///
/// # Safety
/// `argv` is the argument array that the kernel gave the process (`argc` pointers, a null pointer, then pointers to
/// NUL-terminated strings up to another null pointer), and the strings are not changed while `'a` lasts.
#[expect(unsafe_code, reason = "reads the block that the kernel laid out")]
pub unsafe fn after_arguments<'a>(
    argv: *const *const u8,
    argc: usize,
    name: &[u8],
    longest: usize,
) -> Option<&'a [u8]> {
    if argv.is_null() {
        return None;
    }
    // SAFETY: the environment's first pointer follows the arguments and their null pointer, by the caller's promise.
    let mut entry = unsafe { argv.add(argc).add(1) };
    loop {
        // SAFETY: `entry` has not passed the array's null pointer: the loop ends there.
        let string = unsafe { *entry };
        if string.is_null() {
            return None;
        }
        // SAFETY: the entries are NUL-terminated strings, by the caller's promise.
        let (text, _) = unsafe { crate::symbolize::c_string(string, name.len() + 1 + longest) };
        if let Some(found) = value(text, name) {
            return Some(found);
        }
        // SAFETY: the entry just read was not the final null pointer, so another follows.
        entry = unsafe { entry.add(1) };
    }
}

/// The rest of the last argument that begins with `start`, in a block of NUL-terminated arguments as `/proc/self/cmdline` holds it.
pub fn argument_in_block<'a>(block: &'a [u8], start: &[u8]) -> Option<&'a [u8]> {
    block.split(|byte| *byte == 0).filter_map(|word| word.strip_prefix(start)).next_back()
}

/// The same of the `argc` arguments at `argv`; what is longer than `longest` bytes is cut there.
///
/// # Safety
/// As for [`after_arguments`].
#[expect(unsafe_code, reason = "reads the block that the kernel laid out")]
pub unsafe fn argument<'a>(argv: *const *const u8, argc: usize, start: &[u8], longest: usize) -> Option<&'a [u8]> {
    let mut found = None;
    for at in 0..argc {
        // SAFETY: there are `argc` pointers to NUL-terminated strings, by the caller's promise.
        let (word, _) = unsafe { crate::symbolize::c_string(*argv.add(at), start.len() + longest) };
        found = word.strip_prefix(start).or(found);
    }
    found
}

/// The value in `entry` if it is of the form `name=value`.
fn value<'a>(entry: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    entry.strip_prefix(name)?.strip_prefix(b"=")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn block() {
        let block = b"A=1\0GORACELESS=no\0GORACE=exitcode=3 a=b\0GORACE=second\0EMPTY=\0LAST=x";
        assert_eq!(in_block(block, b"GORACE"), Some(&b"exitcode=3 a=b"[..]));
        assert_eq!(in_block(block, b"EMPTY"), Some(&b""[..]));
        assert_eq!(in_block(block, b"LAST"), Some(&b"x"[..]));
        assert_eq!(in_block(block, b"GORAC"), None);
        assert_eq!(in_block(b"", b"GORACE"), None);
        assert_eq!(in_block(b"GORACE", b"GORACE"), None);
        assert_eq!(argument_in_block(b"p\0-a=1\0-b=2\0-a=3\0", b"-a="), Some(&b"3"[..]));
        assert_eq!(argument_in_block(b"p\0", b"-a="), None);
    }

    #[test]
    #[expect(unsafe_code, reason = "builds a block as the kernel would")]
    fn pointers() {
        let strings = [c"prog", c"GORACE=argument", c"X=1", c"GORACE=0123456789"];
        let [program, first, x, gorace] = strings.map(|s| s.as_ptr().cast::<u8>());
        let null = std::ptr::null();
        let block = [program, first, null, x, gorace, null];
        // SAFETY: the block is laid out as the function wants it, of static strings.
        let find = |name: &[u8], longest| unsafe { after_arguments(block.as_ptr(), 2, name, longest) };
        assert_eq!(find(b"GORACE", 100), Some(&b"0123456789"[..]));
        assert_eq!(find(b"GORACE", 4), Some(&b"0123"[..]));
        assert_eq!(find(b"X", 100), Some(&b"1"[..]));
        assert_eq!(find(b"Y", 100), None);
        // SAFETY: as above.
        let given = |start: &[u8]| unsafe { argument(block.as_ptr(), 2, start, 100) };
        assert_eq!(given(b"GORACE="), Some(&b"argument"[..]));
        assert_eq!(given(b"X="), None);
        // SAFETY: a null array is answered before anything is read.
        assert_eq!(unsafe { after_arguments(null.cast(), 0, b"X", 1) }, None);
    }
}
