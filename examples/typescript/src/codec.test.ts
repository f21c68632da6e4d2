// The codec against the test vectors of docs/encryption-vectors.json, whose path is in VECTORS.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import proto from '@temporalio/proto';
import { EncryptionCodec } from './codec.js';

interface Vector {
  name: string;
  namespace: string;
  workflow_id: string;
  payload: object;
  opens_as?: object;
  refused?: string;
}

const { Payload } = proto.temporal.api.common.v1;
const file = process.env['VECTORS'] ?? '../../docs/encryption-vectors.json';
const { keys, vectors }: { keys: string; vectors: Vector[] } = JSON.parse(readFileSync(file, 'utf8'));
const codec = new EncryptionCodec(keys);

for (const { name, namespace, workflow_id: workflowId, payload, opens_as: plain } of vectors) {
  const context = { type: 'workflow' as const, namespace, workflowId };
  test(`${name} ${plain ? 'opens, and what is encrypted again opens as well' : 'is refused'}`, async () => {
    const opening = codec.decode([Payload.fromObject(payload)], context);
    if (!plain) return assert.rejects(opening);
    const [opened] = await opening;
    assert.deepEqual(Payload.toObject(Payload.create(opened)), Payload.toObject(Payload.fromObject(plain)));
    assert.deepEqual(await codec.decode(await codec.encode([opened!], context), context), [opened]);
  });
}
