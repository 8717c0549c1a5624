/** As whom the API speaks to kubelets, by a client certificate: the only caller that a kubelet answers. */
export const KUBELET_CLIENT_USER = 'kube-apiserver-kubelet-client';
/** Its group, which has the rights of the ClusterRole system:kubelet-api-admin and no others. */
export const KUBELET_CLIENT_GROUP = 'ku7s:kubelet-clients';
