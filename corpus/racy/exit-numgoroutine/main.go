// The goroutine has certainly ended when its result is read, yet the end of a goroutine orders nothing.
//
//hb:case racy row=4 pattern=result
//hb:expect variable=checksum what=variable missing=polling fits=channel|waitgroup
package main

import (
	"fmt"
	"hash/crc32"
	"runtime"
)

var checksum uint32

func main() {
	go func() {
		checksum = crc32.ChecksumIEEE([]byte("hello")) // race: a
	}()
	for runtime.NumGoroutine() > 1 {
		runtime.Gosched()
	}
	fmt.Printf("%08x\n", checksum) // race: b
}
