// SPDX-License-Identifier: Apache-2.0

package podrules

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sonataflow-crossplane/function-sonataflow/apis/v1alpha08"
)

// What the resolver of a container takes.
const (
	maxNameservers  = 3
	maxSearches     = 32
	maxSearchLength = 2048
)

// dns checks how the pod finds the addresses of names, and is found itself.
func (c *checker) dns(p *v1alpha08.PodSpec, path *field.Path) {
	oneOf(c, path.Child("dnsPolicy"), p.DNSPolicy, corev1.DNSClusterFirst, corev1.DNSClusterFirstWithHostNet, corev1.DNSDefault, corev1.DNSNone)
	if p.DNSPolicy == corev1.DNSNone && (p.DNSConfig == nil || len(p.DNSConfig.Nameservers) == 0) {
		c.require(path.Child("dnsConfig", "nameservers"), "dnsPolicy None takes name servers from here alone: name one, or use another dnsPolicy")
	}
	if p.DNSConfig != nil {
		c.resolver(*p.DNSConfig, path.Child("dnsConfig"))
	}
	aliases := map[string]bool{}
	for i, a := range p.HostAliases {
		at := path.Child("hostAliases").Index(i)
		c.ip(at.Child("ip"), a.IP)
		c.once(aliases, at.Child("ip"), a.IP)
		for j, host := range a.Hostnames {
			c.object(at.Child("hostnames").Index(j), host)
		}
	}
	if p.Hostname != "" {
		c.label(path.Child("hostname"), p.Hostname)
	}
	if p.Subdomain != "" {
		c.label(path.Child("subdomain"), p.Subdomain)
	}
}

func (c *checker) resolver(d corev1.PodDNSConfig, path *field.Path) {
	servers, searches := path.Child("nameservers"), path.Child("searches")
	if n := len(d.Nameservers); n > maxNameservers {
		c.refuse(servers, n, fmt.Sprintf("must be %d or fewer: remove some", maxNameservers))
	}
	for i, ip := range d.Nameservers {
		c.ip(servers.Index(i), ip)
	}
	if n := len(d.Searches); n > maxSearches {
		c.refuse(searches, n, fmt.Sprintf("must be %d or fewer: remove some", maxSearches))
	}
	if n := len(strings.Join(d.Searches, " ")); n > maxSearchLength {
		c.refuse(searches, n, fmt.Sprintf("must have %d characters or fewer, with a blank between two: remove some", maxSearchLength))
	}
	for i, s := range d.Searches {
		if s != "." {
			c.all(searches.Index(i), s, validation.IsDNS1123SubdomainWithUnderscore(strings.TrimSuffix(s, ".")))
		}
	}
	for i, o := range d.Options {
		if o.Name == "" {
			c.require(path.Child("options").Index(i).Child("name"), "name the option, such as ndots")
		}
	}
}
