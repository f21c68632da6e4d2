// Reads an eSIM as the API answers it by the generated client, and writes it again.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"

	"example.com/clients/esim"
)

func main() {
	answer, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	var subscription esim.ShownSubscription
	if err := json.Unmarshal(answer, &subscription); err != nil {
		log.Fatal(err)
	}
	written, err := json.Marshal(subscription)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(written))
}
