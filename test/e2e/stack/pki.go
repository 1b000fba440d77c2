// SPDX-License-Identifier: Apache-2.0

//go:build linux

package stack

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// validity is longer than any stack runs.
const validity = 30 * 24 * time.Hour

// An authority signs the certificates of one stack.
type authority struct {
	key         *ecdsa.PrivateKey
	certificate *x509.Certificate
	pem         []byte
}

func newAuthority() (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "e2e"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(validity),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("cannot sign the authority's certificate: %w", err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &authority{key: key, certificate: certificate, pem: encode("CERTIFICATE", der)}, nil
}

// issue signs a certificate for a subject, which may use it as a client and, at the
// addresses, as a server.
func (a *authority) issue(subject pkix.Name, addresses ...string) (certificate, key []byte, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      subject,
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(validity),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	}
	for _, address := range addresses {
		if ip := net.ParseIP(address); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
			continue
		}
		template.DNSNames = append(template.DNSNames, address)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, private.Public(), a.key)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot sign the certificate of %s: %w", subject, err)
	}
	keyDER, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		return nil, nil, err
	}
	return encode("CERTIFICATE", der), encode("EC PRIVATE KEY", keyDER), nil
}

func encode(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// Files of certificates and keys, in the stack's folder.
const (
	authorityFile  = "ca.crt"
	serverFile     = "apiserver.crt"
	serverKeyFile  = "apiserver.key"
	accountKeyFile = "serviceaccounts.key"
)

// writePKI makes the certificates and keys of the API server and of its administrator.
func (s *supervisor) writePKI() error {
	a, err := newAuthority()
	if err != nil {
		return err
	}
	s.authority = a.pem
	server, serverKey, err := a.issue(pkix.Name{CommonName: "kube-apiserver"}, "127.0.0.1", "localhost", "kubernetes.default.svc")
	if err != nil {
		return err
	}
	_, accountKey, err := a.issue(pkix.Name{CommonName: "service-accounts"})
	if err != nil {
		return err
	}
	admin, adminKey, err := a.issue(pkix.Name{CommonName: "admin", Organization: []string{"system:masters"}})
	if err != nil {
		return err
	}
	for file, content := range map[string][]byte{
		authorityFile: a.pem, serverFile: server, serverKeyFile: serverKey, accountKeyFile: accountKey,
	} {
		if err := os.WriteFile(filepath.Join(s.Dir, file), content, 0o600); err != nil {
			return err
		}
	}
	return s.writeKubeconfig(s.Kubeconfig(), &clientcmdapi.AuthInfo{ClientCertificateData: admin, ClientKeyData: adminKey})
}

// writeKubeconfig writes a kubeconfig of a user of the API server.
func (s *supervisor) writeKubeconfig(file string, user *clientcmdapi.AuthInfo) error {
	config := clientcmdapi.NewConfig()
	config.Clusters["e2e"] = &clientcmdapi.Cluster{Server: apiServer, CertificateAuthorityData: s.authority}
	config.AuthInfos["e2e"] = user
	config.Contexts["e2e"] = &clientcmdapi.Context{Cluster: "e2e", AuthInfo: "e2e"}
	config.CurrentContext = "e2e"
	if err := clientcmd.WriteToFile(*config, file); err != nil {
		return fmt.Errorf("cannot write %s: %w", file, err)
	}
	return nil
}
