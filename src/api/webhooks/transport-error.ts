interface NodeError extends Error {
  code?: string;
  address?: string;
  port?: number;
  hostname?: string;
  cert?: { subjectaltname?: string };
  host?: string;
}
const UNTRUSTED = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_GET_ISSUER_CERT',
]);
const VERIFY = 'tls: failed to verify certificate: x509:';
const SYSTEM: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network is unreachable',
  ETIMEDOUT: 'connection timed out',
};

/** What went wrong on the way to a server, in the words of Go's net, tls and http packages, which clients know. */
export function goTransportError(error: Error): string {
  const { name, code = '', address, port, hostname, host, cert, message } = error as NodeError;
  if (name === 'AbortError' || name === 'TimeoutError') return 'context deadline exceeded';
  if (SYSTEM[code])
    return `dial tcp ${address?.includes(':') ? `[${address}]` : address}:${port}: connect: ${SYSTEM[code]}`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `dial tcp: lookup ${hostname}: no such host`;
  if (UNTRUSTED.has(code)) return `${VERIFY} certificate signed by unknown authority`;
  if (code === 'CERT_HAS_EXPIRED') return `${VERIFY} certificate has expired or is not yet valid`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const names = (cert?.subjectaltname ?? '').split(', ').map((part) => part.replace(/^(DNS|IP Address):/, ''));
    return `${VERIFY} certificate is valid for ${names.join(', ')}, not ${host}`;
  }
  if (code === 'EPROTO') return 'http: server gave HTTP response to HTTPS client';
  if (code === 'ECONNRESET') return 'EOF';
  return message;
}

/**
 * What a client of an API says of an answer that is no success and no Status.
 * @param words of the server; 'unknown' where its answer is no text
 */
export function httpProblem(code: number, words: string): string {
  switch (code) {
    case 400:
      return 'the server rejected our request for an unknown reason';
    case 401:
      return 'the server has asked for the client to provide credentials';
    case 403:
    case 415:
      return words;
    case 404:
      return 'the server could not find the requested resource';
    case 405:
      return 'the server does not allow this method on the requested resource';
    case 406:
      return words === '' || words === 'unknown'
        ? 'the server was unable to respond with a content type that the client supports'
        : words;
    case 409:
      return 'the server reported a conflict';
    case 422:
      return 'the server rejected our request due to an error in our request';
    case 429:
      return 'the server has received too many requests and has asked us to try again later';
    case 503:
      return 'the server is currently unable to handle the request';
    case 504:
      return 'the server was unable to return a response in the time allotted, but may still be processing the request';
    default:
      return code >= 500
        ? `an error on the server (${JSON.stringify(words)}) has prevented the request from succeeding`
        : `the server responded with the status code ${code} but did not return more information`;
  }
}
