// Package slices.
package slices

import "cmp"

func Clone[S ~[]E, E any](s S) S { return append(S(nil), s...) }

func Contains[S ~[]E, E comparable](s S, v E) bool { return Index(s, v) >= 0 }

func Index[S ~[]E, E comparable](s S, v E) int {
	for i := range s {
		if s[i] == v {
			return i
		}
	}
	return -1
}

func Equal[S ~[]E, E comparable](a, b S) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func Sort[S ~[]E, E cmp.Ordered](s S) {
	for i := 1; i < len(s); i++ {
		for j := i; j > 0 && s[j] < s[j-1]; j-- {
			s[j], s[j-1] = s[j-1], s[j]
		}
	}
}

func SortFunc[S ~[]E, E any](s S, less func(a, b E) int) {
	for i := 1; i < len(s); i++ {
		for j := i; j > 0 && less(s[j], s[j-1]) < 0; j-- {
			s[j], s[j-1] = s[j-1], s[j]
		}
	}
}

func Reverse[S ~[]E, E any](s S) {
	for i, j := 0, len(s)-1; i < j; i, j = i+1, j-1 {
		s[i], s[j] = s[j], s[i]
	}
}

func Max[S ~[]E, E cmp.Ordered](s S) E {
	best := s[0]
	for _, v := range s {
		best = max(best, v)
	}
	return best
}

func Min[S ~[]E, E cmp.Ordered](s S) E {
	best := s[0]
	for _, v := range s {
		best = min(best, v)
	}
	return best
}

func Delete[S ~[]E, E any](s S, i, j int) S { return append(s[:i], s[j:]...) }
