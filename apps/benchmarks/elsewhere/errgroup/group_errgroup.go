//go:build errgroup

package main

import "golang.org/x/sync/errgroup"

// Group is that of golang.org/x/sync.
type Group = errgroup.Group

var withContext = errgroup.WithContext
