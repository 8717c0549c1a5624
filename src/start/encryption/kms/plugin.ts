import { randomUUID } from 'node:crypto';
import { Client, credentials, type ServiceError } from '@grpc/grpc-js';
import type { EncryptedSeed } from './encrypted-object.ts';
import { bytesOf, decodeFields, encodeFields, mapFields, mapOf, textOf, type Field } from './wire.ts';

export interface PluginStatus {
  version: string;
  healthz: string;
  keyId: string;
}

/** A key management service behind a socket, as the API `v2` of k8s.io/kms has it. */
export interface Plugin {
  status(): Promise<PluginStatus>;
  encrypt(plain: Buffer): Promise<EncryptedSeed>;
  decrypt(seed: EncryptedSeed): Promise<Buffer>;
  close(): void;
}

/** @param endpoint `unix:///run/kms.sock`, or `unix:///@name` for a name without a file  @param timeoutMs of each call */
export function connectPlugin(endpoint: string, timeoutMs: number): Plugin {
  const path = endpoint.slice('unix://'.length);
  const client = new Client(
    path.startsWith('/@') ? `unix-abstract:${path.slice(2)}` : `unix://${path}`,
    credentials.createInsecure(),
  );
  const call = (method: string, fields: readonly Field[]): Promise<ReturnType<typeof decodeFields>> =>
    new Promise((resolve, reject) => {
      const done = (error: ServiceError | null, answer?: ReturnType<typeof decodeFields>): void =>
        answer ? resolve(answer) : reject(error ?? new Error(`${method} has answered nothing`));
      client.makeUnaryRequest(
        `/v2.KeyManagementService/${method}`,
        encodeFields,
        decodeFields,
        fields,
        { deadline: Date.now() + timeoutMs },
        done,
      );
    });
  return {
    async status() {
      const answer = await call('Status', []);
      return { version: textOf(answer, 1), healthz: textOf(answer, 2), keyId: textOf(answer, 3) };
    },
    async encrypt(plain) {
      const answer = await call('Encrypt', [
        [1, plain],
        [2, randomUUID()],
      ]);
      return { ciphertext: bytesOf(answer, 1), keyId: textOf(answer, 2), annotations: mapOf(answer, 3) };
    },
    async decrypt({ ciphertext, keyId, annotations }) {
      const answer = await call('Decrypt', [
        [1, ciphertext],
        [2, randomUUID()],
        [3, keyId],
        ...mapFields(4, annotations),
      ]);
      return bytesOf(answer, 1);
    },
    close: () => client.close(),
  };
}
