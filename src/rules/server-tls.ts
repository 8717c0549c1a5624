import { constants } from 'node:crypto';

/** TLS 1.3's suites, then those of 1.2 with forward secrecy and authenticated encryption; none with CBC or RSA key exchange. */
const CIPHERS = [
  // AES-128 first, as Go's servers have it: large lists and many watchers are encrypted a quarter faster than with AES-256
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

/** What every server of the cluster speaks, the API's and the kubelets'. */
export const SERVER_TLS = {
  minVersion: 'TLSv1.2',
  ciphers: CIPHERS,
  honorCipherOrder: true,
  // a client's renegotiation costs the server more than the client, and nobody needs it
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
} as const;
