// The operator of Sites: `KUBECONFIG=… go run . --certificates DIR --address 127.0.0.1:9443`, where DIR has tls.crt and
// tls.key, which the webhooks show, and ca.crt, by which the API server knows them.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/webhook"

	v1 "web.example.com/operator/api/v1"
	v2 "web.example.com/operator/api/v2"
)

//go:generate go run sigs.k8s.io/controller-tools/cmd/controller-gen@v0.20.1 object paths=./...

func main() {
	certificates := flag.String("certificates", "certificates", "folder of tls.crt, tls.key and ca.crt")
	address := flag.String("address", "127.0.0.1:9443", "where the webhooks listen")
	flag.Parse()
	ctrl.SetLogger(klog.Background())
	if err := run(ctrl.SetupSignalHandler(), *certificates, *address); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, certificates, address string) error {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1.AddToScheme, v2.AddToScheme} {
		if err := add(scheme); err != nil {
			return err
		}
	}
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return err
	}
	config, err := ctrl.GetConfig()
	if err != nil {
		return err
	}
	mgr, err := ctrl.NewManager(config, ctrl.Options{
		Scheme:        scheme,
		Metrics:       server.Options{BindAddress: "0"},
		WebhookServer: webhook.NewServer(webhook.Options{Host: host, Port: port, CertDir: certificates}),
	})
	if err != nil {
		return err
	}
	if err := addWebhooks(ctx, mgr); err != nil {
		return err
	}
	if err := (&reconciler{mgr.GetClient()}).setUp(mgr); err != nil {
		return err
	}
	// the manager starts its webhooks and its caches before this
	ready := manager.RunnableFunc(func(context.Context) error {
		fmt.Println("the operator is ready")
		return nil
	})
	if err := mgr.Add(ready); err != nil {
		return err
	}
	ca, err := os.ReadFile(filepath.Join(certificates, "ca.crt"))
	if err != nil {
		return err
	}
	direct, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		return err
	}
	if err := introduce(ctx, direct, address, ca); err != nil {
		return err
	}
	return mgr.Start(ctx)
}
