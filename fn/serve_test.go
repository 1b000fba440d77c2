// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/crossplane/function-sdk-go/logging"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	fnv1beta1 "github.com/crossplane/function-sdk-go/proto/v1beta1"
)

// started is a server that runs in this process.
type started struct {
	address string
	metrics string
	// end tells the server to end, ended returns once it has.
	end   context.CancelFunc
	ended <-chan error
}

func start(t *testing.T, fn fnv1.FunctionRunnerServiceServer, c CLI) started {
	t.Helper()
	creds, err := c.credentials()
	if err != nil {
		t.Fatal(err)
	}
	lc := &net.ListenConfig{}
	requests, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	metrics, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	s := &server{requests: requests, metrics: metrics, credentials: creds, maxRecvMiB: 4, log: logging.NewNopLogger()}
	go func() { ended <- s.serve(ctx, fn) }()
	t.Cleanup(end)
	return started{address: requests.Addr().String(), metrics: metrics.Addr().String(), end: end, ended: ended}
}

func dial(t *testing.T, address string, creds credentials.TransportCredentials) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(creds), grpc.WithDefaultCallOptions(grpc.WaitForReady(true)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// TestServeBadInput sends what a broken or hostile caller might. Each gets a clear
// answer, and the process goes on answering.
func TestServeBadInput(t *testing.T) {
	t.Parallel()
	conn := dial(t, start(t, NewFunction(logging.NewNopLogger()), CLI{Insecure: true}).address, insecure.NewCredentials())
	client := fnv1.NewFunctionRunnerServiceClient(conn)
	good := requestFor(t, compositeOf(t, `services: {dataIndex: {}}`))

	alien := compositeOf(t, "")
	alien.SetKind("XDatabase")
	homeless := compositeOf(t, "")
	delete(homeless.Object["spec"].(map[string]any), "claimRef")
	huge := compositeOf(t, "")
	huge.SetAnnotations(map[string]string{"huge": strings.Repeat("x", 10<<20)})

	cases := map[string]struct {
		reason string
		req    *fnv1.RunFunctionRequest
		code   codes.Code
		fatal  string
	}{
		"Empty":         {reason: "A request has a composite.", req: &fnv1.RunFunctionRequest{}, fatal: "the request has no composite resource"},
		"UnknownKind":   {reason: "Another kind's Composition names this function.", req: requestFor(t, alien), fatal: `cannot compose for kind "XDatabase"`},
		"NoNamespace":   {reason: "A cluster scoped composite without claim has no namespace.", req: requestFor(t, homeless), fatal: "spec.claimRef: Required value"},
		"UnknownField":  {reason: "A slip in the input isn't passed over.", req: withInput(t, requestFor(t, compositeOf(t, "")), "podSecurty: None"), fatal: `unknown field "podSecurty"`},
		"UnknownChoice": {reason: "Crossplane doesn't validate inputs.", req: withInput(t, requestFor(t, compositeOf(t, "")), "cluster: Nomad"), fatal: `input.cluster: Unsupported value: "Nomad": supported values: "Kubernetes", "OpenShift"`},
		"BadImage":      {reason: "An image that no runtime could pull.", req: withInput(t, requestFor(t, compositeOf(t, "")), `images: {registry: "https://registry.example.com"}`), fatal: "input.images.registry"},
		"OtherInput":    {reason: "The input of another function.", req: withInput(t, requestFor(t, compositeOf(t, "")), "kind: Resources"), fatal: "Input"},
		"Huge":          {reason: "A request beyond the limit.", req: requestFor(t, huge), code: codes.ResourceExhausted},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rsp, err := client.RunFunction(t.Context(), tc.req)
			if got := status.Code(err); got != tc.code {
				t.Fatalf("%s\nRunFunction: want code %s, got %v", tc.reason, tc.code, err)
			}
			if err != nil {
				t.Logf("%v", err)
			}
			if tc.fatal != "" {
				mentions(t, "the function", fatal(rsp), tc.fatal)
				t.Logf("%s", fatal(rsp))
			}
			if len(rsp.GetDesired().GetResources()) > 0 {
				t.Errorf("%s\nwant nothing composed, got %d resources", tc.reason, len(rsp.GetDesired().GetResources()))
			}
			if rsp, err := client.RunFunction(t.Context(), good); err != nil || len(rsp.GetDesired().GetResources()) == 0 {
				t.Errorf("%s\nafter it, a good request: got %v, %v", tc.reason, rsp, err)
			}
		})
	}
}

// funcRunner is a function made of a func.
type funcRunner struct {
	fnv1.UnimplementedFunctionRunnerServiceServer

	run func() *fnv1.RunFunctionResponse
}

func (f *funcRunner) RunFunction(context.Context, *fnv1.RunFunctionRequest) (*fnv1.RunFunctionResponse, error) {
	return f.run(), nil
}

func TestServePanic(t *testing.T) {
	t.Parallel()
	calls := 0
	fn := &funcRunner{run: func() *fnv1.RunFunctionResponse {
		if calls++; calls == 1 {
			panic("boom")
		}
		return &fnv1.RunFunctionResponse{}
	}}
	client := fnv1.NewFunctionRunnerServiceClient(dial(t, start(t, fn, CLI{Insecure: true}).address, insecure.NewCredentials()))
	req := requestFor(t, compositeOf(t, ""))
	req.Desired = &fnv1.State{Resources: map[string]*fnv1.Resource{"theirs": {}}}

	rsp, err := client.RunFunction(t.Context(), req)
	if err != nil {
		t.Fatalf("RunFunction: %v", err)
	}
	mentions(t, "the function", fatal(rsp), "panicked", "boom")
	if rsp.GetDesired().GetResources()["theirs"] == nil {
		t.Error("what an earlier function wanted is gone")
	}
	if rsp, err := client.RunFunction(t.Context(), req); err != nil || fatal(rsp) != "" {
		t.Errorf("the next request: got %v, %v", rsp, err)
	}
}

// TestServeEnd tells a server to end while a request is under way: the request is
// finished, and no other is begun.
func TestServeEnd(t *testing.T) {
	t.Parallel()
	begun, finish := make(chan struct{}), make(chan struct{})
	fn := &funcRunner{run: func() *fnv1.RunFunctionResponse {
		close(begun)
		<-finish
		return &fnv1.RunFunctionResponse{Meta: &fnv1.ResponseMeta{Tag: "finished"}}
	}}
	s := start(t, fn, CLI{Insecure: true})
	conn := dial(t, s.address, insecure.NewCredentials())
	watch, err := healthv1.NewHealthClient(conn).Watch(t.Context(), &healthv1.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	wantHealth(t, watch, healthv1.HealthCheckResponse_SERVING)

	answer := make(chan *fnv1.RunFunctionResponse, 1)
	go func() {
		rsp, err := fnv1.NewFunctionRunnerServiceClient(conn).RunFunction(context.Background(), &fnv1.RunFunctionRequest{})
		if err != nil {
			t.Errorf("the request under way: %v", err)
		}
		answer <- rsp
	}()
	<-begun
	s.end()
	wantHealth(t, watch, healthv1.HealthCheckResponse_NOT_SERVING)
	select {
	case err := <-s.ended:
		t.Fatalf("the server ended before its request: %v", err)
	default:
	}
	close(finish)
	if got := (<-answer).GetMeta().GetTag(); got != "finished" {
		t.Errorf("the request under way: got tag %q", got)
	}
	// A watch is a request without end: it keeps a graceful stop waiting.
	if err := conn.Close(); err != nil {
		t.Error(err)
	}
	if err := <-s.ended; err != nil {
		t.Errorf("serve: %v", err)
	}
}

// TestServeEndSilence tells a server to end while a client is connected that says nothing,
// as port scanners do.
func TestServeEndSilence(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	newAuthority(t).issue(t, dir)
	for name, c := range map[string]CLI{"TLS": {TLSCertsDir: dir}, "Plaintext": {Insecure: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, NewFunction(logging.NewNopLogger()), c)
			silent, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", s.address)
			if err != nil {
				t.Fatal(err)
			}
			defer silent.Close()
			// The connection is taken once the next one is answered, or refused.
			if next, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", s.address); err == nil {
				_, _ = next.Write([]byte(strings.Repeat("nonsense\n", 3)))
				_, _ = io.ReadAll(next)
				_ = next.Close()
			}
			s.end()
			select {
			case err := <-s.ended:
				if err != nil {
					t.Errorf("serve: %v", err)
				}
			case <-time.After(drainTimeout):
				t.Errorf("the server still waits for the silent connection after %s", drainTimeout)
			}
		})
	}
}

func wantHealth(t *testing.T, watch healthv1.Health_WatchClient, want healthv1.HealthCheckResponse_ServingStatus) {
	t.Helper()
	got, err := watch.Recv()
	if err != nil {
		t.Fatal(err)
	}
	if got.GetStatus() != want {
		t.Fatalf("health: want %s, got %s", want, got.GetStatus())
	}
}

func TestServeOldProtocol(t *testing.T) {
	t.Parallel()
	conn := dial(t, start(t, NewFunction(logging.NewNopLogger()), CLI{Insecure: true}).address, insecure.NewCredentials())
	req := &fnv1beta1.RunFunctionRequest{Observed: &fnv1beta1.State{Composite: &fnv1beta1.Resource{
		Resource: structOf(t, compositeOf(t, `services: {jobService: {}}`).Object),
	}}}
	rsp, err := fnv1beta1.NewFunctionRunnerServiceClient(conn).RunFunction(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if rsp.GetDesired().GetResources()["jobs-service-deployment"] == nil {
		t.Errorf("no Jobs Service composed: %v", rsp)
	}
}

func TestServeMetrics(t *testing.T) {
	t.Parallel()
	s := start(t, NewFunction(logging.NewNopLogger()), CLI{Insecure: true})
	client := fnv1.NewFunctionRunnerServiceClient(dial(t, s.address, insecure.NewCredentials()))
	if _, err := client.RunFunction(t.Context(), requestFor(t, compositeOf(t, ""))); err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.metrics+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	rsp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer rsp.Body.Close()
	body, err := io.ReadAll(rsp.Body)
	if err != nil {
		t.Fatal(err)
	}
	mentions(t, "the metrics", string(body), `grpc_server_handled_total{grpc_code="OK",grpc_method="RunFunction",grpc_service="apiextensions.fn.proto.v1.FunctionRunnerService",grpc_type="unary"} 1`, "go_goroutines")
}

// TestServeTLS holds the server to mutual TLS: it identifies itself, and knows who
// calls.
func TestServeTLS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ca := newAuthority(t)
	ca.issue(t, dir)
	s := start(t, NewFunction(logging.NewNopLogger()), CLI{TLSCertsDir: dir})

	clientDir := t.TempDir()
	ca.issue(t, clientDir)
	own, err := tls.LoadX509KeyPair(filepath.Join(clientDir, "tls.crt"), filepath.Join(clientDir, "tls.key"))
	if err != nil {
		t.Fatal(err)
	}
	strangerDir := t.TempDir()
	newAuthority(t).issue(t, strangerDir)
	foreign, err := tls.LoadX509KeyPair(filepath.Join(strangerDir, "tls.crt"), filepath.Join(strangerDir, "tls.key"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(ca.cert)

	cases := map[string]struct {
		reason string
		creds  credentials.TransportCredentials
		ok     bool
	}{
		"Crossplane":    {reason: "A client that the authority knows.", creds: credentials.NewTLS(&tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, Certificates: []tls.Certificate{own}, ServerName: "localhost"}), ok: true},
		"NoCertificate": {reason: "A client without certificate.", creds: credentials.NewTLS(&tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, ServerName: "localhost"})},
		"Stranger":      {reason: "A client of another authority.", creds: credentials.NewTLS(&tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, Certificates: []tls.Certificate{foreign}, ServerName: "localhost"})},
		"Old":           {reason: "A client that speaks only TLS 1.1.", creds: credentials.NewTLS(&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11, RootCAs: roots, Certificates: []tls.Certificate{own}, ServerName: "localhost"})},
		"Plaintext":     {reason: "A client without TLS.", creds: insecure.NewCredentials()},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := fnv1.NewFunctionRunnerServiceClient(dial(t, s.address, tc.creds))
			_, err := client.RunFunction(t.Context(), requestFor(t, compositeOf(t, "")), grpc.WaitForReady(false))
			if ok := err == nil; ok != tc.ok {
				t.Errorf("%s\nRunFunction: want success %t, got %v", tc.reason, tc.ok, err)
			}
		})
	}
}

func TestCredentialsAreNeeded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]CLI{"None": {}, "NoFiles": {TLSCertsDir: t.TempDir()}} {
		if _, err := c.credentials(); err == nil {
			t.Errorf("%s: want an error, got none", name)
		}
	}
}

// authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{cert: cert, key: key}
}

// issue writes a certificate for localhost into a folder, as Crossplane does.
func (a *authority) issue(t *testing.T, dir string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, a.cert, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{
		"tls.crt": {Type: "CERTIFICATE", Bytes: der},
		"tls.key": {Type: "PRIVATE KEY", Bytes: private},
		"ca.crt":  {Type: "CERTIFICATE", Bytes: a.cert.Raw},
	} {
		if err := os.WriteFile(filepath.Join(dir, file), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
