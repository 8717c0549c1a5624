// Package v2 has the version of Site that is stored, and that the operator speaks of.
//
// +kubebuilder:object:generate=true
// +groupName=web.example.com
package v2

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/scheme"
)

var builder = &scheme.Builder{GroupVersion: schema.GroupVersion{Group: "web.example.com", Version: "v2"}}

// AddToScheme makes a scheme know this version.
var AddToScheme = builder.AddToScheme

func init() { builder.Register(&Site{}, &SiteList{}) }

// Finalizer stands at a Site until its host has been given back.
const Finalizer = "web.example.com/host"

// +kubebuilder:object:root=true
type Site struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   SiteSpec   `json:"spec"`
	Status SiteStatus `json:"status,omitzero"`
}

// +kubebuilder:object:root=true
type SiteList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []Site `json:"items"`
}

type SiteSpec struct {
	Host     string `json:"host,omitempty"`
	Pages    []Page `json:"pages"`
	Replicas int32  `json:"replicas"`
}

type Page struct {
	Name string `json:"name"`
	HTML string `json:"html"`
}

type SiteStatus struct {
	ObservedGeneration int64              `json:"observedGeneration,omitempty"`
	ReadyReplicas      int32              `json:"readyReplicas"`
	Conditions         []metav1.Condition `json:"conditions,omitempty"`
}

// Hub makes this the version through which the others are converted.
func (*Site) Hub() {}
