// Package strings.
package strings

func ToUpper(s string) string
func ToLower(s string) string
func TrimSpace(s string) string
func Index(s, sub string) int

func Contains(s, sub string) bool { return Index(s, sub) >= 0 }

func HasPrefix(s, p string) bool { return len(s) >= len(p) && s[:len(p)] == p }
func HasSuffix(s, p string) bool { return len(s) >= len(p) && s[len(s)-len(p):] == p }

func TrimPrefix(s, p string) string {
	if HasPrefix(s, p) {
		return s[len(p):]
	}
	return s
}

func TrimSuffix(s, p string) string {
	if HasSuffix(s, p) {
		return s[:len(s)-len(p)]
	}
	return s
}

func Join(list []string, sep string) string {
	out := ""
	for i, s := range list {
		if i > 0 {
			out += sep
		}
		out += s
	}
	return out
}

func Repeat(s string, n int) string {
	if n < 0 {
		panic("strings: negative Repeat count")
	}
	out := ""
	for range n {
		out += s
	}
	return out
}

func Split(s, sep string) []string { return SplitN(s, sep, -1) }

func SplitN(s, sep string, n int) []string {
	var out []string
	for n < 0 || len(out) < n-1 {
		var at int
		if sep == "" {
			if len(s) <= 1 {
				break
			}
			at = 1
		} else if at = Index(s, sep); at < 0 {
			break
		}
		out = append(out, s[:at])
		s = s[at+len(sep):]
	}
	return append(out, s)
}

func Cut(s, sep string) (before, after string, found bool) {
	if i := Index(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

func Fields(s string) []string {
	var out []string
	start := -1
	for i := 0; i <= len(s); i++ {
		blank := i == len(s) || s[i] == ' ' || s[i] == '\t' || s[i] == '\n' || s[i] == '\r'
		if blank && start >= 0 {
			out = append(out, s[start:i])
			start = -1
		} else if !blank && start < 0 {
			start = i
		}
	}
	return out
}

func Count(s, sub string) int {
	if sub == "" {
		return len(s) + 1
	}
	n := 0
	for {
		i := Index(s, sub)
		if i < 0 {
			return n
		}
		n++
		s = s[i+len(sub):]
	}
}

func Replace(s, old, new string, n int) string {
	out := ""
	for n != 0 && old != "" {
		i := Index(s, old)
		if i < 0 {
			break
		}
		out += s[:i] + new
		s = s[i+len(old):]
		n--
	}
	return out + s
}

func ReplaceAll(s, old, new string) string { return Replace(s, old, new, -1) }

func EqualFold(a, b string) bool { return ToLower(a) == ToLower(b) }

func LastIndex(s, sub string) int {
	for i := len(s) - len(sub); i >= 0; i-- {
		if s[i:i+len(sub)] == sub {
			return i
		}
	}
	return -1
}

func Trim(s, cut string) string { return TrimLeft(TrimRight(s, cut), cut) }

func TrimLeft(s, cut string) string {
	for len(s) > 0 && Index(cut, s[:1]) >= 0 {
		s = s[1:]
	}
	return s
}

func TrimRight(s, cut string) string {
	for len(s) > 0 && Index(cut, s[len(s)-1:]) >= 0 {
		s = s[:len(s)-1]
	}
	return s
}

// Builder keeps its text in one field.
type Builder struct{ s string }

func (b *Builder) WriteString(s string) (int, error) { b.s += s; return len(s), nil }
func (b *Builder) WriteByte(c byte) error            { b.s += string([]byte{c}); return nil }
func (b *Builder) WriteRune(r rune) (int, error)     { b.s += string(r); return 1, nil }
func (b *Builder) Write(p []byte) (int, error)       { b.s += string(p); return len(p), nil }
func (b *Builder) String() string                    { return b.s }
func (b *Builder) Len() int                          { return len(b.s) }
func (b *Builder) Grow(n int)                        {}
func (b *Builder) Reset()                            { b.s = "" }
