// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestParse isn't parallel: all tests share the environment.
func TestParse(t *testing.T) {
	defaults := CLI{Network: "tcp", Address: ":9443", MetricsAddress: ":8080", MaxRecvMessageSize: 4}
	with := func(change func(*CLI)) CLI {
		out := defaults
		change(&out)
		return out
	}
	for name, tc := range map[string]struct {
		reason string
		args   []string
		env    map[string]string
		want   CLI
		// refused is what the error mentions, if there is one.
		refused []string
	}{
		"Defaults": {
			reason: "Without flags and variables, the function is as Crossplane expects it.",
			want:   defaults,
		},
		"Flags": {
			reason: "A flag may be short, and its value may follow after a blank or an equals sign.",
			args:   []string{"-d", "--insecure", "--network=tcp4", "--address", "127.0.0.1:9443", "--max-recv-message-size=8"},
			want: with(func(c *CLI) {
				c.Debug, c.Insecure, c.Network, c.Address, c.MaxRecvMessageSize = true, true, "tcp4", "127.0.0.1:9443", 8
			}),
		},
		"Environment": {
			reason: "Crossplane says in the environment where the certificates are, and an administrator can say the rest there.",
			env:    map[string]string{"TLS_SERVER_CERTS_DIR": "/tls/server", "METRICS_ADDRESS": "", "MAX_RECV_MESSAGE_SIZE": "16"},
			want: with(func(c *CLI) {
				c.TLSCertsDir, c.MetricsAddress, c.MaxRecvMessageSize = "/tls/server", "", 16
			}),
		},
		"FlagBeforeEnvironment": {
			reason: "A flag comes before the variable of the environment.",
			args:   []string{"--tls-certs-dir=/certs"},
			env:    map[string]string{"TLS_SERVER_CERTS_DIR": "/tls/server"},
			want:   with(func(c *CLI) { c.TLSCertsDir = "/certs" }),
		},
		"UnknownFlag": {
			reason:  "A typing error isn't passed over.",
			args:    []string{"--listen=:1"},
			refused: []string{"listen"},
		},
		"Argument": {
			reason:  "A flag without dashes isn't passed over.",
			args:    []string{"insecure"},
			refused: []string{"insecure", "only flags"},
		},
		"EnvironmentNotANumber": {
			reason:  "The error names the variable, because the command line doesn't show it.",
			env:     map[string]string{"MAX_RECV_MESSAGE_SIZE": "4Mi"},
			refused: []string{"MAX_RECV_MESSAGE_SIZE", "4Mi"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			for variable, value := range tc.env {
				t.Setenv(variable, value)
			}
			got := CLI{}
			err := got.parse(tc.args)
			if len(tc.refused) > 0 {
				if err == nil {
					t.Fatalf("%s: no error", tc.reason)
				}
				for _, part := range tc.refused {
					if !strings.Contains(err.Error(), part) {
						t.Errorf("%s: the error doesn't mention %q: %v", tc.reason, part, err)
					}
				}
				return
			}
			if err != nil {
				t.Fatalf("%s: %v", tc.reason, err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
