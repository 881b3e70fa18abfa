// Pitfall: publishing a pointer; the reader may see the pointer and not what it points to.
//
//hb:allowed none|0|30
//hb:races Config.timeout,config
package main

import "fmt"

type Config struct{ timeout int }

var config *Config

func main() {
	go func() { config = &Config{timeout: 30} }()
	c := config
	if c == nil {
		fmt.Println("none")
		return
	}
	fmt.Println(c.timeout)
}
