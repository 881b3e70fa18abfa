// Package bytes: Buffer, by its contents.
package bytes

import "io"

type Buffer struct {
	buf []byte
	off int
}

func NewBuffer(b []byte) *Buffer       { return &Buffer{buf: b} }
func NewBufferString(s string) *Buffer { return &Buffer{buf: []byte(s)} }

func (b *Buffer) Write(p []byte) (int, error)       { b.buf = append(b.buf, p...); return len(p), nil }
func (b *Buffer) WriteString(s string) (int, error) { b.buf = append(b.buf, s...); return len(s), nil }
func (b *Buffer) WriteByte(c byte) error            { b.buf = append(b.buf, c); return nil }
func (b *Buffer) WriteRune(r rune) (int, error)     { b.buf = append(b.buf, string(r)...); return 1, nil }
func (b *Buffer) String() string {
	if b == nil {
		return "<nil>"
	}
	return string(b.buf[b.off:])
}
func (b *Buffer) Bytes() []byte { return b.buf[b.off:] }
func (b *Buffer) Len() int      { return len(b.buf) - b.off }
func (b *Buffer) Reset()        { b.buf = b.buf[:0]; b.off = 0 }
func (b *Buffer) Grow(n int)    {}

func (b *Buffer) Read(p []byte) (int, error) {
	if b.off >= len(b.buf) {
		b.Reset()
		if len(p) == 0 {
			return 0, nil
		}
		return 0, io.EOF
	}
	n := copy(p, b.buf[b.off:])
	b.off += n
	return n, nil
}

func Equal(a, b []byte) bool { return string(a) == string(b) }
