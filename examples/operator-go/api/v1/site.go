// Package v1 has the first version of Site, which has one page.
//
// +kubebuilder:object:generate=true
// +groupName=web.example.com
package v1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/scheme"

	v2 "web.example.com/operator/api/v2"
)

var builder = &scheme.Builder{GroupVersion: schema.GroupVersion{Group: "web.example.com", Version: "v1"}}

// AddToScheme makes a scheme know this version.
var AddToScheme = builder.AddToScheme

func init() { builder.Register(&Site{}, &SiteList{}) }

// +kubebuilder:object:root=true
type Site struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   SiteSpec      `json:"spec"`
	Status v2.SiteStatus `json:"status,omitzero"`
}

// +kubebuilder:object:root=true
type SiteList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []Site `json:"items"`
}

type SiteSpec struct {
	Host     string `json:"host,omitempty"`
	HTML     string `json:"html"`
	Replicas int32  `json:"replicas"`
}
