//! Breaking prose into lines.

/// Splits `text` into lines of at most `width` characters at spaces; a longer word gets a line of its own.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(20);
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

/// A source line shown with tabs as four spaces, and a byte range of it as a range of columns of what is shown.
pub fn expand(text: &str, range: (usize, usize)) -> (String, (usize, usize)) {
    let mut shown = String::new();
    let (mut from, mut to) = (None, None);
    let mut columns = 0;
    for (at, c) in text.char_indices() {
        if at >= range.0 && from.is_none() {
            from = Some(columns);
        }
        if at >= range.1 && to.is_none() {
            to = Some(columns);
        }
        let piece = crate::clean::line(text.get(at..at + c.len_utf8()).unwrap_or_default()).into_owned();
        columns += piece.chars().count();
        shown.push_str(&piece);
    }
    let from = from.unwrap_or(columns);
    (shown, (from, to.unwrap_or(columns).max(from)))
}

/// Cuts a line to `width` characters, keeping `columns` in view; returns the shown part and the moved columns.
pub fn clip(text: &str, columns: (usize, usize), width: usize) -> (String, (usize, usize)) {
    let length = text.chars().count();
    if length <= width || width < 20 {
        return (text.to_owned(), columns);
    }
    let start = if columns.1 < width { 0 } else { columns.0.saturating_sub(width / 3) };
    let room = width - 1 - usize::from(start > 0);
    let mut shown = String::new();
    if start > 0 {
        shown.push('…');
    }
    shown.extend(text.chars().skip(start).take(room));
    if start + room < length {
        shown.push('…');
    }
    let moved = |column: usize| (column + usize::from(start > 0)).saturating_sub(start).min(width);
    (shown, (moved(columns.0), moved(columns.1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_the_marked_part() {
        assert_eq!(wrap("aa bb cc", 20), ["aa bb cc"]);
        assert_eq!(expand("\tx++", (1, 2)), ("    x++".to_owned(), (4, 5)));
        let long = format!("{}x = 1{}", "a".repeat(100), "b".repeat(100));
        let (shown, (from, to)) = clip(&long, (100, 101), 40);
        assert!(shown.chars().count() <= 40);
        assert_eq!(shown.chars().skip(from).take(to - from).collect::<String>(), "x");
    }
}
