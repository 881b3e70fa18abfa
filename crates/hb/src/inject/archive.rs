//! Go package archives: replacing one member.
//!
//! The format is the old Unix one: a magic line, then for each member a header of 60 characters and
//! the contents, padded to an even length.

const MAGIC: &[u8] = b"!<arch>\n";
const HEADER: usize = 60;
/// Where in the header the member's size stands, in decimal digits.
const SIZE_FIELD: std::ops::Range<usize> = 48..58;

/// A copy of `archive` in which `contents` replaces the one member whose name `is_wanted` holds for.
/// `Err` says what is wrong with the archive.
pub fn replace_member(archive: &[u8], is_wanted: impl Fn(&str) -> bool, contents: &[u8]) -> Result<Vec<u8>, String> {
    let mut rest = archive.strip_prefix(MAGIC).ok_or("not an archive")?;
    let mut copy = MAGIC.to_vec();
    let mut replaced = 0;
    while !rest.is_empty() {
        let (header, after) = rest.split_at_checked(HEADER).ok_or("a header is cut off")?;
        let text = std::str::from_utf8(header).map_err(|_| "a header is not text")?;
        let size: usize = text[SIZE_FIELD].trim().parse().map_err(|_| "a size is not a number")?;
        let member = after.get(..size).ok_or("a member is cut off")?;
        rest = after.get(size.next_multiple_of(2)..).unwrap_or_default();
        let name = text[..16].trim_end();
        if is_wanted(name) {
            replaced += 1;
            push(&mut copy, text, contents);
        } else {
            push(&mut copy, text, member);
        }
    }
    match replaced {
        1 => Ok(copy),
        count => Err(format!("{count} members have the name looked for")),
    }
}

fn push(archive: &mut Vec<u8>, header: &str, contents: &[u8]) {
    let size = format!("{:<10}", contents.len());
    for part in [&header[..SIZE_FIELD.start], &size, &header[SIZE_FIELD.end..]] {
        archive.extend(part.as_bytes());
    }
    archive.extend(contents);
    if contents.len() % 2 == 1 {
        archive.push(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut archive = MAGIC.to_vec();
        for (name, contents) in members {
            let header = format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, 644, 0);
            assert_eq!(header.len(), HEADER);
            push(&mut archive, &header, contents);
        }
        archive
    }

    #[test]
    fn one_member_is_replaced_and_the_others_stay() {
        let before = archive(&[("__.PKGDEF", b"def"), ("race_linux.syso", b"old"), ("z", b"zz")]);
        let after = archive(&[("__.PKGDEF", b"def"), ("race_linux.syso", b"newer"), ("z", b"zz")]);
        assert_eq!(replace_member(&before, |n| n.ends_with(".syso"), b"newer").unwrap(), after);
    }

    #[test]
    fn damaged_archives_are_refused() {
        let good = archive(&[("a", b"1234")]);
        assert!(replace_member(&good, |n| n == "b", b"").is_err());
        for length in 1..good.len() {
            assert!(replace_member(&good[..length], |n| n == "a", b"").is_err(), "{length}");
        }
        assert!(replace_member(&archive(&[("a", b""), ("a", b"")]), |_| true, b"").is_err());
    }
}
