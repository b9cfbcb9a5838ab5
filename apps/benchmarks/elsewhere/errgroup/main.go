// Go's errgroup as a contestant: measures one program as measure.ts does, and prints the figure as JSON.
//
// Goroutines run on several threads, so the work is counted atomically, and there is no time of a main thread.
//
// Usage: contestant PROGRAM N VARIANT EFFORT
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"sort"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"
)

const batches = 3

var started, ended atomic.Int64

type effort struct {
	WarmUp   float64 `json:"warmUp"`
	Measured float64 `json:"measured"`
	AtMost   float64 `json:"atMost"`
}

// In seconds.
type times struct{ wall, process float64 }

func main() {
	name, variant := os.Args[1], os.Args[3]
	n, err := strconv.Atoi(os.Args[2])
	check(err)
	var given effort
	check(json.Unmarshal([]byte(os.Args[4]), &given))
	if name == "hold" {
		fmt.Printf("{\"value\":%g}\n", bytesHeld(n, variant))
		return
	}
	program := timed[name]
	repeat(program, n, variant, given.WarmUp/1e3)
	end := time.Now().Add(time.Duration(given.AtMost * 1e6))
	var wall, process []float64
	for len(wall) == 0 || (len(wall) < batches && time.Now().Before(end)) {
		one := repeat(program, n, variant, given.Measured/1e3/batches)
		wall = append(wall, one.wall)
		process = append(process, one.process)
	}
	perItem := 1e9 / float64(n)
	fmt.Printf("{\"value\":%g,\"process\":%g}\n", median(wall)*perItem, median(process)*perItem)
}

func repeat(program func(int, string), n int, variant string, seconds float64) times {
	begun, processor := time.Now(), processorTime()
	for runs := 1; ; runs++ {
		started.Store(0)
		ended.Store(0)
		program(n, variant)
		expect(n, n)
		if elapsed := time.Since(begun).Seconds(); elapsed >= seconds {
			return times{elapsed / float64(runs), (processorTime() - processor) / float64(runs)}
		}
	}
}

// The bytes of heap and stacks for each of n goroutines that wait.
func bytesHeld(n int, variant string) float64 {
	wait := waitForEver
	if variant == "sleeping" {
		wait = sleepLong
	}
	before := memory()
	ctx, cancel := context.WithCancel(context.Background())
	group := startWide(ctx, n, wait)
	allWaiting(n)
	after := memory()
	cancel()
	_ = group.Wait()
	expect(n, n)
	return float64(after-before) / float64(n)
}

func memory() int64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc + stats.StackInuse)
}

func allWaiting(n int) {
	for started.Load() < int64(n) {
		runtime.Gosched()
	}
	expect(n, 0)
}

func expect(wantStarted, wantEnded int) {
	if started.Load() == int64(wantStarted) && ended.Load() == int64(wantEnded) {
		return
	}
	check(fmt.Errorf("expected %d tasks started and %d ended, got %d started and %d ended",
		wantStarted, wantEnded, started.Load(), ended.Load()))
}

func processorTime() float64 {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}

func median(all []float64) float64 {
	sort.Float64s(all)
	return all[len(all)/2]
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}
