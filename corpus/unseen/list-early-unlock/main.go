// A node is looked up under the lock and changed after it.
//
//hb:expect variable=node.count what=field missing=not-held|siblings fits=same-lock|mutex|atomic
package main

import (
	"fmt"
	"sync"
)

type node struct{ count int }

type index struct {
	mu    sync.Mutex
	nodes map[string]*node
}

func (x *index) touch(name string) {
	x.mu.Lock()
	n := x.nodes[name]
	x.mu.Unlock()
	n.count++ // race: a b
}

func main() {
	x := &index{nodes: map[string]*node{"a": {}}}
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() { x.touch("a") })
	}
	wg.Wait()
	fmt.Println(x.nodes["a"].count > 0)
}
