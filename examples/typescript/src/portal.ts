// A portal: sells an eSIM, waits for it, tops it up, lists what it has, and verifies the events that it is told.
// It speaks to Temporal as docs/contract.md says; docs/events.md has the events. Run it beside `make demo`: see README.md.

import { createServer, type IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { Webhook } from 'standardwebhooks';
import { EncryptionCodec } from './codec.js';

interface Purchase { purchase_id: string; product: string; plan_id: string }
interface EsimPurchase extends Purchase { traveler_id: string }
interface Usage { granted_bytes: number; remaining_bytes: number; left: string; state: string }
interface Addon extends Purchase { attempt: number; unique_id: string | null; status: string; error: { message: string } | null; usage: Usage | null }
interface Esim { subscription_id: string; iccid: string; activation_code: string }
interface Subscription { subscription_id: string; status: string; addons: Addon[] }
interface Progress { step: string; detail: string }
interface Event { event_id: string; type: string; traveler_id: string | null; addon: Addon | null }

const PRODUCT = { product: 'Wakanda 30Days / 30GB', plan_id: 'PLAN-WAKANDA-30D-30GB' };

class Portal {
  constructor(private readonly temporal: Client, private readonly taskQueue: string) {}

  /** Sells an eSIM. The same purchase_id is sold once, however often this is called. */
  async sell(purchase: EsimPurchase): Promise<Esim> {
    const run = await this.temporal.workflow.start('ProvisionEsimWorkflow', {
      workflowId: `provision-${purchase.purchase_id}`,
      taskQueue: this.taskQueue,
      args: [purchase],
      workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
      workflowIdConflictPolicy: 'USE_EXISTING',
    });
    const { step, detail } = await run.query<Progress>('progress');
    console.log(`${step}: ${detail}`);
    return await run.result();
  }

  /** Buys one more add-on for an eSIM; pending if nobody can wait for it. */
  async topUp(subscriptionId: string, purchase: Purchase): Promise<Addon> {
    const run = this.temporal.workflow.getHandle(subscriptionId);
    const known = await run.query<Addon | null, [object]>('addon', { purchase_id: purchase.purchase_id });
    if (known?.status === 'provisioned') return known;
    const attempt = known ? known.attempt + (known.status === 'failed' ? 1 : 0) : 1; // docs/contract.md, "Update ids"
    const updateId = attempt > 1 ? `${purchase.purchase_id}/${attempt}` : purchase.purchase_id;
    return await run.executeUpdate('purchase_addon', { args: [purchase], updateId });
  }

  /** An eSIM with its add-ons, as SFT says now. */
  async read(subscriptionId: string): Promise<Subscription> {
    return await this.temporal.workflow.getHandle(subscriptionId).executeUpdate('refresh_usage');
  }

  /** The subscriptions of a traveler; a new one may be missing for some moments. */
  async list(travelerId: string): Promise<string[]> {
    const query = `WorkflowType = 'TravelerSubscriptionWorkflow' AND TravelerId = '${travelerId}'`;
    const found: string[] = [];
    for await (const run of this.temporal.workflow.list({ query })) found.push(run.workflowId);
    return found;
  }
}

/** Takes events, each once; `told` waits for the one that is wanted. */
class Events {
  private readonly known = new Map<string, Event>();

  constructor(private readonly webhook: Webhook) {}

  listen(url: URL): void {
    const server = createServer(async (request, response) => response.writeHead(await this.take(request)).end());
    server.listen(Number(url.port), url.hostname).unref();
  }

  async told(fits: (event: Event) => boolean): Promise<Event> {
    for (;;) {
      const found = [...this.known.values()].find(fits);
      if (found) return found;
      await pause(100);
    }
  }

  private async take(request: IncomingMessage): Promise<number> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    try {
      const event = this.webhook.verify(Buffer.concat(chunks), request.headers as Record<string, string>) as Event;
      this.known.set(event.event_id, event); // a repeat changes nothing
      return 204;
    } catch {
      return 401;
    }
  }
}

const set = (name: string): string => process.env[name] || (() => { throw new Error(`${name} is not set`); })();
const connection = await Connection.connect({ address: set('TEMPORAL_ADDRESS') });
const dataConverter = { payloadCodecs: [new EncryptionCodec(set('ESIM_ENCRYPTION_KEYS'))] };
const portal = new Portal(new Client({ connection, dataConverter }), process.env['ESIM_TASK_QUEUE'] ?? 'esim-provisioning');
const events = new Events(new Webhook(set('PORTAL_WEBHOOK_SECRET')));
events.listen(new URL(set('PORTAL_WEBHOOK_URL')));

const number = Date.now();
const travelerId = `T-ts-${number}`;
const esim = await portal.sell({ purchase_id: `ts-${number}`, traveler_id: travelerId, ...PRODUCT });
console.log(`sold ${esim.subscription_id}, ICCID ${esim.iccid}`);
const addon = await portal.topUp(esim.subscription_id, { purchase_id: `ts-${number}-2`, ...PRODUCT });
console.log(`topped up ${addon.purchase_id}: ${addon.status}, uniqueId ${addon.unique_id}`);
for (const { purchase_id, usage } of (await portal.read(esim.subscription_id)).addons)
  console.log(`${purchase_id}: ${usage?.remaining_bytes} bytes left, ${usage?.state}`);
while (!(await portal.list(travelerId)).includes(esim.subscription_id)) await pause(200);
console.log(`listed ${esim.subscription_id} for ${travelerId}`);
const event = await events.told((one) => one.addon?.purchase_id === addon.purchase_id);
console.log(`told and verified ${event.type} (${event.event_id})`);
await connection.close();
