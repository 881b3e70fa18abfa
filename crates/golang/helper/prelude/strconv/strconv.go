// Package strconv.
package strconv

import "errors"

func formatInt(n int64, base int) string
func parseInt(s string, base int) (int64, bool)
func formatFloat(f float64, form int, precision int) string
func parseFloat(s string) (float64, bool)
func quote(s string) string

var (
	ErrSyntax = errors.New("invalid syntax")
	ErrRange  = errors.New("value out of range")
)

type NumError struct {
	Func string
	Num  string
	Err  error
}

func (e *NumError) Error() string {
	return "strconv." + e.Func + ": parsing " + quote(e.Num) + ": " + e.Err.Error()
}
func (e *NumError) Unwrap() error { return e.Err }

func Itoa(n int) string                    { return formatInt(int64(n), 10) }
func FormatInt(n int64, base int) string   { return formatInt(n, base) }
func FormatUint(n uint64, base int) string { return formatInt(int64(n), base) }
func Quote(s string) string                { return quote(s) }
func FormatBool(b bool) string {
	if b {
		return "true"
	}
	return "false"
}
func FormatFloat(f float64, form byte, precision, bits int) string {
	return formatFloat(f, int(form), precision)
}

func Atoi(s string) (int, error) {
	n, ok := parseInt(s, 10)
	if !ok {
		return 0, &NumError{"Atoi", s, ErrSyntax}
	}
	return int(n), nil
}

func ParseInt(s string, base, bits int) (int64, error) {
	n, ok := parseInt(s, base)
	if !ok {
		return 0, &NumError{"ParseInt", s, ErrSyntax}
	}
	return n, nil
}

func ParseFloat(s string, bits int) (float64, error) {
	f, ok := parseFloat(s)
	if !ok {
		return 0, &NumError{"ParseFloat", s, ErrSyntax}
	}
	return f, nil
}

func ParseBool(s string) (bool, error) {
	switch s {
	case "1", "t", "T", "true", "TRUE", "True":
		return true, nil
	case "0", "f", "F", "false", "FALSE", "False":
		return false, nil
	}
	return false, &NumError{"ParseBool", s, ErrSyntax}
}
