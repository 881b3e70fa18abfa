// What package runtime tells the runtime of hb about blocks of the heap, for its reports: where they were allocated, and of what type they are.

//go:build race

package runtime

import (
	"internal/abi"
	"unsafe"
)

func __tsan_hb_begin()
func __tsan_hb_alloc()

// hbexplains says whether anybody will read where blocks were allocated.
var hbexplains bool

//go:nosplit
func hbbegin() {
	racecall((*byte)(unsafe.Pointer(abi.FuncPCABI0(__tsan_hb_begin))), uintptr(unsafe.Pointer(&hbexplains)), 0, 0, 0)
}

// What __tsan_hb_alloc is told besides the block.
type hballocation struct {
	size  uintptr
	frame uintptr
	stack *stack
}

// In the place of a type: the block is that of a buffered channel, and the size is its capacity.
const hbchannel = 1

// hballoc says, in the place of racemalloc, that a block of size bytes at p was allocated by the caller for values of the type typ, nil for bytes without pointers.
//
//go:nosplit
//go:noinline
func hballoc(p unsafe.Pointer, size uintptr, typ *_type) {
	gp := getg()
	if gp.racectx == 0 {
		racemalloc(p, size)
		return
	}
	more := hballocation{size, getcallerfp(), &gp.stack}
	racecall((*byte)(unsafe.Pointer(abi.FuncPCABI0(__tsan_hb_alloc))), gp.racectx, uintptr(p), uintptr(unsafe.Pointer(typ)), uintptr(unsafe.Pointer(&more)))
}

// hbchan says that the caller has made the channel c with the capacity size. What synchronises lies in its buffer.
//
//go:nosplit
//go:noinline
func hbchan(c *hchan, size int) {
	gp := getg()
	if gp.racectx == 0 || size == 0 {
		return
	}
	block := unsafe.Pointer(c)
	if uintptr(c.buf)-uintptr(block) > hchanSize {
		block = c.buf
	}
	more := hballocation{uintptr(size), getcallerfp(), &gp.stack}
	racecall((*byte)(unsafe.Pointer(abi.FuncPCABI0(__tsan_hb_alloc))), gp.racectx, uintptr(block), hbchannel, uintptr(unsafe.Pointer(&more)))
}

// The command by which the runtime of hb asks for a type, beside those of race.go.
const hbTypeCmd = 0x6862

// What lies at an offset in a block: the question and the answer.
type hbtype struct {
	typ    *_type
	size   uintptr
	offset uintptr
	// The answer: the name of the type of the whole or of its elements, the path from there, and the name of the innermost type at the offset,
	// and the kind of that, each ended by NUL. The offset becomes that in the innermost value, the size that of an element.
	text *byte
	room uintptr
	used uintptr
}

func (c *hbtype) put(s string) {
	for i := 0; i < len(s) && c.used < c.room; i++ {
		*(*byte)(add(unsafe.Pointer(c.text), c.used)) = s[i]
		c.used++
	}
}

func (c *hbtype) index(n uintptr) {
	const digits = "0123456789"
	power := uintptr(1)
	for n/power >= 10 {
		power *= 10
	}
	c.put("[")
	for ; power > 0; power /= 10 {
		digit := n / power % 10
		c.put(digits[digit : digit+1])
	}
	c.put("]")
}

// hbdescribe answers a question about a type.
func hbdescribe(c *hbtype) {
	t, offset := c.typ, c.offset
	c.put(toRType(t).string())
	c.put("\x00")
	if t.Size_ != 0 && c.size >= 2*t.Size_ {
		c.index(offset / t.Size_)
	}
	if t.Size_ != 0 {
		offset %= t.Size_
	}
	c.size = t.Size_
descend:
	for {
		switch t.Kind() {
		case abi.Struct:
			fields := (*abi.StructType)(unsafe.Pointer(t)).Fields
			for i := range fields {
				f := &fields[i]
				if offset-f.Offset < f.Typ.Size_ {
					c.put(".")
					c.put(f.Name.Name())
					t, offset = f.Typ, offset-f.Offset
					continue descend
				}
			}
		case abi.Array:
			if elem := (*abi.ArrayType)(unsafe.Pointer(t)).Elem; elem.Size_ != 0 {
				c.index(offset / elem.Size_)
				t, offset = elem, offset%elem.Size_
				continue descend
			}
		}
		break
	}
	c.put("\x00")
	c.put(toRType(t).string())
	c.put("\x00")
	c.put(t.Kind().String())
	c.put("\x00")
	c.offset = offset
}
