// New processes add themselves to a package-level list that cleaning up reads.
//
//hb:expect variable=managed what=slice missing=unjoined|siblings fits=mutex|rwmutex
package main

import "fmt"

type process struct{ name string }

var managed []*process

func start(name string) *process {
	p := &process{name: name}
	managed = append(managed, p) // race: a
	return p
}

func cleanup() int {
	return len(managed) // race: b
}

func main() {
	ended := make(chan *process)
	go func() { ended <- start("plugin") }()
	n := cleanup()
	fmt.Println((<-ended).name, n >= 0)
}
