package main

import (
	"context"
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	v2 "web.example.com/operator/api/v2"
)

const hostIndex = "spec.host"

// addWebhooks serves /convert, /mutate-web-example-com-v2-site and /validate-web-example-com-v2-site.
func addWebhooks(ctx context.Context, mgr ctrl.Manager) error {
	host := func(object client.Object) []string { return []string{object.(*v2.Site).Spec.Host} }
	if err := mgr.GetFieldIndexer().IndexField(ctx, &v2.Site{}, hostIndex, host); err != nil {
		return err
	}
	return ctrl.NewWebhookManagedBy(mgr, &v2.Site{}).
		WithDefaulter(defaultHost{}).
		WithValidator(freeHost{mgr.GetClient()}).
		Complete()
}

// defaultHost gives a host to a Site that says none.
type defaultHost struct{}

func (defaultHost) Default(ctx context.Context, site *v2.Site) error {
	if site.Spec.Host != "" {
		return nil
	}
	request, err := admission.RequestFromContext(ctx)
	if err != nil {
		return err
	}
	site.Spec.Host = fmt.Sprintf("%s.%s.example.com", site.Name, request.Namespace)
	return nil
}

// freeHost sees to it that no two Sites have one host: what no rule of the definition can say, since it sees one object.
type freeHost struct{ client.Reader }

func (v freeHost) validate(ctx context.Context, site *v2.Site) (admission.Warnings, error) {
	var sites v2.SiteList
	if err := v.List(ctx, &sites, client.MatchingFields{hostIndex: site.Spec.Host}); err != nil {
		return nil, err
	}
	for _, other := range sites.Items {
		if other.Namespace != site.Namespace || other.Name != site.Name {
			return nil, fmt.Errorf("the host %s is that of %s/%s", site.Spec.Host, other.Namespace, other.Name)
		}
	}
	if site.Spec.Replicas == 0 {
		return admission.Warnings{"a site without replicas answers nobody"}, nil
	}
	return nil, nil
}

func (v freeHost) ValidateCreate(ctx context.Context, site *v2.Site) (admission.Warnings, error) {
	return v.validate(ctx, site)
}

func (v freeHost) ValidateUpdate(ctx context.Context, _, site *v2.Site) (admission.Warnings, error) {
	return v.validate(ctx, site)
}

func (freeHost) ValidateDelete(context.Context, *v2.Site) (admission.Warnings, error) {
	return nil, nil
}

// introduce tells the API server where the webhooks are, and by which authority they are known.
func introduce(ctx context.Context, c client.Client, address string, ca []byte) error {
	for _, at := range []struct{ group, kind, field, path string }{
		{"apiextensions.k8s.io", "CustomResourceDefinition", "/spec/conversion/webhook/clientConfig", "/convert"},
		{"admissionregistration.k8s.io", "MutatingWebhookConfiguration", "/webhooks/0/clientConfig", "/mutate-web-example-com-v2-site"},
		{"admissionregistration.k8s.io", "ValidatingWebhookConfiguration", "/webhooks/0/clientConfig", "/validate-web-example-com-v2-site"},
	} {
		config := map[string]any{"url": "https://" + address + at.path, "caBundle": ca}
		patch, err := json.Marshal([]map[string]any{{"op": "add", "path": at.field, "value": config}})
		if err != nil {
			return err
		}
		object := &unstructured.Unstructured{}
		object.SetGroupVersionKind(schema.GroupVersionKind{Group: at.group, Version: "v1", Kind: at.kind})
		object.SetName("sites.web.example.com")
		if err := c.Patch(ctx, object, client.RawPatch(types.JSONPatchType, patch)); err != nil {
			return err
		}
	}
	return nil
}
