// Package fmt: the text is made by the explorer, methods are called here.
package fmt

import (
	"io"
	"os"
)

type Stringer interface{ String() string }

func writeOut(s string)
func writeErr(s string)
func format(f string, a []any) string
func formatLine(a []any) string
func formatPlain(a []any) string
func needsString(f string, i int) bool
func wrapsVerb(f string) int
func typeName(x any) string

// text calls the method that gives a value's text, if it has one.
func text(x any) any {
	switch v := x.(type) {
	case error:
		return v.Error()
	case Stringer:
		return v.String()
	}
	return x
}

func texts(a []any) []any {
	for _, x := range a {
		switch x.(type) {
		case error, Stringer:
			out := make([]any, len(a))
			for i, x := range a {
				out[i] = text(x)
			}
			return out
		}
	}
	return a
}

func Println(a ...any) (n int, err error) {
	s := formatLine(texts(a))
	writeOut(s)
	return len(s), nil
}

func Print(a ...any) (n int, err error) {
	s := formatPlain(texts(a))
	writeOut(s)
	return len(s), nil
}

func Printf(f string, a ...any) (n int, err error) {
	s := Sprintf(f, a...)
	writeOut(s)
	return len(s), nil
}

func Sprint(a ...any) string   { return formatPlain(texts(a)) }
func Sprintln(a ...any) string { return formatLine(texts(a)) }

func Sprintf(f string, a ...any) string {
	var out []any
	for i, x := range a {
		if needsString(f, i) {
			switch x.(type) {
			case error, Stringer:
				if out == nil {
					out = append([]any(nil), a...)
				}
				out[i] = text(x)
			}
		}
	}
	if out == nil {
		out = a
	}
	return format(f, out)
}

func Fprintln(w io.Writer, a ...any) (n int, err error) {
	return w.Write([]byte(Sprintln(a...)))
}

func Fprint(w io.Writer, a ...any) (n int, err error) { return w.Write([]byte(Sprint(a...))) }

func Fprintf(w io.Writer, f string, a ...any) (n int, err error) {
	return w.Write([]byte(Sprintf(f, a...)))
}

type wrapError struct {
	msg string
	err error
}

func (e *wrapError) Error() string { return e.msg }
func (e *wrapError) Unwrap() error { return e.err }

type plainError struct{ s string }

func (e *plainError) Error() string { return e.s }

func Errorf(f string, a ...any) error {
	s := Sprintf(f, a...)
	if i := wrapsVerb(f); i >= 0 && i < len(a) {
		if err, ok := a[i].(error); ok {
			return &wrapError{s, err}
		}
	}
	return &plainError{s}
}

type stdout struct{}

func (stdout) Write(p []byte) (int, error) { writeOut(string(p)); return len(p), nil }

type stderr struct{}

func (stderr) Write(p []byte) (int, error) { writeErr(string(p)); return len(p), nil }

func init() {
	os.Stdout.W = stdout{}
	os.Stderr.W = stderr{}
}
