// The payload codec of docs/contract.md, "Encryption": AES-256-GCM, each payload for one workflow in one namespace.

import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import type { Payload, PayloadCodec, SerializationContext } from '@temporalio/common';
import proto from '@temporalio/proto';

const ENCRYPTED = 'binary/encrypted';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const { Payload: PayloadProto } = proto.temporal.api.common.v1;

/** The keys by their labels, the one that encrypts first, from what ESIM_ENCRYPTION_KEYS has. */
function keysByLabel(list: string): Map<string, Buffer> {
  return new Map(
    list.split(',').map((one): [string, Buffer] => {
      const [id, secret] = [one.slice(0, one.indexOf(':')), one.slice(one.indexOf(':') + 1)];
      const key = Buffer.from(secret, 'base64');
      if (key.length !== 32) throw new Error(`the key ${id} of ESIM_ENCRYPTION_KEYS has not 32 bytes`);
      const digest = createHash('sha256').update('esim-key-fingerprint').update(key).digest('hex');
      return [`${id.trim()}:${digest.slice(0, 8)}`, key];
    }),
  );
}

export class EncryptionCodec implements PayloadCodec {
  private readonly keys: Map<string, Buffer>;

  constructor(keys: string) {
    this.keys = keysByLabel(keys);
  }

  async encode(payloads: Payload[], context?: SerializationContext): Promise<Payload[]> {
    return payloads.map((payload) => this.encrypted(payload, placeOf(context)));
  }

  async decode(payloads: Payload[], context?: SerializationContext): Promise<Payload[]> {
    return payloads.map((payload) => (text(payload, 'encoding') === ENCRYPTED ? this.opened(payload, context) : payload));
  }

  private encrypted(payload: Payload, [namespace, workflowId]: [string, string]): Payload {
    const [label, key] = [...this.keys][0]!;
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(`${label}\n${namespace}\n${workflowId}`));
    const sealed = [nonce, cipher.update(PayloadProto.encode(payload).finish()), cipher.final(), cipher.getAuthTag()];
    const metadata = {
      encoding: ENCRYPTED,
      'encryption-key-id': label,
      'encryption-namespace': namespace,
      'encryption-workflow-id': workflowId,
    };
    const bytes = Object.entries(metadata).map(([name, value]) => [name, Buffer.from(value)]);
    return { metadata: Object.fromEntries(bytes), data: Buffer.concat(sealed) };
  }

  private opened(payload: Payload, context?: SerializationContext): Payload {
    const label = text(payload, 'encryption-key-id');
    const [namespace, workflowId] = [text(payload, 'encryption-namespace'), text(payload, 'encryption-workflow-id')];
    const [here, now] = placeOf(context);
    if (namespace !== here || workflowId !== now) throw new Error(`a payload was written for ${workflowId} in ${namespace}`);
    const key = this.keys.get(label);
    if (!key) throw new Error(`a payload is encrypted under ${label}, which ESIM_ENCRYPTION_KEYS does not have`);
    const data = Buffer.from(payload.data ?? []);
    if (data.length < NONCE_BYTES + TAG_BYTES) throw new Error('an encrypted payload was cut off');
    const decipher = createDecipheriv('aes-256-gcm', key, data.subarray(0, NONCE_BYTES))
      .setAAD(Buffer.from(`${label}\n${namespace}\n${workflowId}`))
      .setAuthTag(data.subarray(-TAG_BYTES));
    const plain = [decipher.update(data.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]; // throws if altered
    const opened = PayloadProto.decode(Buffer.concat(plain));
    if (text(opened, 'encoding') === ENCRYPTED) throw new Error('a payload was encrypted twice');
    return opened;
  }
}

function placeOf(context?: SerializationContext): [string, string] {
  if (!context || !('workflowId' in context) || !context.workflowId) throw new Error('a payload is of no workflow');
  return [context.namespace, context.workflowId];
}

function text(payload: Payload, name: string): string {
  return Buffer.from(payload.metadata?.[name] ?? []).toString();
}
