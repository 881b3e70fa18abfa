//! Breaking prose into lines, and source lines into what a terminal shows of them. Widths are columns of a terminal: a wide character takes two, a
//! combining one none.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns that a text takes.
pub fn columns_of(text: &str) -> usize {
    text.width()
}

/// Splits `text` into lines of at most `width` columns at spaces; a longer word gets a line of its own.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(20);
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    let mut taken = 0;
    for word in text.split(' ') {
        let columns = columns_of(word);
        if !line.is_empty() && taken + 1 + columns > width {
            lines.push(std::mem::take(&mut line));
            taken = 0;
        }
        if !line.is_empty() {
            line.push(' ');
            taken += 1;
        }
        line.push_str(word);
        taken += columns;
    }
    lines.push(line);
    lines
}

/// A source line shown with tabs as four spaces, and a byte range of it as a range of columns of what is shown.
pub fn expand(text: &str, range: (usize, usize)) -> (String, (usize, usize)) {
    let mut shown = String::new();
    let (mut from, mut to) = (None, None);
    for (at, c) in text.char_indices() {
        if at >= range.0 && from.is_none() {
            from = Some(columns_of(&shown));
        }
        if at >= range.1 && to.is_none() {
            to = Some(columns_of(&shown));
        }
        shown.push_str(&crate::clean::line(text.get(at..at + c.len_utf8()).unwrap_or_default()));
    }
    let all = columns_of(&shown);
    let from = from.unwrap_or(all);
    (shown, (from, to.unwrap_or(all).max(from)))
}

/// Cuts a line to `width` columns, keeping `columns` in view; returns the shown part and the moved columns.
pub fn clip(text: &str, columns: (usize, usize), width: usize) -> (String, (usize, usize)) {
    let length = columns_of(text);
    if length <= width || width < 20 {
        return (text.to_owned(), columns);
    }
    let start = if columns.1 < width { 0 } else { columns.0.saturating_sub(width / 3) };
    let mut shown = String::new();
    if start > 0 {
        shown.push('…');
    }
    // A wide character at the cut is left out as a whole: what is shown may begin a column later.
    let (mut at, mut began, mut cut) = (0, None, false);
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if at >= start {
            if columns_of(&shown) + wide >= width {
                cut = true;
                break;
            }
            began.get_or_insert(at);
            shown.push(c);
        }
        at += wide;
    }
    if cut {
        shown.push('…');
    }
    let began = began.unwrap_or(start);
    let moved = |column: usize| (column + usize::from(start > 0)).saturating_sub(began).min(width);
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

    #[test]
    fn wide_and_combining_characters_take_their_columns() {
        // Two of two columns, an e with an accent of none, a flag of two.
        let line = "\ts[\"世界e\u{301}🇩🇪\"] = x";
        let x = line.find('x').unwrap();
        let (shown, (from, to)) = expand(line, (x, x + 1));
        assert_eq!((from, to), (4 + 3 + 4 + 1 + 2 + 5, 4 + 3 + 4 + 1 + 2 + 6), "{shown}");
        assert_eq!(wrap("世界世界世界 aaaaaaaaaa", 20), ["世界世界世界", "aaaaaaaaaa"]);
        let long = format!("{}x = 1{}", "界".repeat(60), "世".repeat(60));
        for width in [40, 41] {
            let (shown, (from, to)) = clip(&long, (120, 121), width);
            assert!(columns_of(&shown) <= width, "{shown}");
            let before: String = shown.chars().take_while(|c| *c != 'x').collect();
            assert_eq!((columns_of(&before), to - from), (from, 1), "{shown}");
        }
    }
}
