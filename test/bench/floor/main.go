// SPDX-License-Identifier: Apache-2.0

// Command floor serves the cheapest possible function: it reads a request and answers
// with a prepared response, over the same SDK.
package main

import (
	"context"
	"flag"
	"log"
	"os"

	"google.golang.org/protobuf/proto"

	"github.com/crossplane/function-sdk-go"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
)

// A floor has two responses: one for requests without observed resources, and one for all
// other requests.
type floor struct {
	fnv1.UnimplementedFunctionRunnerServiceServer

	first, steady *fnv1.RunFunctionResponse
}

// RunFunction returns the prepared response for the request.
func (f *floor) RunFunction(_ context.Context, req *fnv1.RunFunctionRequest) (*fnv1.RunFunctionResponse, error) {
	if len(req.GetObserved().GetResources()) == 0 {
		return f.first, nil
	}
	return f.steady, nil
}

func main() {
	address := flag.String("address", "127.0.0.1:0", "where to serve")
	first := flag.String("first", "", "the file with the response to a first request")
	steady := flag.String("steady", "", "the file with the response to all other requests")
	flag.Parse()
	f := &floor{first: read(*first), steady: read(*steady)}
	if err := function.Serve(f, function.Listen("tcp", *address), function.Insecure(true), function.WithMetricsServer("")); err != nil {
		log.Fatal(err)
	}
}

func read(file string) *fnv1.RunFunctionResponse {
	b, err := os.ReadFile(file)
	if err != nil {
		log.Fatal(err)
	}
	rsp := &fnv1.RunFunctionResponse{}
	if err := proto.Unmarshal(b, rsp); err != nil {
		log.Fatal(err)
	}
	return rsp
}
