import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Server, ServerCredentials, status, type handleUnaryCall } from '@grpc/grpc-js';
import {
  bytesOf,
  decodeFields,
  encodeFields,
  mapFields,
  mapOf,
  textOf,
  type Field,
} from '../../src/start/encryption/kms/wire.ts';

type Fields = ReturnType<typeof decodeFields>;

/** A key management service of the API v2 behind a socket, whose keys and moods a test sets. */
export class TestPlugin {
  readonly endpoint = `unix://${path.join(mkdtempSync(path.join(tmpdir(), 'ku7s-kms-')), 'kms.sock')}`;
  readonly calls: string[] = [];
  version = 'v2';
  healthz = 'ok';
  keyId = 'key-1';
  /** of calls of Encrypt, where it is not that of Status */
  encryptKeyId: string | undefined;
  private readonly keys = new Map<string, Buffer>();
  private server: Server | undefined;

  async start(): Promise<void> {
    const server = (this.server = new Server());
    const unary = (answer: (fields: Fields) => readonly Field[]): handleUnaryCall<Fields, readonly Field[]> => {
      return (call, done) => {
        try {
          done(null, answer(call.request));
        } catch (error) {
          done({ code: status.INVALID_ARGUMENT, details: (error as Error).message });
        }
      };
    };
    const method = (name: string) => ({
      path: `/v2.KeyManagementService/${name}`,
      requestStream: false,
      responseStream: false,
      requestSerialize: encodeFields,
      requestDeserialize: decodeFields,
      responseSerialize: encodeFields,
      responseDeserialize: decodeFields,
    });
    server.addService(
      { Status: method('Status'), Encrypt: method('Encrypt'), Decrypt: method('Decrypt') },
      {
        Status: unary(() => this.status()),
        Encrypt: unary((f) => this.encrypt(f)),
        Decrypt: unary((f) => this.decrypt(f)),
      },
    );
    await new Promise<void>((resolve, reject) =>
      server.bindAsync(this.endpoint, ServerCredentials.createInsecure(), (error) =>
        error ? reject(error) : resolve(),
      ),
    );
  }

  async stop(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    server?.forceShutdown();
  }

  private status(): Field[] {
    this.calls.push('Status');
    return [
      [1, this.version],
      [2, this.healthz],
      [3, this.keyId],
    ];
  }

  private encrypt(fields: Fields): Field[] {
    this.calls.push('Encrypt');
    const keyId = this.encryptKeyId ?? this.keyId;
    const key = this.keys.get(keyId) ?? randomBytes(32);
    this.keys.set(keyId, key);
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', key, nonce);
    const sealed = Buffer.concat([nonce, cipher.update(bytesOf(fields, 1)), cipher.final(), cipher.getAuthTag()]);
    return [[1, sealed], [2, keyId], ...mapFields(3, new Map([['version.encryption.remote.io', Buffer.from('1')]]))];
  }

  private decrypt(fields: Fields): Field[] {
    this.calls.push('Decrypt');
    const key = this.keys.get(textOf(fields, 3));
    if (!key) throw new Error('no such key');
    if (mapOf(fields, 4).get('version.encryption.remote.io')?.toString() !== '1') throw new Error('no annotations');
    const sealed = bytesOf(fields, 1);
    const cipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12)).setAuthTag(sealed.subarray(-16));
    return [[1, Buffer.concat([cipher.update(sealed.subarray(12, -16)), cipher.final()])]];
  }
}
