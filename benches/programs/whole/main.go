// Command whole is measured as a whole process: memory, time, exit. It prints nothing but its own seconds.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"time"
)

type node struct {
	left, right *node
	value       int
}

func build(n int) *node {
	if n == 0 {
		return nil
	}
	k := (n - 1) / 2
	return &node{build(k), build(n - 1 - k), n}
}

func (n *node) sum() int {
	if n == nil {
		return 0
	}
	return n.value + n.left.sum() + n.right.sum()
}

func tree() {
	t := build(4_000_000)
	m := map[int]int{}
	for i := range 2_000_000 {
		m[i] = i
	}
	s := t.sum()
	for i := range 2_000_000 {
		s += m[i]
	}
	runtime.KeepAlive(s)
}

// parked starts n goroutines that each touch memory and wait.
func parked(n int) (release func()) {
	var ready, done sync.WaitGroup
	hold := make(chan struct{})
	values := make([]int, n)
	ready.Add(n)
	done.Add(n)
	for i := range n {
		go func() {
			local := make([]int, 4)
			local[i%4] = i
			values[i] = local[i%4]
			ready.Done()
			<-hold
			runtime.KeepAlive(local)
			done.Done()
		}()
	}
	ready.Wait()
	return func() { close(hold); done.Wait() }
}

// scale prints nanoseconds for a goroutine's life, a mutex hand-over and a channel operation beside n parked goroutines.
func scale(n int) {
	parked(n)
	per := func(times int, f func()) int64 {
		begin := time.Now()
		f()
		return time.Since(begin).Nanoseconds() / int64(times)
	}
	const times = 50_000
	spawn := per(times, func() {
		done := make(chan bool)
		for range times {
			go func() { done <- true }()
			<-done
		}
	})
	mutex := per(times, func() {
		var mu sync.Mutex
		var wg sync.WaitGroup
		for range 2 {
			wg.Add(1)
			go func() {
				for range times / 2 {
					mu.Lock()
					runtime.Gosched()
					mu.Unlock()
				}
				wg.Done()
			}()
		}
		wg.Wait()
	})
	channel := per(times, func() {
		c := make(chan int)
		go func() {
			for i := range times {
				c <- i
			}
			close(c)
		}()
		for range c {
		}
	})
	fmt.Println("scale", spawn, mutex, channel)
}

// churn makes and drops everything that a detector may keep a record of.
func churn(seconds int) {
	end := time.Now().Add(time.Duration(seconds) * time.Second)
	var shared sync.Map
	for round := 0; time.Now().Before(end); round++ {
		var wg sync.WaitGroup
		for i := range 64 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				var mu sync.Mutex
				c := make(chan []byte, 4)
				timer := time.NewTimer(time.Hour)
				m := map[int][]byte{}
				for k := range 200 {
					mu.Lock()
					m[k] = make([]byte, 16+k*13%4096)
					mu.Unlock()
					c <- m[k]
					<-c
				}
				if i == 0 {
					m[0] = make([]byte, 4<<20)
					m[0][round%len(m[0])] = 1
				}
				shared.Store((round*64+i)%5000, m[0])
				timer.Stop()
			}()
		}
		wg.Wait()
	}
}

func main() {
	n := 0
	if len(os.Args) > 2 {
		n, _ = strconv.Atoi(os.Args[2])
	}
	begin := time.Now()
	switch os.Args[1] {
	case "tree":
		tree()
	case "parked":
		parked(n)()
	case "scale":
		scale(n)
	case "churn":
		churn(n)
	case "nothing":
	}
	fmt.Printf("seconds %.3f\n", time.Since(begin).Seconds())
}
