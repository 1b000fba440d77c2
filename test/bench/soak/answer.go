// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

// An answer is the expected answer to a request. All answers to a request are equal.
type answer struct {
	// code is how gRPC refuses the request; OK if the function answers it.
	code codes.Code
	// fatal is a part of the fatal result's message; empty if no fatal result is
	// expected.
	fatal string
	// composed are patterns, one for each composed resource.
	composed []string
	// first is the first answer, to which all others are equal.
	first []byte
}

// check returns an error if an answer isn't the expected one.
func (a *answer) check(rsp *fnv1.RunFunctionResponse, err error) error {
	if status.Code(err) != a.code {
		return fmt.Errorf("want code %s, got %s", a.code, status.Convert(err))
	}
	if a.code != codes.OK {
		return nil
	}
	got, err := proto.MarshalOptions{Deterministic: true}.Marshal(rsp)
	if err != nil {
		return err
	}
	if a.first == nil {
		if err := a.judge(rsp); err != nil {
			return err
		}
		a.first = got
		return nil
	}
	if bytes.Equal(got, a.first) {
		return nil
	}
	if err := a.judge(rsp); err != nil {
		return err
	}
	return fmt.Errorf("an answer of %d bytes differs from the first one of %d bytes", len(got), len(a.first))
}

// judge returns an error if a response isn't the expected one. It doesn't compare the
// response with the first one.
func (a *answer) judge(rsp *fnv1.RunFunctionResponse) error {
	var fatal []string
	for _, r := range rsp.GetResults() {
		if r.GetSeverity() == fnv1.Severity_SEVERITY_FATAL {
			fatal = append(fatal, r.GetMessage())
		}
	}
	switch {
	case a.fatal == "" && len(fatal) > 0:
		return fmt.Errorf("want no fatal result, got %q", fatal)
	case a.fatal != "" && (len(fatal) != 1 || !strings.Contains(fatal[0], a.fatal)):
		return fmt.Errorf("want a fatal result that mentions %q, got %q", a.fatal, fatal)
	}
	keys := slices.Sorted(maps.Keys(rsp.GetDesired().GetResources()))
	same := slices.EqualFunc(keys, slices.Sorted(slices.Values(a.composed)), func(key, pattern string) bool {
		ok, err := path.Match(pattern, key)
		return ok && err == nil
	})
	if !same {
		return fmt.Errorf("want composed %v, got %v", a.composed, keys)
	}
	return nil
}
