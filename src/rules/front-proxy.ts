/**
 * How an API server is told by another who asks: under a certificate of the front proxy's authority with one of these
 * names, in these headers. Source: https://kubernetes.io/docs/tasks/extend-kubernetes/configure-aggregation-layer/
 */
export const FRONT_PROXY = {
  allowedNames: ['front-proxy-client'],
  userHeader: 'X-Remote-User',
  uidHeader: 'X-Remote-Uid',
  groupHeader: 'X-Remote-Group',
  extraPrefix: 'X-Remote-Extra-',
} as const;
