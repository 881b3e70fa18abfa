// C threads that call Go: each argument is a form, the first three race.
package main

/*
#cgo LDFLAGS: -lpthread
#include <pthread.h>
#include <stdlib.h>

extern void callback(int);

static void *thread(void *arg) {
	callback((int)(long)arg);
	return 0;
}
static void *often(void *arg) {
	for (int i = 0; i < 1000; i++)
		callback((int)(long)arg);
	return 0;
}
static pthread_t threads[64];
static void start(int count, int many) {
	for (long i = 0; i < count; i++)
		if (pthread_create(&threads[i], 0, many ? often : thread, (void *)i))
			abort();
}
static void join(int count) {
	for (int i = 0; i < count; i++)
		pthread_join(threads[i], 0);
}
*/
import "C"

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
)

var (
	x       int
	y       [64]int
	arrived atomic.Int32
	done    = make(chan bool)
	mu      sync.Mutex
	body    func(int)
)

//export callback
func callback(i C.int) { body(int(i)) }

// meet returns when it was called n times: what comes before is not ordered by it, and has happened.
func meet(n int32) {
	arrived.Add(1)
	for arrived.Load() < n {
		runtime.Gosched()
	}
}

func main() {
	switch os.Args[1] {
	case "threads": // two C threads, both inside of Go
		body = func(int) {
			x++
			meet(2)
		}
		C.start(2, 0)
		C.join(2)
	case "thread": // a C thread and a goroutine
		body = func(int) {
			x = 1
			meet(2)
		}
		C.start(1, 0)
		x = 2
		meet(2)
		C.join(1)
	case "goroutine": // a goroutine that a C thread's callback starts
		body = func(int) {
			go func() {
				x = 1
				meet(2)
			}()
			x = 2
			meet(2)
		}
		C.start(1, 0)
		C.join(1)
	case "channel":
		body = func(int) {
			x = 1
			done <- true
		}
		C.start(1, 0)
		<-done
		x = 2
		C.join(1)
	case "mutex":
		body = func(int) {
			mu.Lock()
			x++
			mu.Unlock()
		}
		C.start(8, 1)
		C.join(8)
		x++
		fmt.Println(x)
	case "join": // only C orders these
		body = func(i int) { y[i] = i }
		C.start(64, 0)
		C.join(64)
		for i := range y {
			x += y[i]
		}
		fmt.Println(x)
	case "turns": // threads come and go
		body = func(i int) { x++ }
		for range 500 {
			C.start(1, 0)
			C.join(1)
		}
		fmt.Println(x)
	case "own": // each thread its own
		body = func(i int) { y[i]++ }
		C.start(16, 1)
		C.join(16)
		for i := range y {
			x += y[i]
		}
		fmt.Println(x)
	}
}
