// The same group with a Once for the error and a cancelled context for the others.
//
//hb:case clean row=12,19 pattern=result
package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

type Group struct {
	wg     sync.WaitGroup
	once   sync.Once
	cancel context.CancelFunc
	err    error
}

func (g *Group) Go(task func() error) {
	g.wg.Go(func() {
		if err := task(); err != nil {
			g.once.Do(func() {
				g.err = err
				g.cancel()
			})
		}
	})
}

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	g := &Group{cancel: cancel}
	for _, name := range []string{"a", "b"} {
		g.Go(func() error { return errors.New("task " + name) })
	}
	<-ctx.Done()
	fmt.Println(g.err != nil)
	g.wg.Wait()
}
