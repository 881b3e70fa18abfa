// Package micro has the benchmarks that the standard library does not: patterns of concurrent programs, one each.
package micro

import (
	"fmt"
	"sync"
	"testing"
)

var sink int

func BenchmarkContendedMutex64(b *testing.B) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	n := 0
	for range 64 {
		wg.Go(func() {
			for range b.N/64 + 1 {
				mu.Lock()
				n++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	sink = n
}

func BenchmarkPingPong(b *testing.B) {
	ping, pong := make(chan int), make(chan int)
	go func() {
		for v := range ping {
			pong <- v + 1
		}
		close(pong)
	}()
	v := 0
	for range b.N {
		ping <- v
		v = <-pong
	}
	close(ping)
	<-pong
	sink = v
}

func BenchmarkPipeline8(b *testing.B) {
	first := make(chan int, 16)
	in := first
	for range 8 {
		from, out := in, make(chan int, 16)
		go func() {
			for v := range from {
				out <- v + 1
			}
			close(out)
		}()
		in = out
	}
	go func() {
		for i := range b.N {
			first <- i
		}
		close(first)
	}()
	for v := range in {
		sink = v
	}
}

func BenchmarkFanOutFanIn(b *testing.B) {
	for range b.N {
		var wg sync.WaitGroup
		parts := make([]int, 16)
		for i := range parts {
			wg.Add(1)
			go func() {
				defer wg.Done()
				for k := range 100 {
					parts[i] += k
				}
			}()
		}
		wg.Wait()
		for _, p := range parts {
			sink += p
		}
	}
}

func BenchmarkReadMostly16(b *testing.B) {
	var mu sync.RWMutex
	m := map[int]int{1: 1}
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for i := range b.N/16 + 1 {
				if i%1000 == 999 {
					mu.Lock()
					m[1]++
					mu.Unlock()
				} else {
					mu.RLock()
					_ = m[1]
					mu.RUnlock()
				}
			}
		})
	}
	wg.Wait()
}

func BenchmarkSharedTable64(b *testing.B) {
	table := make([]int, 4096)
	for i := range table {
		table[i] = i
	}
	b.ResetTimer()
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			s := 0
			for i := range b.N/64 + 1 {
				s += table[i%len(table)]
			}
			_ = s
		})
	}
	wg.Wait()
}

var big = make([]byte, 256<<20)

func BenchmarkStream256M(b *testing.B) {
	for range b.N {
		s := 0
		for i := 0; i < len(big); i += 8 {
			big[i] = byte(i)
			s += int(big[i])
		}
		sink = s
	}
}

func BenchmarkMapHeavy(b *testing.B) {
	for range b.N {
		m := map[string]int{}
		for i := range 2000 {
			m[keys[i]] = i
		}
		for i := range 2000 {
			sink += m[keys[i]]
		}
	}
}

var keys = func() []string {
	keys := make([]string, 2000)
	for i := range keys {
		keys[i] = fmt.Sprint("key", i)
	}
	return keys
}()

func BenchmarkByteSlices(b *testing.B) {
	from, to := make([]byte, 64<<10), make([]byte, 64<<10)
	for i := range b.N {
		for at := 0; at < len(from); at += 512 {
			copy(to[at:at+512], from[at:])
			to = append(to[:at+512], to[at+512:]...)
		}
		from[i%len(from)]++
	}
}

func fib(n int) int {
	if n < 2 {
		return n
	}
	return fib(n-1) + fib(n-2)
}

func depth(n int, p *int) int {
	if n == 0 {
		return *p
	}
	return depth(n-1, p) + 1
}

func BenchmarkDeepRecursion(b *testing.B) {
	x := new(int)
	for range b.N {
		sink += fib(15) + depth(5000, x)
	}
}

func throws(p *int) (err any) {
	defer func() { err = recover() }()
	defer func() { *p++ }()
	panic(*p)
}

func BenchmarkDeferPanic(b *testing.B) {
	x := new(int)
	for range b.N {
		throws(x)
	}
}
