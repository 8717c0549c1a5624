package main

import (
	"context"
	_ "embed"
	"strings"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
)

//go:embed rich.yaml
var richManifests string

// rich: writes each of these manifests in protobuf, for the comparison of everything to find.
func rich(ctx context.Context, client *kubernetes.Clientset) {
	paths := map[string]string{}
	for _, list := range got(client.Discovery().ServerPreferredResources()) {
		for _, resource := range list.APIResources {
			path := "/apis/" + list.GroupVersion
			if !strings.Contains(list.GroupVersion, "/") {
				path = "/api/" + list.GroupVersion
			}
			if resource.Namespaced {
				path += "/namespaces/" + ns
			}
			paths[list.GroupVersion+" "+resource.Kind] = path + "/" + resource.Name
		}
	}
	manifests := strings.ReplaceAll(richManifests, "NAMESPACE", ns)
	for _, text := range strings.Split(manifests, "\n---\n") {
		object, kind, err := scheme.Codecs.UniversalDeserializer().Decode([]byte(text), nil, nil)
		must(err)
		path := paths[kind.GroupVersion().String()+" "+kind.Kind]
		must(client.CoreV1().RESTClient().Post().AbsPath(path).Body(object).Do(ctx).Error())
	}
}
