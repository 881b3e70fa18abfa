// Both sides hold a mutex, but not the same one: one locks the bank, the other the account.
//
//hb:case racy row=10 pattern=counter
//hb:expect variable=Account.balance what=field missing=different-locks fits=same-lock
package main

import (
	"fmt"
	"sync"
)

type Account struct {
	mu      sync.Mutex
	balance int
}

type Bank struct {
	mu       sync.Mutex
	accounts map[string]*Account
}

func (a *Account) Deposit(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.balance += n // race: a
}

func (b *Bank) Total() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	sum := 0
	for _, a := range b.accounts {
		sum += a.balance // race: b
	}
	return sum
}

func main() {
	ann := &Account{}
	bank := &Bank{accounts: map[string]*Account{"ann": ann}}
	var wg sync.WaitGroup
	wg.Add(2)
	go func() {
		defer wg.Done()
		ann.Deposit(100)
	}()
	go func() {
		defer wg.Done()
		bank.Total()
	}()
	wg.Wait()
	fmt.Println(bank.Total())
}
