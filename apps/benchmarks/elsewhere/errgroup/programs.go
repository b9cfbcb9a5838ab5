package main

import (
	"context"
	"runtime"
	"time"
)

const long = 10_000 * time.Second

type body func() error

var bodies = map[string]body{
	"none": func() error {
		started.Add(1)
		ended.Add(1)
		return nil
	},
	"microtask": yield,
	"macrotask": yield,
}

func yield() error {
	started.Add(1)
	runtime.Gosched()
	ended.Add(1)
	return nil
}

// Those who wait at the gate wait until all of n are alive.
func gateFor(n int64) body {
	gate := make(chan struct{})
	return func() error {
		if started.Add(1) == n {
			close(gate)
		}
		<-gate
		ended.Add(1)
		return nil
	}
}

var timed = map[string]func(n int, variant string){
	"startAndJoin": func(n int, variant string) {
		run := bodies[variant]
		if variant == "gate" {
			run = gateFor(int64(n))
		}
		var group Group
		for i := 0; i < n; i++ {
			group.Go(run)
		}
		_ = group.Wait()
	},

	"cancelWide": func(n int, _ string) {
		ctx, cancel := context.WithCancel(context.Background())
		group := startWide(ctx, n, waitForEver)
		allWaiting(n)
		cancel()
		_ = group.Wait()
	},

	"cancelDeep": func(n int, _ string) {
		ctx, cancel := context.WithCancel(context.Background())
		group, own := withContext(ctx)
		group.Go(func() error { return level(own, n) })
		allWaiting(n)
		cancel()
		_ = group.Wait()
	},

	"limitInTurn": func(n int, _ string) {
		for i := 0; i < n; i++ {
			_ = underLimit()
		}
	},

	"limitTogether": func(n int, _ string) {
		var group Group
		for i := 0; i < n; i++ {
			group.Go(underLimit)
		}
		_ = group.Wait()
	},

	"moveDeadline": func(n int, _ string) {
		timer := time.NewTimer(long)
		for i := 0; i < n; i++ {
			timer.Reset(long)
		}
		timer.Stop()
		started.Add(int64(n))
		ended.Add(int64(n))
	},

	"limited": func(n int, variant string) {
		var group Group
		group.SetLimit(8)
		run := bodies[variant]
		for i := 0; i < n; i++ {
			group.Go(run)
		}
		_ = group.Wait()
	},
}

func startWide(ctx context.Context, n int, wait func(context.Context) error) *Group {
	group, own := withContext(ctx)
	for i := 0; i < n; i++ {
		group.Go(func() error { return wait(own) })
	}
	return group
}

func waitForEver(ctx context.Context) error {
	started.Add(1)
	<-ctx.Done()
	ended.Add(1)
	return ctx.Err()
}

func sleepLong(ctx context.Context) error {
	started.Add(1)
	timer := time.NewTimer(long)
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
	timer.Stop()
	ended.Add(1)
	return ctx.Err()
}

func level(ctx context.Context, depth int) error {
	started.Add(1)
	group, own := withContext(ctx)
	if depth > 1 {
		group.Go(func() error { return level(own, depth-1) })
	}
	<-own.Done()
	err := group.Wait()
	ended.Add(1)
	return err
}

func underLimit() error {
	ctx, cancel := context.WithTimeout(context.Background(), long)
	defer cancel()
	_ = yield()
	return ctx.Err()
}
