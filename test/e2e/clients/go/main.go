// Checks a server with client-go and prints what it saw as one line of JSON.
// Usage: go run . KUBECONFIG NAMESPACE
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	corev1 "k8s.io/client-go/applyconfigurations/core/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

var ns string
var seen = map[string]any{}

func must(err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%v\nso far: %v\n", err, seen)
		os.Exit(1)
	}
}

func got[T any](value T, err error) T { must(err); return value }

func main() {
	config := got(clientcmd.BuildConfigFromFlags("", os.Args[1]))
	ns = os.Args[2]
	config.QPS, config.Burst = 100, 200
	proto := rest.CopyConfig(config)
	proto.ContentType = runtime.ContentTypeProtobuf
	proto.AcceptContentTypes = runtime.ContentTypeProtobuf
	client := got(kubernetes.NewForConfig(proto))
	plain := got(kubernetes.NewForConfig(config))
	ctx, cancel := context.WithTimeout(context.Background(), 40*time.Second)
	defer cancel()
	// which is to be had as JSON alone
	seen["version"] = got(plain.Discovery().ServerVersion()).Minor
	namespace := &core.Namespace{ObjectMeta: meta.ObjectMeta{Name: ns}}
	got(client.CoreV1().Namespaces().Create(ctx, namespace, meta.CreateOptions{}))
	informer(ctx, client)
	apply(ctx, client)
	pods(ctx, client)
	elect(ctx, client)
	mapped(ctx, client, config)
	rich(ctx, client)
	everything(ctx, client, plain)
	fmt.Println(string(got(json.Marshal(seen))))
}

// informer: what a shared informer is told about a ConfigMap, in order.
func informer(ctx context.Context, client kubernetes.Interface) {
	events := make(chan string, 16)
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithNamespace(ns))
	maps := factory.Core().V1().ConfigMaps()
	tell := func(kind string, obj any) {
		if m, ok := obj.(*core.ConfigMap); ok && m.Name == "seen" {
			events <- kind + " " + m.Data["step"]
		}
	}
	got(maps.Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(obj any) { tell("add", obj) },
		UpdateFunc: func(_, obj any) { tell("update", obj) },
		DeleteFunc: func(obj any) { tell("delete", obj) },
	}))
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	api := client.CoreV1().ConfigMaps(ns)
	order := []string{}
	next := func() {
		select {
		case event := <-events:
			order = append(order, event)
		case <-ctx.Done():
			must(fmt.Errorf("the informer waits after %v", order))
		}
	}
	made := got(api.Create(ctx, &core.ConfigMap{ObjectMeta: meta.ObjectMeta{Name: "seen"},
		Data: map[string]string{"step": "one"}, BinaryData: map[string][]byte{"raw": {0, 255}}}, meta.CreateOptions{}))
	next()
	seen["binary"] = made.BinaryData["raw"][1]
	made.Data["step"] = "two"
	got(api.Update(ctx, made, meta.UpdateOptions{}))
	next()
	_, err := api.Update(ctx, made, meta.UpdateOptions{})
	seen["conflict"] = errors.IsConflict(err)
	must(api.Delete(ctx, "seen", meta.DeleteOptions{}))
	next()
	_, err = api.Get(ctx, "seen", meta.GetOptions{})
	seen["notFound"] = errors.IsNotFound(err)
	seen["informer"] = order
}

// apply: server-side apply of two managers, the second without and with force; then a merge patch.
func apply(ctx context.Context, client kubernetes.Interface) {
	api := client.CoreV1().ConfigMaps(ns)
	want := func(value string) *corev1.ConfigMapApplyConfiguration {
		return corev1.ConfigMap("applied", ns).WithData(map[string]string{"key": value})
	}
	got(api.Apply(ctx, want("one"), meta.ApplyOptions{FieldManager: "first"}))
	_, err := api.Apply(ctx, want("two"), meta.ApplyOptions{FieldManager: "second"})
	seen["applyConflict"] = errors.IsConflict(err)
	forced := got(api.Apply(ctx, want("two"), meta.ApplyOptions{FieldManager: "second", Force: true}))
	seen["applied"] = forced.Data["key"]
	mine := got(corev1.ExtractConfigMap(forced, "second"))
	seen["extracted"] = mine.Data["key"]
	merged := got(api.Patch(ctx, "applied", types.MergePatchType, []byte(`{"data":{"key":null,"other":"x"}}`), meta.PatchOptions{}))
	seen["merged"] = merged.Data
}
