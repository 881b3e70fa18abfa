// The map of users and each user have locks of their own; a name is changed under the one and read under the other.
//
//hb:expect variable=User.name what=string missing=different-locks fits=same-lock
package main

import (
	"fmt"
	"sync"
)

type User struct {
	lock sync.Mutex
	name string
}

type Users struct {
	all  sync.Mutex
	byID map[int]*User
}

func (u *Users) Rename(id int, name string) {
	u.all.Lock()
	defer u.all.Unlock()
	u.byID[id].name = name // race: a
}

func (u *User) Greeting() string {
	u.lock.Lock()
	defer u.lock.Unlock()
	return "hello " + u.name // race: b
}

func main() {
	ann := &User{name: "ann"}
	users := &Users{byID: map[int]*User{1: ann}}
	ended := make(chan bool)
	go func() {
		users.Rename(1, "anna")
		ended <- true
	}()
	s := ann.Greeting()
	<-ended
	fmt.Println(len(s) > 0)
}
