// Whether somebody is an administrator is changed beside a check.
//
//hb:expect variable=account.admin what=field missing=siblings|unjoined fits=atomic|mutex
package main

import (
	"fmt"
	"sync"
)

type account struct {
	name  string
	admin bool
}

func (a *account) revoke() {
	a.admin = false // race: a
}

func (a *account) may() bool {
	if a.admin { // race: b
		return true
	}
	return false
}

func main() {
	a := &account{admin: true}
	var wg sync.WaitGroup
	wg.Go(a.revoke)
	wg.Go(func() { a.may() })
	wg.Wait()
	fmt.Println(a.admin)
}
