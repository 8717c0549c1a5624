import type { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { User } from '../../api/contract.ts';
import { pemBlocks } from '../../rules/certificates/pem.ts';
import { Authority, CLIENT_AUTH, subjectOf } from './authority.ts';

/** Attribute of a subject that is the user's uid (AllowParsingUserUIDFromCertAuth, on since 1.33) */
const UID = '1.3.6.1.4.1.57683.2';
const CREDENTIAL_ID = 'authentication.kubernetes.io/credential-id';

/** A certificate as one of our authorities vouches for it, for as long as it does. */
export interface ClientCertificate {
  /** whose it is; undefined without a common name, or with a uid that is not one */
  user: User | undefined;
  commonName: string;
  /** ms since the epoch */
  notBefore: number;
  notAfter: number;
}

/** The certificate of the connection that a request came on. */
export const certificateOf = (req: IncomingMessage): X509Certificate | undefined =>
  (req.socket as Partial<TLSSocket>).getPeerX509Certificate?.();

/** Who signs the certificates of clients. */
export class ClientAuthority {
  private readonly authorities: readonly Authority[];

  /** @param pem their certificates, one or several */
  constructor(pem: string) {
    this.authorities = pemBlocks(pem)
      .filter(({ type }) => type === 'CERTIFICATE')
      .map(({ der }) => new Authority(der));
  }

  /** What a certificate says; undefined where none of the authorities has signed it for clients. */
  read(shown: X509Certificate): ClientCertificate | undefined {
    if (!this.authorities.some((authority) => authority.signed(shown, CLIENT_AUTH))) return undefined;
    const { CN = [], O = [], [UID]: uids = [] } = subjectOf(shown);
    const commonName = CN.at(-1) ?? '';
    return {
      user: userOf(commonName, O, uids, shown),
      commonName,
      notBefore: Date.parse(shown.validFrom),
      notAfter: Date.parse(shown.validTo),
    };
  }
}

function userOf(name: string, groups: string[], uids: string[], { fingerprint256 }: X509Certificate): User | undefined {
  if (!name || uids.length > 1 || uids[0] === '') return undefined;
  const id = `X509SHA256=${fingerprint256.replaceAll(':', '').toLowerCase()}`;
  return { name, ...(uids[0] && { uid: uids[0] }), groups, extra: { [CREDENTIAL_ID]: [id] } };
}
