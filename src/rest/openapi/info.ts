export const INFO = { title: 'Kubernetes', version: '1.35' };
export const SECURITY = { BearerToken: { type: 'apiKey', name: 'authorization', in: 'header' } };
