package v1

import (
	"encoding/json"
	"fmt"
	"maps"

	"sigs.k8s.io/controller-runtime/pkg/conversion"

	v2 "web.example.com/operator/api/v2"
)

const (
	// otherPages has the pages for which this version has no field, so that a Site comes back from here as it was
	otherPages = "web.example.com/other-pages"
	index      = "index.html"
)

// ConvertTo makes a Site of version 2 of it.
func (site *Site) ConvertTo(hub conversion.Hub) error {
	to := hub.(*v2.Site)
	to.ObjectMeta, to.Status = site.ObjectMeta, site.Status
	to.Spec = v2.SiteSpec{Host: site.Spec.Host, Replicas: site.Spec.Replicas, Pages: []v2.Page{{Name: index, HTML: site.Spec.HTML}}}
	others, ok := site.Annotations[otherPages]
	if !ok {
		return nil
	}
	var pages []v2.Page
	if err := json.Unmarshal([]byte(others), &pages); err != nil {
		return fmt.Errorf("annotation %s: %w", otherPages, err)
	}
	to.Spec.Pages = append(to.Spec.Pages, pages...)
	to.Annotations = maps.Clone(site.Annotations)
	delete(to.Annotations, otherPages)
	return nil
}

// ConvertFrom makes it of a Site of version 2.
func (site *Site) ConvertFrom(hub conversion.Hub) error {
	from := hub.(*v2.Site)
	site.ObjectMeta, site.Status = from.ObjectMeta, from.Status
	site.Spec = SiteSpec{Host: from.Spec.Host, Replicas: from.Spec.Replicas}
	var others []v2.Page
	for _, page := range from.Spec.Pages {
		if page.Name == index {
			site.Spec.HTML = page.HTML
		} else {
			others = append(others, page)
		}
	}
	if len(others) == 0 {
		return nil
	}
	text, err := json.Marshal(others)
	if err != nil {
		return err
	}
	site.Annotations = maps.Clone(from.Annotations)
	if site.Annotations == nil {
		site.Annotations = map[string]string{}
	}
	site.Annotations[otherPages] = string(text)
	return nil
}
