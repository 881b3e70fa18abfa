// Like an error group without its Once: two failing tasks both note the first error.
//
//hb:case racy row=12 pattern=result
//hb:expect variable=Group.err what=interface missing=siblings fits=once|mutex|channel
package main

import (
	"errors"
	"fmt"
	"sync"
)

type Group struct {
	wg  sync.WaitGroup
	err error
}

func (g *Group) Go(task func() error) {
	g.wg.Go(func() {
		if err := task(); err != nil {
			g.err = err // race: a b
		}
	})
}

func (g *Group) Wait() error {
	g.wg.Wait()
	return g.err
}

func main() {
	var g Group
	for _, name := range []string{"a", "b"} {
		g.Go(func() error { return errors.New(name) })
	}
	fmt.Println(g.Wait() != nil)
}
